// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {FourEyes} from "../base/FourEyes.sol";
import {IPaymentDecisions} from "../interfaces/IPaymentDecisions.sol";
import {Packed} from "../libraries/Packed.sol";
import {NoticeBook} from "./NoticeBook.sol";

/// @title Decisions of supervisors on suspended and reversed money
/// @notice Second half of the code of the ledger of payments, which creates it and runs it by delegatecall on its own
/// storage: one contract's code may have 24,576 bytes (EIP-170).
/// @dev Called directly it has no authority, so every function refuses, and nothing of the ledger changes.
contract PaymentDecisions is AccessManagedUpgradeable, FourEyes, NoticeBook, IPaymentDecisions {
    uint256 private constant MAX_SUSPENSES = 40;

    /// @param registry Proxy of the registry
    constructor(address registry) NoticeBook(registry) {
        _disableInitializers();
    }

    /// @inheritdoc IPaymentDecisions
    function resolve(bytes32[] calldata suspenses, Resolution resolution, uint16 reason)
        external
        restricted
        returns (bool decided)
    {
        if (suspenses.length == 0 || suspenses.length > MAX_SUSPENSES) {
            revert WrongLength(suspenses.length, MAX_SUSPENSES);
        }
        Suspense storage first = _openSuspense(suspenses[0]);
        REGISTRY.authorize(msg.sender, _layout().books[first.range].unit);
        if (!_approve()) return false;
        if (resolution == Resolution.None) revert ResolutionNotAllowed(suspenses[0], first.reason, resolution);

        uint256 sum = 0;
        for (uint256 i = 0; i < suspenses.length; ++i) {
            Suspense storage entry = _openSuspense(suspenses[i]);
            bool sameCode = entry.range == first.range && entry.sequence == first.sequence;
            bool mayPay = entry.reason == SuspenseReason.Underpaid || entry.reason == SuspenseReason.PastDue;
            if (!sameCode || (resolution == Resolution.Reinstate && !mayPay)) {
                revert ResolutionNotAllowed(suspenses[i], entry.reason, resolution);
            }
            entry.resolution = resolution;
            sum += entry.amountFen;
            emit SuspenseResolved(suspenses[i], resolution, entry.amountFen, reason);
        }
        Totals storage totals_ = _layout().totals;
        totals_.suspense -= uint64(sum);
        if (resolution == Resolution.Refund) totals_.refunded += uint64(sum);
        else _reinstate(suspenses, first, sum);
        return true;
    }

    /// @inheritdoc IPaymentDecisions
    function takeBack(uint32 range, uint40 sequence, uint16 reason) external restricted returns (bool decided) {
        Layout storage $ = _layout();
        REGISTRY.authorize(msg.sender, $.books[range].unit);
        if (!_approve()) return false;
        uint256 marks = $.marks[range][sequence >> 7];
        if (marks & _lowBit(sequence) == 0) revert PaymentNotPaid(range, sequence);
        if (marks & _highBit(sequence) != 0) revert PaymentAlreadyUsed(range, sequence);
        // Used and not paid: ended, as by the reversal of a receipt.
        $.marks[range][sequence >> 7] = (marks | _highBit(sequence)) & ~_lowBit(sequence);
        uint48 amountFen = uint48(_laneOf(range, sequence) >> 16);
        $.totals.suspense += amountFen;
        emit PaymentTakenBack(range, sequence, amountFen, reason);
        return true;
    }

    /// @inheritdoc IPaymentDecisions
    function refundReversed(uint32 range, uint40 sequence, uint48 refundFen, NoticeBatch calldata child)
        external
        restricted
        returns (bool decided)
    {
        Layout storage $ = _layout();
        uint32 unit = $.books[range].unit;
        REGISTRY.authorize(msg.sender, unit);
        if (!_approve()) return false;
        // 1. The payment has ended, and its money was not yet refunded. No bank reference: the id is the code's own.
        uint256 marks = $.marks[range][sequence >> 7];
        bool ended = marks & _highBit(sequence) != 0 && marks & _lowBit(sequence) == 0;
        if (!ended) revert PaymentNotPaid(range, sequence);
        bytes32 id = _suspenseId(range, sequence, bytes8(0));
        if ($.suspenses[id].reason != SuspenseReason.None) revert AlreadyRefunded(range, sequence);
        // 2. Refund and remainder are the whole.
        uint48 paidFen = uint48(_laneOf(range, sequence) >> 16);
        uint256 remainderFen = child.lanes.length == 0 ? 0 : Packed.laneAt(child.lanes, 0) >> 16;
        if (refundFen + remainderFen != paidFen) revert RefundMismatch(paidFen, refundFen + remainderFen);
        // 3. Once, and the remainder under a new notice of the same unit that is paid from birth.
        _writeSuspense(
            Suspense({
                range: range,
                sequence: sequence,
                amountFen: refundFen,
                valueDay: 0,
                bankReference: bytes8(0),
                reason: SuspenseReason.Reversed,
                resolution: Resolution.Refund
            })
        );
        $.totals.suspense -= paidFen;
        $.totals.refunded += refundFen;
        if (child.lanes.length != 0) _bearPaid(unit, child, id);
        emit ReversalRefunded(range, sequence, refundFen, child.range, child.first, uint48(remainderFen));
        return true;
    }

    /// @dev Pays a notice out of suspended money; what is beyond the amount due stays suspended as overpaid.
    function _reinstate(bytes32[] calldata suspenses, Suspense storage first, uint256 sum) private {
        Layout storage $ = _layout();
        (uint32 range, uint40 sequence) = (first.range, first.sequence);
        if ($.marks[range][sequence >> 7] & (_lowBit(sequence) | _highBit(sequence)) != 0) {
            revert NoticeIsPaid(range, sequence);
        }
        if ($.flags[range][sequence >> 7] & _lowBit(sequence) != 0) revert NoticeIsCancelled(range, sequence);
        uint48 dueFen = uint48(_laneOf(range, sequence) >> 16);
        if (sum < dueFen) revert ReinstatementTooSmall(dueFen, sum);
        _setPaid(range, sequence, first.bankReference);
        emit PaymentsSettled(range, suspenses[0], 1, abi.encodePacked(sequence, first.bankReference));
        if (sum == dueFen) return;

        uint48 excessFen = uint48(sum - dueFen);
        bytes32 id = suspenses[suspenses.length - 1];
        Suspense storage last = $.suspenses[id];
        // Else the last entry was not needed, and should be refunded by itself.
        if (excessFen >= last.amountFen) revert ResolutionNotAllowed(id, last.reason, Resolution.Reinstate);
        last.amountFen = excessFen;
        last.reason = SuspenseReason.Overpaid;
        last.resolution = Resolution.None;
        $.totals.suspense += excessFen;
        emit PaymentSuspended(id, range, sequence, excessFen, SuspenseReason.Overpaid, last.bankReference);
    }

    /// @dev Registers one notice that is paid from birth.
    /// @param id Suspense that the money came from
    function _bearPaid(uint32 unit, NoticeBatch calldata child, bytes32 id) private {
        if (child.unit != unit) revert NotYourPayment(child.range, unit, child.unit);
        if (child.lanes.length != 8) revert MalformedLanes(child.lanes.length);
        _register(msg.sender, child);
        _setPaid(child.range, child.first, bytes8(0));
        emit PaymentsSettled(child.range, id, 1, abi.encodePacked(child.first, bytes8(0)));
    }

    /// @dev Suspended money that waits for a decision.
    function _openSuspense(bytes32 id) private view returns (Suspense storage entry) {
        entry = _layout().suspenses[id];
        if (entry.reason == SuspenseReason.None) revert UnknownSuspense(id);
        if (entry.resolution != Resolution.None) revert SuspenseIsResolved(id, entry.resolution);
    }
}
