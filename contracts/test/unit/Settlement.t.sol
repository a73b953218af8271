// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {Acts} from "../support/Acts.sol";

contract SettlementTest is Acts {
    function setUp() public override {
        super.setUp();
        _notify(1, 8); // sequence n is due 9,999 + n fen
    }

    function _reasonOf(uint40 sequence, uint64 reference_) private view returns (IPaymentTypes.Suspense memory) {
        return payments.suspenseOf(payments.suspenseIdOf(payRange, sequence, bytes8(reference_)));
    }

    function _one(uint256 sequence, uint256 amountFen, uint256 day, uint64 reference_) private {
        _settle(
            keccak256(abi.encode(sequence, amountFen, day, reference_)),
            _group(payRange, _entry(sequence, amountFen, day, reference_))
        );
    }

    /// @dev received = paid and unused + receipted + refunded + suspense.
    function _checkTotals(uint256 received, uint256 suspense) private view {
        VM.assertEq(payments.totals().received, received, "received");
        VM.assertEq(payments.totals().suspense, suspense, "suspense");
    }

    function test_settle_exactAmountIsPaid() public {
        _one(1, 10_000, TODAY, 1);
        VM.assertTrue(payments.noticeOf(payRange, 1).paid);
        _checkTotals(10_000, 0);
    }

    function test_settle_onTheDueDayIsPaid_dayAfterIsSuspended() public {
        _one(1, 10_000, TODAY + 30, 1);
        VM.assertTrue(payments.noticeOf(payRange, 1).paid);
        _one(2, 10_001, TODAY + 31, 1);
        VM.assertFalse(payments.noticeOf(payRange, 2).paid);
        VM.assertTrue(_reasonOf(2, 1).reason == IPaymentTypes.SuspenseReason.PastDue);
        _checkTotals(20_001, 10_001);
    }

    function test_settle_lateSettlementOfATimelyPayment() public {
        VM.warp(NOW + 200 days);
        _one(1, 10_000, TODAY, 1);
        VM.assertTrue(payments.noticeOf(payRange, 1).paid);
    }

    function test_settle_underAndOver() public {
        _one(1, 9_999, TODAY, 1);
        VM.assertFalse(payments.noticeOf(payRange, 1).paid);
        VM.assertTrue(_reasonOf(1, 1).reason == IPaymentTypes.SuspenseReason.Underpaid);
        _one(2, 10_005, TODAY, 1);
        VM.assertTrue(payments.noticeOf(payRange, 2).paid);
        VM.assertTrue(_reasonOf(2, 1).reason == IPaymentTypes.SuspenseReason.Overpaid);
        VM.assertEq(_reasonOf(2, 1).amountFen, 4);
        _checkTotals(20_004, 10_003);
    }

    function test_settle_secondPaymentIsSuspended_repeatIsNot() public {
        _one(1, 10_000, TODAY, 1);
        _one(1, 10_000, TODAY, 2);
        VM.assertTrue(_reasonOf(1, 2).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        _checkTotals(20_000, 10_000);
        // Both again, in another report: neither has an effect.
        bytes memory both = bytes.concat(_entry(1, 10_000, TODAY, 1), _entry(1, 10_000, TODAY, 2));
        _settle("both", _group(payRange, both));
        _checkTotals(20_000, 10_000);
    }

    function test_settle_referencesThatBeginAlikeAreTwoPayments() public {
        uint64 first = 0xABCDABCDABCDAB01;
        _one(1, 10_000, TODAY, first);
        _one(1, 10_000, TODAY, first + 1);
        VM.assertTrue(_reasonOf(1, first + 1).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        _checkTotals(20_000, 10_000);
    }

    function test_settle_paidCodeWithoutPayersShown_waits() public {
        _one(1, 10_000, TODAY, 1);
        _one(2, 10_001, TODAY, 2);
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(1, 10_000, TODAY, 3));
        bytes memory shown = groups[0].payers;
        _approve("second", groups);
        (uint32 epoch,,,) = payments.committee();
        // Nothing shown, half of it, the order changed, another reference: no effect, and nothing is taken for a repeat.
        bytes[4] memory wrong = [
            bytes(""),
            abi.encodePacked(uint40(1), uint64(1)),
            abi.encodePacked(uint40(2), uint64(2), uint40(1), uint64(1)),
            abi.encodePacked(uint40(1), uint64(3), uint40(2), uint64(2))
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            groups[0].payers = wrong[i];
            VM.expectEmit(address(payments));
            emit IPaymentTypes.PayersNotShown(payRange, 1, 10_000, bytes8(uint64(3)));
            payments.settle(epoch, "second", groups);
            _checkTotals(20_001, 0);
        }
        groups[0].payers = shown;
        payments.settle(epoch, "second", groups);
        VM.assertTrue(_reasonOf(1, 3).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        _checkTotals(30_001, 10_000);
    }

    function test_settle_codePaidTwiceInOneReport_needsNoPayers() public {
        bytes memory entries =
            bytes.concat(_entry(1, 10_000, TODAY, 1), _entry(1, 10_000, TODAY, 2), _entry(2, 10_001, TODAY, 3));
        _settle("twice", _group(payRange, entries));
        VM.assertTrue(_reasonOf(1, 2).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        _checkTotals(30_001, 10_000);
    }

    function test_settle_payersOfSeveralWords_eachFindsItsOwn() public {
        _notify(9, 400);
        bytes memory entries;
        for (uint256 i = 120; i <= 390; i += 90) {
            entries = bytes.concat(entries, _entry(i, 10_000 + i - 9, TODAY, i));
        }
        _settle("first", _group(payRange, entries));
        bytes memory again;
        for (uint256 i = 120; i <= 390; i += 90) {
            again = bytes.concat(again, _entry(i, 10_000 + i - 9, TODAY, i), _entry(i, 1, TODAY, i + 1));
        }
        uint64 received = payments.totals().received;
        _settle("again", _group(payRange, again));
        // Repeats have no effect; of each code one fen more arrived, and waits.
        _checkTotals(received + 4, 4);
    }

    function test_settle_suspendedEntryAgainIsARepeat() public {
        _one(1, 9_000, TODAY, 1);
        _settle("again", _group(payRange, _entry(1, 9_000, TODAY, 1)));
        _checkTotals(9_000, 9_000);
    }

    function test_settle_unknownCodeMayBeSettledLater() public {
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(9, 10_000, TODAY, 1));
        (uint32 epoch,,,) = payments.committee();
        bytes32 digest = _digest("early", groups);
        _vote(ORACLE_1, 11, digest);
        _vote(ORACLE_3, 13, digest);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentUnknown(payRange, 9, 10_000, bytes8(uint64(1)));
        payments.settle(epoch, "early", groups);
        _checkTotals(0, 0);
        _notify(9, 1);
        payments.settle(epoch, "early", groups);
        VM.assertTrue(payments.noticeOf(payRange, 9).paid);
        _checkTotals(10_000, 0);
    }

    function test_settle_manyAcrossSlotsAndBatches() public {
        _notify(9, 200); // begins a batch of its own, due 10,000 and up
        bytes memory entries;
        for (uint256 i = 1; i <= 208; ++i) {
            uint256 due = i < 9 ? 9_999 + i : 10_000 + i - 9;
            entries = bytes.concat(entries, _entry(i, due, TODAY, _ref(i)));
        }
        _settle("many", _group(payRange, entries));
        for (uint40 i = 1; i <= 208; ++i) {
            VM.assertTrue(payments.noticeOf(payRange, i).paid);
        }
        VM.assertEq(payments.totals().suspense, 0);
    }

    function test_settle_entriesOutOfOrder_reverts() public {
        bytes memory entries = bytes.concat(_entry(2, 1, TODAY, 1), _entry(1, 1, TODAY, 1));
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, entries);
        bytes32 digest = _digest("order", groups);
        _vote(ORACLE_1, 11, digest);
        _vote(ORACLE_2, 12, digest);
        (uint32 epoch,,,) = payments.committee();
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.EntriesNotAscending.selector, payRange, 1));
        payments.settle(epoch, "order", groups);
    }

    function test_settle_wrongHintStillFindsTheDueDay() public {
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, 9, _lanes(2));
        batch.dueDay = TODAY;
        _signNotice(KEY_A, batch);
        _sendNotice(batch);
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(9, 10_000, TODAY + 1, 1));
        groups[0].noticeBatch = 77;
        _settle("hint", groups);
        VM.assertTrue(_reasonOf(9, 1).reason == IPaymentTypes.SuspenseReason.PastDue);
        groups = _group(payRange, _entry(10, 10_001, TODAY + 1, 1));
        groups[0].noticeBatch = 0; // the first batch is due much later
        _settle("hint 2", groups);
        VM.assertTrue(_reasonOf(10, 1).reason == IPaymentTypes.SuspenseReason.PastDue);
    }

    function test_resolve_refundNeedsTwoAndHappensOnce() public {
        _one(1, 9_000, TODAY, 1);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = payments.suspenseIdOf(payRange, 1, bytes8(uint64(1)));
        VM.prank(SUPER);
        VM.assertFalse(payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1));
        VM.assertEq(payments.totals().refunded, 0);
        VM.prank(CHECKER);
        VM.assertTrue(payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1));
        VM.assertEq(payments.totals().refunded, 9_000);
        _checkTotals(9_000, 0);
        VM.prank(SUPER);
        VM.expectRevert(
            abi.encodeWithSelector(IPaymentTypes.SuspenseIsResolved.selector, ids[0], IPaymentTypes.Resolution.Refund)
        );
        payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1);
    }

    function test_resolve_twoHalvesTogetherPay() public {
        _one(1, 6_000, TODAY, 1);
        _one(1, 5_000, TODAY, 2);
        bytes32[] memory ids = new bytes32[](2);
        ids[0] = payments.suspenseIdOf(payRange, 1, bytes8(uint64(1)));
        ids[1] = payments.suspenseIdOf(payRange, 1, bytes8(uint64(2)));
        VM.prank(SUPER);
        payments.resolve(ids, IPaymentTypes.Resolution.Reinstate, 1);
        VM.prank(CHECKER);
        payments.resolve(ids, IPaymentTypes.Resolution.Reinstate, 1);
        VM.assertTrue(payments.noticeOf(payRange, 1).paid);
        // What is beyond the 10,000 due waits on.
        _checkTotals(11_000, 1_000);
        VM.assertTrue(_reasonOf(1, 2).reason == IPaymentTypes.SuspenseReason.Overpaid);
    }

    function test_resolve_lessThanDue_reverts() public {
        _one(1, 6_000, TODAY, 1);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = payments.suspenseIdOf(payRange, 1, bytes8(uint64(1)));
        VM.prank(SUPER);
        payments.resolve(ids, IPaymentTypes.Resolution.Reinstate, 1);
        VM.prank(CHECKER);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.ReinstatementTooSmall.selector, 10_000, 6_000));
        payments.resolve(ids, IPaymentTypes.Resolution.Reinstate, 1);
    }
}
