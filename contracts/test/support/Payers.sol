// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {Cheats} from "./Cheats.sol";
import {NetworkTest} from "./NetworkTest.sol";

/// @notice Keeps what paid, in the order of settlement, as anybody can who reads the ledger's events.
/// @dev A payer is 13 bytes: sequence uint40 | bankReference bytes8. Codes are kept by words of 128, as the ledger does.
abstract contract Payers is NetworkTest {
    mapping(uint32 range => mapping(uint256 word => bytes)) private _payers;

    /// @dev Codes that a PaymentsSettled event names. The only place where its bytes are read.
    function _sequencesIn(uint32 paid, bytes memory packed) internal pure returns (uint40[] memory sequences) {
        sequences = new uint40[](paid);
        uint256 width = paid == 0 ? 0 : packed.length / paid;
        for (uint256 i = 0; i < paid; ++i) {
            sequences[i] = uint40(_numberAt(packed, i * width, 5));
        }
    }

    /// @dev Reads the payments of the events that were recorded.
    function _noteSettled(Cheats.Log[] memory logs) internal {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IPaymentTypes.PaymentsSettled.selector) _noteGroup(logs[i]);
        }
    }

    function _noteGroup(Cheats.Log memory log) private {
        uint32 range = uint32(uint256(log.topics[1]));
        (uint32 paid, bytes memory packed) = abi.decode(log.data, (uint32, bytes));
        uint256 width = paid == 0 ? 0 : packed.length / paid;
        for (uint256 i = 0; i < paid; ++i) {
            uint40 sequence = uint40(_numberAt(packed, i * width, 5));
            uint64 reference_ = width == 13 ? uint64(_numberAt(packed, i * width + 5, 8)) : 0;
            _notePayer(range, sequence, reference_);
        }
    }

    function _notePayer(uint32 range, uint40 sequence, uint64 reference_) private {
        bytes storage list = _payers[range][sequence >> 7];
        bytes memory payer = abi.encodePacked(sequence, reference_);
        for (uint256 i = 0; i < payer.length; ++i) {
            list.push(payer[i]);
        }
    }

    /// @dev Payers of every word in which a code of the entries is paid already; empty when none is.
    function _witnessFor(uint32 range, bytes memory entries) internal view returns (bytes memory witness) {
        uint256 appended = type(uint256).max;
        for (uint256 i = 0; i < entries.length / 22; ++i) {
            uint256 sequence = _numberAt(entries, i * 22, 5);
            bytes memory list = _payers[range][sequence >> 7];
            if (sequence >> 7 != appended && _isAmong(list, sequence)) {
                witness = bytes.concat(witness, list);
                appended = sequence >> 7;
            }
        }
    }

    function _isAmong(bytes memory list, uint256 sequence) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; i += 13) {
            if (_numberAt(list, i, 5) == sequence) return true;
        }
        return false;
    }

    /// @dev Big-endian number of `width` bytes at an offset.
    function _numberAt(bytes memory data, uint256 offset, uint256 width) internal pure returns (uint256 number) {
        for (uint256 i = 0; i < width; ++i) {
            number = (number << 8) | uint8(data[offset + i]);
        }
    }
}
