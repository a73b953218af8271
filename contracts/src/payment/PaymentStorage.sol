// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Packed} from "../libraries/Packed.sol";
import {IPaymentTypes} from "../interfaces/IPaymentTypes.sol";

/// @title Storage of the ledger of payments
/// @dev One struct at an ERC-7201 slot; fields are only ever appended. Neighbouring codes share slots:
///     lanes   4 notices a slot, the first one highest; 0 = not noticed
///     marks   128 a slot: low half paid, high half used. Used and no longer paid = the receipt was reversed
///     flags   128 a slot: low half cancelled, high half "some money of this code was suspended"
///     payers  128 a slot: a hash chain over (sequence, bank reference) of everything that paid, in that order
abstract contract PaymentStorage is IPaymentTypes {
    /// @dev A payment range that has notices. One slot.
    struct Book {
        uint32 unit;
        uint64 prefix;
        uint16 kind;
        uint32 batches;
    }

    /// @dev Notices registered together. One slot.
    struct BatchRecord {
        uint40 first;
        uint32 dueDay;
    }

    /// @dev One slot, and one more for each member.
    struct Committee {
        uint32 epoch;
        uint8 threshold;
        Member[] members;
    }

    struct Member {
        address oracle;
        uint32 source;
    }

    /// @dev An oracle's seat. One slot.
    struct Seat {
        uint32 epoch; // committee that the seat belongs to
        uint32 source;
        uint8 sourceIndex; // bit of the source in a vote
    }

    /// @custom:storage-location erc7201:piaolian.storage.PaymentLedger
    struct Layout {
        Totals totals;
        mapping(uint32 range => Book) books;
        mapping(uint32 range => mapping(uint256 index => BatchRecord)) batches;
        mapping(uint32 range => mapping(uint256 word => uint256)) lanes;
        mapping(uint32 range => mapping(uint40 sequence => bytes32)) linesHashes;
        mapping(uint32 range => mapping(uint256 word => uint256)) marks;
        mapping(uint32 range => mapping(uint256 word => uint256)) flags;
        mapping(uint32 range => mapping(uint256 word => bytes32)) payers;
        mapping(bytes32 suspense => Suspense) suspenses;
        Committee committee;
        mapping(address oracle => Seat) seats;
        mapping(uint32 epoch => mapping(bytes32 reportDigest => uint256)) votes; // bit per source
        mapping(uint32 source => uint64) lastSerials;
    }

    bytes32 private constant PAYMENT_STORAGE =
        keccak256(abi.encode(uint256(keccak256("piaolian.storage.PaymentLedger")) - 1)) & ~bytes32(uint256(0xff));

    function _layout() internal pure returns (Layout storage $) {
        bytes32 slot = PAYMENT_STORAGE;
        assembly ("memory-safe") {
            $.slot := slot
        }
    }

    /// @dev The notice's lane, 0 when there is none.
    function _laneOf(uint32 range, uint40 sequence) internal view returns (uint64) {
        return _laneIn(_layout().lanes[range][sequence >> 2], sequence);
    }

    /// @dev The lane of a sequence in its slot: the first of four stands highest, as in the packed bytes.
    function _laneIn(uint256 word, uint256 sequence) internal pure returns (uint64) {
        return uint64(word >> (64 * (~sequence & 3)));
    }

    /// @dev Bit of a sequence in the low half of a marks or flags slot.
    function _lowBit(uint40 sequence) internal pure returns (uint256) {
        return uint256(1) << (sequence & 127);
    }

    /// @dev Bit of a sequence in the high half.
    function _highBit(uint40 sequence) internal pure returns (uint256) {
        return uint256(1) << (128 + (sequence & 127));
    }

    /// @dev Marks a code as paid by a bank reference.
    function _setPaid(uint32 range, uint40 sequence, bytes8 bankReference) internal {
        Layout storage $ = _layout();
        $.marks[range][sequence >> 7] |= _lowBit(sequence);
        uint256 payment = Packed.payment(sequence, bankReference);
        $.payers[range][sequence >> 7] = _chain($.payers[range][sequence >> 7], payment);
    }

    /// @dev Hash chain over who paid: h(h(... h(0, payment) ...), payment).
    function _chain(bytes32 hash, uint256 payment) internal pure returns (bytes32) {
        return Hashes.efficientKeccak256(hash, bytes32(payment));
    }

    /// @dev Writes down money that is no plain payment.
    function _writeSuspense(Suspense memory entry) internal returns (bytes32 id) {
        id = _suspenseId(entry.range, entry.sequence, entry.bankReference);
        _layout().suspenses[id] = entry;
    }

    function _suspenseId(uint32 range, uint40 sequence, bytes8 bankReference) internal pure returns (bytes32) {
        return keccak256(abi.encode(range, sequence, bankReference));
    }
}
