// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {FourEyes} from "../base/FourEyes.sol";
import {BeijingCalendar} from "../libraries/BeijingCalendar.sol";
import {IReceiptLedger} from "../interfaces/IReceiptLedger.sol";
import {Issuing} from "./Issuing.sol";

/// @title Write-off of months
/// @notice A month closes when the unit reports exactly what the chain counted, oldest month first.
abstract contract WriteOffs is Issuing, FourEyes {
    uint40 private constant MAX_EXTENSION = 90 days;
    uint32 private constant MAX_FORMER_MONTHS = 120;

    string private constant TOTALS_MEMBERS =
        "(uint32 unit,uint16 kind,uint32 month,uint32 issued,uint32 voided,uint32 red,uint64 issuedFen,uint64 reversedFen,uint64 deadline)";
    bytes32 private constant WRITE_OFF_TYPEHASH = keccak256(abi.encodePacked("WriteOff", TOTALS_MEMBERS));
    bytes32 private constant BRING_FORWARD_TYPEHASH = keccak256(abi.encodePacked("BringForward", TOTALS_MEMBERS));

    /// @inheritdoc IReceiptLedger
    function writeOff(WriteOffAct calldata act) external {
        _requireSigned(REGISTRY.signerOf(act.unit), _hashAct(WRITE_OFF_TYPEHASH, act), act.deadline, act.signature);
        _requireClosable(act.unit, act.kind, act.month);
        Totals memory held = _totalsOf(act.unit, act.kind, act.month);
        _requireEqual("issued", held.issued, act.totals.issued);
        _requireEqual("voided", held.voided, act.totals.voided);
        _requireEqual("red", held.red, act.totals.red);
        _requireEqual("issuedFen", held.issuedFen, act.totals.issuedFen);
        _requireEqual("reversedFen", held.reversedFen, act.totals.reversedFen);
        _close(act.unit, act.kind, act.month);
        emit PeriodWrittenOff(act.unit, act.kind, act.month, held);
    }

    /// @inheritdoc IReceiptLedger
    function closeWithDifference(uint32 unit, uint16 kind, uint32 month, Totals calldata reported, uint16 reason)
        external
        restricted
        returns (bool decided)
    {
        REGISTRY.authorize(msg.sender, unit);
        _requireClosable(unit, kind, month);
        if (!_approve()) return false;
        _close(unit, kind, month);
        emit PeriodClosedWithDifference(unit, kind, month, _totalsOf(unit, kind, month), reported, reason);
        return true;
    }

    /// @inheritdoc IReceiptLedger
    function bringForward(WriteOffAct calldata act) external restricted {
        address signer = REGISTRY.authorize(msg.sender, act.unit);
        _requireSigned(signer, _hashAct(BRING_FORWARD_TYPEHASH, act), act.deadline, act.signature);
        Cursor memory cursor = _layout().cursors[act.unit][act.kind];
        if (cursor.hasIssued) revert UnitHasIssued(act.unit, act.kind);
        // Only months of the last ten years that have ended, each once, and upwards.
        uint32 thisMonth = BeijingCalendar.monthOf(BeijingCalendar.dayOf(block.timestamp));
        if (act.month == thisMonth) revert MonthNotEnded(act.month, _startOf(act.month + 1));
        uint32 earliest = thisMonth - MAX_FORMER_MONTHS;
        if (act.month > thisMonth || act.month < earliest) revert MonthOutOfOrder(earliest, act.month);
        uint32 next = cursor.base + 1 + _width(cursor.open);
        if (act.month < next) revert MonthOutOfOrder(next, act.month);
        if (act.totals.issued == 0 && act.totals.voided == 0 && act.totals.red == 0) {
            revert MonthNotOpen(act.unit, act.kind, act.month);
        }
        _count(act.unit, act.kind, act.month, act.totals);
        emit PeriodBroughtForward(act.unit, act.kind, act.month, act.totals);
    }

    /// @inheritdoc IReceiptLedger
    function extend(uint32 unit, uint16 kind, uint40 until, uint16 reason) external restricted returns (bool decided) {
        REGISTRY.authorize(msg.sender, unit);
        if (until <= block.timestamp || until > block.timestamp + MAX_EXTENSION) revert ExtensionOutOfWindow(until);
        if (!_approve()) return false;
        _layout().cursors[unit][kind].extendedUntil = until;
        emit Extended(unit, kind, until, reason);
        return true;
    }

    /// @inheritdoc IReceiptLedger
    function periodOf(uint32 unit, uint16 kind, uint32 month)
        external
        view
        returns (Totals memory periodTotals, bool closed)
    {
        return (_totalsOf(unit, kind, month), month <= _layout().cursors[unit][kind].base);
    }

    /// @inheritdoc IReceiptLedger
    function overdueOf(uint32 unit, uint16 kind) external view returns (uint32 month, uint40 deadline, bool overdue) {
        Cursor memory cursor = _layout().cursors[unit][kind];
        if (cursor.open == 0) return (0, 0, false);
        month = _oldest(cursor);
        deadline = _deadlineOf(cursor, month);
        overdue = block.timestamp > deadline;
    }

    /// @dev Reverts unless the month is the oldest open one, has ended, and write-off has begun.
    function _requireClosable(uint32 unit, uint16 kind, uint32 month) private view {
        Cursor memory cursor = _layout().cursors[unit][kind];
        // A month at or below the base is closed; it has no place among the open ones.
        if (month <= cursor.base) revert MonthNotOpen(unit, kind, month);
        uint32 place = month - cursor.base - 1;
        if ((cursor.open >> place) & 1 == 0) revert MonthNotOpen(unit, kind, month);
        uint32 oldest = _oldest(cursor);
        if (month != oldest) revert MonthOutOfOrder(oldest, month);
        uint40 startsAt = _startOf(month + 1) + uint40(_layout().startDays) * 1 days;
        if (block.timestamp < startsAt) revert MonthNotEnded(month, startsAt);
    }

    function _close(uint32 unit, uint16 kind, uint32 month) private {
        Cursor storage cursor = _layout().cursors[unit][kind];
        // Shifting by 128 gives 0, which is right: no month was open above.
        cursor.open >>= month - cursor.base;
        cursor.base = month;
    }

    function _totalsOf(uint32 unit, uint16 kind, uint32 month) private view returns (Totals memory) {
        Period storage period = _layout().periods[unit][kind][month];
        return Totals({
            issued: period.issued,
            voided: period.voided,
            red: period.red,
            issuedFen: period.issuedFen,
            reversedFen: period.reversedFen
        });
    }

    /// @dev Bits up to and including the highest that is set.
    function _width(uint128 open) private pure returns (uint32 bits) {
        for (; open != 0; open >>= 1) {
            ++bits;
        }
    }

    /// @dev First second of a month, in Unix time.
    function _startOf(uint32 month) private pure returns (uint40) {
        return BeijingCalendar.startOf(BeijingCalendar.firstDayOf(month));
    }

    function _requireEqual(bytes32 field, uint256 onChain, uint256 reported) private pure {
        if (onChain != reported) revert WriteOffMismatch(field, onChain, reported);
    }

    function _hashAct(bytes32 typeHash, WriteOffAct calldata act) private pure returns (bytes32) {
        // Totals is static: its fields are encoded in place, as the flat message wants them.
        return keccak256(abi.encode(typeHash, act.unit, act.kind, act.month, act.totals, act.deadline));
    }
}
