// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {IDeployed} from "../support/NetworkTest.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

contract ReverseTest is ReceiptActsTest {
    function _list() private returns (IReceiptTypes.ReverseAct memory act) {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        return _reverseAct(_opening(batch, 1, 3), listRange, 6, _fenOf(3));
    }

    function test_reverse_listLinksRedAndCountsIt() public {
        IReceiptTypes.ReverseAct memory act = _list();
        _reverse(act);
        // The root's id says what is reversed, and its only header by what.
        IReceiptTypes.Opening memory red = _redOpening(act);
        VM.assertEq(red.rootId, (1 << 62) | (uint256(listRange) << 34) | 3);
        VM.assertEq(receipts.rootOf(red.rootId), _headerHash(red.header));
        VM.assertEq(receipts.lastRootId(), 1);
        VM.assertEq(receipts.markOf(listRange, 3), 2);
        VM.assertEq(receipts.markOf(listRange, 6), 0);
        (IReceiptTypes.Totals memory totals,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertEq(totals.issued, 5);
        VM.assertEq(totals.red, 1);
        VM.assertEq(totals.reversedFen, _fenOf(3));
        VM.assertEq(receipts.openLeaf(red), _redLeaf(act));
        VM.assertEq(registry.rangeOf(listRange).next, 7);
    }

    function test_reverse_codeEndsThePayment() public {
        IReceiptTypes.IssueBatch memory batch = _issueCode(1, 1, 3);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 2), codeRange, 4, 10_001);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentEnded(payRange, 2, 10_001);
        _reverse(act);
        IPaymentTypes.Notice memory found = payments.noticeOf(payRange, 2);
        VM.assertTrue(found.ended);
        VM.assertFalse(found.paid);
        VM.assertTrue(found.used);
        IPaymentTypes.Totals memory totals = payments.totals();
        VM.assertEq(totals.received, 30_003);
        VM.assertEq(totals.receipted, 20_002);
        VM.assertEq(totals.suspense, 10_001);
    }

    function test_reverse_acrossMonthsCountsInItsOwn() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        VM.warp(NOW + 20 days);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 3), listRange, 6, _fenOf(3));
        act.issueDay = TODAY + 20;
        act.deadline = uint64(block.timestamp);
        _signReverse(KEY_A, act);
        _reverse(act);
        (IReceiptTypes.Totals memory june,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        (IReceiptTypes.Totals memory july,) = receipts.periodOf(unitA, KIND_LIST, MONTH + 1);
        VM.assertEq(june.red, 0);
        VM.assertEq(july.red, 1);
    }

    function test_reverse_inAnotherRangeOfTheKind() public {
        VM.prank(SUPER);
        uint32 red = registry.allot(listPool, unitA, 10, KIND_LIST, IRegistry.ControlMode.ByList, 9);
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        IReceiptTypes.ReverseAct memory act =
            _reverseAct(_opening(batch, 1, 3), red, registry.rangeOf(red).from, _fenOf(3));
        _reverse(act);
        VM.assertEq(receipts.openLeaf(_redOpening(act)), _redLeaf(act));
    }

    function test_reverse_rangeOfAnotherKind_reverts() public {
        VM.startPrank(SUPER);
        uint32 pool = registry.openPool(IRegistry.RangeClass.Receipt, 132, 32_060_226, 1, 100);
        uint32 red = registry.allot(pool, unitA, 10, 602, IRegistry.ControlMode.ByList, 1);
        VM.stopPrank();
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 3), red, 1, _fenOf(3));
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("kind")));
        _reverse(act);
    }

    function test_reverse_rangeOfAnotherMode_reverts() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 3), codeRange, 1, _fenOf(3));
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("mode")));
        _reverse(act);
    }

    function test_reverse_otherAmount_reverts() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 3), listRange, 6, _fenOf(3) + 1);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("amount")));
        _reverse(act);
    }

    function test_reverse_byCodeOtherAmount_reverts() public {
        IReceiptTypes.IssueBatch memory batch = _issueCode(1, 1, 3);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 2), codeRange, 4, 10_000);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("amount")));
        _reverse(act);
    }

    function test_reverse_twice_reverts() public {
        IReceiptTypes.ReverseAct memory act = _list();
        _reverse(act);
        act.redNumber = 7;
        act.redBodyHash = _bodyHash(7);
        _signReverse(KEY_A, act);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsReversed.selector, listRange, 3));
        _reverse(act);
    }

    function test_reverse_onPaper_reverts() public {
        IReceiptTypes.ReverseAct memory act = _list();
        _exchange(_exchangeAct(act.original, 1));
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsOnPaper.selector, listRange, 3));
        _reverse(act);
    }

    function test_reverse_booked_reverts() public {
        IReceiptTypes.ReverseAct memory act = _list();
        _book(_bookAct(act.original, VM.addr(BOOKER_KEY), 0, 5));
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsBooked.selector, listRange, 3, 5));
        _reverse(act);
    }

    function test_allowReversal_byTwoSupervisorsLetsOneReversalThrough() public {
        IReceiptTypes.ReverseAct memory act = _list();
        _book(_bookAct(act.original, VM.addr(BOOKER_KEY), 0, 5));
        VM.prank(SUPER);
        VM.assertFalse(receipts.allowReversal(unitA, listRange, 3, 9));
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.SameMakerAndChecker.selector, SUPER));
        receipts.allowReversal(unitA, listRange, 3, 9);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.ReversalAllowed(listRange, 3, 9);
        VM.prank(CHECKER);
        VM.assertTrue(receipts.allowReversal(unitA, listRange, 3, 9));
        _reverse(act);
        VM.assertEq(receipts.markOf(listRange, 3), 2);
    }

    function test_allowReversal_secondApprovalTooLateIsAFirst() public {
        VM.prank(SUPER);
        receipts.allowReversal(unitA, listRange, 3, 9);
        VM.warp(NOW + 7 days + 1);
        VM.prank(CHECKER);
        VM.assertFalse(receipts.allowReversal(unitA, listRange, 3, 9));
        (address maker, uint40 until) = IDeployed(address(receipts))
            .proposalOf(keccak256(abi.encodeCall(receipts.allowReversal, (unitA, listRange, 3, 9))));
        VM.assertEq(maker, CHECKER);
        VM.assertEq(until, NOW + 14 days + 1);
    }

    function test_allowReversal_rangeOfAnotherUnit_reverts() public {
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.NotYourRange.selector, listRangeB, unitB, unitA));
        receipts.allowReversal(unitA, listRangeB, 3, 9);
    }

    function test_reverse_numberNotNext_reverts() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 3), listRange, 7, _fenOf(3));
        VM.expectRevert(abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 6, 7));
        _reverse(act);
    }

    function test_reverse_unknownCatalogVersion_reverts() public {
        IReceiptTypes.ReverseAct memory act = _list();
        act.catalogVersion = registry.catalogVersion() + 1;
        _signReverse(KEY_A, act);
        VM.expectRevert(
            abi.encodeWithSelector(
                IReceiptTypes.CatalogVersionUnknown.selector, act.catalogVersion, act.catalogVersion - 1
            )
        );
        _reverse(act);
    }

    function test_reverse_bySuccessorOfTheUnit() public {
        IReceiptTypes.ReverseAct memory act = _list();
        VM.prank(SUPER);
        registry.succeed(unitA, unitB);
        VM.expectPartialRevert(IActErrors.WrongSigner.selector);
        _reverse(act);
        _signReverse(KEY_B, act);
        _reverse(act);
        VM.assertEq(receipts.markOf(listRange, 3), 2);
    }

    function test_reverse_byCodeOtherPaymentRange_reverts() public {
        IReceiptTypes.IssueBatch memory batch = _issueCode(1, 1, 3);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 2), codeRange, 4, 10_001);
        VM.prank(SUPER);
        act.paymentRange = registry.allot(payPool, unitA, 10, KIND_CODE, IRegistry.ControlMode.None, 1);
        _sendNotice(_noticeBatch(KEY_A, unitA, act.paymentRange, registry.rangeOf(act.paymentRange).from, _lanes(1)));
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.NotThatPayment.selector, act.paymentRange, _payCode(2)));
        _reverse(act);
    }
}
