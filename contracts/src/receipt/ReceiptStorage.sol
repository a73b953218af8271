// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../interfaces/IReceiptTypes.sol";

/// @title Storage of the ledger of receipts
/// @dev One struct at an ERC-7201 slot; fields are only ever appended. A receipt that nothing binds has no slot.
abstract contract ReceiptStorage is IReceiptTypes {
    /// @dev Which months of a unit and kind are open. One slot.
    struct Cursor {
        uint32 base; // every month up to this one is closed
        uint128 open; // bit i: month base + 1 + i has entries and is open
        uint40 extendedUntil; // Unix time until which nothing is overdue
        bool hasIssued; // on this chain
    }

    /// @dev Totals of a month. One slot.
    struct Period {
        uint32 issued;
        uint32 voided;
        uint32 red;
        uint64 issuedFen;
        uint64 reversedFen;
        bool closed;
    }

    /// @dev Bookings of a receipt. One slot.
    struct Booking {
        uint32 share; // billionths, of all bookers
        address lastBooker;
        uint40 time; // Unix time of the last act
        uint16 counter; // acts so far
        bool spread; // several bookers: each share is kept by itself
    }

    /// @dev The number that took a receipt's place: red number or paper number. One slot.
    struct Link {
        uint32 range;
        uint40 number;
        uint32 unit;
    }

    /// @custom:storage-location erc7201:piaolian.storage.ReceiptLedger
    struct Layout {
        uint64 lastRootId;
        uint16 graceDays;
        uint8 startDays;
        uint8 backDays;
        mapping(uint64 rootId => bytes32) roots;
        mapping(uint32 range => mapping(uint256 word => uint256)) marks; // a byte a number: 4 red, 8 void
        mapping(uint32 range => mapping(uint40 number => Link)) reversals;
        mapping(uint32 range => mapping(uint40 number => Link)) papers;
        mapping(uint32 range => mapping(uint40 number => Booking)) bookings;
        mapping(uint32 range => mapping(uint40 number => mapping(address booker => uint32))) shares;
        mapping(uint32 range => mapping(uint40 number => bool)) reversalsAllowed;
        mapping(uint32 unit => mapping(uint16 kind => Cursor)) cursors;
        mapping(uint32 unit => mapping(uint16 kind => mapping(uint32 month => Period))) periods;
    }

    uint8 internal constant MARK_EXCHANGED = 1;
    uint8 internal constant MARK_REVERSED = 2;
    uint8 internal constant MARK_RED = 4;
    uint8 internal constant MARK_VOID = 8;

    bytes32 private constant RECEIPT_STORAGE =
        keccak256(abi.encode(uint256(keccak256("piaolian.storage.ReceiptLedger")) - 1)) & ~bytes32(uint256(0xff));

    function _layout() internal pure returns (Layout storage $) {
        bytes32 slot = RECEIPT_STORAGE;
        assembly ("memory-safe") {
            $.slot := slot
        }
    }

    /// @dev Sets a mark of one number.
    function _mark(uint32 range, uint40 number, uint256 mark) internal {
        _layout().marks[range][number >> 5] |= mark << (8 * (uint256(number) & 31));
    }

    /// @dev Whether a number has a mark.
    function _hasMark(uint32 range, uint40 number, uint256 mark) internal view returns (bool) {
        return (_layout().marks[range][number >> 5] >> (8 * (uint256(number) & 31))) & mark != 0;
    }

    /// @dev Registers a root under the next id.
    function _addRoot(bytes32 root, uint256 headers) internal returns (uint64 rootId) {
        rootId = ++_layout().lastRootId;
        _layout().roots[rootId] = root;
        emit RootRegistered(rootId, root, uint16(headers));
    }

    /// @dev Share of one booker in billionths.
    function _shareOf(Booking memory booking, uint32 range, uint40 number, address booker)
        internal
        view
        returns (uint32)
    {
        if (booking.spread) return _layout().shares[range][number][booker];
        return booking.lastBooker == booker ? booking.share : 0;
    }
}
