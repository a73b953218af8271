// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {ReceiptHandler} from "./ReceiptHandler.sol";

/// @notice All actions of a campaign: payments, receipts, months, ranges and time.
contract Handler is ReceiptHandler {
    // 2026-12-28: receipt codes of the next year are another matter (see the unit tests).
    uint256 private constant LAST = 1_798_387_200;

    /// @notice Time moves by hours, or by up to twelve days.
    function wait(uint256 seed) external timed {
        uint256 gap = seed % 3 == 0 ? 1 days + seed % 12 days : 1 + seed % 20 hours;
        if (clock + gap > LAST) return;
        clock += gap;
        _done("wait");
    }

    /// @notice Reports the oldest open month of a unit and kind as the campaign counted it.
    function writeOff(uint256 deskSeed, uint256 seed) external timed {
        uint256 deskAt = deskSeed % desks.length;
        uint16 kind = seed % 2 == 0 ? KIND_LIST : KIND_CODE;
        uint256 place = _oldestOpen(deskAt, kind);
        if (place == 0) return;
        Month storage month = months[place - 1];
        IReceiptTypes.WriteOffAct memory act;
        (act.unit, act.kind, act.month) = (desks[deskAt].unit, kind, month.month);
        (act.totals, act.deadline) = (month.totals, _soon());
        uint256 startsAt = uint256(_firstDayOf(month.month + 1) + 3) * 1 days - 8 hours;
        bool early = clock < startsAt;
        if (early) {
            VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.MonthNotEnded.selector, month.month, startsAt));
        } else if (seed % 7 == 3) {
            act.totals.issuedFen += 1;
            VM.expectRevert(
                abi.encodeWithSelector(
                    IReceiptTypes.WriteOffMismatch.selector,
                    bytes32("issuedFen"),
                    month.totals.issuedFen,
                    month.totals.issuedFen + 1
                )
            );
        }
        _signTotals(desks[deskAt].key, "WriteOff", act);
        receipts.writeOff(act);
        if (early || seed % 7 == 3) return _done("write-off refused");
        month.closed = true;
        _done("write-off");
    }

    /// @notice Two supervisors close a month whose totals differ.
    function closeWithDifference(uint256 deskSeed, uint256 seed) external timed {
        uint256 deskAt = deskSeed % desks.length;
        uint16 kind = seed % 2 == 0 ? KIND_LIST : KIND_CODE;
        uint256 place = _oldestOpen(deskAt, kind);
        if (place == 0) return;
        Month storage month = months[place - 1];
        if (clock < uint256(_firstDayOf(month.month + 1) + 3) * 1 days - 8 hours) return;
        Desk storage desk = desks[deskAt];
        IReceiptTypes.Totals memory reported = month.totals;
        reported.voided += 1;
        uint16 reason = uint16(_fresh());
        VM.prank(desk.maker);
        VM.assertFalse(receipts.closeWithDifference(desk.unit, kind, month.month, reported, reason));
        VM.prank(desk.checker);
        VM.assertTrue(receipts.closeWithDifference(desk.unit, kind, month.month, reported, reason));
        month.closed = true;
        _done("closed with difference");
    }

    /// @notice Two supervisors put the overdue date of a kind off.
    function extend(uint256 deskSeed, uint256 seed) external timed {
        uint256 deskAt = deskSeed % desks.length;
        uint16 kind = seed % 2 == 0 ? KIND_LIST : KIND_CODE;
        Desk storage desk = desks[deskAt];
        uint40 until = uint40(clock + 1 days + seed % 20 days);
        uint16 reason = uint16(_fresh());
        VM.prank(desk.maker);
        VM.assertFalse(receipts.extend(desk.unit, kind, until, reason));
        VM.prank(desk.checker);
        VM.assertTrue(receipts.extend(desk.unit, kind, until, reason));
        extendedUntil[_keyOf(deskAt, kind, 0)] = until;
        _done("extend");
    }

    /// @notice What one unit has not used of its range goes to the other unit of the region.
    function moveNumbers(uint256 seed) external timed {
        Desk storage from = desks[seed % 2];
        Desk storage to = desks[1 - seed % 2];
        IRegistry.Range memory before = registry.rangeOf(from.listRange);
        VM.startPrank(from.maker);
        uint32 pool = registry.recall(from.listRange);
        uint40 count = before.to + 1 - before.next;
        to.listRange = registry.allot(pool, to.unit, count, KIND_LIST, IRegistry.ControlMode.ByList, 2);
        from.listRange = registry.allot(listPool, from.unit, 2000, KIND_LIST, IRegistry.ControlMode.ByList, 3);
        VM.stopPrank();
        VM.assertEq(registry.rangeOf(to.listRange).from, before.next, "recalled numbers");
        _done("move numbers");
    }

    // --- what must hold

    /// @notice The totals of each month are those of its headers, voids and red receipts; closed ones never change.
    function checkMonths() external timed {
        for (uint256 i = 0; i < months.length; ++i) {
            Month storage month = months[i];
            (IReceiptTypes.Totals memory found, bool closed) =
                receipts.periodOf(desks[month.desk].unit, month.kind, month.month);
            VM.assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(month.totals)), "totals of a month");
            VM.assertTrue(closed == month.closed, "closed");
        }
        for (uint256 i = 0; i < desks.length; ++i) {
            _checkOverdue(i, KIND_LIST);
            _checkOverdue(i, KIND_CODE);
        }
    }

    function _checkOverdue(uint256 deskAt, uint16 kind) private view {
        (uint32 month, uint40 deadline, bool overdue) = receipts.overdueOf(desks[deskAt].unit, kind);
        uint256 place = _oldestOpen(deskAt, kind);
        VM.assertTrue(overdue == _isOverdue(deskAt, kind), "overdue");
        if (place == 0) {
            VM.assertEq(uint256(month) + deadline, 0, "nothing is open");
        } else {
            VM.assertEq(month, months[place - 1].month, "oldest month");
            VM.assertEq(deadline, _lastSecondOf(deskAt, months[place - 1]), "deadline");
        }
    }
}
