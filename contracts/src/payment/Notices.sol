// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../base/Governed.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {NoticeBook} from "./NoticeBook.sol";

/// @title Payment notices
/// @notice Units register and cancel notices through a node that relays what they signed.
abstract contract Notices is Governed, NoticeBook, IPaymentLedger {
    // What one batch may burn: a fixed part, and a part for each notice and each byte of lines, well above the cost of
    // an honest batch. A batch of many different items that needs more is to be split.
    uint256 private constant BATCH_GAS = 600_000;
    uint256 private constant NOTICE_GAS = 8_000;
    uint256 private constant LINES_BYTE_GAS = 600;
    // What is left for the refusal's event and the end of the call.
    uint256 private constant RESERVE_GAS = 50_000;

    bytes32 private constant CANCEL_TYPEHASH =
        keccak256("Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)");

    /// @inheritdoc IPaymentLedger
    function notice(NoticeBatch[] calldata batches) external restricted {
        if (batches.length == 0 || batches.length > type(uint16).max) {
            revert WrongLength(batches.length, type(uint16).max);
        }
        for (uint256 i = 0; i < batches.length; ++i) {
            NoticeBatch calldata batch = batches[i];
            uint256 cap = BATCH_GAS + batch.lanes.length / 8 * NOTICE_GAS + batch.lines.length * LINES_BYTE_GAS;
            uint256 needed = cap * 64 / 63 + RESERVE_GAS;
            if (gasleft() < needed) revert InsufficientGas(needed, gasleft());
            (bool success, bytes memory error) =
                BoundedCall.call(address(this), cap, abi.encodeCall(this.noticeOne, (msg.sender, batch)));
            if (!success) emit NoticeRefused(batch.unit, batch.range, batch.first, uint16(i), error);
        }
    }

    /// @inheritdoc IPaymentLedger
    function noticeOne(address account, NoticeBatch calldata batch) external {
        if (msg.sender != address(this)) revert OnlyFor(address(this), msg.sender);
        _register(account, batch);
    }

    /// @inheritdoc IPaymentLedger
    function cancel(uint32 unit, uint32 range, uint40 sequence, uint64 deadline, bytes calldata signature)
        external
        restricted
    {
        address signer = REGISTRY.authorize(msg.sender, unit);
        bytes32 structHash = keccak256(abi.encode(CANCEL_TYPEHASH, unit, range, sequence, deadline));
        _requireSigned(signer, structHash, deadline, signature);
        Layout storage $ = _layout();
        uint32 owner = $.books[range].unit;
        if (owner != unit) revert NotYourPayment(range, owner, unit);
        if (_laneOf(range, sequence) == 0) revert UnknownNotice(range, sequence);
        if ($.marks[range][sequence >> 7] & (_lowBit(sequence) | _highBit(sequence)) != 0) {
            revert NoticeIsPaid(range, sequence);
        }
        uint256 flags = $.flags[range][sequence >> 7];
        if (flags & _lowBit(sequence) != 0) revert NoticeIsCancelled(range, sequence);
        $.flags[range][sequence >> 7] = flags | _lowBit(sequence);
        emit NoticeCancelled(unit, range, sequence);
    }

    /// @inheritdoc IPaymentLedger
    function noticeOf(uint32 range, uint40 sequence) external view returns (Notice memory found) {
        uint64 lane = _laneOf(range, sequence);
        if (lane == 0) return found;
        Layout storage $ = _layout();
        uint256 marks = $.marks[range][sequence >> 7];
        found.amountFen = uint48(lane >> 16);
        found.item = uint16(lane);
        found.linesHash = _linesHashOf(range, sequence, lane);
        found.dueDay = $.batches[range][_batchOf(range, sequence)].dueDay;
        found.noticed = true;
        found.paid = marks & _lowBit(sequence) != 0;
        found.used = marks & _highBit(sequence) != 0;
        found.cancelled = $.flags[range][sequence >> 7] & _lowBit(sequence) != 0;
        found.ended = found.used && !found.paid;
    }

    /// @inheritdoc IPaymentLedger
    function bookOf(uint32 range) external view returns (uint32 unit, uint64 prefix, uint16 kind, uint32 batches) {
        Book storage book = _layout().books[range];
        return (book.unit, book.prefix, book.kind, book.batches);
    }
}
