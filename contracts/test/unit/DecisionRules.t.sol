// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice What two supervisors may decide about money that waits, and what they may not.
contract DecisionRulesTest is RefusalsTest {
    IPaymentTypes.Resolution private constant REFUND = IPaymentTypes.Resolution.Refund;
    IPaymentTypes.Resolution private constant REINSTATE = IPaymentTypes.Resolution.Reinstate;

    function setUp() public override {
        super.setUp();
        _notify(1, 4); // sequence n is due 9,999 + n fen
    }

    // --- taken back

    function _takeBack(uint40 sequence) private {
        VM.prank(SUPER);
        VM.assertFalse(payments.takeBack(payRange, sequence, 6));
        VM.prank(CHECKER);
        VM.assertTrue(payments.takeBack(payRange, sequence, 6));
    }

    function test_takeBack_endsAPaymentWithoutReceiptOnce() public {
        _entered(2, 10_001, TODAY, 7);
        VM.prank(SUPER);
        payments.takeBack(payRange, 2, 6);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentTakenBack(payRange, 2, 10_001, 6);
        VM.prank(CHECKER);
        payments.takeBack(payRange, 2, 6);
        VM.assertTrue(payments.noticeOf(payRange, 2).ended);
        IPaymentTypes.Totals memory totals = payments.totals();
        VM.assertEq(totals.received, 10_001);
        VM.assertEq(totals.suspense, 10_001);
        VM.assertEq(totals.receipted, 0);
        VM.prank(SUPER);
        payments.takeBack(payRange, 2, 6);
        VM.prank(CHECKER);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.PaymentNotPaid.selector, payRange, 2));
        payments.takeBack(payRange, 2, 6);
    }

    function test_takeBack_thenRefundedInFull() public {
        _entered(2, 10_001, TODAY, 7);
        _takeBack(2);
        IPaymentTypes.NoticeBatch memory none;
        VM.prank(SUPER);
        payments.refundReversed(payRange, 2, 10_001, none);
        VM.prank(CHECKER);
        VM.assertTrue(payments.refundReversed(payRange, 2, 10_001, none));
        IPaymentTypes.Totals memory totals = payments.totals();
        VM.assertEq(totals.suspense, 0);
        VM.assertEq(totals.refunded, 10_001);
    }

    function test_takeBack_thenNoReceiptMayUseIt() public {
        _entered(2, 10_001, TODAY, 7);
        _takeBack(2);
        VM.prank(address(receipts));
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.PaymentHasEnded.selector, payRange, 2));
        payments.use(unitA, payRange, KIND_CODE, abi.encodePacked(uint40(2)));
    }

    /// @dev The neighbours' marks stay as they are.
    function test_takeBack_ofWhatWasReceipted_reverts() public {
        _entered(1, 10_000, TODAY, 6);
        _entered(2, 10_001, TODAY, 7);
        VM.prank(address(receipts));
        payments.use(unitA, payRange, KIND_CODE, abi.encodePacked(uint40(1)));
        VM.prank(SUPER);
        payments.takeBack(payRange, 1, 6);
        VM.prank(CHECKER);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.PaymentAlreadyUsed.selector, payRange, 1));
        payments.takeBack(payRange, 1, 6);
        _takeBack(2);
        VM.assertTrue(payments.noticeOf(payRange, 1).paid);
        VM.assertTrue(payments.noticeOf(payRange, 1).used);
        VM.assertFalse(payments.noticeOf(payRange, 3).used);
    }

    function test_takeBack_bySupervisorOfAnotherArea_reverts() public {
        _entered(2, 10_001, TODAY, 7);
        VM.prank(SUPER_33);
        VM.expectRevert(_foreignArea());
        payments.takeBack(payRange, 2, 6);
    }

    /// @dev Settles one entry, and returns the id that its money has if it waits.
    function _entered(uint256 sequence, uint256 amountFen, uint32 day, uint64 reference_) private returns (bytes32) {
        return _enteredIn(payRange, sequence, amountFen, day, reference_);
    }

    function _enteredIn(uint32 range, uint256 sequence, uint256 amountFen, uint32 day, uint64 reference_)
        private
        returns (bytes32)
    {
        bytes32 report = keccak256(abi.encode(range, sequence, amountFen, day, reference_));
        _settle(report, _group(range, _entry(sequence, amountFen, day, reference_)));
        return payments.suspenseIdOf(range, uint40(sequence), bytes8(reference_));
    }

    function _ids(bytes32 first) private pure returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = first;
    }

    function _ids(bytes32 first, bytes32 second) private pure returns (bytes32[] memory ids) {
        ids = new bytes32[](2);
        (ids[0], ids[1]) = (first, second);
    }

    function _resolve(bytes32[] memory ids, IPaymentTypes.Resolution resolution) private {
        _propose(ids, resolution);
        VM.prank(CHECKER);
        VM.assertTrue(payments.resolve(ids, resolution, 3));
    }

    function _propose(bytes32[] memory ids, IPaymentTypes.Resolution resolution) private {
        VM.prank(SUPER);
        VM.assertFalse(payments.resolve(ids, resolution, 3));
    }

    function _refusesResolve(bytes32[] memory ids, IPaymentTypes.Resolution resolution, bytes memory refusal) private {
        _propose(ids, resolution);
        VM.prank(CHECKER);
        VM.expectRevert(refusal);
        payments.resolve(ids, resolution, 3);
    }

    function _notAllowed(bytes32 id, IPaymentTypes.SuspenseReason reason, IPaymentTypes.Resolution resolution)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IPaymentTypes.ResolutionNotAllowed.selector, id, reason, resolution);
    }

    function _assertWaiting(bytes32 id, uint48 amountFen, IPaymentTypes.SuspenseReason reason) private view {
        IPaymentTypes.Suspense memory found = payments.suspenseOf(id);
        VM.assertEq(found.amountFen, amountFen);
        VM.assertTrue(found.reason == reason);
        VM.assertTrue(found.resolution == IPaymentTypes.Resolution.None);
    }

    // --- which money

    function test_resolve_fromOneToFortySuspenses() public {
        bytes memory entries;
        bytes32[] memory ids = new bytes32[](41);
        for (uint64 i = 0; i < 41; ++i) {
            entries = bytes.concat(entries, _entry(1, 10, TODAY, 100 + i));
            ids[i] = payments.suspenseIdOf(payRange, 1, bytes8(100 + i));
        }
        _settle("many", _group(payRange, entries));
        VM.startPrank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.WrongLength.selector, 41, 40));
        payments.resolve(ids, REFUND, 3);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.WrongLength.selector, 0, 40));
        payments.resolve(new bytes32[](0), REFUND, 3);
        VM.stopPrank();
        assembly ("memory-safe") {
            mstore(ids, 40)
        }
        _resolve(ids, REFUND);
        VM.assertEq(payments.totals().refunded, 400);
        VM.assertEq(payments.totals().suspense, 10);
    }

    function test_resolve_unknownSuspense_reverts() public {
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.UnknownSuspense.selector, bytes32("none")));
        payments.resolve(_ids("none"), REFUND, 3);
        // As the second of two as well.
        bytes32 id = _entered(1, 9_000, TODAY, 1);
        _refusesResolve(
            _ids(id, "none"), REFUND, abi.encodeWithSelector(IPaymentTypes.UnknownSuspense.selector, bytes32("none"))
        );
    }

    function test_resolve_sameSuspenseTwice_reverts() public {
        bytes32 id = _entered(1, 9_000, TODAY, 1);
        _refusesResolve(
            _ids(id, id), REFUND, abi.encodeWithSelector(IPaymentTypes.SuspenseIsResolved.selector, id, REFUND)
        );
    }

    function test_resolve_bySupervisorOfAnotherArea_reverts() public {
        bytes32 id = _entered(1, 9_000, TODAY, 1);
        VM.prank(SUPER_33);
        VM.expectRevert(_foreignArea());
        payments.resolve(_ids(id), REFUND, 3);
    }

    function test_resolve_asNothing_reverts() public {
        bytes32 id = _entered(1, 9_000, TODAY, 1);
        bytes memory refusal = _notAllowed(id, IPaymentTypes.SuspenseReason.Underpaid, IPaymentTypes.Resolution.None);
        _refusesResolve(_ids(id), IPaymentTypes.Resolution.None, refusal);
    }

    function test_resolve_moneyOfTwoCodes_reverts() public {
        bytes32 first = _entered(1, 9_000, TODAY, 1);
        bytes32 second = _entered(2, 9_000, TODAY, 1);
        bytes memory refusal = _notAllowed(second, IPaymentTypes.SuspenseReason.Underpaid, REFUND);
        _refusesResolve(_ids(first, second), REFUND, refusal);
    }

    function test_resolve_sameSequenceOfTwoRanges_reverts() public {
        VM.startPrank(SUPER);
        uint32 pool = registry.openPool(IRegistry.RangeClass.PaymentCode, 132, PAY_PREFIX + 1, 1, 10);
        uint32 range = registry.allot(pool, unitA, 10, KIND_CODE, IRegistry.ControlMode.None, 1);
        VM.stopPrank();
        _accepts(_noticeBatch(KEY_A, unitA, range, 1, _lanes(1)));
        bytes32 first = _entered(1, 9_000, TODAY, 1);
        bytes32 second = _enteredIn(range, 1, 9_000, TODAY, 1);
        bytes memory refusal = _notAllowed(second, IPaymentTypes.SuspenseReason.Underpaid, REFUND);
        _refusesResolve(_ids(first, second), REFUND, refusal);
    }

    function test_resolve_refund_anyReasonAndEachIsTold() public {
        _entered(1, 10_000, TODAY, 1);
        bytes32 again = _entered(1, 10_000, TODAY, 2);
        bytes32 late = _entered(1, 7, TODAY + 31, 3);
        _propose(_ids(again, late), REFUND);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.SuspenseResolved(again, REFUND, 10_000, 3);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.SuspenseResolved(late, REFUND, 7, 3);
        VM.prank(CHECKER);
        payments.resolve(_ids(again, late), REFUND, 3);
        VM.assertTrue(payments.suspenseOf(again).resolution == REFUND);
        VM.assertEq(payments.totals().refunded, 10_007);
        VM.assertEq(payments.totals().suspense, 0);
    }

    // --- money that pays after all

    function test_reinstate_latePaymentPays() public {
        bytes32 id = _entered(1, 10_000, TODAY + 31, 6);
        _propose(_ids(id), REINSTATE);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.SuspenseResolved(id, REINSTATE, 10_000, 3);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentsSettled(payRange, id, 1, abi.encodePacked(uint40(1), uint64(6)));
        VM.prank(CHECKER);
        payments.resolve(_ids(id), REINSTATE, 3);
        VM.assertTrue(payments.noticeOf(payRange, 1).paid);
        VM.assertTrue(payments.suspenseOf(id).resolution == REINSTATE);
        VM.assertEq(payments.payersOf(payRange, 0), keccak256(abi.encode(bytes32(0), (uint256(1) << 64) | 6)));
        VM.assertEq(payments.totals().suspense, 0);
    }

    function test_reinstate_onlyUnderpaidAndLateMoney() public {
        _entered(2, 10_001, TODAY, 1);
        bytes32 again = _entered(2, 10_001, TODAY, 2);
        _refusesResolve(_ids(again), REINSTATE, _notAllowed(again, IPaymentTypes.SuspenseReason.AlreadyPaid, REINSTATE));
        bytes32 over = _entered(3, 10_003, TODAY, 3);
        _refusesResolve(_ids(over), REINSTATE, _notAllowed(over, IPaymentTypes.SuspenseReason.Overpaid, REINSTATE));
    }

    function test_reinstate_codePaidMeanwhile_reverts() public {
        bytes32 id = _entered(2, 9_000, TODAY, 1);
        bytes memory refusal = abi.encodeWithSelector(IPaymentTypes.NoticeIsPaid.selector, payRange, 2);
        _entered(2, 10_001, TODAY, 2);
        _refusesResolve(_ids(id), REINSTATE, refusal);
        _entered(1, 10_000, TODAY, 3);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        _accepts(batch);
        _reverse(_reverseAct(_opening(batch, 1, 2), codeRange, 3, 10_001));
        VM.assertTrue(payments.noticeOf(payRange, 2).ended);
        VM.prank(CHECKER);
        VM.expectRevert(refusal);
        payments.resolve(_ids(id), REINSTATE, 3);
    }

    function test_reinstate_cancelledCode_reverts() public {
        bytes32 id = _entered(2, 9_000, TODAY, 1);
        bytes32 typeHash = keccak256("Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, unitA, payRange, uint40(2), DEADLINE));
        bytes memory signature = _sign(KEY_A, address(payments), structHash);
        VM.prank(NODE_32);
        payments.cancel(unitA, payRange, 2, DEADLINE, signature);
        _refusesResolve(
            _ids(id), REINSTATE, abi.encodeWithSelector(IPaymentTypes.NoticeIsCancelled.selector, payRange, 2)
        );
    }

    function test_reinstate_partsThatMakeTheWholeLeaveNothingOver() public {
        bytes32 first = _entered(1, 6_000, TODAY, 1);
        bytes32 second = _entered(1, 4_000, TODAY, 2);
        _resolve(_ids(first, second), REINSTATE);
        VM.assertTrue(payments.noticeOf(payRange, 1).paid);
        VM.assertTrue(payments.suspenseOf(second).resolution == REINSTATE);
        VM.assertTrue(payments.suspenseOf(second).reason == IPaymentTypes.SuspenseReason.Underpaid);
        VM.assertEq(payments.suspenseOf(second).amountFen, 4_000);
        VM.assertEq(payments.totals().suspense, 0);
    }

    function test_reinstate_excessWaitsOnAsOverpaid() public {
        bytes32 first = _entered(1, 6_000, TODAY, 1);
        bytes32 second = _entered(1, 4_007, TODAY, 2);
        _propose(_ids(first, second), REINSTATE);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentSuspended(
            second, payRange, 1, 7, IPaymentTypes.SuspenseReason.Overpaid, bytes8(uint64(2))
        );
        VM.prank(CHECKER);
        payments.resolve(_ids(first, second), REINSTATE, 3);
        _assertWaiting(second, 7, IPaymentTypes.SuspenseReason.Overpaid);
        VM.assertEq(payments.totals().suspense, 7);
        _resolve(_ids(second), REFUND);
        VM.assertEq(payments.totals().refunded, 7);
        VM.assertEq(payments.totals().suspense, 0);
    }

    function test_reinstate_moreThanIsNeeded_reverts() public {
        bytes32 first = _entered(1, 10_000, TODAY + 31, 1);
        bytes32 second = _entered(1, 1_000, TODAY, 2);
        _refusesResolve(
            _ids(first, second), REINSTATE, _notAllowed(second, IPaymentTypes.SuspenseReason.Underpaid, REINSTATE)
        );
        // With one fen of the last needed, it goes through.
        bytes32 third = _entered(2, 10_000, TODAY + 31, 3);
        bytes32 fourth = _entered(2, 1_000, TODAY, 4);
        _resolve(_ids(third, fourth), REINSTATE);
        _assertWaiting(fourth, 999, IPaymentTypes.SuspenseReason.Overpaid);
    }

    // --- the money of reversed receipts

    function _reversed() private {
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        _accepts(batch);
        _reverse(_reverseAct(_opening(batch, 1, 2), codeRange, 3, 10_001));
    }

    function _proposeRefund(uint40 sequence, uint48 refundFen, IPaymentTypes.NoticeBatch memory child) private {
        VM.prank(SUPER);
        VM.assertFalse(payments.refundReversed(payRange, sequence, refundFen, child));
    }

    function _refusesRefund(
        uint40 sequence,
        uint48 refundFen,
        IPaymentTypes.NoticeBatch memory child,
        bytes memory refusal
    ) private {
        _proposeRefund(sequence, refundFen, child);
        VM.prank(CHECKER);
        VM.expectRevert(refusal);
        payments.refundReversed(payRange, sequence, refundFen, child);
    }

    function test_refundReversed_wholeIsWrittenDownOnce() public {
        _reversed();
        IPaymentTypes.NoticeBatch memory none;
        _proposeRefund(2, 10_001, none);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.ReversalRefunded(payRange, 2, 10_001, 0, 0, 0);
        VM.prank(CHECKER);
        VM.assertTrue(payments.refundReversed(payRange, 2, 10_001, none));
        IPaymentTypes.Suspense memory expected = IPaymentTypes.Suspense({
            range: payRange,
            sequence: 2,
            amountFen: 10_001,
            valueDay: 0,
            bankReference: 0,
            reason: IPaymentTypes.SuspenseReason.Reversed,
            resolution: REFUND
        });
        bytes32 id = payments.suspenseIdOf(payRange, 2, 0);
        VM.assertEq(abi.encode(payments.suspenseOf(id)), abi.encode(expected));
        IPaymentTypes.Totals memory totals = IPaymentTypes.Totals(20_001, 10_000, 10_001, 0);
        VM.assertEq(abi.encode(payments.totals()), abi.encode(totals));
    }

    function test_refundReversed_remainderIsPaidFromBirth() public {
        _reversed();
        IPaymentTypes.NoticeBatch memory child = _noticeBatch(KEY_A, unitA, payRange, 5, _repeated(_lane(1, item), 1));
        _proposeRefund(2, 10_000, child);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentsSettled(
            payRange, payments.suspenseIdOf(payRange, 2, 0), 1, abi.encodePacked(uint40(5), uint64(0))
        );
        VM.expectEmit(address(payments));
        emit IPaymentTypes.ReversalRefunded(payRange, 2, 10_000, payRange, 5, 1);
        VM.prank(CHECKER);
        payments.refundReversed(payRange, 2, 10_000, child);
        VM.assertTrue(payments.noticeOf(payRange, 5).paid);
    }

    /// @notice Lanes of no bytes are no child, whatever stands behind them in the call.
    function test_refundReversed_bytesBehindAnEmptyChildCountForNothing() public {
        _reversed();
        IPaymentTypes.NoticeBatch memory none;
        bytes memory input = abi.encodeCall(payments.refundReversed, (payRange, 2, 10_001, none));
        // The lanes are the fifth member of the child, which is the fourth argument: they begin at the end now.
        uint256 child = 4 + 4 * 32;
        uint256 length = input.length;
        input = bytes.concat(input, bytes32(0), bytes32(type(uint256).max));
        assembly ("memory-safe") {
            mstore(add(add(input, 32), add(child, 128)), sub(length, child))
        }
        VM.prank(SUPER);
        (bool success,) = address(payments).call(input);
        VM.prank(CHECKER);
        (success,) = address(payments).call(input);
        VM.assertTrue(success);
        VM.assertEq(payments.totals().refunded, 10_001);
    }

    function test_refundReversed_codeThatWasNeverUsed_reverts() public {
        IPaymentTypes.NoticeBatch memory none;
        bytes memory refusal = abi.encodeWithSelector(IPaymentTypes.PaymentNotPaid.selector, payRange, 1);
        _refusesRefund(1, 10_000, none, refusal);
        _pay(1, 1);
        VM.prank(CHECKER);
        VM.expectRevert(refusal);
        payments.refundReversed(payRange, 1, 10_000, none);
    }

    function test_refundReversed_bySupervisorOfAnotherArea_reverts() public {
        _reversed();
        IPaymentTypes.NoticeBatch memory none;
        VM.prank(SUPER_33);
        VM.expectRevert(_foreignArea());
        payments.refundReversed(payRange, 2, 10_001, none);
    }

    function test_refundReversed_childOfAnotherUnit_reverts() public {
        _reversed();
        uint40 first = registry.rangeOf(payRangeB).from;
        IPaymentTypes.NoticeBatch memory child =
            _noticeBatch(KEY_B, unitB, payRangeB, first, _repeated(_lane(1, item), 1));
        _refusesRefund(
            2, 10_000, child, abi.encodeWithSelector(IPaymentTypes.NotYourPayment.selector, payRangeB, unitA, unitB)
        );
    }

    function test_refundReversed_twoChildren_reverts() public {
        _reversed();
        IPaymentTypes.NoticeBatch memory child = _noticeBatch(KEY_A, unitA, payRange, 5, _repeated(_lane(1, item), 2));
        _refusesRefund(2, 10_000, child, abi.encodeWithSelector(IPaymentTypes.MalformedLanes.selector, 16));
    }
}
