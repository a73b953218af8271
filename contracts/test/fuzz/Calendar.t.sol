// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BeijingCalendar} from "../../src/libraries/BeijingCalendar.sol";
import {CheatTest} from "../support/Cheats.sol";

/// @notice The calendar against one that counts off years and months.
contract CalendarFuzzTest is CheatTest {
    // 2399-12-31 and a little: two centuries that are no leap years, and two that are.
    uint256 private constant LAST_DAY = 157_100;

    function _isLeap(uint256 year) private pure returns (bool) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    function _daysOf(uint256 year, uint256 month) private pure returns (uint256) {
        if (month == 1) return _isLeap(year) ? 29 : 28;
        return month == 3 || month == 5 || month == 8 || month == 10 ? 30 : 31;
    }

    /// @return year Year of the day
    /// @return month Month of the year, from 0
    /// @return dayOfMonth From 0
    function _count(uint256 day) private pure returns (uint256 year, uint256 month, uint256 dayOfMonth) {
        dayOfMonth = day;
        for (year = 1970; dayOfMonth >= (_isLeap(year) ? 366 : 365); ++year) {
            dayOfMonth -= _isLeap(year) ? 366 : 365;
        }
        for (month = 0; dayOfMonth >= _daysOf(year, month); ++month) {
            dayOfMonth -= _daysOf(year, month);
        }
    }

    function test_fuzz_monthOf_equalsCountingOff(uint256 seed) public pure {
        uint256 day = _bound(seed, 0, LAST_DAY);
        (uint256 year, uint256 month, uint256 dayOfMonth) = _count(day);
        VM.assertEq(BeijingCalendar.monthOf(uint32(day)), year * 12 + month);
        VM.assertEq(BeijingCalendar.yearOf(uint32(day)), year);
        VM.assertEq(BeijingCalendar.firstDayOf(uint32(year * 12 + month)), day - dayOfMonth);
    }

    function test_fuzz_dayOf_everySecondOfADay(uint256 daySeed, uint256 secondSeed) public pure {
        uint32 day = uint32(_bound(daySeed, 1, LAST_DAY));
        uint256 second = _bound(secondSeed, 0, 86_399);
        // Midnight in Beijing is 16:00 of the day before in Unix time.
        VM.assertEq(BeijingCalendar.dayOf(uint256(day - 1) * 86_400 + 57_600 + second), day);
        VM.assertEq(BeijingCalendar.startOf(day), uint256(day - 1) * 86_400 + 57_600);
        VM.assertEq(BeijingCalendar.endOf(day), uint256(day - 1) * 86_400 + 57_600 + 86_399);
    }

    function test_startOf_theDayOfTheEpochBeginsBeforeIt() public pure {
        VM.assertEq(BeijingCalendar.startOf(0), 0);
        VM.assertEq(BeijingCalendar.dayOf(0), 0);
        VM.assertEq(BeijingCalendar.endOf(0), 57_599);
        VM.assertEq(BeijingCalendar.dayOf(57_600), 1);
    }

    /// @notice The days at which calendars break.
    function test_monthOf_leapDaysAndTurnsOfTheYear() public pure {
        VM.assertEq(BeijingCalendar.monthOf(11_016), 2000 * 12 + 1); // 2000-02-29
        VM.assertEq(BeijingCalendar.monthOf(11_017), 2000 * 12 + 2); // 2000-03-01
        VM.assertEq(BeijingCalendar.monthOf(19_782), 2024 * 12 + 1); // 2024-02-29
        VM.assertEq(BeijingCalendar.monthOf(20_453), 2025 * 12 + 11); // 2025-12-31
        VM.assertEq(BeijingCalendar.monthOf(20_454), 2026 * 12); // 2026-01-01
        VM.assertEq(BeijingCalendar.monthOf(47_540), 2100 * 12 + 1); // 2100-02-28, the last of its month
        VM.assertEq(BeijingCalendar.monthOf(47_541), 2100 * 12 + 2);
    }
}
