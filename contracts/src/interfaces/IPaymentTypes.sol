// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "./IActErrors.sol";

/// @title Structures, events and errors of the ledger of payments
/// @dev Amounts are fen, days count from 1970-01-01 in Beijing time, deadlines are Unix seconds.
///
/// Packed bytes, big endian, so that 1,000 entries cost little calldata:
///     lane  8 bytes: amountFen uint48 | item uint16             item 0: several lines follow in `lines`
///     lines per notice with item 0: n uint8 (2 to 40) | n times 8 bytes amountFen uint48 | item uint16
///     entry 22 bytes: sequence uint40 | amountFen uint48 | valueDay uint24 | bankReference bytes8
///     payment 13 bytes: sequence uint40 | bankReference bytes8
interface IPaymentTypes is IActErrors {
    /// @notice Why money waits for a decision.
    enum SuspenseReason {
        None,
        Underpaid,
        Overpaid,
        Cancelled,
        AlreadyPaid,
        PastDue,
        Reversed
    }

    /// @notice What was decided about suspended money.
    enum Resolution {
        None,
        Refund,
        Reinstate
    }

    /// @notice Notices with consecutive codes and one due day, signed by the unit.
    struct NoticeBatch {
        uint32 unit;
        uint32 range; // payment code range of the unit
        uint40 first; // must be the range's next sequence
        uint32 dueDay; // last value day on which a payment counts
        bytes lanes; // one lane a notice
        bytes lines; // lines of the notices with several
        uint64 deadline; // last second at which the batch may be mined
        bytes signature; // EIP-712 Notice, 65 bytes
    }

    /// @notice Payments of one range in one report of the oracles.
    struct SettlementGroup {
        uint32 range;
        uint32 noticeBatch; // place of the first entry's notice batch; only saves a search, not part of the digest
        bytes entries; // strictly ascending by (sequence, bankReference)
        // Not part of the digest. For each word of 128 codes (sequence / 128) in which an entry meets a paid code: every
        // payment that PaymentsSettled ever told of the word, in that order; words ascending.
        bytes payers;
    }

    /// @notice Money that was received and is not a plain payment; one storage slot.
    struct Suspense {
        uint32 range;
        uint40 sequence;
        uint48 amountFen;
        uint24 valueDay;
        bytes8 bankReference;
        SuspenseReason reason;
        Resolution resolution; // None while it waits
    }

    /// @notice What was received, and where it is now, in fen; one storage slot.
    /// @dev received = paid and unused + receipted + refunded + suspense, at all times.
    struct Totals {
        uint64 received;
        uint64 receipted;
        uint64 refunded;
        uint64 suspense;
    }

    /// @notice A notice and its state.
    struct Notice {
        uint48 amountFen;
        uint16 item; // 0 when it has several lines
        bytes32 linesHash; // keccak256 of the lines
        uint32 dueDay;
        bool noticed;
        bool paid;
        bool used; // a receipt was issued for it
        bool cancelled;
        bool ended; // its receipt was reversed
    }

    /// @notice Codes `first` to `first + count - 1` were registered.
    /// @param noticeBatch Place of the batch among those of the range, a hint for settle
    event NoticeRegistered(
        uint32 indexed unit,
        uint32 indexed range,
        uint40 first,
        uint32 count,
        uint32 dueDay,
        uint32 noticeBatch,
        bytes lanes,
        bytes lines
    );
    /// @notice One batch of a call was refused; the others stand.
    /// @param position Place of the batch in the call
    /// @param error First 256 bytes of the error
    event NoticeRefused(uint32 indexed unit, uint32 indexed range, uint40 first, uint16 position, bytes error);
    /// @notice A notice was cancelled before it was paid.
    event NoticeCancelled(uint32 indexed unit, uint32 indexed range, uint40 sequence);
    /// @notice The oracles and their sources were set.
    event CommitteeSet(uint32 indexed epoch, address[] oracles, uint32[] sources, uint8 threshold);
    /// @notice An oracle vouched for a report.
    /// @param votes Distinct sources that have vouched so far
    event Voted(bytes32 indexed reportDigest, address indexed oracle, uint32 source, uint64 serial, uint8 votes);
    /// @notice A group of a report was applied; none of its codes need have been paid by it.
    /// @param reportId Report, or the suspense that the money came from
    /// @param payments 13 bytes each: what paid which code, in the order that SettlementGroup.payers repeats
    event PaymentsSettled(uint32 indexed range, bytes32 indexed reportId, uint32 paid, bytes payments);
    /// @notice Money waits for a decision.
    event PaymentSuspended(
        bytes32 indexed suspense,
        uint32 indexed range,
        uint40 sequence,
        uint48 amountFen,
        SuspenseReason reason,
        bytes8 bankReference
    );
    /// @notice The code was never noticed; the entry may be settled again later.
    event PaymentUnknown(uint32 indexed range, uint40 sequence, uint48 amountFen, bytes8 bankReference);
    /// @notice The code is paid, and `payers` does not show by what; the entry may be settled again with it.
    event PayersNotShown(uint32 indexed range, uint40 sequence, uint48 amountFen, bytes8 bankReference);
    /// @notice The entry had its effect before.
    event PaymentRepeated(uint32 indexed range, uint40 sequence, uint48 amountFen, bytes8 bankReference);
    /// @notice The receipt of a payment was reversed; the money waits for a refund.
    event PaymentEnded(uint32 indexed range, uint40 sequence, uint48 amountFen);
    /// @notice A payment without a receipt was taken back; the money waits for a refund.
    event PaymentTakenBack(uint32 indexed range, uint40 sequence, uint48 amountFen, uint16 reason);
    /// @notice Suspended money was refunded or put to its notice.
    event SuspenseResolved(bytes32 indexed suspense, Resolution resolution, uint48 amountFen, uint16 reason);
    /// @notice The money of a reversed receipt was refunded, the remainder put to a new notice.
    /// @param childSequence Notice born paid with the remainder, 0 when nothing remained
    event ReversalRefunded(
        uint32 indexed range,
        uint40 sequence,
        uint48 refundFen,
        uint32 childRange,
        uint40 childSequence,
        uint48 remainderFen
    );

