// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "./IActErrors.sol";

/// @title Acts, events and errors of the ledger of receipts
/// @dev Days count from 1970-01-01 in Beijing time; month = year * 12 + month of the year - 1; amounts are fen;
/// deadlines are Unix seconds. Signatures are EIP-712, 65 bytes r, s, v.
interface IReceiptTypes is IActErrors {
    /// @notice Receipts with consecutive numbers of one range, signed by the unit.
    struct IssueBatch {
        uint32 unit;
        uint32 range;
        uint40 first; // must be the range's next number
        uint32 count;
        uint32 issueDay;
        uint64 totalFen;
        uint32 catalogVersion; // version that the unit's system worked with
        bytes32 unitRoot; // positional tree over the leaves
        uint32 paymentRange; // by code
        bytes paymentSequences; // by code: 5 bytes each, in the order of the numbers
        bytes32[] bodyHashes; // by code
        bytes32 bodies; // SHA-256 digest inside the root CID of the CAR with the encrypted bodies
        uint64 deadline;
        bytes signature;
    }

    /// @notice What the unit's root stands for; its double hash is a leaf of the transaction's tree.
    struct Header {
        uint32 unit;
        uint32 range;
        uint8 mode; // 1 by code, 2 by list; of a red receipt 3 and 4
        uint40 first;
        uint32 count;
        uint32 issueDay;
        uint64 totalFen;
        uint32 catalogVersion;
        bytes32 unitRoot;
    }

    /// @notice Everything that shows one receipt to be in a stored root.
    struct Opening {
        uint64 rootId;
        uint16 position; // of the header in the transaction's tree
        bytes32[] rootPath;
        Header header;
        uint40 number;
        bytes32[] unitPath; // exactly ceil(log2(header.count)) nodes
        bytes32 amount; // by code: fen; by list: keccak256(abi.encode(uint48 amountFen, bytes32 salt))
        uint128 paymentCode; // 0 by list
        bytes32 linesHash; // 0 by list
        bytes32 documentDigest; // SHA-256 of the original that the unit signed
        bytes32 fieldsRoot; // root of the salted fields
        address bookingKey; // address of the one-time booking key
    }

    /// @notice Voids the next numbers of a range.
    struct VoidAct {
        uint32 unit;
        uint32 range;
        uint40 first;
        uint32 count;
        uint16 reason;
        uint64 deadline;
        bytes signature;
    }

    /// @notice Reverses a receipt by a red one.
    struct ReverseAct {
        Opening original;
        uint32 redRange; // range of the red number, same kind and mode
        uint40 redNumber; // must be that range's next number
        uint32 issueDay; // of the red receipt
        uint48 amountFen; // amount of the original
        bytes32 amountSalt; // by list: opens the amount; by code: 0
        bytes32 redBodyHash;
        uint32 catalogVersion;
        uint16 reason;
        uint32 paymentRange; // by code: range of the payment code, which the leaf fixes; not signed
        bytes32 bodies;
        uint64 deadline;
        bytes signature;
    }

    /// @notice Puts a paper original in the place of a receipt.
    struct ExchangeAct {
        Opening original;
        uint32 paperRange;
        uint40 paperNumber; // must be that range's next number
        uint64 deadline;
        bytes signature;
    }

    /// @notice Takes a paper original back.
    struct ReturnAct {
        uint32 unit;
        uint32 range;
        uint40 number;
        uint32 paperRange;
        uint40 paperNumber;
        uint64 deadline;
        bytes signature;
    }

    /// @notice Books a share, signed by the receipt's booking key.
    struct BookAct {
        Opening receipt;
        address booker;
        uint32 counter; // acts of booking on this receipt so far
        uint32 share; // billionths
        uint64 deadline;
        bytes signature;
    }

    /// @notice Withdraws a booker's share, signed by the booker.
    struct UnbookAct {
        uint32 range;
        uint40 number;
        address booker;
        uint32 counter;
        uint64 deadline;
        bytes signature;
    }

