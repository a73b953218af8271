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
            created.area = area;
            created.parent = _parentOf(area, code);
            _install(created, version, version.enabledFrom);
        } else {
            _addVersion($.items[item], version);
        }
        emit ItemSet(item, code, area, version, ++$.counters.catalogVersion);
    }

    /// @inheritdoc IRegistry
    function disableItem(uint16 item, uint40 at) external restricted {
        Item storage record = _item(item);
        _requireArea(msg.sender, record.area);
        uint40 end = at > block.timestamp ? at : uint40(block.timestamp);
        _advance(record);
        record.enabledUntil = end;
        if (record.hasUpcoming) {
            if (record.upcoming.enabledFrom >= end) _dropUpcoming(record);
            else record.upcoming.enabledUntil = end;
        }
        emit ItemDisabledFrom(item, end, ++_layout().counters.catalogVersion);
    }

    /// @inheritdoc IRegistry
    function permitUnit(uint16 item, uint32 unit, bool permitted) external restricted {
        _requireArea(msg.sender, _item(item).area);
        _unit(unit);
        _layout().permits[item][unit] = permitted;
        emit ItemPermitSet(item, unit, permitted, ++_layout().counters.catalogVersion);
    }

    /// @inheritdoc IRegistry
    function linkItem(uint16 item) external returns (uint16 parent) {
        Item storage record = _item(item);
        parent = _parentOf(record.area, record.code);
        if (parent != record.parent) {
            record.parent = parent;
            emit ItemLinked(item, parent, ++_layout().counters.catalogVersion);
        }
    }

    /// @inheritdoc IRegistry
    function checkLines(uint32 unit, uint16 kind, bytes calldata lines) external view {
        uint32 area = _unit(unit).area;
        uint256 count = lines.length / 8;
        for (uint256 i = 0; i < count; ++i) {
            uint64 lane = Packed.laneAt(lines, i);
            uint16 item = uint16(lane);
            // The limits of the city hold, and those of the province above it.
            while (item != 0) item = _checkLine(item, uint48(lane >> 16), unit, area, kind);
        }
    }

    /// @inheritdoc IRegistry
    function catalogVersion() external view returns (uint32) {
        return _layout().counters.catalogVersion;
    }

    /// @inheritdoc IRegistry
    function itemOf(uint16 item) external view returns (bytes12 code, uint32 area, ItemVersion memory current) {
        Item storage record = _item(item);
        return (record.code, record.area, _current(record));
    }

    /// @inheritdoc IRegistry
    function upcomingItemOf(uint16 item) external view returns (ItemVersion memory upcoming) {
        Item storage record = _item(item);
        if (record.hasUpcoming && block.timestamp < record.upcoming.enabledFrom) return record.upcoming;
    }

    /// @inheritdoc IRegistry
    function itemIdOf(uint32 area, bytes12 code) external view returns (uint16) {
        return _layout().itemIds[area][code];
    }

    /// @inheritdoc IRegistry
    function isPermitted(uint16 item, uint32 unit) external view returns (bool) {
        return _layout().permits[item][unit];
    }

    /// @dev Reverts unless one line may be charged under one item.
    /// @return parent Item above, whose limits are to be checked next; 0 when there is none
    function _checkLine(uint16 item, uint48 amountFen, uint32 unit, uint32 area, uint16 kind)
        private
        view
        returns (uint16 parent)
    {
        Item storage record = _item(item);
        ItemVersion memory version = _current(record);
        if (block.timestamp < version.enabledFrom) revert ItemDisabled(item);
        if (version.enabledUntil != 0 && block.timestamp >= version.enabledUntil) revert ItemDisabled(item);
        if (amountFen < version.minFen || amountFen > version.maxFen) {
            revert ItemAmountOutOfBounds(item, amountFen, version.minFen, version.maxFen);
        }
        if (version.kind != 0 && version.kind != kind) revert ItemNotForKind(item, version.kind, kind);
        if (!Area.contains(record.area, area)) revert ItemNotPermitted(item, unit);
        if (version.listedUnitsOnly && !_layout().permits[item][unit]) revert ItemNotPermitted(item, unit);
        return record.parent;
    }

    /// @dev Adds a version that holds from its time or from now, whichever is later: the past is never changed.
    function _addVersion(Item storage record, ItemVersion calldata version) private {
        _advance(record);
        uint40 start = version.enabledFrom;
        if (start > block.timestamp) {
            record.upcoming = version;
            record.hasUpcoming = true;
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
        if (record.hasUpcoming && block.timestamp >= record.upcoming.enabledFrom) {
            ItemVersion memory upcoming = record.upcoming;
            _dropUpcoming(record);
            _install(record, upcoming, upcoming.enabledFrom);
        }
    }

    function _dropUpcoming(Item storage record) private {
        record.hasUpcoming = false;
        delete record.upcoming;
    }

    function _install(Item storage record, ItemVersion memory version, uint40 enabledFrom) private {
        record.enabledFrom = enabledFrom;
        record.enabledUntil = version.enabledUntil;
        record.minFen = version.minFen;
        record.maxFen = version.maxFen;
        record.kind = version.kind;
        record.listedUnitsOnly = version.listedUnitsOnly;
    }

    /// @dev The version in force now; the first slot of the record suffices unless another version waits.
    function _current(Item storage record) private view returns (ItemVersion memory) {
        if (record.hasUpcoming && block.timestamp >= record.upcoming.enabledFrom) return record.upcoming;
        return ItemVersion({
            enabledFrom: record.enabledFrom,
            enabledUntil: record.enabledUntil,
            minFen: record.minFen,
            maxFen: record.maxFen,
            kind: record.kind,
            listedUnitsOnly: record.listedUnitsOnly
        });
    }

    /// @dev The record. Reverts if there is none: every item has an area.
    function _item(uint16 item) private view returns (Item storage record) {
        record = _layout().items[item];
        if (record.area == 0) revert UnknownItem(item);
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
        return digits >= MIN_CODE_DIGITS && (digits == 12 || (uint96(code) << uint96(8 * digits)) == 0);
    }
}
