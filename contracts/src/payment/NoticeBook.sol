// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SignedActs} from "../base/SignedActs.sol";
import {BeijingCalendar} from "../libraries/BeijingCalendar.sol";
import {Packed} from "../libraries/Packed.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {PaymentStorage} from "./PaymentStorage.sol";

/// @title How notices are judged and written
/// @notice A notice is written once, when the unit signs it, and its amount never changes afterwards.
abstract contract NoticeBook is SignedActs, PaymentStorage {
    /// @notice Proxy of the registry.
    IRegistry public immutable REGISTRY;

    uint256 private constant MAX_NOTICES = 2000;
    uint256 private constant MAX_LINES = 40;
    uint32 private constant MAX_DAYS_AHEAD = 400;

    bytes32 private constant NOTICE_TYPEHASH = keccak256(
        "Notice(uint32 unit,uint32 range,uint40 first,uint32 dueDay,bytes lanes,bytes lines,uint64 deadline)"
    );

    constructor(address registry) {
        if (registry == address(0)) revert ZeroAddress();
        REGISTRY = IRegistry(registry);
    }

    /// @dev Judges and writes a batch of notices.
    function _register(address account, NoticeBatch calldata batch) internal {
        // 1. Whole lanes, a due day that can be met.
        uint256 count = batch.lanes.length / 8;
        if (count == 0 || count > MAX_NOTICES || batch.lanes.length % 8 != 0) {
            revert MalformedLanes(batch.lanes.length);
        }
        uint32 today = BeijingCalendar.dayOf(block.timestamp);
        if (batch.dueDay < today || batch.dueDay > today + MAX_DAYS_AHEAD) {
            revert DueDayOutOfWindow(batch.dueDay, today);
        }
        // 2. The codes are the range's next and the unit's, which is active and signed.
        (IRegistry.Range memory used, address signer,) = REGISTRY.consume(
            account, batch.unit, batch.range, batch.first, uint40(count), IRegistry.RangeClass.PaymentCode, true
        );
        _requireSigned(signer, _structHash(batch), batch.deadline, batch.signature);
        // 3. Every line may be charged now.
        REGISTRY.checkLines(batch.unit, used.kind, batch.lanes);
        _checkLines(batch, used.kind, count);
        // 4. Write.
        _writeLanes(batch, count);
        Layout storage $ = _layout();
        Book memory book = $.books[batch.range];
        uint32 index = book.batches;
        $.batches[batch.range][index] = BatchRecord({first: batch.first, dueDay: batch.dueDay});
        $.books[batch.range] = Book({unit: batch.unit, prefix: used.prefix, kind: used.kind, batches: index + 1});
        emit NoticeRegistered(
            batch.unit, batch.range, batch.first, uint32(count), batch.dueDay, index, batch.lanes, batch.lines
        );
    }

    /// @dev keccak256 of a notice's lines: one line is its lane, several were hashed when they were noticed.
    function _linesHashOf(uint32 range, uint40 sequence, uint64 lane) internal view returns (bytes32) {
        return uint16(lane) == 0 ? _layout().linesHashes[range][sequence] : keccak256(abi.encodePacked(lane));
    }

    /// @dev Place of the batch in which a noticed code was registered: the last that begins at or before it.
    function _batchOf(uint32 range, uint40 sequence) internal view returns (uint256 index) {
        Layout storage $ = _layout();
        uint256 end = $.books[range].batches;
        while (end - index > 1) {
            uint256 middle = (index + end) / 2;
            if ($.batches[range][middle].first <= sequence) index = middle;
            else end = middle;
        }
    }

    /// @dev Writes four lanes a slot; slots that are shared with a neighbouring batch keep its lanes.
    function _writeLanes(NoticeBatch calldata batch, uint256 count) private {
        mapping(uint256 => uint256) storage lanes = _layout().lanes[batch.range];
        uint256 word = lanes[batch.first >> 2];
        for (uint256 i = 0; i < count; ++i) {
            uint40 sequence = batch.first + uint40(i);
            uint64 lane = Packed.laneAt(batch.lanes, i);
            if (lane >> 16 == 0) revert AmountMissing(sequence);
            word |= uint256(lane) << (192 - 64 * (uint256(sequence) & 3));
            if (sequence & 3 == 3 || i + 1 == count) {
                lanes[sequence >> 2] = word;
                word = 0; // the codes that follow are new, so their slot is empty
            }
        }
    }

    /// @dev Checks the lines of notices with several, and keeps their hash.
    function _checkLines(NoticeBatch calldata batch, uint16 kind, uint256 count) private {
        uint256 at = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint64 lane = Packed.laneAt(batch.lanes, i);
            if (uint16(lane) != 0) continue;
            uint40 sequence = batch.first + uint40(i);
            uint256 n = at < batch.lines.length ? uint8(batch.lines[at]) : 0;
            uint256 end = at + 1 + 8 * n;
            if (n < 2 || n > MAX_LINES || end > batch.lines.length) {
                revert LinesMismatch(sequence, uint48(lane >> 16), 0);
            }
            bytes calldata lines = batch.lines[at + 1:end];
            uint256 sum = _sumOf(sequence, lines);
            if (sum != lane >> 16) revert LinesMismatch(sequence, uint48(lane >> 16), sum);
            REGISTRY.checkLines(batch.unit, kind, lines);
            _layout().linesHashes[batch.range][sequence] = keccak256(lines);
            at = end;
        }
        if (at != batch.lines.length) revert LinesMismatch(batch.first, 0, batch.lines.length - at);
    }

    /// @dev Sum of the lines in fen; 40 lines of 48 bits cannot overflow.
    function _sumOf(uint40 sequence, bytes calldata lines) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < lines.length / 8; ++i) {
            uint64 line = Packed.laneAt(lines, i);
            // Without an item a line would escape the catalogue.
            if (uint16(line) == 0) revert LinesMismatch(sequence, uint48(line >> 16), 0);
            sum += line >> 16;
        }
    }

    function _structHash(NoticeBatch calldata batch) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                NOTICE_TYPEHASH,
                batch.unit,
                batch.range,
                batch.first,
                batch.dueDay,
                keccak256(batch.lanes),
                keccak256(batch.lines),
                batch.deadline
            )
        );
    }
}
