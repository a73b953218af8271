// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Packed} from "../libraries/Packed.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Votes} from "./Votes.sol";

/// @title Settlement of what the oracles saw
/// @notice Each entry of a report has its effect once, whoever sends it and however often.
/// @dev A repeat is told from a second payment by the bank reference, all eight bytes of it: a shorter tag would sooner
/// or later take somebody's second payment for a repeat of the first. Who paid the 128 codes of a word is kept as one
/// hash chain, and shown again (SettlementGroup.payers) only when money arrives for a code of it that is paid.
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
    /// once. `end` is the first code that is not in the notice batch at hand.
    struct Desk {
        uint32 range;
        uint256 laneAt; // index of the slot of lanes at hand
        uint256 laneWord;
        uint256 wordAt; // index of the slots of marks, flags and payers at hand
        uint256 marksWord;
        uint256 flagsWord;
        bytes32 payersHash; // of the word, with what this call has paid
        bytes32 payersBefore; // of the word, as it was stored
        uint256 shownWord; // index of the word whose payers are in `references`
        uint256[] references; // bank reference of each of its 128 codes
        uint256 payersRead; // bytes of the witness that belong to words before
        uint256 begin;
        uint256 end;
        uint256 dueDay;
        uint256 paidBytes; // of `payments`
        uint256 received;
        uint256 suspended;
        bytes payments;
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
            emit PaymentsSettled(desk.range, reportId, uint32(desk.paidBytes / Packed.PAYMENT_BYTES), desk.payments);
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
        desk.range = group.range;
        (desk.laneAt, desk.wordAt, desk.shownWord) = (type(uint256).max, type(uint256).max, type(uint256).max);
        desk.payments = Packed.newBuffer(length / ENTRY_BYTES * Packed.PAYMENT_BYTES);
        _openBatch(desk, group.noticeBatch);
        uint256 previous = 0;
        // `at` stays below the length of the calldata.
        unchecked {
            for (uint256 at = 0; at < length; at += ENTRY_BYTES) {
                uint256 word = Packed.wordAt(entries, at);
                uint256 sequence = word >> 216;
                uint256 payment = (sequence << 64) | uint64(word >> 80);
                if (payment <= previous && at != 0) revert EntriesNotAscending(group.range, at / ENTRY_BYTES);
                previous = payment;
                if (desk.laneAt != sequence >> 2) _turnTo(desk, sequence);
                if (!_payExactly(desk, payment, uint48(word >> 168), uint24(word >> 144))) {
                    _settleEntry(desk, _entryOf(word), group.payers);
                }
            }
        }
        _storeWord(desk);
        Packed.truncate(desk.payments, desk.paidBytes);
    }

    /// @dev The plain case: a noticed code to which nothing has happened, its amount, in time.
    /// @return done False when the entry is anything else; then nothing was changed
    function _payExactly(Desk memory desk, uint256 payment, uint256 amountFen, uint256 valueDay)
        private
        pure
        returns (bool done)
    {
        uint256 sequence = payment >> 64;
        uint256 bit = 1 << (sequence & 127);
        if ((desk.marksWord | desk.flagsWord) & (bit | (bit << 128)) != 0) return false;
        if (sequence < desk.begin || sequence >= desk.end || valueDay > desk.dueDay) return false;
        if (amountFen != _laneIn(desk.laneWord, sequence) >> 16 || amountFen == 0) return false;
        _pay(desk, payment, bit);
        // Amounts have 48 bits, and no transaction has 2^200 entries.
        unchecked {
            desk.received += amountFen;
        }
        return true;
    }

    /// @dev Judges an entry in every case; `desk` holds the slots of its code.
    function _settleEntry(Desk memory desk, Entry memory entry, bytes calldata payers) private {
        uint64 lane = _laneIn(desk.laneWord, entry.sequence);
        // An unknown code leaves no state, so that the entry can be settled once its notice is there.
        if (lane == 0 || entry.amountFen == 0) {
            emit PaymentUnknown(desk.range, entry.sequence, entry.amountFen, entry.bankReference);
            return;
        }
        if (_isSuspended(desk, entry)) {
            emit PaymentRepeated(desk.range, entry.sequence, entry.amountFen, entry.bankReference);
            return;
        }
        SuspenseReason reason;
        if (_isSettled(desk, entry.sequence)) {
            (bool known, uint256 payer) = _payerOf(desk, entry.sequence, payers);
            if (!known) {
                emit PayersNotShown(desk.range, entry.sequence, entry.amountFen, entry.bankReference);
                return;
            }
            if (payer == uint64(entry.bankReference)) {
                emit PaymentRepeated(desk.range, entry.sequence, entry.amountFen, entry.bankReference);
                return;
            }
            reason = SuspenseReason.AlreadyPaid;
        } else {
            reason = _reasonFor(desk, entry, uint48(lane >> 16));
        }
        desk.received += entry.amountFen;
        if (reason != SuspenseReason.None && reason != SuspenseReason.Overpaid) {
            _suspend(desk, entry, entry.amountFen, reason);
            return;
        }
        _pay(desk, Packed.payment(entry.sequence, entry.bankReference), _lowBit(entry.sequence));
        if (reason == SuspenseReason.Overpaid) _suspend(desk, entry, entry.amountFen - uint48(lane >> 16), reason);
    }

    /// @dev Marks a code of the word at hand as paid.
    /// @param bit Bit of the code in the low half of a word
    function _pay(Desk memory desk, uint256 payment, uint256 bit) private pure {
        desk.marksWord |= bit;
        desk.payersHash = _chain(desk.payersHash, payment);
        Packed.putPayment(desk.payments, desk.paidBytes, payment);
        // At most one for each entry.
        unchecked {
            desk.paidBytes += Packed.PAYMENT_BYTES;
        }
    }

    /// @dev Whether this money was suspended before.
    function _isSuspended(Desk memory desk, Entry memory entry) private view returns (bool) {
        if (desk.flagsWord & _highBit(entry.sequence) == 0) return false;
        bytes32 id = _suspenseId(desk.range, entry.sequence, entry.bankReference);
        return _layout().suspenses[id].reason != SuspenseReason.None;
    }

    /// @dev Whether the code is paid, or was before its receipt was reversed.
    function _isSettled(Desk memory desk, uint40 sequence) private pure returns (bool) {
        return desk.marksWord & (_lowBit(sequence) | _highBit(sequence)) != 0;
    }

    /// @dev Which bank reference paid a code: in this call, or by what the witness shows.
    function _payerOf(Desk memory desk, uint40 sequence, bytes calldata payers)
        private
        pure
        returns (bool known, uint256 payer)
    {
        // Entries of one code are neighbours: if this call paid it, it is the last that was paid.
        if (desk.paidBytes != 0) {
            uint256 last = Packed.lastPayment(desk.payments, desk.paidBytes);
            if (last >> 64 == sequence) return (true, uint64(last));
        }
        if (desk.shownWord != desk.wordAt && !_readPayers(desk, payers)) return (false, 0);
        return (true, desk.references[sequence & 127]);
    }

    /// @dev Takes what the witness says of the word at hand onto the desk, if it leads to the hash that was stored.
    function _readPayers(Desk memory desk, bytes calldata payers) private pure returns (bool) {
        // 1. Words come in the order of the entries: whatever stands before this word is passed over.
        uint256 at = desk.payersRead;
        while (at + Packed.PAYMENT_BYTES <= payers.length && _wordOf(Packed.paymentAt(payers, at)) < desk.wordAt) {
            at += Packed.PAYMENT_BYTES;
        }
        desk.payersRead = at;
        // 2. The chain over the word's payments is the stored one, or nothing of them counts.
        uint256[] memory references = new uint256[](128);
        bytes32 hash = bytes32(0);
        for (; at + Packed.PAYMENT_BYTES <= payers.length; at += Packed.PAYMENT_BYTES) {
            uint256 payment = Packed.paymentAt(payers, at);
            if (_wordOf(payment) != desk.wordAt) break;
            hash = _chain(hash, payment);
            references[(payment >> 64) & 127] = uint64(payment);
        }
        if (hash != desk.payersBefore) return false;
        (desk.references, desk.shownWord) = (references, desk.wordAt);
        return true;
    }

    /// @dev Index of the word of 128 codes that a payment belongs to.
    function _wordOf(uint256 payment) private pure returns (uint256) {
        return payment >> 71;
    }

    /// @dev Why the money cannot simply pay the code; by value day, not by the time of settling.
    function _reasonFor(Desk memory desk, Entry memory entry, uint48 dueFen) private view returns (SuspenseReason) {
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

    /// @dev Takes the slots of a code onto the desk, and puts those of another word back.
    function _turnTo(Desk memory desk, uint256 sequence) private {
        Layout storage $ = _layout();
        desk.laneAt = sequence >> 2;
        desk.laneWord = $.lanes[desk.range][sequence >> 2];
        if (desk.wordAt == sequence >> 7) return;
        _storeWord(desk);
        desk.wordAt = sequence >> 7;
        desk.marksWord = $.marks[desk.range][desk.wordAt];
        desk.flagsWord = $.flags[desk.range][desk.wordAt];
        desk.payersBefore = $.payers[desk.range][desk.wordAt];
        desk.payersHash = desk.payersBefore;
    }

    function _storeWord(Desk memory desk) private {
        if (desk.wordAt == type(uint256).max) return;
        Layout storage $ = _layout();
        $.marks[desk.range][desk.wordAt] = desk.marksWord;
        $.flags[desk.range][desk.wordAt] = desk.flagsWord;
        $.payers[desk.range][desk.wordAt] = desk.payersHash;
    }

    function _entryOf(uint256 word) private pure returns (Entry memory) {
        return Entry({
            sequence: uint40(word >> 216),
            amountFen: uint48(word >> 168),
            valueDay: uint24(word >> 144),
            bankReference: bytes8(uint64(word >> 80))
        });
    }
}
