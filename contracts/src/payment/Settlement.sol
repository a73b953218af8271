// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Packed} from "../libraries/Packed.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Votes} from "./Votes.sol";

/// @title Settlement of what the oracles saw
/// @notice Each entry of a report has its effect once, whoever sends it and however often.
/// @dev Repeats are told by the bank reference, all eight bytes of it. A shorter tag would save a slot for every dozen
/// payments and would sooner or later take somebody's second payment for a repeat of the first.
abstract contract Settlement is Votes {
    uint256 private constant ENTRY_BYTES = 22;

    /// @dev One entry of a report.
    struct Entry {
        uint40 sequence;
        uint48 amountFen;
        uint24 valueDay;
        bytes8 bankReference;
    }

    /// @dev What is at hand while one group is settled: neighbouring codes share slots, which are read and written
    /// once. `end` is the first code that is not in the batch at hand.
    struct Desk {
        uint32 range;
        uint256 laneWord;
        uint256 marksWord;
        uint256 flagsWord;
        uint256 referencesWord;
        uint40 begin;
        uint40 end;
        uint32 dueDay;
        uint32 paid;
        uint256 received;
        uint256 suspended;
        bytes sequences;
    }

    /// @inheritdoc IPaymentLedger
    function settle(uint32 epoch, bytes32 reportId, SettlementGroup[] calldata groups) external {
        bytes32[] memory digests = new bytes32[](groups.length);
        for (uint256 i = 0; i < groups.length; ++i) {
            digests[i] = keccak256(abi.encode(groups[i].range, keccak256(groups[i].entries)));
        }
        _requireApproved(epoch, keccak256(abi.encode(reportId, keccak256(abi.encodePacked(digests)))));
        uint256 received = 0;
        uint256 suspended = 0;
        for (uint256 i = 0; i < groups.length; ++i) {
            Desk memory desk = _settleGroup(groups[i]);
            received += desk.received;
            suspended += desk.suspended;
            emit PaymentsSettled(desk.range, reportId, desk.paid, desk.sequences);
        }
        if (received != 0) {
            Totals storage totals = _layout().totals;
            totals.received += uint64(received);
            totals.suspense += uint64(suspended);
        }
    }

    function _settleGroup(SettlementGroup calldata group) private returns (Desk memory desk) {
        bytes calldata entries = group.entries;
        uint256 length = entries.length;
        if (length == 0 || length % ENTRY_BYTES != 0) revert MalformedEntries(length);
        uint256 count = length / ENTRY_BYTES;
        desk.range = group.range;
        // 27 bytes of slack: see Packed.putSequence.
        desk.sequences = new bytes(count * 5 + 27);
        _openBatch(desk, group.noticeBatch);
        uint256 previous = 0;
        uint40 at = type(uint40).max;
        for (uint256 i = 0; i < count; ++i) {
            Entry memory entry = _entryAt(entries, i);
            uint256 key = (uint256(entry.sequence) << 64) | uint64(entry.bankReference);
            if (key <= previous && i != 0) revert EntriesNotAscending(group.range, i);
            previous = key;
            _turnTo(desk, at, entry.sequence);
            at = entry.sequence;
            _settleEntry(desk, entry);
        }
        _store(desk, at);
        Packed.truncate(desk.sequences, uint256(desk.paid) * 5);
    }

    /// @dev Judges one entry; `desk` holds the slots of its code.
    function _settleEntry(Desk memory desk, Entry memory entry) private {
        uint64 lane = _laneIn(desk.laneWord, entry.sequence);
        // An unknown code leaves no state, so that the entry can be settled once its notice is there.
        if (lane == 0 || entry.amountFen == 0) {
            emit PaymentUnknown(desk.range, entry.sequence, entry.amountFen, entry.bankReference);
            return;
        }
        if (_isRepeat(desk, entry)) {
            emit PaymentRepeated(desk.range, entry.sequence, entry.amountFen, entry.bankReference);
            return;
        }
        uint48 dueFen = uint48(lane >> 16);
        desk.received += entry.amountFen;
        SuspenseReason reason = _reasonFor(desk, entry, dueFen);
        if (reason != SuspenseReason.None && reason != SuspenseReason.Overpaid) {
            _suspend(desk, entry, entry.amountFen, reason);
            return;
        }
        desk.marksWord |= _lowBit(entry.sequence);
        desk.referencesWord |= _referenceBits(entry.sequence, entry.bankReference);
        Packed.putSequence(desk.sequences, desk.paid, entry.sequence);
        ++desk.paid;
        if (reason == SuspenseReason.Overpaid) _suspend(desk, entry, entry.amountFen - dueFen, reason);
    }

    /// @dev Whether the entry had its effect before: it paid the code, or its money was suspended.
    function _isRepeat(Desk memory desk, Entry memory entry) private view returns (bool) {
        uint256 settled = _lowBit(entry.sequence) | _highBit(entry.sequence);
        if (desk.marksWord & settled != 0) {
            uint256 mask = uint256(type(uint64).max) << (64 * (uint256(entry.sequence) & 3));
            if (desk.referencesWord & mask == _referenceBits(entry.sequence, entry.bankReference)) return true;
        }
        if (desk.flagsWord & _highBit(entry.sequence) == 0) return false;
        bytes32 id = _suspenseId(desk.range, entry.sequence, entry.bankReference);
        return _layout().suspenses[id].reason != SuspenseReason.None;
    }

    /// @dev Why the money cannot simply pay the code; by value day, not by the time of settling.
    function _reasonFor(Desk memory desk, Entry memory entry, uint48 dueFen) private view returns (SuspenseReason) {
        if (desk.marksWord & (_lowBit(entry.sequence) | _highBit(entry.sequence)) != 0) {
            return SuspenseReason.AlreadyPaid;
        }
        if (desk.flagsWord & _lowBit(entry.sequence) != 0) return SuspenseReason.Cancelled;
        if (entry.sequence < desk.begin || entry.sequence >= desk.end) {
            _openBatch(desk, _batchOf(desk.range, entry.sequence));
        }
        if (entry.valueDay > desk.dueDay) return SuspenseReason.PastDue;
        if (entry.amountFen < dueFen) return SuspenseReason.Underpaid;
        return entry.amountFen > dueFen ? SuspenseReason.Overpaid : SuspenseReason.None;
    }

    function _suspend(Desk memory desk, Entry memory entry, uint48 amountFen, SuspenseReason reason) private {
        bytes32 id = _writeSuspense(
            Suspense({
                range: desk.range,
                sequence: entry.sequence,
                amountFen: amountFen,
                valueDay: entry.valueDay,
                bankReference: entry.bankReference,
                reason: reason,
                resolution: Resolution.None
            })
        );
        desk.flagsWord |= _highBit(entry.sequence);
        desk.suspended += amountFen;
        emit PaymentSuspended(id, desk.range, entry.sequence, amountFen, reason, entry.bankReference);
    }

    /// @dev Takes first code, end and due day of a batch onto the desk; an index past the last leaves the desk empty.
    function _openBatch(Desk memory desk, uint256 index) private view {
        Layout storage $ = _layout();
        uint256 batches = $.books[desk.range].batches;
        if (index >= batches) return;
        BatchRecord memory record = $.batches[desk.range][index];
        desk.begin = record.first;
        desk.dueDay = record.dueDay;
        desk.end = index + 1 < batches ? $.batches[desk.range][index + 1].first : type(uint40).max;
    }

    /// @dev Puts the slots of code `from` back where the code `to` needs others, and takes those.
    function _turnTo(Desk memory desk, uint40 from, uint40 to) private {
        if (from >> 2 == to >> 2) return;
        Layout storage $ = _layout();
        desk.laneWord = $.lanes[desk.range][to >> 2];
        if (from != type(uint40).max) _storeReferences(desk, from);
        desk.referencesWord = $.references[desk.range][to >> 2];
        if (from >> 7 == to >> 7) return;
        if (from != type(uint40).max) _storeMarks(desk, from);
        desk.marksWord = $.marks[desk.range][to >> 7];
        desk.flagsWord = $.flags[desk.range][to >> 7];
    }

    function _store(Desk memory desk, uint40 at) private {
        _storeReferences(desk, at);
        _storeMarks(desk, at);
    }

    function _storeReferences(Desk memory desk, uint40 at) private {
        _layout().references[desk.range][at >> 2] = desk.referencesWord;
    }

    function _storeMarks(Desk memory desk, uint40 at) private {
        _layout().marks[desk.range][at >> 7] = desk.marksWord;
        _layout().flags[desk.range][at >> 7] = desk.flagsWord;
    }

    function _entryAt(bytes calldata entries, uint256 place) private pure returns (Entry memory) {
        uint256 word = Packed.wordAt(entries, place * ENTRY_BYTES);
        return Entry({
            sequence: uint40(word >> 216),
            amountFen: uint48(word >> 168),
            valueDay: uint24(word >> 144),
            bankReference: bytes8(uint64(word >> 80))
        });
    }
}
