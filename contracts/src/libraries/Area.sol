// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Area prefixes
/// @notice The leading 2, 4 or 6 digits of an administrative division with a 1 before them: 132, 13209, 1320900.
library Area {
    /// @notice Whether the number is a 1 followed by 2, 4 or 6 digits.
    function isValid(uint32 area) internal pure returns (bool) {
        return (area >= 100 && area < 200) || (area >= 10_000 && area < 20_000) || isUnitArea(area);
    }

    /// @notice Whether the number is a 1 followed by 6 digits.
    function isUnitArea(uint32 area) internal pure returns (bool) {
        return area >= 1_000_000 && area < 2_000_000;
    }

    /// @notice Whether `area` is `prefix` or lies inside it; nothing lies inside 0.
    function contains(uint32 prefix, uint32 area) internal pure returns (bool) {
        // Two digits fewer at a time, until the area is no longer than the prefix.
        while (area > prefix && area >= 10_000) area /= 100;
        return prefix != 0 && area == prefix;
    }

    /// @notice The two-digit region (with its leading 1) that the area belongs to.
    function regionOf(uint32 area) internal pure returns (uint32) {
        while (area >= 10_000) area /= 100;
        return area;
    }
}