    /// @notice The batch holds no notice, or more than 2,000, or bytes that are no whole lanes.
    error MalformedLanes(uint256 length);
    /// @notice A lane has no amount.
    error AmountMissing(uint40 sequence);
    /// @notice The lines of a notice are cut off, too many or too few, left over, or do not add up to its lane.
    /// @param sum Sum of the lines in fen
    error LinesMismatch(uint40 sequence, uint48 amountFen, uint256 sum);
    /// @notice The due day is before today or more than 400 days ahead.
    error DueDayOutOfWindow(uint32 dueDay, uint32 today);
    /// @notice The notice does not exist.
    error UnknownNotice(uint32 range, uint40 sequence);
    /// @notice The notice is cancelled.
    error NoticeIsCancelled(uint32 range, uint40 sequence);
    /// @notice The notice is paid.
    error NoticeIsPaid(uint32 range, uint40 sequence);
    /// @notice No money has arrived for the code.
    error PaymentNotPaid(uint32 range, uint40 sequence);
    /// @notice A receipt was issued for the payment already.
    error PaymentAlreadyUsed(uint32 range, uint40 sequence);
    /// @notice The payment's receipt was reversed.
    error PaymentHasEnded(uint32 range, uint40 sequence);
    /// @notice The payment range belongs to another unit.
    error NotYourPayment(uint32 range, uint32 owner, uint32 unit);
    /// @notice The payment is for another receipt kind.
    error PaymentKindMismatch(uint32 range, uint16 paymentKind, uint16 kind);
    /// @notice The sequences are no whole 5-byte entries, or not as many as the receipts.
    error MalformedSequences(uint256 length);
    /// @notice The payment code is not the code of this range and a used payment.
    error NotThatPayment(uint32 range, uint128 paymentCode);

    /// @notice The committee is empty, too large, repeats an oracle, or has fewer sources than the threshold.
    error MalformedCommittee();
    /// @notice The epoch is not that of the present committee.
    error WrongEpoch(uint32 epoch, uint32 current);
    /// @notice The caller is no oracle of the present committee, or speaks for another source.
    error NotInCommittee(address oracle, uint32 source);
    /// @notice Serials of a source are consecutive.
    error WrongSerial(uint32 source, uint64 expected, uint64 given);
    /// @notice The source has vouched for this report.
    error AlreadyVoted(bytes32 reportDigest, uint32 source);
    /// @notice Fewer distinct sources than needed have vouched for the report.
    error ReportNotApproved(bytes32 reportDigest, uint8 votes, uint8 threshold);
    /// @notice A group's bytes are no whole entries, or none.
    error MalformedEntries(uint256 length);
    /// @notice Entries must rise by (sequence, bankReference).
    /// @param position Place of the entry that does not
    error EntriesNotAscending(uint32 range, uint256 position);

    /// @notice No money is suspended under this id.
    error UnknownSuspense(bytes32 suspense);
    /// @notice It was decided before.
    error SuspenseIsResolved(bytes32 suspense, Resolution resolution);
    /// @notice The decision is not possible for this reason of suspense.
    error ResolutionNotAllowed(bytes32 suspense, SuspenseReason reason, Resolution resolution);
    /// @notice The entries together do not reach the amount due, in fen.
    error ReinstatementTooSmall(uint48 dueFen, uint256 givenFen);
    /// @notice Refund and remainder are not the amount that was paid, in fen.
    error RefundMismatch(uint48 paidFen, uint256 givenFen);
    /// @notice The money of this code was refunded before.
    error AlreadyRefunded(uint32 range, uint40 sequence);
}
