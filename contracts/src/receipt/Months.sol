// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BeijingCalendar} from "../libraries/BeijingCalendar.sol";
import {Openings} from "./Openings.sol";

/// @title Months of a unit and kind: what counts in them, and what is overdue
/// @notice Whatever is issued, voided or reversed counts in one month of its unit and kind. Months close in order;
/// months without entries need no closing.
abstract contract Months is Openings {
    // Months that can be open at once: the width of Cursor.open.
    uint32 internal constant OPEN_MONTHS = 128;

    /// @dev Reverts unless a receipt of this code may be dated so today.
    /// @return month Month of the day
    function _requireDay(uint64 prefix, uint32 issueDay) internal view returns (uint32 month) {
        uint32 today = BeijingCalendar.dayOf(block.timestamp);
        uint32 backDays = _layout().backDays;
        if (issueDay > today || issueDay + backDays < today) revert IssueDayOutOfWindow(issueDay, today, backDays);
        month = BeijingCalendar.monthOf(issueDay);
        // The last two digits of a receipt code are its year.
        if (prefix % 100 != (month / 12) % 100) revert YearMismatch(prefix, month / 12);
    }

    /// @dev Reverts when the kind's oldest open month is past its grace.
    function _requireNotOverdue(uint32 unit, uint16 kind) internal view {
        Cursor memory cursor = _layout().cursors[unit][kind];
        if (cursor.open == 0) return;
        uint32 month = _oldest(cursor);
        // The calendar can only put the deadline off, so it is asked only when the bare days are over.
        if (block.timestamp <= BeijingCalendar.endOf(_graceDay(month))) return;
        uint40 deadline = _deadlineOf(cursor, month);
        if (block.timestamp > deadline) revert UnitOverdue(unit, kind, month, deadline);
    }

    /// @dev Notes that the unit has issued here, after which nothing can be brought forward.
    function _noteIssue(uint32 unit, uint16 kind) internal {
        Cursor storage cursor = _layout().cursors[unit][kind];
        if (!cursor.hasIssued) cursor.hasIssued = true;
    }

    /// @dev Adds to an open month, and opens it if it had no entries.
    function _count(uint32 unit, uint16 kind, uint32 month, Totals memory added) internal {
        _openMonth(unit, kind, month);
        Period storage period = _layout().periods[unit][kind][month];
        uint256 issued = uint256(period.issued) + added.issued;
        uint256 voided = uint256(period.voided) + added.voided;
        uint256 red = uint256(period.red) + added.red;
        uint256 issuedFen = uint256(period.issuedFen) + added.issuedFen;
        uint256 reversedFen = uint256(period.reversedFen) + added.reversedFen;
        if (issued | voided | red > type(uint32).max) revert TotalTooLarge(issued | voided | red);
        if (issuedFen | reversedFen > type(uint64).max) revert TotalTooLarge(issuedFen | reversedFen);
        period.issued = uint32(issued);
        period.voided = uint32(voided);
        period.red = uint32(red);
        period.issuedFen = uint64(issuedFen);
        period.reversedFen = uint64(reversedFen);
    }

    /// @dev Opens a month. Reverts when it is closed.
    function _openMonth(uint32 unit, uint16 kind, uint32 month) private {
        Cursor storage cursor = _layout().cursors[unit][kind];
        (uint32 base, uint128 open) = (cursor.base, cursor.open);
        if (month <= base) revert MonthClosed(unit, kind, month);
        // Nothing is open: move up, but leave the month before open to receipts that are dated back.
        if (open == 0 && month > base + 2) base = month - 2;
        if (month - base > OPEN_MONTHS) revert MonthOutOfOrder(base + 1, month);
        uint128 bit = uint128(1) << (month - base - 1);
        if (open & bit == 0) (cursor.base, cursor.open) = (base, open | bit);
    }

    /// @dev Last second at which the unit may issue with the month open: the end of the last day of grace, or of the
    /// next working day, or the extension, whichever is latest.
    function _deadlineOf(Cursor memory cursor, uint32 month) internal view returns (uint40) {
        uint32 day = _graceDay(month);
        while (!REGISTRY.isWorkingDay(day)) ++day;
        uint40 deadline = BeijingCalendar.endOf(day);
        return deadline > cursor.extendedUntil ? deadline : cursor.extendedUntil;
    }

    /// @dev Last day of grace of a month, working day or not.
    function _graceDay(uint32 month) private view returns (uint32) {
        return BeijingCalendar.firstDayOf(month + 1) - 1 + _layout().graceDays;
    }

    /// @dev Oldest open month; the caller has checked that one is open.
    function _oldest(Cursor memory cursor) internal pure returns (uint32 month) {
        uint128 open = cursor.open;
        for (month = cursor.base + 1; open & 1 == 0; open >>= 1) {
            ++month;
        }
    }
}
