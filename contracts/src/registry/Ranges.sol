// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Area} from "../libraries/Area.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Items} from "./Items.sol";

/// @title Number ranges, from region to unit
/// @notice Numbers of a prefix are opened once, upwards; from there they only change hands: pool to pool, pool to
/// range, and the unused rest back to a pool. So no number is ever in two places.
abstract contract Ranges is Items {
    uint40 private constant MAX_NUMBER = 9_999_999_999; // ten digits
    // 28 bits: range and number of a receipt then fit one word of 62 (see ReceiptStorage).
    uint32 private constant MAX_RANGES = (1 << 28) - 1;
    uint64 private constant RECEIPT_PREFIXES = 100_000_000; // eight digits
    uint64 private constant PAYMENT_PREFIXES = 10_000_000_000; // ten digits

    /// @inheritdoc IRegistry
    function openPool(RangeClass class, uint32 area, uint64 prefix, uint40 from, uint40 to)
        external
        restricted
        returns (uint32 pool)
    {
        if (!Area.isValid(area)) revert MalformedArea(area);
        _requireArea(msg.sender, area);
        _requirePrefixInArea(class, area, prefix);
        if (from == 0 || to < from || to > MAX_NUMBER) revert MalformedRange(from, to);
        uint40 openedTo = _layout().openedTo[_seriesOf(class, area, prefix)];
        if (from <= openedTo) revert NumbersAlreadyOpened(prefix, from, openedTo);
        _layout().openedTo[_seriesOf(class, area, prefix)] = to;
        pool = _addPool(Pool({area: area, prefix: prefix, next: from, to: to, class: class}));
        emit PoolOpened(pool, class, area, prefix, from, to);
    }

    /// @inheritdoc IRegistry
    function splitPool(uint32 pool, uint32 area, uint40 count) external restricted returns (uint32 child) {
        Pool storage parent = _pool(pool);
        _requireArea(msg.sender, parent.area);
        if (!Area.isValid(area)) revert MalformedArea(area);
        if (!Area.contains(parent.area, area)) revert NotYourArea(parent.area, area);
        (uint40 from, uint40 to) = _take(pool, count);
        child = _addPool(Pool({area: area, prefix: parent.prefix, next: from, to: to, class: parent.class}));
        emit PoolSplit(pool, child, area, from, to);
    }

    /// @inheritdoc IRegistry
    function allot(uint32 pool, uint32 unit, uint40 count, uint16 kind, ControlMode mode, uint16 place)
        external
        restricted
        returns (uint32 range)
    {
        _requireArea(msg.sender, _pool(pool).area);
        return _allot(pool, unit, count, kind, mode, place);
    }

    /// @inheritdoc IRegistry
    function recall(uint32 range) external restricted returns (uint32 pool) {
        Range storage record = _range(range);
        uint32 area = _layout().pools[_layout().origins[range].pool].area;
        _requireArea(msg.sender, area);
        (uint40 from, uint40 to) = (record.next, record.to);
        if (from > to) revert RangeExhausted(range, to, from);
        record.to = from - 1;
        pool = _addPool(Pool({area: area, prefix: record.prefix, next: from, to: to, class: record.class}));
        emit RangeRecalled(range, pool, from, to);
    }

    /// @inheritdoc IRegistry
    function setTopUpRule(uint32 unit, uint16 kind, uint40 threshold, uint40 count, uint32 pool) external restricted {
        Pool storage source = _pool(pool);
        _requireArea(msg.sender, source.area);
        _requireArea(msg.sender, _unit(unit).area);
        _layout().topUpRules[unit][kind][source.class] = TopUpRule({threshold: threshold, count: count, pool: pool});
        emit TopUpRuleSet(unit, kind, threshold, count, pool);
    }

    /// @inheritdoc IRegistry
    function topUp(uint32 range) external restricted returns (uint32 newRange) {
        Range memory record = _range(range);
        _requireArea(msg.sender, _unit(record.unit).area);
        TopUpRule memory rule = _layout().topUpRules[record.unit][record.kind][record.class];
        Origin storage origin = _layout().origins[range];
        uint40 left = record.to + 1 - record.next;
        if (origin.toppedUp || left >= rule.threshold) revert TopUpNotDue(range, left, rule.threshold);
        // One refill for each range: else a node could drain the pool through one range that runs out.
        origin.toppedUp = true;
        return _allot(rule.pool, record.unit, rule.count, record.kind, record.mode, origin.place);
    }

    /// @inheritdoc IRegistry
    function rangeOf(uint32 range) external view returns (Range memory) {
        return _range(range);
    }

    /// @inheritdoc IRegistry
    function placeOf(uint32 range) external view returns (uint16) {
        return _layout().origins[range].place;
    }

    /// @inheritdoc IRegistry
    function poolOf(uint32 pool) external view returns (Pool memory) {
        return _pool(pool);
    }

    /// @inheritdoc IRegistry
    function topUpRuleOf(uint32 unit, uint16 kind, RangeClass class) external view returns (TopUpRule memory) {
        return _layout().topUpRules[unit][kind][class];
    }

    /// @inheritdoc IRegistry
    function findRange(RangeClass class, uint64 prefix, uint40 number) external view returns (uint32 range) {
        return _find(_seriesOf(class, 0, prefix), number);
    }

    /// @inheritdoc IRegistry
    function findPaperRange(uint32 region, uint64 prefix, uint40 number) external view returns (uint32 range) {
        return _find(_seriesOf(RangeClass.Paper, region, prefix), number);
    }

    /// @dev The range's record. Reverts if there is none: every range has a class.
    function _range(uint32 range) internal view returns (Range storage record) {
        record = _layout().ranges[range];
        if (record.class == RangeClass.None) revert UnknownRange(range);
    }

    function _allot(uint32 pool, uint32 unit, uint40 count, uint16 kind, ControlMode mode, uint16 place)
        private
        returns (uint32 range)
    {
        Pool memory source = _pool(pool);
        uint32 unitArea = _unit(unit).area;
        if (!Area.contains(source.area, unitArea)) revert NotYourArea(source.area, unitArea);
        _requireKind(source, kind, mode);
        (uint40 from, uint40 to) = _take(pool, count);
        Layout storage $ = _layout();
        range = $.counters.ranges + 1;
        if (range > MAX_RANGES) revert TooManyRanges(MAX_RANGES);
        $.counters.ranges = range;
        $.ranges[range] = Range({
            unit: unit,
            prefix: source.prefix,
            from: from,
            to: to,
            next: from,
            class: source.class,
            mode: mode,
            kind: kind
        });
        $.origins[range] = Origin({pool: pool, place: place, toppedUp: false});
        $.rangesOf[_seriesOf(source.class, source.area, source.prefix)].push(range);
        emit RangeAllotted(range, unit, source.class, source.prefix, from, to, kind, mode, place);
    }

    /// @dev Takes the first `count` numbers out of a pool.
    function _take(uint32 pool, uint40 count) private returns (uint40 from, uint40 to) {
        Pool storage source = _layout().pools[pool];
        from = source.next;
        uint40 left = source.to + 1 - from;
        if (count == 0 || count > left) revert PoolExhausted(pool, left, count);
        source.next = from + count;
        to = from + count - 1;
    }

    function _addPool(Pool memory record) private returns (uint32 pool) {
        pool = ++_layout().counters.pools;
        _layout().pools[pool] = record;
    }

    /// @dev The pool's record. Reverts if there is none: every pool has a class.
    function _pool(uint32 pool) private view returns (Pool storage record) {
        record = _layout().pools[pool];
        if (record.class == RangeClass.None) revert UnknownPool(pool);
    }

    function _find(bytes32 series, uint40 number) private view returns (uint32) {
        uint32[] storage ranges = _layout().rangesOf[series];
        for (uint256 i = 0; i < ranges.length; ++i) {
            Range storage record = _layout().ranges[ranges[i]];
            if (record.from <= number && number <= record.to) return ranges[i];
        }
        return 0;
    }

    /// @dev Receipt codes begin with the region, payment codes with the division: an area may open only its own.
    function _requirePrefixInArea(RangeClass class, uint32 area, uint64 prefix) private pure {
        bool inside = class == RangeClass.Paper;
        if (class == RangeClass.Receipt && prefix < RECEIPT_PREFIXES) {
            inside = area == 100 + prefix / 1_000_000;
        } else if (class == RangeClass.PaymentCode && prefix < PAYMENT_PREFIXES) {
            inside = Area.contains(area, uint32(1_000_000 + prefix / 10_000));
        }
        if (!inside) revert PrefixNotInArea(prefix, area);
    }

    /// @dev Digits 3 to 6 of a receipt code are category and kind; only receipts have a way of control.
    function _requireKind(Pool memory source, uint16 kind, ControlMode mode) private pure {
        bool matches = source.class == RangeClass.Receipt
            ? mode != ControlMode.None && kind == (source.prefix / 100) % 10_000
            : mode == ControlMode.None && kind <= 9999;
        if (!matches) revert KindMismatch(source.prefix, kind);
    }

    /// @dev Key of all numbers of a prefix. Paper codes name no region, so each region has its own.
    function _seriesOf(RangeClass class, uint32 area, uint64 prefix) private pure returns (bytes32) {
        uint32 region = class == RangeClass.Paper ? Area.regionOf(area) : 0;
        return keccak256(abi.encode(class, region, prefix));
    }
}
