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

    /// @dev How a receipt is held.
    enum Holding {
        Single, // by nobody, or by the last booker alone
        Spread, // by several bookers: each share is kept by itself
        Paper // by a paper original in its place
    }

    /// @dev What holds a receipt: bookings or a paper original, never both. One slot.
    struct Hold {
        uint32 share; // booked, in billionths, of all bookers
        uint160 holder; // address of the last booker; on paper, the paper original (see _packPaper)
        uint40 time; // Unix time of the last act
        uint16 counter; // bookings and withdrawals so far
        Holding holding;
    }

    /// @custom:storage-location erc7201:piaolian.storage.ReceiptLedger
    struct Layout {
        uint64 lastRootId;
        uint16 graceDays;
        uint8 startDays;
        uint8 backDays;
        mapping(uint64 rootId => bytes32) roots; // of batches by their count, of red receipts by what they reverse
        mapping(uint32 range => mapping(uint256 word => uint256)) marks; // a byte a number: 8 void
        mapping(uint32 range => mapping(uint40 number => Hold)) holds;
        mapping(uint32 range => mapping(uint40 number => mapping(address booker => uint32))) shares;
        mapping(uint32 range => mapping(uint40 number => bool)) reversalsAllowed;
        mapping(uint32 unit => mapping(uint16 kind => Cursor)) cursors;
        mapping(uint32 unit => mapping(uint16 kind => mapping(uint32 month => Period))) periods;
    }

    uint8 internal constant MARK_EXCHANGED = 1;
    uint8 internal constant MARK_REVERSED = 2;
    uint8 internal constant MARK_VOID = 8;
    // A red receipt's header has the mode of its original and this.
    uint8 internal constant RED_MODES = 2;
    // Set in the ids of red receipts' roots, above every count of batches.
    uint64 private constant RED_ROOTS = 1 << 62;

    bytes32 private constant RECEIPT_STORAGE =
        keccak256(abi.encode(uint256(keccak256("piaolian.storage.ReceiptLedger")) - 1)) & ~bytes32(uint256(0xff));

    function _layout() internal pure returns (Layout storage $) {
        bytes32 slot = RECEIPT_STORAGE;
        assembly ("memory-safe") {
            $.slot := slot
        }
    }

    /// @dev Id of the root of the red receipt that reverses a receipt, whether it exists or not. So one slot says that
    /// a receipt is reversed, and by which red receipt. Ranges have 28 bits (see Ranges), numbers of ten digits 34.
    function _redRootId(uint32 range, uint40 number) internal pure returns (uint64) {
        return RED_ROOTS | (uint64(range) << 34) | number;
    }

    /// @dev Share of one booker in billionths.
    function _shareOf(Hold memory hold, uint32 range, uint40 number, address booker) internal view returns (uint32) {
        if (hold.holding == Holding.Spread) return _layout().shares[range][number][booker];
        return address(hold.holder) == booker ? hold.share : 0;
    }

    /// @dev A paper original in the 160 bits of a holder.
    function _packPaper(uint32 range, uint40 number, uint32 unit) internal pure returns (uint160) {
        return range | (uint160(number) << 32) | (uint160(unit) << 72);
    }

    /// @dev See _packPaper.
    function _unpackPaper(uint160 holder) internal pure returns (uint32 range, uint40 number, uint32 unit) {
        return (uint32(holder), uint40(holder >> 32), uint32(holder >> 72));
    }
}
