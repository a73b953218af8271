// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Days and months in Beijing time
/// @notice day = days since 1970-01-01; month = year * 12 + month of the year - 1. Beijing is UTC+8 all year.
/// @dev Dates follow H. Hinnant's "chrono-compatible low-level date algorithms" for the Gregorian calendar,
/// shortened to days from 1970 on, so that nothing is negative.
library BeijingCalendar {
    uint256 private constant OFFSET_SECONDS = 8 hours;
    // Days from 0000-03-01 to 1970-01-01.
    uint256 private constant EPOCH_DAYS = 719_468;
    uint256 private constant ERA_DAYS = 146_097; // days of 400 years

    /// @notice Day on which the Unix time falls.
    function dayOf(uint256 time) internal pure returns (uint32) {
        // A day past uint32 would be eleven million years away.
        return uint32((time + OFFSET_SECONDS) / 1 days);
    }

    /// @notice Last second of a day, in Unix time.
    function endOf(uint32 day) internal pure returns (uint40) {
        return uint40((uint256(day) + 1) * 1 days - OFFSET_SECONDS - 1);
    }

    /// @notice First second of a day, in Unix time; 0 for the day of the epoch, which begins before it.
    function startOf(uint32 day) internal pure returns (uint40) {
        return day == 0 ? 0 : uint40(uint256(day) * 1 days - OFFSET_SECONDS);
    }

    /// @notice Month in which a day falls.
    function monthOf(uint32 day) internal pure returns (uint32) {
        uint256 shifted = uint256(day) + EPOCH_DAYS;
        uint256 era = shifted / ERA_DAYS;
        uint256 dayOfEra = shifted % ERA_DAYS;
        uint256 yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        // 0 is March: a leap day is then the last of its year.
        uint256 monthFromMarch = (5 * dayOfYear + 2) / 153;
        return uint32((yearOfEra + era * 400) * 12 + monthFromMarch + 2);
    }

    /// @notice Year in which a day falls.
    function yearOf(uint32 day) internal pure returns (uint32) {
        return monthOf(day) / 12;
    }

    /// @notice First day of a month; months before 1970 are not supported.
    function firstDayOf(uint32 month) internal pure returns (uint32) {
        uint256 fromMarch = uint256(month) - 2;
        uint256 year = fromMarch / 12;
        uint256 yearOfEra = year % 400;
        uint256 dayOfYear = (153 * (fromMarch % 12) + 2) / 5;
        uint256 dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return uint32((year / 400) * ERA_DAYS + dayOfEra - EPOCH_DAYS);
    }
}
