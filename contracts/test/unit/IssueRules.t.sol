// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Each rule of a batch of receipts and of voided numbers, on either side of its limit.
contract IssueRulesTest is RefusalsTest {
    // --- a whole call

    function _times(uint256 count) private view returns (bytes memory input) {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        IReceiptTypes.IssueBatch[] memory batches = new IReceiptTypes.IssueBatch[](count);
        for (uint256 i = 0; i < count; ++i) {
            batches[i] = batch;
        }
        return abi.encodeCall(receipts.issue, (batches));
    }

    function test_issue_fromOneToAThousandBatches() public {
        for (uint256 count = 0; count <= 1001; count += 1001) {
            bytes memory input = _times(count);
            VM.prank(NODE_32);
            (bool success, bytes memory error) = address(receipts).call(input);
            VM.assertFalse(success);
            VM.assertEq(error, abi.encodeWithSelector(IActErrors.WrongLength.selector, count, 1000));
        }
        bytes4 said = _firstSaid(address(receipts), _times(1000), 1_000_000);
        VM.assertEq(bytes32(said), bytes32(IActErrors.InsufficientGas.selector));
    }

    function test_issue_saysExactlyWhatGasABatchNeeds() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.bodyHashes = new bytes32[](3);
        bytes memory input = abi.encodeCall(receipts.issue, (_one(batch)));
        VM.assertEq(_neededFor(address(receipts), input, 300_000), _withReserve(500_000 + 3 * 9_000, 80_000));
    }

    function test_issueOne_fromOutside_reverts() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.OnlyFor.selector, address(receipts), NODE_32));
        receipts.issueOne(NODE_32, 1, 0, batch);
    }

    function _expectIssued(uint64 rootId, uint16 position, uint8 mode, IReceiptTypes.IssueBatch memory b) private {
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.BatchIssued(
            rootId,
            b.unit,
            b.range,
            position,
            mode,
            b.first,
            b.count,
            b.issueDay,
            b.totalFen,
            b.catalogVersion,
            b.unitRoot,
            b.bodies
        );
    }

    function test_issue_eventsSayRootAndPlaceOfEachBatch() public {
        _issueList(1, 2);
        IReceiptTypes.IssueBatch[] memory batches = new IReceiptTypes.IssueBatch[](3);
        batches[0] = _listBatch(KEY_A, unitA, listRange, 3, 2);
        batches[1] = _listBatch(KEY_A, unitA, listRange, 3, 2); // its numbers are used then
        batches[2] = _listBatch(KEY_B, unitB, listRangeB, 100_001, 3);
        bytes32[] memory headers = new bytes32[](2);
        headers[0] = _headerHash(_headerOf(batches[0], 2));
        headers[1] = _headerHash(_headerOf(batches[2], 2));
        _expectIssued(2, 0, 2, batches[0]);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.BatchRefused(
            unitA, listRange, 3, 1, abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 5, 3)
        );
        _expectIssued(2, 1, 2, batches[2]);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.RootRegistered(2, _rootOf(headers), 2);
        VM.prank(NODE_32);
        receipts.issue(batches);
    }

    function test_issue_nothingAccepted_registersNoRoot() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_B, unitA, listRange, 1, 1);
        VM.recordLogs();
        _send(batch);
        VM.assertEq(_logsOf(IReceiptTypes.RootRegistered.selector).length, 0);
        VM.assertEq(receipts.lastRootId(), 0);
    }

    // --- by whom and when

    function test_issue_restrictedUnit_isRefused() public {
        VM.prank(SUPER);
        registry.restrict(unitA, 3);
        _refuses(
            _listBatch(KEY_A, unitA, listRange, 1, 1),
            abi.encodeWithSelector(IActErrors.UnitIsRestricted.selector, unitA, 3)
        );
    }

    function test_issue_unitWithASuccessor_isRefused() public {
        VM.prank(SUPER);
        registry.succeed(unitA, unitB);
        _refuses(
            _listBatch(KEY_B, unitA, listRange, 1, 1),
            abi.encodeWithSelector(IRegistry.UnitHasSuccessor.selector, unitA, unitB)
        );
    }

    function test_issue_datedUpToTwoDaysBack() public {
        for (uint32 back = 0; back <= 3; ++back) {
            IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, back + 1, 1);
            batch.issueDay = TODAY - back;
            _signIssue(KEY_A, batch, 2);
            if (back < 3) {
                _accepts(batch);
                continue;
            }
            _refuses(batch, abi.encodeWithSelector(IReceiptTypes.IssueDayOutOfWindow.selector, TODAY - 3, TODAY, 2));
        }
    }

    // --- by list

    /// @dev A signed batch of any count: a root by list is taken as signed.
    function _counted(uint32 range, uint32 count) private view returns (IReceiptTypes.IssueBatch memory batch) {
        batch = _listBatch(KEY_A, unitA, range, registry.rangeOf(range).next, 1);
        batch.count = count;
        _signIssue(KEY_A, batch, 2);
    }

    function test_issue_byListFromOneToAMillion() public {
        VM.startPrank(SUPER);
        uint32 pool = registry.openPool(IRegistry.RangeClass.Receipt, 132, CODE_LIST, 1_000_001, 5_000_000);
        uint32 range = registry.allot(pool, unitA, 2_000_000, KIND_LIST, IRegistry.ControlMode.ByList, 2);
        VM.stopPrank();
        _refuses(_counted(range, 0), abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 0));
        _refuses(_counted(range, 1_000_001), abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 1_000_001));
        _accepts(_counted(range, 1_000_000));
    }

    function test_issue_byListTakesNoPayments() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.paymentSequences = hex"0000000001";
        _refuses(batch, _doNotFit(1, 5, 0));
        batch.paymentSequences = "";
        batch.bodyHashes = new bytes32[](1);
        _refuses(batch, _doNotFit(1, 0, 1));
    }

    function _doNotFit(uint32 count, uint256 sequenceBytes, uint256 bodies) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IReceiptTypes.PaymentsDoNotFit.selector, count, sequenceBytes, bodies);
    }

    function test_issue_byListSaysNothingOfPayments() public {
        VM.recordLogs();
        _issueList(1, 2);
        VM.assertEq(_logsOf(IReceiptTypes.PaymentsReceipted.selector).length, 0);
    }

    // --- by code

    function test_issue_byCodeFromOneToTwentyFiveHundred() public {
        uint32[3] memory counts = [uint32(0), 2501, 2500];
        for (uint256 i = 0; i < 3; ++i) {
            IReceiptTypes.IssueBatch memory batch = _counted(codeRange, counts[i]);
            // The count is judged first, then whether payments and bodies are as many.
            _refuses(
                batch,
                i == 2
                    ? _doNotFit(2500, 0, 0)
                    : abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, counts[i])
            );
        }
    }

    function test_issue_byCodePaymentsAndBodiesAreAsManyAsReceipts() public {
        _notify(1, 3);
        _pay(1, 3);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        bytes memory good = batch.paymentSequences;
        batch.paymentSequences = bytes.concat(good, hex"0000000003");
        _refuses(batch, _doNotFit(2, 15, 2));
        batch.paymentSequences = good;
        batch.bodyHashes = new bytes32[](3);
        _refuses(batch, _doNotFit(2, 10, 3));
    }

    function test_issue_byCodeSaysWhichPaymentsItUsed() public {
        _notify(1, 2);
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        _expectIssued(1, 0, 1, batch);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.PaymentsReceipted(1, 0, payRange, hex"00000000010000000002");
        _send(batch);
    }

    function test_issue_countsExactlyWhatItSays() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 3);
        (IReceiptTypes.Totals memory totals, bool closed) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertEq(abi.encode(totals), abi.encode(IReceiptTypes.Totals(3, 0, 0, batch.totalFen, 0)));
        VM.assertFalse(closed);
    }

    // --- void

    function _voids(IReceiptTypes.VoidAct memory act, bytes memory refusal) private {
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(NODE_32);
        receipts.voidNumbers(act);
    }

    function test_void_fromOneToFourThousandAndNinetySix() public {
        _voids(_voidAct(listRange, 1, 0), abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 0));
        _voids(_voidAct(listRange, 1, 4097), abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 4097));
        _voids(_voidAct(listRange, 1, 4096), "");
        _voids(_voidAct(listRange, 4097, 1), "");
        VM.assertEq(receipts.markOf(listRange, 4096), 8);
    }

    function test_void_saysAndCountsExactlyWhatItDoes() public {
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.NumbersVoided(unitA, listRange, 1, 2, MONTH, 7);
        _voids(_voidAct(listRange, 1, 2), "");
        (IReceiptTypes.Totals memory totals,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertEq(abi.encode(totals), abi.encode(IReceiptTypes.Totals(0, 2, 0, 0, 0)));
    }

    function test_void_signedByAnotherUnit_reverts() public {
        IReceiptTypes.VoidAct memory act = _voidAct(listRange, 1, 2);
        _signVoid(KEY_B, act);
        _voids(act, abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B)));
    }

    function test_void_paymentCodes_reverts() public {
        _voids(
            _voidAct(payRange, 1, 2),
            abi.encodeWithSelector(
                IRegistry.WrongRangeClass.selector,
                payRange,
                IRegistry.RangeClass.Receipt,
                IRegistry.RangeClass.PaymentCode
            )
        );
    }

    function test_void_spoiltPaperIsNoReceipt() public {
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.NumbersVoided(unitA, paperRange, 1, 2, MONTH, 7);
        _voids(_voidAct(paperRange, 1, 2), "");
        VM.assertEq(registry.rangeOf(paperRange).next, 3);
        VM.assertEq(receipts.markOf(paperRange, 1), 0);
        (IReceiptTypes.Totals memory totals,) = receipts.periodOf(unitA, 0, MONTH);
        VM.assertEq(totals.voided, 0);
        (,, bool overdue) = receipts.overdueOf(unitA, 0);
        VM.assertFalse(overdue);
    }

    function test_void_byARestrictedUnit() public {
        VM.prank(SUPER);
        registry.restrict(unitA, 3);
        _voids(_voidAct(listRange, 1, 2), "");
        VM.assertEq(receipts.markOf(listRange, 2), 8);
    }
}
