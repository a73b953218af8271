// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRegistry} from "../interfaces/IRegistry.sol";

/// @title Storage of the registry
/// @dev One struct at an ERC-7201 slot; fields are only ever appended.
abstract contract RegistryStorage is IRegistry {
    /// @dev Ids begin at 1, so that 0 means "none". One slot.
    struct Counters {
        uint32 units;
        uint32 pools;
        uint32 ranges;
        uint16 items;
        uint32 catalogVersion;
    }

    /// @dev Where a range came from. One slot.
    struct Origin {
        uint32 pool;
        uint16 place;
        bool toppedUp; // a range is refilled once
    }

    /// @dev Version in force, area and parent of an item: exactly one slot, and all that most checks read.
    struct ItemHead {
        uint40 enabledFrom;
        uint40 enabledUntil;
        uint48 minFen;
        uint48 maxFen;
        uint16 kind;
        bool listedUnitsOnly;
        uint32 area;
        uint16 parent; // item of the same code in the area above, whose limits hold as well
        bool hasUpcoming;
    }

    struct Item {
        ItemHead head;
        ItemVersion upcoming;
        bytes12 code;
    }

    /// @dev A key announced for a unit that lost its own.
    struct ScheduledSigner {
        address newSigner;
        uint40 executableAt;
        bytes32 certificateDigest;
    }

    struct Calendar {
        uint256[2] restDayBits;
        bool isSet;
    }

    /// @custom:storage-location erc7201:piaolian.storage.Registry
    struct Layout {
        Counters counters;
        mapping(address account => uint32) areas;
        mapping(uint32 unit => Unit) units;
        mapping(bytes32 creditCodeDigest => uint32) unitIds;
        mapping(uint32 unit => uint64) rotationNonces;
        mapping(uint32 unit => ScheduledSigner) scheduledSigners;
        mapping(uint16 item => Item) items;
        mapping(uint32 area => mapping(bytes12 code => uint16)) itemIds;
        mapping(uint16 item => mapping(uint32 unit => bool)) permits;
        mapping(uint32 pool => Pool) pools;
        mapping(bytes32 series => uint40) openedTo; // highest number opened
        mapping(uint32 range => Range) ranges;
        mapping(uint32 range => Origin) origins;
        mapping(bytes32 series => uint32[]) rangesOf;
        mapping(uint32 unit => mapping(uint16 kind => mapping(RangeClass class => TopUpRule))) topUpRules;
        mapping(uint16 year => Calendar) calendars;
        mapping(address member => CheckpointKey) checkpointKeys;
    }

    bytes32 private constant REGISTRY_STORAGE =
        keccak256(abi.encode(uint256(keccak256("piaolian.storage.Registry")) - 1)) & ~bytes32(uint256(0xff));

    function _layout() internal pure returns (Layout storage $) {
        bytes32 slot = REGISTRY_STORAGE;
        assembly ("memory-safe") {
            $.slot := slot
        }
    }
}
