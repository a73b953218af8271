// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Packed} from "../../src/libraries/Packed.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {Cheats} from "../support/Cheats.sol";
import {Acts} from "../support/Acts.sol";

/// @notice Notices and reports of any content: either a rule says why not, or they have exactly their effect.
contract PaymentsFuzzTest is Acts {
    uint48 private constant DUE = 10_000;

    function setUp() public override {
        super.setUp();
        _notify(1, 8); // sequence n is due 9,999 + n fen
    }

    /// @dev The error of the batch that was refused, or nothing.
    function _refusal() private returns (bytes memory error) {
        Cheats.Log[] memory logs = _logsOf(IPaymentTypes.NoticeRefused.selector);
        if (logs.length != 0) (,, error) = abi.decode(logs[0].data, (uint40, uint16, bytes));
    }

    // --- notices

    /// @notice Bytes of any length and content never panic and never burn the batch's gas.
    function test_fuzz_notice_anyLanesAndLines(bytes calldata lanes, bytes calldata lines) public {
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, 9, lanes);
        batch.lines = lines;
        _signNotice(KEY_A, batch);
        VM.recordLogs();
        _sendNotice(batch);
        bytes memory error = _refusal();
        bool registered = registry.rangeOf(payRange).next != 9;
        VM.assertTrue(registered == (error.length == 0), "neither registered nor refused");
        if (registered) return;
        bytes4 selector = bytes4(error);
        VM.assertTrue(selector != 0x4e487b71 && selector != 0x08c379a0, "refused by no rule");
        if (lanes.length == 0 || lanes.length % 8 != 0) {
            VM.assertEq(error, abi.encodeWithSelector(IPaymentTypes.MalformedLanes.selector, lanes.length));
        }
    }

    /// @notice Several lines make a notice when they add up to its amount, and not when one fen is missing.
    function test_fuzz_notice_linesAddUp(uint256 seed) public {
        uint256 count = 2 + seed % 6;
        uint256 sum = 0;
        bytes memory lines;
        for (uint256 i = 0; i < count; ++i) {
            uint256 amountFen = 1 + uint256(keccak256(abi.encode(seed, i))) % 1_000_000;
            sum += amountFen;
            lines = bytes.concat(lines, _lane(amountFen, i % 2 == 0 ? item : otherItem));
        }
        uint256 stated = seed >> 255 == 0 ? sum : sum + 1;
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, 9, bytes.concat(_lane(stated, 0)));
        batch.lines = bytes.concat(bytes1(uint8(count)), lines);
        _signNotice(KEY_A, batch);
        VM.recordLogs();
        _sendNotice(batch);
        if (stated == sum) {
            VM.assertEq(payments.noticeOf(payRange, 9).amountFen, sum);
            VM.assertEq(payments.noticeOf(payRange, 9).linesHash, keccak256(lines));
        } else {
            VM.assertEq(_refusal(), abi.encodeWithSelector(IPaymentTypes.LinesMismatch.selector, 9, stated, sum));
        }
    }

    /// @notice Forty lines of the greatest amount do not wrap around into a small sum.
    function test_notice_sumOfFortyGreatestLines() public {
        bytes memory lines = hex"28";
        for (uint256 i = 0; i < 40; ++i) {
            lines = bytes.concat(lines, _lane(type(uint48).max, item));
        }
        uint256 sum = 40 * uint256(type(uint48).max);
        IPaymentTypes.NoticeBatch memory batch =
            _noticeBatch(KEY_A, unitA, payRange, 9, bytes.concat(_lane(uint48(sum), 0)));
        batch.lines = lines;
        _signNotice(KEY_A, batch);
        VM.recordLogs();
        _sendNotice(batch);
        VM.assertEq(_refusal(), abi.encodeWithSelector(IPaymentTypes.LinesMismatch.selector, 9, uint48(sum), sum));
    }

    function test_fuzz_notice_lanesKeepTheirAmounts(uint256 seed) public {
        uint40 next = 9;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 count = 1 + (seed >> (8 * i)) % 6;
            _notify(next, count);
            next += uint40(count);
            VM.assertEq(payments.noticeOf(payRange, next - uint40(count)).amountFen, DUE);
            VM.assertEq(payments.noticeOf(payRange, next - 1).amountFen, DUE + count - 1);
        }
        VM.assertFalse(payments.noticeOf(payRange, next).noticed);
    }

    // --- settlement

    /// @notice Any amount and day for one code: paid, or suspended for the right reason, and no fen lost.
    function test_fuzz_settle_amountAgainstDue(uint48 amountSeed, uint24 daySeed, uint64 reference_) public {
        uint48 amountFen = amountSeed % 3 == 0 ? amountSeed : uint48(_bound(amountSeed, DUE - 2, DUE + 2));
        if (amountFen == 0) amountFen = 1;
        uint24 day = uint24(_bound(daySeed, TODAY + 28, TODAY + 32));
        _settle("report", _group(payRange, _entry(1, amountFen, day, reference_)));
        bool paid = payments.noticeOf(payRange, 1).paid;
        IPaymentTypes.Suspense memory waiting =
            payments.suspenseOf(payments.suspenseIdOf(payRange, 1, bytes8(reference_)));
        IPaymentTypes.SuspenseReason reason = IPaymentTypes.SuspenseReason.None;
        if (amountFen > DUE) reason = IPaymentTypes.SuspenseReason.Overpaid;
        if (amountFen < DUE) reason = IPaymentTypes.SuspenseReason.Underpaid;
        if (day > TODAY + 30) reason = IPaymentTypes.SuspenseReason.PastDue;
        VM.assertTrue(waiting.reason == reason, "reason");
        VM.assertTrue(paid == (day <= TODAY + 30 && amountFen >= DUE), "paid");
        VM.assertEq(waiting.amountFen, paid ? amountFen - DUE : amountFen, "suspended");
        VM.assertEq(payments.totals().received, amountFen);
        VM.assertEq(payments.totals().suspense, waiting.amountFen);
    }

    /// @notice Bytes of any length and content: refused whole, or every fen of a known code is somewhere.
    function test_fuzz_settle_anyEntries(bytes memory entries, bool whole) public {
        // Half of the runs have whole entries.
        if (whole) Packed.truncate(entries, entries.length / 22 * 22);
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, entries);
        bytes32 digest = _digest("report", groups);
        _vote(ORACLE_1, 11, digest);
        _vote(ORACLE_2, 12, digest);
        try payments.settle(1, "report", groups) {
            VM.assertTrue(entries.length != 0 && entries.length % 22 == 0);
        } catch (bytes memory error) {
            bytes32 selector = bytes32(bytes4(error));
            bytes32 wanted = entries.length == 0 || entries.length % 22 != 0
                ? bytes32(IPaymentTypes.MalformedEntries.selector)
                : bytes32(IPaymentTypes.EntriesNotAscending.selector);
            VM.assertEq(selector, wanted);
        }
    }

    /// @notice Eight payments of any amounts, days and references, in one report and again in another.
    function test_fuzz_settle_moneyIsNeverLost(uint256 seed) public {
        uint256 received = 0;
        bytes memory entries;
        for (uint256 i = 0; i < 8; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 amountFen = 9_995 + random % 12;
            received += amountFen;
            // Two payments for each of the codes 1 to 4.
            entries = bytes.concat(entries, _entry(1 + i / 2, amountFen, TODAY + 26 + (random >> 8) % 6, i));
        }
        _settle("report", _group(payRange, entries));
        _settle("again", _group(payRange, entries));
        uint256 paid = 0;
        for (uint40 sequence = 1; sequence <= 4; ++sequence) {
            IPaymentTypes.Notice memory found = payments.noticeOf(payRange, sequence);
            if (found.paid) paid += found.amountFen;
        }
        VM.assertEq(payments.totals().received, received);
        VM.assertEq(paid + payments.totals().suspense, received);
    }
}
