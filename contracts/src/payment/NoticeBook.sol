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
        // 4. Write.
        uint256 ofLines = _writeLanes(batch, used.kind, batch.lanes, batch.lines);
        if (ofLines != batch.lines.length) revert LinesMismatch(batch.first, 0, batch.lines.length - ofLines);
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
        return uint16(lane) == 0 ? _layout().linesHashes[range][sequence] : Packed.hashLane(lane);
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
    /// @return at Bytes of `lines` that belong to notices
    function _writeLanes(NoticeBatch calldata batch, uint16 kind, bytes calldata lanes, bytes calldata lines)
        private
        returns (uint256 at)
    {
        mapping(uint256 => uint256) storage words = _layout().lanes[batch.range];
        uint256 sequence = batch.first;
        uint256 end = sequence + lanes.length / 8;
        uint256 word = words[sequence >> 2];
        // Sequences have ten digits, and i is below their number.
        unchecked {
            for (uint256 i = 0; sequence < end; ++i) {
                uint256 lane = Packed.laneAt(lanes, i);
                if (lane >> 16 == 0) revert AmountMissing(uint40(sequence));
                if (uint16(lane) == 0) at = _keepLines(batch, kind, uint40(sequence), lane >> 16, lines, at);
                word |= lane << (64 * (~sequence & 3)); // see _laneIn
                ++sequence;
                if (sequence & 3 == 0 || sequence == end) {
                    words[(sequence - 1) >> 2] = word;
                    word = 0; // the codes that follow are new, so their slot is empty
                }
            }
        }
    }

    /// @dev Checks the lines of one notice with several, and keeps their hash.
    /// @param at Where they begin: a byte with their number, then 8 bytes each
    /// @return end Where they end
    function _keepLines(
        NoticeBatch calldata batch,
        uint16 kind,
        uint40 sequence,
        uint256 amountFen,
        bytes calldata lines,
        uint256 at
    ) private returns (uint256 end) {
        uint256 n = at < lines.length ? uint8(lines[at]) : 0;
        end = at + 1 + 8 * n;
        if (n < 2 || n > MAX_LINES || end > lines.length) revert LinesMismatch(sequence, uint48(amountFen), 0);
        bytes calldata own = lines[at + 1:end];
        uint256 sum = _sumOf(sequence, own);
        if (sum != amountFen) revert LinesMismatch(sequence, uint48(amountFen), sum);
        REGISTRY.checkLines(batch.unit, kind, own);
        _layout().linesHashes[batch.range][sequence] = keccak256(own);
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
