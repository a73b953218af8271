// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Openings, and each rule by which a red receipt or a paper takes a receipt's place.
contract ReplacementRulesTest is RefusalsTest {
    function _reversal() private returns (IReceiptTypes.ReverseAct memory) {
        return _reverseAct(_opening(_issueList(1, 5), 1, 3), listRange, 6, _fenOf(3));
    }

    function _doesNotMatch(bytes32 step) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, step);
    }

    // --- openings

    /// @notice A unit builds its tree so that one place can be reached by two paths: of two leaves for one number only
    /// that at the end of the path of the right length opens.
    function test_open_onlyAPathOfTheCountsLength() public {
        bytes32 ofOne = _leaf(listRange, 1, _listAmount(1), 0, 0, _bodyHash(1));
        bytes32 deeper = _leaf(listRange, 2, _listAmount(2), 0, 0, _bodyHash(2));
        bytes32 honest = _leaf(listRange, 2, _listAmount(7), 0, 0, _bodyHash(2));
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 2);
        batch.unitRoot = _hash(_hash(ofOne, deeper), honest);
        _signIssue(KEY_A, batch, 2);
        _accepts(batch);
        IReceiptTypes.Opening memory opening = _opening(batch, 1, 2);
        opening.unitPath = new bytes32[](2);
        (opening.unitPath[0], opening.unitPath[1]) = (ofOne, honest);
        VM.expectRevert(_doesNotMatch("unit"));
        receipts.openLeaf(opening);
        // The place is the second bit then, so the same number cannot be moved there either.
        opening.amount = _listAmount(7);
        opening.unitPath = new bytes32[](1);
        opening.unitPath[0] = _hash(ofOne, deeper);
        VM.assertEq(receipts.openLeaf(opening), honest);
    }

    // --- reversal

    function test_reverse_receiptThatIsNotInTheRoot_reverts() public {
        IReceiptTypes.ReverseAct memory act = _reversal();
        act.original.documentDigest = "forged";
        VM.expectRevert(_doesNotMatch("unit"));
        _reverse(act);
        act.original.header.totalFen += 1;
        VM.expectRevert(_doesNotMatch("root"));
        _reverse(act);
    }

    function test_reverse_saysAndCountsExactlyWhatItDoes() public {
        IReceiptTypes.ReverseAct memory act = _reversal();
        (IReceiptTypes.Totals memory expected,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        expected.red = 1;
        expected.reversedFen = _fenOf(3);
        IReceiptTypes.Opening memory red = _redOpening(act);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.Reversed(
            red.rootId,
            unitA,
            listRange,
            3,
            listRange,
            6,
            4,
            TODAY,
            _fenOf(3),
            act.catalogVersion,
            _redLeaf(act),
            act.reason,
            act.bodies
        );
        _reverse(act);
        (IReceiptTypes.Totals memory totals,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertEq(abi.encode(totals), abi.encode(expected));
        VM.assertEq(receipts.rootOf(red.rootId), _headerHash(red.header));
    }

    function test_allowReversal_bySupervisorOfAnotherArea_reverts() public {
        VM.prank(SUPER_33);
        VM.expectRevert(_foreignArea());
        receipts.allowReversal(unitA, listRange, 3, 9);
    }

    function test_allowReversal_isForThatReceiptOnly() public {
        IReceiptTypes.ReverseAct memory act = _reversal();
        _book(_bookAct(act.original, VM.addr(BOOKER_KEY), 0, 5));
        VM.prank(SUPER);
        receipts.allowReversal(unitA, listRange, 4, 9);
        VM.prank(CHECKER);
        receipts.allowReversal(unitA, listRange, 4, 9);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsBooked.selector, listRange, 3, 5));
        _reverse(act);
    }

    // --- paper

    function test_exchange_receiptThatIsNotInTheRoot_reverts() public {
        IReceiptTypes.Opening memory opening = _opening(_issueList(1, 5), 1, 3);
        opening.fieldsRoot = "forged";
        IReceiptTypes.ExchangeAct memory act = _exchangeAct(opening, 1);
        VM.expectRevert(_doesNotMatch("unit"));
        _exchange(act);
    }

    function test_returnPaper_ofAnotherPaperRange_reverts() public {
        _exchange(_exchangeAct(_opening(_issueList(1, 5), 1, 3), 1));
        IReceiptTypes.ReturnAct memory act = _returnAct(listRange, 3, 1);
        act.paperRange = listRangeB;
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptNotOnPaper.selector, listRange, 3, listRangeB, 1));
        VM.prank(NODE_32);
        receipts.returnPaper(act);
    }
}