    /// @notice Counts and sums of a unit, kind and month; one storage slot with its closed mark.
    struct Totals {
        uint32 issued; // receipts, red ones not counted
        uint32 voided; // numbers
        uint32 red; // red receipts
        uint64 issuedFen;
        uint64 reversedFen;
    }

    /// @notice Reports a month's totals.
    struct WriteOffAct {
        uint32 unit;
        uint16 kind;
        uint32 month;
        Totals totals;
        uint64 deadline;
        bytes signature;
    }

    /// @notice Terms of the network, in days.
    struct Terms {
        uint16 graceDays; // after the month's end until a kind is overdue, 5 to 366
        uint8 startDays; // after the month's end until write-off may begin, more than backDays, at most 20
        uint8 backDays; // how far back a receipt may be dated, at most 10
    }

    /// @notice A batch was issued.
    /// @param position Place of the header in the root's tree
    event BatchIssued(
        uint64 indexed rootId,
        uint32 indexed unit,
        uint32 indexed range,
        uint16 position,
        uint8 mode,
        uint40 first,
        uint32 count,
        uint32 issueDay,
        uint64 totalFen,
        uint32 catalogVersion,
        bytes32 unitRoot,
        bytes32 bodies
    );
    /// @notice The payment codes of a code-controlled batch.
    event PaymentsReceipted(uint64 indexed rootId, uint16 position, uint32 indexed paymentRange, bytes sequences);
    /// @notice One batch of a call was refused; the others stand.
    /// @param position Place of the batch in the call
    /// @param error First 256 bytes of the error
    event BatchRefused(uint32 indexed unit, uint32 indexed range, uint40 first, uint16 position, bytes error);
    /// @notice The root over the headers of one transaction; of a red receipt's root Reversed tells.
    event RootRegistered(uint64 indexed rootId, bytes32 root, uint16 headers);
    /// @notice Numbers were voided.
    event NumbersVoided(
        uint32 indexed unit, uint32 indexed range, uint40 first, uint32 count, uint32 month, uint16 reason
    );
    /// @notice A receipt was reversed, and its red receipt issued under its own root.
    event Reversed(
        uint64 indexed rootId,
        uint32 indexed unit,
        uint32 indexed range,
        uint40 number,
        uint32 redRange,
        uint40 redNumber,
        uint8 mode,
        uint32 issueDay,
        uint48 amountFen,
        uint32 catalogVersion,
        bytes32 redRoot,
        uint16 reason,
        bytes32 bodies
    );
    /// @notice A booked receipt may be reversed; its bookers should know.
    event ReversalAllowed(uint32 indexed range, uint40 indexed number, uint16 reason);
    /// @notice A paper original stands in the place of the receipt.
    event Exchanged(uint32 indexed unit, uint32 indexed range, uint40 number, uint32 paperRange, uint40 paperNumber);
    /// @notice The paper original was taken back.
    event PaperReturned(
        uint32 indexed unit, uint32 indexed range, uint40 number, uint32 paperRange, uint40 paperNumber
    );
    /// @notice A share was booked.
    /// @param total Shares booked of the receipt, in billionths
    /// @param counter Counter of the next act
    event Booked(
        uint32 indexed range, uint40 indexed number, address indexed booker, uint32 share, uint32 total, uint32 counter
    );
    /// @notice One act of bookMany was refused; the others stand.
    event BookingRefused(
        uint32 indexed range, uint40 indexed number, address indexed booker, uint16 position, bytes error
    );
    /// @notice A booker's share was withdrawn.
    event Unbooked(
        uint32 indexed range, uint40 indexed number, address indexed booker, uint32 share, uint32 total, uint32 counter
    );
    /// @notice A month was written off.
    event PeriodWrittenOff(uint32 indexed unit, uint16 indexed kind, uint32 indexed month, Totals totals);
    /// @notice A month was closed by supervisors although the totals differ.
    event PeriodClosedWithDifference(
        uint32 indexed unit, uint16 indexed kind, uint32 indexed month, Totals onChain, Totals reported, uint16 reason
    );
    /// @notice A month of the former system was brought forward.
    event PeriodBroughtForward(uint32 indexed unit, uint16 indexed kind, uint32 indexed month, Totals totals);
    /// @notice The overdue date of a kind was put off.
    event Extended(uint32 indexed unit, uint16 indexed kind, uint40 until, uint16 reason);
    /// @notice A step was recorded: 1 delivered, 2 stored, 3 archived.
    event Stamped(uint8 indexed step, uint32 indexed range, bytes32 indexed root, uint32 count, address node);
    /// @notice Terms were set.
    event TermsSet(Terms terms);

