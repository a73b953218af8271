// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Area} from "../../src/libraries/Area.sol";
import {BeijingCalendar} from "../../src/libraries/BeijingCalendar.sol";
import {BoundedCall} from "../../src/libraries/BoundedCall.sol";
import {CheatTest} from "../support/Cheats.sol";

/// @dev Answers with as many bytes as are asked for, each of another value than its neighbours.
contract Answerer {
    function answer(uint256 length, bool refuses) external pure {
        bytes memory data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            data[i] = bytes1(uint8(i + 1));
        }
        assembly ("memory-safe") {
            if refuses { revert(add(data, 32), length) }
            return(add(data, 32), length)
        }
    }
}

/// @notice Edges of areas, days and bounded calls that no fuzzer meets by chance.
contract LibraryRulesTest is CheatTest {
    function test_contains_nothingLiesInsideWhatIsNoArea() public pure {
        VM.assertFalse(Area.contains(0, 0));
        VM.assertFalse(Area.contains(1, 132));
        VM.assertFalse(Area.contains(99, 9_999));
        VM.assertTrue(Area.contains(100, 10_000));
        VM.assertTrue(Area.contains(100, 1_000_000));
    }

    function test_regionOf_limits() public pure {
        VM.assertEq(Area.regionOf(10_000), 100);
        VM.assertEq(Area.regionOf(9_999), 9_999);
        VM.assertEq(Area.regionOf(1_000_000), 100);
    }

    function test_dayOf_midnight() public pure {
        VM.assertEq(BeijingCalendar.dayOf(57_599), 0);
        VM.assertEq(BeijingCalendar.dayOf(57_600), 1);
    }

    /// @notice The first and last day of every month of six centuries' turns and of an ordinary year.
    function test_months_firstAndLastDays() public pure {
        uint32[8] memory januaries = [uint32(0), 10_957, 19_723, 20_454, 47_482, 84_006, 120_530, 157_054];
        uint32[8] memory ofYears = [uint32(1970), 2000, 2024, 2026, 2100, 2200, 2300, 2400];
        uint8[12] memory lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (uint256 i = 0; i < 8; ++i) {
            uint32 day = januaries[i];
            for (uint32 month = 0; month < 12; ++month) {
                uint32 length = lengths[month];
                if (month == 1 && (ofYears[i] == 2000 || ofYears[i] == 2024 || ofYears[i] == 2400)) length = 29;
                VM.assertEq(BeijingCalendar.firstDayOf(ofYears[i] * 12 + month), day);
                VM.assertEq(BeijingCalendar.monthOf(day), ofYears[i] * 12 + month);
                VM.assertEq(BeijingCalendar.monthOf(day + length - 1), ofYears[i] * 12 + month);
                day += length;
            }
        }
    }

    /// @dev Calls, and sees that what else is in memory stays as it was.
    function _call(uint256 length, bool refuses) private returns (bool success, bytes memory data) {
        address target = address(new Answerer());
        bytes memory before = abi.encodePacked(keccak256("before"), keccak256("memory"));
        bytes32 hash = keccak256(before);
        bytes memory input = abi.encodeCall(Answerer.answer, (length, refuses));
        (success, data) = BoundedCall.call(target, 1_000_000, input);
        bytes memory behind = new bytes(64);
        VM.assertEq(keccak256(behind), keccak256(abi.encodePacked(bytes32(0), bytes32(0))));
        VM.assertEq(keccak256(before), hash);
    }

    function test_boundedCall_copiesAtMost256Bytes() public {
        uint16[6] memory lengths = [uint16(0), 1, 255, 256, 257, 1000];
        for (uint256 i = 0; i < 12; ++i) {
            bool refuses = i % 2 == 1;
            (bool success, bytes memory data) = _call(lengths[i / 2], refuses);
            VM.assertTrue(success == !refuses);
            VM.assertEq(data.length, lengths[i / 2] > 256 ? 256 : lengths[i / 2]);
            for (uint256 j = 0; j < data.length; ++j) {
                VM.assertEq(uint8(data[j]), uint8(j + 1));
            }
        }
    }
}
