// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {Cheats} from "../support/Cheats.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice What becomes of each entry of a report: its event, its state and its fen.
contract SettlementRulesTest is RefusalsTest {
    function setUp() public override {
        super.setUp();
        _notify(1, 8); // sequence n is due 9,999 + n fen
    }

    function _send(bytes32 reportId, IPaymentTypes.SettlementGroup[] memory groups) private {
        _approve(reportId, groups);
        payments.settle(1, reportId, groups);
    }

    function _suspense(uint40 sequence, uint64 reference_) private view returns (IPaymentTypes.Suspense memory) {
        return payments.suspenseOf(payments.suspenseIdOf(payRange, sequence, bytes8(reference_)));
    }

    function _assertTotals(uint64 received, uint64 suspense) private view {
        IPaymentTypes.Totals memory expected = IPaymentTypes.Totals(received, 0, 0, suspense);
        VM.assertEq(abi.encode(payments.totals()), abi.encode(expected));
    }

    function _batchDue(uint40 first, uint256 count, uint32 dueDay) private {
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, first, _lanes(count));
        batch.dueDay = dueDay;
        _signNotice(KEY_A, batch);
        _accepts(batch);
    }

    // --- what a report says

    function test_settle_eventsNameEveryPaymentOfEachGroup() public {
        VM.prank(SUPER);
        uint32 other = registry.allot(payPool, unitA, 10, KIND_CODE, IRegistry.ControlMode.None, 2);
        uint40 first = registry.rangeOf(other).from;
        _accepts(_noticeBatch(KEY_A, unitA, other, first, _lanes(1)));
        IPaymentTypes.SettlementGroup[] memory groups = new IPaymentTypes.SettlementGroup[](2);
        bytes memory entries =
            bytes.concat(_entry(1, 10_000, TODAY, 71), _entry(2, 9_000, TODAY, 72), _entry(3, 10_002, TODAY, 73));
        groups[0] = _groupOf(payRange, 0, entries);
        groups[1] = _groupOf(other, 0, _entry(first, 10_000, TODAY, 74));
        _approve("report", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentsSettled(
            payRange, "report", 2, abi.encodePacked(uint40(1), uint64(71), uint40(3), uint64(73))
        );
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentsSettled(other, "report", 1, abi.encodePacked(first, uint64(74)));
        payments.settle(1, "report", groups);
        _assertTotals(39_002, 9_000);
    }

    function test_settle_nothingPaid_saysSo() public {
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(1, 9_000, TODAY, 1));
        _approve("report", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentsSettled(payRange, "report", 0, "");
        payments.settle(1, "report", groups);
    }

    function test_settle_entriesOfAWrongLength_reverts() public {
        bytes[3] memory wrong = [bytes(""), new bytes(21), new bytes(23)];
        for (uint256 i = 0; i < 3; ++i) {
            IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, wrong[i]);
            _approve("wrong", groups);
            VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.MalformedEntries.selector, wrong[i].length));
            payments.settle(1, "wrong", groups);
        }
    }

    function test_settle_sameEntryTwice_reverts() public {
        bytes memory entries =
            bytes.concat(_entry(1, 10_000, TODAY, 5), _entry(2, 10_001, TODAY, 6), _entry(2, 10_001, TODAY, 6));
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, entries);
        _approve("twice", groups);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.EntriesNotAscending.selector, payRange, 2));
        payments.settle(1, "twice", groups);
        // Another reference of the same code is another payment; a smaller one is out of order.
        groups = _group(payRange, bytes.concat(_entry(1, 1, TODAY, 6), _entry(1, 1, TODAY, 5)));
        _approve("order", groups);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.EntriesNotAscending.selector, payRange, 1));
        payments.settle(1, "order", groups);
    }

    function test_settle_smallestPossibleEntryIsInOrder() public {
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(0, 10_000, TODAY, 0));
        _approve("report", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentUnknown(payRange, 0, 10_000, bytes8(0));
        payments.settle(1, "report", groups);
    }

    // --- unknown, repeated, suspended

    function test_settle_nothingArrived_isNoPayment() public {
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(1, 0, TODAY, 1));
        _approve("report", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentUnknown(payRange, 1, 0, bytes8(uint64(1)));
        payments.settle(1, "report", groups);
        VM.assertTrue(_suspense(1, 1).reason == IPaymentTypes.SuspenseReason.None);
        _assertTotals(0, 0);
    }

    /// @notice No amount for a code without a notice: nothing is paid now, and the notice is unpaid when it comes.
    function test_settle_nothingForAnUnknownCode_paysNothing() public {
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(9, 0, TODAY, 1));
        _approve("report", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentUnknown(payRange, 9, 0, bytes8(uint64(1)));
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentsSettled(payRange, "report", 0, "");
        payments.settle(1, "report", groups);
        _notify(9, 1);
        VM.assertFalse(payments.noticeOf(payRange, 9).paid);
    }

    function test_settle_repeatsSaySo() public {
        _settle("paid", _group(payRange, _entry(1, 10_000, TODAY, 1)));
        _settle("waits", _group(payRange, _entry(2, 9_000, TODAY, 2)));
        bytes memory entries = bytes.concat(_entry(1, 10_000, TODAY, 1), _entry(2, 9_000, TODAY, 2));
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, entries);
        _approve("again", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentRepeated(payRange, 1, 10_000, bytes8(uint64(1)));
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentRepeated(payRange, 2, 9_000, bytes8(uint64(2)));
        payments.settle(1, "again", groups);
        _assertTotals(19_000, 9_000);
    }

    function test_settle_repeatWithAnotherAmountIsARepeat() public {
        _settle("paid", _group(payRange, _entry(1, 10_000, TODAY, 1)));
        _settle("waits", _group(payRange, _entry(2, 9_000, TODAY, 2)));
        _settle("again", _group(payRange, bytes.concat(_entry(1, 7, TODAY, 1), _entry(2, 10_001, TODAY, 2))));
        VM.assertFalse(payments.noticeOf(payRange, 2).paid);
        _assertTotals(19_000, 9_000);
    }

    function test_settle_suspendedMoneyIsWrittenDownWhole() public {
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(2, 9_000, TODAY, 2));
        bytes32 id = payments.suspenseIdOf(payRange, 2, bytes8(uint64(2)));
        _approve("report", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PaymentSuspended(
            id, payRange, 2, 9_000, IPaymentTypes.SuspenseReason.Underpaid, bytes8(uint64(2))
        );
        payments.settle(1, "report", groups);
        IPaymentTypes.Suspense memory expected = IPaymentTypes.Suspense({
            range: payRange,
            sequence: 2,
            amountFen: 9_000,
            valueDay: uint24(TODAY),
            bankReference: bytes8(uint64(2)),
            reason: IPaymentTypes.SuspenseReason.Underpaid,
            resolution: IPaymentTypes.Resolution.None
        });
        VM.assertEq(abi.encode(payments.suspenseOf(id)), abi.encode(expected));
    }

    /// @notice Under, exact and over in one report, each of another code of one slot.
    function test_settle_exactAmountLeavesNothingWaiting() public {
        bytes memory entries =
            bytes.concat(_entry(4, 10_002, TODAY, 1), _entry(5, 10_004, TODAY, 1), _entry(6, 10_006, TODAY, 1));
        VM.recordLogs();
        _send("report", _group(payRange, entries));
        Cheats.Log[] memory logs = _logsOf(IPaymentTypes.PaymentSuspended.selector);
        VM.assertEq(logs.length, 2);
        VM.assertFalse(payments.noticeOf(payRange, 4).paid);
        VM.assertTrue(payments.noticeOf(payRange, 5).paid);
        VM.assertTrue(payments.noticeOf(payRange, 6).paid);
        VM.assertTrue(_suspense(4, 1).reason == IPaymentTypes.SuspenseReason.Underpaid);
        VM.assertTrue(_suspense(5, 1).reason == IPaymentTypes.SuspenseReason.None);
        VM.assertTrue(_suspense(6, 1).reason == IPaymentTypes.SuspenseReason.Overpaid);
        VM.assertEq(_suspense(6, 1).amountFen, 1);
        _assertTotals(30_012, 10_003);
    }

    function test_settle_moneyForAUsedOrEndedCodeWaits() public {
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        _accepts(batch);
        _reverse(_reverseAct(_opening(batch, 1, 2), codeRange, 3, 10_001));
        bytes memory entries = bytes.concat(_entry(1, 10_000, TODAY, 91), _entry(2, 10_001, TODAY, 92));
        _settle("later", _group(payRange, entries));
        VM.assertTrue(_suspense(1, 91).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        VM.assertTrue(_suspense(2, 92).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        VM.assertTrue(payments.noticeOf(payRange, 1).used && payments.noticeOf(payRange, 2).ended);
    }

    // --- whose due day

    function test_settle_dueDayIsThatOfTheCodesOwnBatch_whateverTheHint() public {
        _batchDue(9, 4, TODAY); // second batch, due much earlier than the first
        _batchDue(13, 4, TODAY + 30);
        uint256[8] memory sequences = [uint256(8), 9, 12, 13, 1, 10, 14, 15];
        uint32[8] memory hints = [uint32(1), 0, 2, 1, 2, 3, 3, 77];
        for (uint256 i = 0; i < 8; ++i) {
            uint256 sequence = sequences[i];
            uint256 due = sequence < 9 ? 9_999 + sequence : 10_000 + (sequence - 9) % 4;
            IPaymentTypes.SettlementGroup[] memory groups =
                _group(payRange, _entry(sequence, due, TODAY + 1, 500 + sequence));
            groups[0].noticeBatch = hints[i];
            _send(keccak256(abi.encode(i)), groups);
            bool early = sequence >= 9 && sequence <= 12;
            VM.assertTrue(payments.noticeOf(payRange, uint40(sequence)).paid == !early, VM.toString(sequence));
        }
    }

    /// @notice One report over codes of several batches and back, so that batches are opened in turn.
    function test_settle_eachEntryOfAReportMeetsItsOwnDueDay() public {
        _batchDue(9, 4, TODAY);
        _batchDue(13, 4, TODAY + 30);
        bytes memory entries;
        for (uint256 sequence = 7; sequence <= 14; ++sequence) {
            uint256 due = sequence < 9 ? 9_999 + sequence : 10_000 + (sequence - 9) % 4;
            entries = bytes.concat(entries, _entry(sequence, due, TODAY + 1, sequence));
        }
        VM.recordLogs();
        _send("report", _group(payRange, entries));
        // Four are late; of the four that are paid nothing more is said.
        VM.assertEq(_logsOf(IPaymentTypes.PaymentSuspended.selector).length, 4);
        for (uint40 sequence = 7; sequence <= 14; ++sequence) {
            bool late = sequence >= 9 && sequence <= 12;
            VM.assertTrue(payments.noticeOf(payRange, sequence).paid == !late, VM.toString(sequence));
            if (late) VM.assertTrue(_suspense(sequence, sequence).reason == IPaymentTypes.SuspenseReason.PastDue);
        }
    }

    // --- who paid

    function test_settle_payersAreAChainOverWhatPaid() public {
        _notify(9, 130);
        bytes32 chain = 0;
        VM.assertEq(payments.payersOf(payRange, 0), chain);
        _settle("one", _group(payRange, bytes.concat(_entry(2, 10_001, TODAY, 7), _entry(5, 10_004, TODAY, 8))));
        chain = keccak256(abi.encode(chain, (uint256(2) << 64) | 7));
        chain = keccak256(abi.encode(chain, (uint256(5) << 64) | 8));
        VM.assertEq(payments.payersOf(payRange, 0), chain);
        // Suspended money does not pay; a code of the next word has a chain of its own.
        bytes memory entries = bytes.concat(_entry(1, 9_000, TODAY, 9), _entry(130, 10_121, TODAY, 4));
        _settle("two", _group(payRange, entries));
        VM.assertEq(payments.payersOf(payRange, 0), chain);
        VM.assertEq(payments.payersOf(payRange, 1), keccak256(abi.encode(bytes32(0), (uint256(130) << 64) | 4)));
    }

    /// @notice What one report pays, the rest of it knows: paid again in the same call, with and without a neighbour
    /// between, needs no witness, and a payment of the call before does.
    function test_settle_witnessIsOfTheTimeBeforeTheCall() public {
        _settle("before", _group(payRange, _entry(1, 10_000, TODAY, 10)));
        bytes memory entries = bytes.concat(
            _entry(1, 10_000, TODAY, 11),
            _entry(2, 10_001, TODAY, 12),
            _entry(2, 10_001, TODAY, 13),
            _entry(2, 10_001, TODAY, 14)
        );
        _settle("call", _group(payRange, entries));
        VM.assertTrue(_suspense(1, 11).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        VM.assertTrue(_suspense(2, 13).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        VM.assertTrue(_suspense(2, 14).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        _assertTotals(50_003, 30_002);
    }

    /// @notice The same bank reference for two codes is two payments, each known by its own.
    function test_settle_repeatBehindAPaymentOfTheSameCall() public {
        _settle("before", _group(payRange, _entry(2, 10_001, TODAY, 20)));
        _settle("call", _group(payRange, bytes.concat(_entry(1, 10_000, TODAY, 10), _entry(2, 10_001, TODAY, 20))));
        _assertTotals(20_001, 0);
        _settle("more", _group(payRange, bytes.concat(_entry(3, 10_002, TODAY, 30), _entry(4, 10_003, TODAY, 30))));
        _assertTotals(40_006, 0);
        VM.assertTrue(payments.noticeOf(payRange, 3).paid && payments.noticeOf(payRange, 4).paid);
        // A code that was paid before meets the reference that another was just paid by.
        _settle("mixed", _group(payRange, bytes.concat(_entry(1, 7, TODAY, 99), _entry(5, 10_004, TODAY, 98))));
        _settle("last", _group(payRange, bytes.concat(_entry(6, 10_005, TODAY, 50), _entry(7, 10_006, TODAY, 51))));
        VM.assertTrue(_suspense(1, 99).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
        _assertTotals(70_028, 7);
    }

    function test_settle_paidTwiceInOneCallNeedsNoWitnessOfOthers() public {
        _settle("before", _group(payRange, _entry(1, 10_000, TODAY, 10)));
        bytes memory entries = bytes.concat(_entry(2, 10_001, TODAY, 12), _entry(2, 10_001, TODAY, 13));
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, entries);
        groups[0].payers = "";
        _send("call", groups);
        VM.assertTrue(_suspense(2, 13).reason == IPaymentTypes.SuspenseReason.AlreadyPaid);
    }

    function test_settle_noWitnessForALaterWord_waits() public {
        _notify(9, 130);
        _settle("before", _group(payRange, _entry(130, 10_121, TODAY, 10)));
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(130, 10_121, TODAY, 11));
        groups[0].payers = "";
        _approve("call", groups);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.PayersNotShown(payRange, 130, 10_121, bytes8(uint64(11)));
        payments.settle(1, "call", groups);
        _assertTotals(10_121, 0);
    }

    /// @notice Forty payments with other money between them: the event names each, in order, and nothing else is said.
    function test_settle_eventNamesPaymentsAmongOtherMoney() public {
        _notify(9, 60);
        bytes memory entries;
        bytes memory paid;
        for (uint40 i = 9; i < 69; ++i) {
            bool under = i % 3 == 0;
            entries = bytes.concat(entries, _entry(i, 10_000 + i - (under ? 10 : 9), TODAY, 700 + i));
            if (!under) paid = bytes.concat(paid, abi.encodePacked(i, uint64(700 + i)));
        }
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, entries);
        _approve("report", groups);
        VM.recordLogs();
        payments.settle(1, "report", groups);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        VM.assertEq(logs.length, 21);
        VM.assertEq(_filter(logs, IPaymentTypes.PaymentSuspended.selector).length, 20);
        Cheats.Log memory last = _filter(logs, IPaymentTypes.PaymentsSettled.selector)[0];
        VM.assertEq(last.data, abi.encode(uint32(40), paid));
    }
}
