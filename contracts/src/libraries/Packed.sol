// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Packed bytes in calldata
/// @notice Reads fixed-width entries without copying: an array of structs would cost 32 bytes a field.
library Packed {
    /// @notice Bytes of a payment: sequence uint40 | bankReference bytes8.
    uint256 internal constant PAYMENT_BYTES = 13;

    /// @notice The 32 bytes that begin at `offset`.
    /// @dev Bytes past the end of `data` are whatever follows in calldata, or 0. The caller checks lengths first and
    /// keeps only the upper bits that lie inside.
    function wordAt(bytes calldata data, uint256 offset) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, offset))
        }
    }

    // A place is below the number of entries in calldata, so no offset overflows.

    /// @notice The 8-byte lane at a place: amountFen uint48 | item uint16.
    function laneAt(bytes calldata lanes, uint256 place) internal pure returns (uint64) {
        unchecked {
            return uint64(wordAt(lanes, place * 8) >> 192);
        }
    }

    /// @notice keccak256 of the 8 bytes of a lane, without taking memory.
    function hashLane(uint64 lane) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, shl(192, lane))
            hash := keccak256(0, 8)
        }
    }

    /// @notice The 5-byte sequence at a place.
    function sequenceAt(bytes calldata sequences, uint256 place) internal pure returns (uint40) {
        unchecked {
            return uint40(wordAt(sequences, place * 5) >> 216);
        }
    }

    /// @notice A payment as one number; payments of one code are neighbours, ordered by their references.
    function payment(uint40 sequence, bytes8 bankReference) internal pure returns (uint256) {
        return (uint256(sequence) << 64) | uint64(bankReference);
    }

    /// @notice The 13-byte payment that begins at `offset`.
    function paymentAt(bytes calldata payments, uint256 offset) internal pure returns (uint256) {
        return wordAt(payments, offset) >> 152;
    }

    /// @notice A buffer of `length` bytes with room behind it for writing whole words.
    function newBuffer(uint256 length) internal pure returns (bytes memory buffer) {
        buffer = new bytes(length + 32);
        truncate(buffer, length);
    }

    /// @notice Writes a payment at an offset of a buffer.
    /// @dev Writes a whole word, of which 19 bytes lie behind the payment; see newBuffer.
    function putPayment(bytes memory buffer, uint256 offset, uint256 packed) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(buffer, 32), offset), shl(152, packed))
        }
    }

    /// @notice The payment that ends at an offset of a buffer; the offset is that of the end of a payment.
    function lastPayment(bytes memory buffer, uint256 offset) internal pure returns (uint256 packed) {
        assembly ("memory-safe") {
            packed := shr(152, mload(add(add(buffer, 19), offset)))
        }
    }

    /// @notice Cuts a buffer off after `length` bytes, which must not be more than it has.
    function truncate(bytes memory buffer, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(buffer, length)
        }
    }
}
