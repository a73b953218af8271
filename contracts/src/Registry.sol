// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BeijingCalendar} from "./libraries/BeijingCalendar.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {Ranges} from "./registry/Ranges.sol";

/// @title Registry of units, charge items and number ranges
/// @notice See IRegistry for the rules and the trust model; units, items and ranges stand in one base contract each.
contract Registry is Ranges {
    /// @notice Proxies of the only contracts that may use numbers.
    address public immutable PAYMENT_LEDGER;
    address public immutable RECEIPT_LEDGER;

    /// @dev 1970-01-01 was a Thursday: counted from Sunday, day 4 of the week.
    uint32 private constant EPOCH_WEEKDAY = 4;

    /// @param paymentLedger Proxy of the ledger of payments
    /// @param receiptLedger Proxy of the ledger of receipts
    constructor(address paymentLedger, address receiptLedger) {
        if (paymentLedger == address(0) || receiptLedger == address(0)) revert ZeroAddress();
        PAYMENT_LEDGER = paymentLedger;
        RECEIPT_LEDGER = receiptLedger;
    }

    /// @inheritdoc IRegistry
    function setWorkingCalendar(uint16 year, uint256[2] calldata restDayBits) external restricted {
        _layout().calendars[year] = Calendar({restDayBits: restDayBits, isSet: true});
        emit WorkingCalendarSet(year, restDayBits);
    }

    /// @inheritdoc IRegistry
    function setCheckpointKey(address member, bytes calldata publicKey, uint40 validFrom, uint40 validUntil)
        external
        restricted
    {
        if (member == address(0)) revert ZeroAddress();
        if (publicKey.length == 0 || (validUntil != 0 && validUntil <= validFrom)) {
            revert MalformedCheckpointKey(member);
        }
        _layout().checkpointKeys[member] =
            CheckpointKey({publicKeyDigest: keccak256(publicKey), validFrom: validFrom, validUntil: validUntil});
        emit CheckpointKeySet(member, publicKey, validFrom, validUntil);
    }

    /// @inheritdoc IRegistry
    function consume(
        address account,
        uint32 unit,
        uint32 range,
        uint40 first,
        uint40 count,
        RangeClass class,
        bool active
    ) external returns (Range memory used, address signer, uint32 catalog) {
        // 1. Only the ledgers, which ask for the unit's signature.
        if (msg.sender != RECEIPT_LEDGER && msg.sender != PAYMENT_LEDGER) revert OnlyFor(RECEIPT_LEDGER, msg.sender);
        // 2. The node acts for its area, and the unit may act.
        Unit storage record = _unit(unit);
        _requireArea(account, record.area);
        if (active) _requireActive(unit, record);
        // 3. The numbers are the range's next, and the range is the unit's.
        used = _range(range);
        if (used.class != class) revert WrongRangeClass(range, class, used.class);
        if (used.unit != unit) revert NotYourRange(range, used.unit, unit);
        if (used.next != first) revert NumberNotNext(range, used.next, first);
        uint256 next = uint256(first) + count;
        if (next > uint256(used.to) + 1) revert RangeExhausted(range, used.to, uint40(next - 1));
        // `to` has ten digits, so `next` fits uint40.
        _layout().ranges[range].next = uint40(next);
        return (used, _signerOf(unit), _layout().counters.catalogVersion);
    }

    /// @inheritdoc IRegistry
    function isWorkingDay(uint32 day) external view returns (bool) {
        uint32 year = BeijingCalendar.yearOf(day);
        Calendar storage calendar = _layout().calendars[uint16(year)];
        if (!calendar.isSet) {
            uint256 weekday = (uint256(day) + EPOCH_WEEKDAY) % 7;
            return weekday != 0 && weekday != 6;
        }
        uint32 dayOfYear = day - BeijingCalendar.firstDayOf(year * 12);
        return (calendar.restDayBits[dayOfYear / 256] >> (dayOfYear % 256)) & 1 == 0;
    }

    /// @inheritdoc IRegistry
    function checkpointKeyOf(address member) external view returns (CheckpointKey memory) {
        return _layout().checkpointKeys[member];
    }

    function _requireActive(uint32 unit, Unit storage record) private view {
        if (record.restrictedAt != 0) revert UnitIsRestricted(unit, record.restrictionReason);
        if (record.successor != 0) revert UnitHasSuccessor(unit, record.successor);
    }
}
