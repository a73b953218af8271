// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Packed bytes in calldata
/// @notice Reads fixed-width entries without copying: an array of structs would cost 32 bytes a field.
library Packed {
    /// @notice The 32 bytes that begin at `offset`.
    /// @dev Bytes past the end of `data` are whatever follows in calldata, or 0. The caller checks lengths first and
    /// keeps only the upper bits that lie inside.
    function wordAt(bytes calldata data, uint256 offset) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, offset))
        }
    }

    /// @notice The 8-byte lane at a place: amountFen uint48 | item uint16.
    function laneAt(bytes calldata lanes, uint256 place) internal pure returns (uint64) {
        return uint64(wordAt(lanes, place * 8) >> 192);
    }

    /// @notice The 5-byte sequence at a place.
    function sequenceAt(bytes calldata sequences, uint256 place) internal pure returns (uint40) {
        return uint40(wordAt(sequences, place * 5) >> 216);
    }

    /// @notice Writes a 5-byte sequence at a place of a buffer.
    /// @dev Writes a whole word: the buffer must reach 27 bytes past the entry.
    function putSequence(bytes memory buffer, uint256 place, uint40 sequence) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(buffer, 32), mul(place, 5)), shl(216, sequence))
        }
    }

    /// @notice Cuts a buffer off after `length` bytes, which must not be more than it has.
    function truncate(bytes memory buffer, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(buffer, length)
        }
    }
}
