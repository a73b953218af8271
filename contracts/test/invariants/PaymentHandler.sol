// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {Ghost} from "./Ghost.sol";

/// @notice Notices and payments, as units and oracles make them.
abstract contract PaymentHandler is Ghost {
    // --- notices

    /// @notice One to five notices of a unit; every third has two lines.
    function notice(uint256 deskSeed, uint256 seed) external timed {
        _notice(deskSeed % desks.length, 1 + seed % 5, seed);
    }

    function _notice(uint256 deskAt, uint256 count, uint256 seed) internal {
        Desk storage desk = desks[deskAt];
        IPaymentTypes.NoticeBatch memory batch;
        batch.unit = desk.unit;
        batch.range = desk.payRange;
        batch.first = registry.rangeOf(desk.payRange).next;
        batch.dueDay = _today() + uint32(seed % 40);
        batch.deadline = _soon();
        for (uint256 i = 0; i < count; ++i) {
            uint256 amountFen = 2 + uint256(keccak256(abi.encode(seed, i))) % 900;
            bool single = (seed % 3 + i) % 3 != 0;
            bytes memory lines = single
                ? bytes.concat(_lane(amountFen, desk.item))
                : bytes.concat(_lane(1, desk.item), _lane(amountFen - 1, desk.item));
            batch.lanes = bytes.concat(batch.lanes, _lane(amountFen, single ? desk.item : 0));
            if (!single) batch.lines = bytes.concat(batch.lines, hex"02", lines);
            _addCode(deskAt, batch.first + uint40(i), uint48(amountFen), batch.dueDay, keccak256(lines));
        }
        _signNotice(desk.key, batch);
        VM.prank(desk.node);
        payments.notice(_one(batch));
        for (uint256 i = codes.length - count; i < codes.length; ++i) {
            _checkCode(i);
        }
        _done("notice");
    }

    function _addCode(uint256 deskAt, uint40 sequence, uint48 amountFen, uint32 dueDay, bytes32 linesHash) internal {
        Code storage code = codes.push();
        (code.desk, code.range, code.sequence) = (deskAt, desks[deskAt].payRange, sequence);
        (code.amountFen, code.dueDay, code.linesHash) = (amountFen, dueDay, linesHash);
        codeAt[code.range][sequence] = codes.length;
    }

    /// @notice Cancels a code that is not paid; one that is paid or cancelled refuses.
    function cancel(uint256 seed) external timed {
        if (codes.length == 0) return;
        Code storage code = codes[seed % codes.length];
        Desk storage desk = desks[code.desk];
        bytes32 typeHash = keccak256("Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, desk.unit, code.range, code.sequence, _soon()));
        bytes memory signature = _sign(desk.key, address(payments), structHash);
        bool allowed = !code.cancelled && !code.paid && !code.ended;
        VM.prank(desk.node);
        if (!allowed) {
            bytes4 selector =
                code.cancelled ? IPaymentTypes.NoticeIsCancelled.selector : IPaymentTypes.NoticeIsPaid.selector;
            VM.expectRevert(abi.encodeWithSelector(selector, code.range, code.sequence));
        }
        payments.cancel(desk.unit, code.range, code.sequence, _soon(), signature);
        if (allowed) code.cancelled = true;
        _done(allowed ? "cancel" : "cancel refused");
    }

    // --- payments

    /// @notice A report of one to three codes: exact, under, over, late, and references that were seen before.
    function settle(uint256 codeSeed, uint256 seed) external timed {
        if (codes.length == 0) _notice(codeSeed % desks.length, 3, seed);
        Code storage first = codes[codeSeed % codes.length];
        bytes memory entries;
        for (uint40 i = 0; i < 1 + seed % 3; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 place = codeAt[first.range][first.sequence + i];
            entries = bytes.concat(
                entries,
                place == 0 ? _unknown(first.range, first.sequence + i, random) : _payment(codes[place - 1], random)
            );
        }
        _settle(bytes32(_fresh()), _group(first.range, entries));
        for (uint40 i = 0; i < 1 + seed % 3; ++i) {
            uint256 place = codeAt[first.range][first.sequence + i];
            if (place != 0) _checkCode(place - 1);
        }
        _done("settle");
    }

    /// @dev An entry that nobody noticed: it leaves no trace, which _checkTotals sees.
    function _unknown(uint32 range, uint40 sequence, uint256 random) private returns (bytes memory) {
        VM.assertFalse(payments.noticeOf(range, sequence).noticed);
        _done("unknown");
        return _entry(sequence, 1 + random % 100, _today(), 1 + random % 4);
    }

    /// @dev An entry for a code, and what it must do. Few references, so that they come again.
    function _payment(Code storage code, uint256 random) private returns (bytes memory) {
        uint64 reference_ = uint64(1 + random % 4);
        uint48 amountFen = code.amountFen;
        if ((random >> 8) % 5 == 1) amountFen -= 1;
        if ((random >> 8) % 5 == 2) amountFen += uint48(1 + (random >> 16) % 50);
        uint256 day = (random >> 24) % 6 == 0 ? code.dueDay + 1 : code.dueDay;
        _pays(code, amountFen, day, reference_);
        return _entry(code.sequence, amountFen, day, reference_);
    }

    /// @dev What a payment must do to the code; counted before it is sent.
    function _pays(Code storage code, uint48 amountFen, uint256 day, uint64 reference_) internal {
        bytes32 key = _entryKey(code.range, code.sequence, reference_);
        if (settled[key]) return _done("repeat");
        settled[key] = true;
        received += amountFen;
        IPaymentTypes.SuspenseReason reason = _judge(code, amountFen, day);
        if (reason == IPaymentTypes.SuspenseReason.None) {
            code.paid = true;
            return _done("paid");
        }
        uint48 waiting = amountFen;
        if (reason == IPaymentTypes.SuspenseReason.Overpaid) {
            code.paid = true;
            waiting -= code.amountFen;
        }
        Money storage money = moneys.push();
        money.code = codeAt[code.range][code.sequence] - 1;
        money.id = payments.suspenseIdOf(code.range, code.sequence, bytes8(reference_));
        (money.amountFen, money.reference_, money.reason) = (waiting, reference_, reason);
        string[6] memory names = ["none", "underpaid", "overpaid", "cancelled", "already paid", "past due"];
        _done(names[uint256(reason)]);
    }

    function _judge(Code storage code, uint48 amountFen, uint256 day)
        private
        view
        returns (IPaymentTypes.SuspenseReason)
    {
        if (code.paid || code.ended) return IPaymentTypes.SuspenseReason.AlreadyPaid;
        if (code.cancelled) return IPaymentTypes.SuspenseReason.Cancelled;
        if (day > code.dueDay) return IPaymentTypes.SuspenseReason.PastDue;
        if (amountFen < code.amountFen) return IPaymentTypes.SuspenseReason.Underpaid;
        if (amountFen > code.amountFen) return IPaymentTypes.SuspenseReason.Overpaid;
        return IPaymentTypes.SuspenseReason.None;
    }

    // --- what must hold

    function _checkCode(uint256 place) internal view {
        Code storage code = codes[place];
        IPaymentTypes.Notice memory found = payments.noticeOf(code.range, code.sequence);
        VM.assertTrue(found.noticed, "noticed");
        VM.assertEq(found.amountFen, code.amountFen, "amount");
        VM.assertEq(found.linesHash, code.linesHash, "lines");
        VM.assertEq(found.dueDay, code.dueDay, "due day");
        VM.assertTrue(found.paid == (code.paid && !code.ended), "paid");
        VM.assertTrue(found.used == code.used, "used");
        VM.assertTrue(found.cancelled == code.cancelled, "cancelled");
        VM.assertTrue(found.ended == code.ended, "ended");
    }
}