    /// @notice The kind's oldest open month is past its grace.
    /// @param deadline Last second, Unix time, at which the unit could issue
    error UnitOverdue(uint32 unit, uint16 kind, uint32 month, uint40 deadline);
    /// @notice A batch holds no receipt, or more than 2,500 by code.
    error MalformedCount(uint32 count);
    /// @notice The day is after today, or further back than receipts may be dated.
    error IssueDayOutOfWindow(uint32 issueDay, uint32 today, uint32 daysBack);
    /// @notice The year in the receipt code is not the issue day's.
    error YearMismatch(uint64 prefix, uint32 year);
    /// @notice The month is closed; nothing may be added to it.
    error MonthClosed(uint32 unit, uint16 kind, uint32 month);
    /// @notice The catalogue has not reached this version.
    error CatalogVersionUnknown(uint32 given, uint32 current);
    /// @notice The reported total is not the sum of the payments, in fen.
    error TotalMismatch(uint64 computed, uint64 given);
    /// @notice The month's counts or sums would not fit any more.
    error TotalTooLarge(uint256 sum);
    /// @notice The unit's root is not the root of the leaves.
    error UnitRootMismatch(bytes32 computed, bytes32 given);
    /// @notice By code each number needs one payment and one body; by list there are none.
    error PaymentsDoNotFit(uint32 count, uint256 sequenceBytes, uint256 bodies);
    /// @notice The opening fails at this step: "root", "number", "unit", "amount", "mode" or "kind".
    error OpeningDoesNotMatch(bytes32 step);
    /// @notice The receipt is red: it cannot be reversed, exchanged or booked.
    error ReceiptIsRed(uint32 range, uint40 number);
    /// @notice The receipt is reversed.
    error ReceiptIsReversed(uint32 range, uint40 number);
    /// @notice A paper original stands in its place.
    error ReceiptIsOnPaper(uint32 range, uint40 number);
    /// @notice No paper original, or another one, stands in its place.
    error ReceiptNotOnPaper(uint32 range, uint40 number, uint32 paperRange, uint40 paperNumber);
    /// @notice Shares of it are booked, in billionths.
    error ReceiptIsBooked(uint32 range, uint40 number, uint32 share);
    /// @notice The shares would pass one, in billionths, or the share is 0.
    error ShareExceeded(uint32 booked, uint32 share);
    /// @notice The act is not the next on this receipt.
    error WrongCounter(uint32 expected, uint32 given);
    /// @notice The booker has booked nothing of the receipt.
    error NothingBooked(uint32 range, uint40 number, address booker);
    /// @notice A total differs: "issued", "voided", "red", "issuedFen" or "reversedFen".
    error WriteOffMismatch(bytes32 field, uint256 onChain, uint256 reported);
    /// @notice The month has not ended, or write-off has not begun.
    /// @param startsAt Unix time from which it may be written off
    error MonthNotEnded(uint32 month, uint40 startsAt);
    /// @notice An older month is open, or months are brought forward against their order.
    /// @param expected Month that must come first
    error MonthOutOfOrder(uint32 expected, uint32 given);
    /// @notice The month has no entries: it needs no write-off, or was closed.
    error MonthNotOpen(uint32 unit, uint16 kind, uint32 month);
    /// @notice The unit has issued receipts of the kind here, so nothing can be brought forward.
    error UnitHasIssued(uint32 unit, uint16 kind);
    /// @notice The time is in the past or more than 90 days ahead.
    error ExtensionOutOfWindow(uint40 until);
    /// @notice Terms are outside their bounds.
    error TermsOutOfBounds();
    /// @notice There is no such step.
    error UnknownStep(uint8 step);
}
