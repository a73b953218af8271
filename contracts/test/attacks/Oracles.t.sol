// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {Cheats} from "../support/Cheats.sol";
import {AttackTest} from "./Attack.sol";

/// @notice Money that never came, and money that comes twice.
contract OraclesAttackTest is AttackTest {
    bytes32 private constant REPORT = "report";

    function _groups() private view returns (IPaymentTypes.SettlementGroup[] memory) {
        return _group(payRange, _entry(1, 10_000, TODAY, 1));
    }

    /// @notice One stolen oracle key claims a payment.
    function test_oneOracle_isNotEnough() public {
        _notify(1, 1);
        bytes32 digest = _digest(REPORT, _groups());
        _vote(ORACLE_1, 11, digest);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.ReportNotApproved.selector, digest, 1, 2));
        payments.settle(1, REPORT, _groups());
    }

    /// @notice The same oracle again, and in another's name.
    function test_oneOracle_cannotVoteTwice() public {
        bytes32 digest = _digest(REPORT, _groups());
        _vote(ORACLE_1, 11, digest);
        VM.startPrank(ORACLE_1);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.AlreadyVoted.selector, digest, 11));
        payments.vote(1, 11, 2, digest);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.NotInCommittee.selector, ORACLE_1, 12));
        payments.vote(1, 12, 1, digest);
        VM.stopPrank();
    }

    /// @notice Two oracles that read the same source are one voice.
    function test_twoOraclesOfOneSource_areNotEnough() public {
        _notify(1, 1);
        (address[] memory oracles, uint32[] memory sources) = _committee();
        sources[1] = sources[0];
        VM.prank(ADMIN);
        payments.setCommittee(oracles, sources, 2);
        bytes32 digest = _digest(REPORT, _groups());
        VM.prank(ORACLE_1);
        payments.vote(2, 11, 1, digest);
        VM.prank(ORACLE_2);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.AlreadyVoted.selector, digest, 11));
        payments.vote(2, 11, 2, digest);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.ReportNotApproved.selector, digest, 1, 2));
        payments.settle(2, REPORT, _groups());
    }

    /// @notice A removed oracle, and votes of a committee that is no more.
    function test_removedOracles_countNoLonger() public {
        _notify(1, 1);
        bytes32 digest = _digest(REPORT, _groups());
        _vote(ORACLE_1, 11, digest);
        _vote(ORACLE_2, 12, digest);
        address[] memory oracles = new address[](2);
        (oracles[0], oracles[1]) = (ORACLE_2, ORACLE_3);
        uint32[] memory sources = new uint32[](2);
        (sources[0], sources[1]) = (12, 13);
        VM.prank(ADMIN);
        payments.setCommittee(oracles, sources, 2);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.WrongEpoch.selector, 1, 2));
        payments.settle(1, REPORT, _groups());
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.ReportNotApproved.selector, digest, 0, 2));
        payments.settle(2, REPORT, _groups());
        VM.prank(ORACLE_1);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.NotInCommittee.selector, ORACLE_1, 11));
        payments.vote(2, 11, 2, digest);
    }

    /// @notice Votes out of order: a serial left out or used again.
    function test_serial_mustFollow() public {
        VM.prank(ORACLE_1);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.WrongSerial.selector, 11, 1, 2));
        payments.vote(1, 11, 2, "digest");
    }

    /// @notice Approved entries cannot be changed on the way to settle.
    function test_otherEntriesThanVotedFor_areNotApproved() public {
        _notify(1, 1);
        bytes32 digest = _digest(REPORT, _groups());
        _vote(ORACLE_1, 11, digest);
        _vote(ORACLE_2, 12, digest);
        IPaymentTypes.SettlementGroup[] memory forged = _group(payRange, _entry(1, 10_001, TODAY, 1));
        bytes32 forgedDigest = _digest(REPORT, forged);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.ReportNotApproved.selector, forgedDigest, 0, 2));
        payments.settle(1, REPORT, forged);
    }

    /// @notice A code settled before its notice, so that the notice would be born paid: it leaves an event and nothing.
    function test_codeBeforeItsNotice_isNotPaid() public {
        VM.recordLogs();
        _settleOnce(REPORT, _groups());
        Cheats.Log[] memory unknown = _logsOf(IPaymentTypes.PaymentUnknown.selector);
        VM.assertEq(unknown.length, 1);
        VM.assertEq(unknown[0].data, abi.encode(uint40(1), uint48(10_000), bytes8(uint64(1))));
        VM.assertEq(payments.totals().received, 0);
        _notify(1, 1);
        VM.assertFalse(payments.noticeOf(payRange, 1).paid);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 1);
        _refusedWith(batch, abi.encodeWithSelector(IPaymentTypes.PaymentNotPaid.selector, payRange, 1));
    }

    /// @notice A cancelled code takes no payment; the money waits for a refund, and no receipt can be issued for it.
    function test_cancelledCode_isNotPaid() public {
        _notify(1, 1);
        _cancel();
        _settle(REPORT, _groups());
        VM.assertFalse(payments.noticeOf(payRange, 1).paid);
        VM.assertEq(payments.totals().suspense, 10_000);
        IPaymentTypes.Suspense memory waiting = payments.suspenseOf(_suspense());
        VM.assertEq(uint256(waiting.reason), uint256(IPaymentTypes.SuspenseReason.Cancelled));
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 1);
        _refusedWith(batch, abi.encodeWithSelector(IPaymentTypes.PaymentNotPaid.selector, payRange, 1));
        // Nor can supervisors put the money to the cancelled code.
        _resolveRefused(
            IPaymentTypes.Resolution.Reinstate,
            abi.encodeWithSelector(
                IPaymentTypes.ResolutionNotAllowed.selector,
                _suspense(),
                IPaymentTypes.SuspenseReason.Cancelled,
                IPaymentTypes.Resolution.Reinstate
            )
        );
    }

    /// @notice One payment reported twice, in another report too: by its bank reference it is one payment.
    function test_oneReference_paysOnce() public {
        _notify(1, 1);
        _settle(REPORT, _groups());
        IPaymentTypes.Totals memory before = payments.totals();
        VM.assertEq(before.received, 10_000);
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 report = i == 0 ? REPORT : bytes32("another report");
            IPaymentTypes.SettlementGroup[] memory groups = _groups();
            _approve(report, groups);
            VM.recordLogs();
            payments.settle(1, report, groups);
            Cheats.Log[] memory repeated = _logsOf(IPaymentTypes.PaymentRepeated.selector);
            VM.assertEq(repeated.length, 1);
            VM.assertEq(repeated[0].data, abi.encode(uint40(1), uint48(10_000), bytes8(uint64(1))));
            VM.assertEq(keccak256(abi.encode(payments.totals())), keccak256(abi.encode(before)));
        }
    }

    /// @notice Suspended money is decided once: not refunded twice, nor refunded and put to its code.
    function test_suspendedMoney_isFreedOnce() public {
        _notify(1, 1);
        _settle(REPORT, _group(payRange, _entry(1, 4_000, TODAY, 1)));
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _suspense();
        VM.prank(SUPER);
        payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1);
        VM.prank(CHECKER);
        payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1);
        VM.assertEq(payments.totals().refunded, 4_000);
        bytes memory error =
            abi.encodeWithSelector(IPaymentTypes.SuspenseIsResolved.selector, ids[0], IPaymentTypes.Resolution.Refund);
        _resolveRefused(IPaymentTypes.Resolution.Refund, error);
        _resolveRefused(IPaymentTypes.Resolution.Reinstate, error);
        VM.assertEq(payments.totals().refunded, 4_000);
    }

    function _suspense() private view returns (bytes32) {
        return payments.suspenseIdOf(payRange, 1, bytes8(uint64(1)));
    }

    /// @dev Neither the proposal nor, where it gets so far, the decision of two supervisors is taken.
    function _resolveRefused(IPaymentTypes.Resolution resolution, bytes memory error) private {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _suspense();
        bytes memory data = abi.encodeCall(payments.resolve, (ids, resolution, 2));
        bytes memory first = _attempt(SUPER, address(payments), data);
        VM.assertEq(first.length == 0 ? _attempt(CHECKER, address(payments), data) : first, error);
    }

    /// @dev Votes and settles without reading the events.
    function _settleOnce(bytes32 report, IPaymentTypes.SettlementGroup[] memory groups) private {
        _approve(report, groups);
        payments.settle(1, report, groups);
    }

    /// @notice A paid code cannot be cancelled under the payer's feet.
    function test_paidCode_cannotBeCancelled() public {
        _notify(1, 1);
        _pay(1, 1);
        bytes memory signature = _cancelSignature();
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.NoticeIsPaid.selector, payRange, 1));
        payments.cancel(unitA, payRange, 1, DEADLINE, signature);
    }

    function _cancelSignature() private view returns (bytes memory) {
        bytes32 typeHash = keccak256("Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)");
        return _sign(KEY_A, address(payments), keccak256(abi.encode(typeHash, unitA, payRange, uint40(1), DEADLINE)));
    }

    function _cancel() private {
        bytes memory signature = _cancelSignature();
        VM.prank(NODE_32);
        payments.cancel(unitA, payRange, 1, DEADLINE, signature);
    }

    /// @notice The money of a reversed receipt is freed once: refunded, or put to one child notice.
    function test_reversedPayment_isRefundedOnce() public {
        _reverse(_reverseAct(_opening(_issueCode(1, 1, 1), 1, 1), codeRange, 2, 10_000));
        IPaymentTypes.NoticeBatch memory child =
            _noticeBatch(KEY_A, unitA, payRange, 2, bytes.concat(_lane(4_000, item)));
        _refund(6_000, child);
        VM.assertTrue(payments.noticeOf(payRange, 2).paid);
        VM.assertEq(payments.totals().refunded, 6_000);
        VM.assertEq(payments.totals().suspense, 0);
        VM.prank(SUPER);
        payments.refundReversed(payRange, 1, 6_000, child);
        VM.prank(CHECKER);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.AlreadyRefunded.selector, payRange, 1));
        payments.refundReversed(payRange, 1, 6_000, child);
    }

    /// @notice More goes out than came in.
    function test_reversedPayment_partsMustBeTheWhole() public {
        _reverse(_reverseAct(_opening(_issueCode(1, 1, 1), 1, 1), codeRange, 2, 10_000));
        IPaymentTypes.NoticeBatch memory child =
            _noticeBatch(KEY_A, unitA, payRange, 2, bytes.concat(_lane(4_000, item)));
        VM.prank(SUPER);
        payments.refundReversed(payRange, 1, 6_001, child);
        VM.prank(CHECKER);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.RefundMismatch.selector, 10_000, 10_001));
        payments.refundReversed(payRange, 1, 6_001, child);
    }

    /// @notice The payment of a reversed receipt is offered for a second receipt.
    function test_reversedPayment_issuesNoSecondReceipt() public {
        _reverse(_reverseAct(_opening(_issueCode(1, 1, 1), 1, 1), codeRange, 2, 10_000));
        IReceiptTypes.IssueBatch memory batch = _codeBatch(3, 1, 1);
        _refusedWith(batch, abi.encodeWithSelector(IPaymentTypes.PaymentHasEnded.selector, payRange, 1));
    }

    /// @notice A payment whose receipt lives is not refunded.
    function test_livingReceipt_isNotRefunded() public {
        IPaymentTypes.NoticeBatch memory none;
        _issueCode(1, 1, 1);
        VM.prank(SUPER);
        payments.refundReversed(payRange, 1, 10_000, none);
        VM.prank(CHECKER);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.PaymentNotPaid.selector, payRange, 1));
        payments.refundReversed(payRange, 1, 10_000, none);
    }

    function _refund(uint48 refundFen, IPaymentTypes.NoticeBatch memory child) private {
        VM.prank(SUPER);
        VM.assertFalse(payments.refundReversed(payRange, 1, refundFen, child));
        VM.prank(CHECKER);
        VM.assertTrue(payments.refundReversed(payRange, 1, refundFen, child));
    }
}
