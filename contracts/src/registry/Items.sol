// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Area} from "../libraries/Area.sol";
import {Packed} from "../libraries/Packed.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Units} from "./Units.sol";

/// @title Charge items
/// @notice An item changes by one version at a time, can be ended, and is never deleted; its id is never reused.
abstract contract Items is Units {
    uint256 private constant MIN_CODE_DIGITS = 6;

    /// @inheritdoc IRegistry
    function setItem(uint32 area, bytes12 code, ItemVersion calldata version)
        external
        restricted
        returns (uint16 item)
    {
        if (!Area.isValid(area)) revert MalformedArea(area);
        _requireArea(msg.sender, area);
        if (!_isCode(code) || !_isWindow(version)) revert MalformedItem(code);
        Layout storage $ = _layout();
        item = $.itemIds[area][code];
        if (item == 0) {
            item = ++$.counters.items;
            $.itemIds[area][code] = item;
            Item storage created = $.items[item];
            created.code = code;
            created.head.area = area;
            created.head.parent = _parentOf(area, code);
            _install(created, version, version.enabledFrom);
        } else {
            _addVersion($.items[item], version);
        }
        emit ItemSet(item, code, area, version, ++$.counters.catalogVersion);
    }

    /// @inheritdoc IRegistry
    function disableItem(uint16 item, uint40 at) external restricted {
        Item storage record = _item(item);
        _requireArea(msg.sender, record.head.area);
        uint40 end = at > block.timestamp ? at : uint40(block.timestamp);
        _advance(record);
        record.head.enabledUntil = end;
        if (record.head.hasUpcoming) {
            if (record.upcoming.enabledFrom >= end) _dropUpcoming(record);
            else record.upcoming.enabledUntil = end;
        }
        emit ItemDisabledFrom(item, end, ++_layout().counters.catalogVersion);
    }

    /// @inheritdoc IRegistry
    function permitUnit(uint16 item, uint32 unit, bool permitted) external restricted {
        _requireArea(msg.sender, _item(item).head.area);
        _unit(unit);
        _layout().permits[item][unit] = permitted;
        emit ItemPermitSet(item, unit, permitted, ++_layout().counters.catalogVersion);
    }

    /// @inheritdoc IRegistry
    function linkItem(uint16 item) external returns (uint16 parent) {
        Item storage record = _item(item);
        parent = _parentOf(record.head.area, record.code);
        if (parent != record.head.parent) {
            record.head.parent = parent;
            emit ItemLinked(item, parent, ++_layout().counters.catalogVersion);
        }
    }

    /// @inheritdoc IRegistry
    function checkLines(uint32 unit, uint16 kind, bytes calldata lines) external view {
        uint32 area = _unit(unit).area;
        uint256 count = lines.length / 8;
        // Neighbouring lines mostly have the same item: its limits are worked out once.
        uint256 known = 0;
        uint256 minFen = 0;
        uint256 maxFen = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 lane = Packed.laneAt(lines, i);
            uint256 item = uint16(lane);
            if (item == 0) continue;
            if (item != known) {
                (minFen, maxFen) = _limitsOf(uint16(item), unit, area, kind);
                known = item;
            }
            uint256 amountFen = lane >> 16;
            if (amountFen < minFen || amountFen > maxFen) {
                revert ItemAmountOutOfBounds(uint16(item), uint48(amountFen), uint48(minFen), uint48(maxFen));
            }
        }
    }

    /// @inheritdoc IRegistry
    function catalogVersion() external view returns (uint32) {
        return _layout().counters.catalogVersion;
    }

    /// @inheritdoc IRegistry
    function itemOf(uint16 item) external view returns (bytes12 code, uint32 area, ItemVersion memory current) {
        Item storage record = _item(item);
        return (record.code, record.head.area, _current(record, record.head));
    }

    /// @inheritdoc IRegistry
    function upcomingItemOf(uint16 item) external view returns (ItemVersion memory upcoming) {
        Item storage record = _item(item);
        if (record.head.hasUpcoming && block.timestamp < record.upcoming.enabledFrom) return record.upcoming;
    }

    /// @inheritdoc IRegistry
    function itemIdOf(uint32 area, bytes12 code) external view returns (uint16) {
        return _layout().itemIds[area][code];
    }

    /// @inheritdoc IRegistry
    function isPermitted(uint16 item, uint32 unit) external view returns (bool) {
        return _layout().permits[item][unit];
    }

    /// @dev Reverts unless the unit may charge the item now; the limits of a city are intersected with those of the
    /// areas above it.
    /// @return minFen Least amount of a line
    /// @return maxFen Greatest amount of a line
    function _limitsOf(uint16 item, uint32 unit, uint32 area, uint16 kind)
        private
        view
        returns (uint48 minFen, uint48 maxFen)
    {
        maxFen = type(uint48).max;
        while (item != 0) {
            ItemHead memory head = _item(item).head;
            ItemVersion memory version = _current(_layout().items[item], head);
            if (block.timestamp < version.enabledFrom) revert ItemDisabled(item);
            if (version.enabledUntil != 0 && block.timestamp >= version.enabledUntil) revert ItemDisabled(item);
            if (version.kind != 0 && version.kind != kind) revert ItemNotForKind(item, version.kind, kind);
            if (!Area.contains(head.area, area)) revert ItemNotPermitted(item, unit);
            if (version.listedUnitsOnly && !_layout().permits[item][unit]) revert ItemNotPermitted(item, unit);
            if (version.minFen > minFen) minFen = version.minFen;
            if (version.maxFen < maxFen) maxFen = version.maxFen;
            item = head.parent;
        }
    }

    /// @dev Adds a version that holds from its time or from now, whichever is later: the past is never changed.
    function _addVersion(Item storage record, ItemVersion calldata version) private {
        _advance(record);
        uint40 start = version.enabledFrom;
        if (start > block.timestamp) {
            record.upcoming = version;
            record.head.hasUpcoming = true;
        } else {
            if (version.enabledUntil != 0 && version.enabledUntil <= block.timestamp) {
                revert MalformedItem(record.code);
            }
            _dropUpcoming(record);
            _install(record, version, uint40(block.timestamp));
        }
    }

    /// @dev Makes the waiting version the current one when its time has come.
    function _advance(Item storage record) private {
        if (record.head.hasUpcoming && block.timestamp >= record.upcoming.enabledFrom) {
            ItemVersion memory upcoming = record.upcoming;
            _dropUpcoming(record);
            _install(record, upcoming, upcoming.enabledFrom);
        }
    }

    function _dropUpcoming(Item storage record) private {
        record.head.hasUpcoming = false;
        delete record.upcoming;
    }

    function _install(Item storage record, ItemVersion memory version, uint40 enabledFrom) private {
        record.head.enabledFrom = enabledFrom;
        record.head.enabledUntil = version.enabledUntil;
        record.head.minFen = version.minFen;
        record.head.maxFen = version.maxFen;
        record.head.kind = version.kind;
        record.head.listedUnitsOnly = version.listedUnitsOnly;
    }

    /// @dev The version in force now; the head suffices unless another version waits.
    function _current(Item storage record, ItemHead memory head) private view returns (ItemVersion memory) {
        if (head.hasUpcoming && block.timestamp >= record.upcoming.enabledFrom) return record.upcoming;
        return ItemVersion({
            enabledFrom: head.enabledFrom,
            enabledUntil: head.enabledUntil,
            minFen: head.minFen,
            maxFen: head.maxFen,
            kind: head.kind,
            listedUnitsOnly: head.listedUnitsOnly
        });
    }

    /// @dev The record. Reverts if there is none: every item has an area.
    function _item(uint16 item) private view returns (Item storage record) {
        record = _layout().items[item];
        if (record.head.area == 0) revert UnknownItem(item);
    }

    /// @dev The item of the same code in the nearest area above, 0 when there is none.
    function _parentOf(uint32 area, bytes12 code) private view returns (uint16 parent) {
        while (area >= 10_000 && parent == 0) {
            area /= 100;
            parent = _layout().itemIds[area][code];
        }
    }

    function _isWindow(ItemVersion calldata version) private pure returns (bool) {
        if (version.minFen > version.maxFen || version.maxFen == 0 || version.kind > 9999) return false;
        return version.enabledUntil == 0 || version.enabledUntil > version.enabledFrom;
    }

    /// @dev Whether a code has 6 to 12 ASCII digits and then only zeros.
    function _isCode(bytes12 code) private pure returns (bool) {
        uint256 digits = 0;
        while (digits < 12 && code[digits] >= "0" && code[digits] <= "9") ++digits;
        return digits >= MIN_CODE_DIGITS && uint96(code) << uint96(8 * digits) == 0;
    }
}
