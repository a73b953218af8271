// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Cheats} from "../support/Cheats.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {PaymentHandler} from "./PaymentHandler.sol";

/// @notice Suspense and refunds, as two supervisors decide on them, and what must hold of all money.
abstract contract DecisionHandler is PaymentHandler {
    /// @notice Two supervisors refund suspended money, once.
    function refund(uint256 seed) external timed {
        if (moneys.length == 0) return;
        Money storage money = moneys[seed % moneys.length];
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = money.id;
        if (money.resolution != IPaymentTypes.Resolution.None) {
            VM.prank(desks[codes[money.code].desk].maker);
            VM.expectRevert(
                abi.encodeWithSelector(IPaymentTypes.SuspenseIsResolved.selector, money.id, money.resolution)
            );
            payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1);
            return _done("refund refused");
        }
        _resolve(codes[money.code].desk, ids, IPaymentTypes.Resolution.Refund, "");
        money.resolution = IPaymentTypes.Resolution.Refund;
        refunded += money.amountFen;
        _done("refund");
    }

    /// @notice Two supervisors put all money of a code that was underpaid or late to its notice, if that suffices.
    function reinstate(uint256 seed) external timed {
        if (moneys.length == 0) return;
        Code storage code = codes[moneys[seed % moneys.length].code];
        uint256[] memory places = _reinstatable(code);
        for (uint256 i = 0; i < moneys.length && places.length == 0; ++i) {
            code = codes[moneys[addmod(seed, i, moneys.length)].code];
            places = _reinstatable(code);
        }
        if (places.length == 0) return;
        if (seed % 3 != 0 && !code.paid && !code.ended && !code.cancelled) {
            _payLate(code, code.amountFen / 2 + 1);
            places = _reinstatable(code);
        }
        (bytes32[] memory ids, uint256 sum) = _idsAndSum(places);
        bytes memory refusal = _reinstateRefusal(code, moneys[places[places.length - 1]], sum);
        _resolve(code.desk, ids, IPaymentTypes.Resolution.Reinstate, refusal);
        if (refusal.length != 0) return _done("reinstate refused");
        code.paid = true;
        for (uint256 i = 0; i < places.length; ++i) {
            moneys[places[i]].resolution = IPaymentTypes.Resolution.Reinstate;
        }
        if (sum > code.amountFen) {
            Money storage last = moneys[places[places.length - 1]];
            last.amountFen = uint48(sum - code.amountFen);
            last.reason = IPaymentTypes.SuspenseReason.Overpaid;
            last.resolution = IPaymentTypes.Resolution.None;
        }
        _done("reinstate");
    }

    /// @dev Late money, which alone would only wait.
    function _payLate(Code storage code, uint48 amountFen) private {
        uint64 reference_ = uint64(100 + _fresh());
        bytes memory entries = _entry(code.sequence, amountFen, code.dueDay + 1, reference_);
        _pays(code, amountFen, code.dueDay + 1, reference_);
        _settle(bytes32(_fresh()), _group(code.range, entries));
    }

    function _idsAndSum(uint256[] memory places) private view returns (bytes32[] memory ids, uint256 sum) {
        ids = new bytes32[](places.length);
        for (uint256 i = 0; i < places.length; ++i) {
            ids[i] = moneys[places[i]].id;
            sum += moneys[places[i]].amountFen;
        }
    }

    function _reinstatable(Code storage code) private view returns (uint256[] memory places) {
        uint256 count = 0;
        uint256[] memory found = new uint256[](moneys.length);
        for (uint256 i = 0; i < moneys.length && count < 40; ++i) {
            Money storage money = moneys[i];
            bool open = money.resolution == IPaymentTypes.Resolution.None;
            bool mayPay = money.reason == IPaymentTypes.SuspenseReason.Underpaid
                || money.reason == IPaymentTypes.SuspenseReason.PastDue;
            if (open && mayPay && codes[money.code].range == code.range && codes[money.code].sequence == code.sequence)
            {
                found[count++] = i;
            }
        }
        places = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            places[i] = found[i];
        }
    }

    function _reinstateRefusal(Code storage code, Money storage last, uint256 sum) private view returns (bytes memory) {
        if (code.paid || code.ended) {
            return abi.encodeWithSelector(IPaymentTypes.NoticeIsPaid.selector, code.range, code.sequence);
        }
        if (code.cancelled) {
            return abi.encodeWithSelector(IPaymentTypes.NoticeIsCancelled.selector, code.range, code.sequence);
        }
        if (sum < code.amountFen) {
            return abi.encodeWithSelector(IPaymentTypes.ReinstatementTooSmall.selector, code.amountFen, sum);
        }
        if (sum - code.amountFen >= last.amountFen) {
            return abi.encodeWithSelector(
                IPaymentTypes.ResolutionNotAllowed.selector, last.id, last.reason, IPaymentTypes.Resolution.Reinstate
            );
        }
        return "";
    }

    function _resolve(uint256 deskAt, bytes32[] memory ids, IPaymentTypes.Resolution how, bytes memory refusal)
        private
    {
        uint16 reason = uint16(_fresh());
        VM.prank(desks[deskAt].maker);
        VM.assertFalse(payments.resolve(ids, how, reason));
        VM.recordLogs();
        VM.prank(desks[deskAt].checker);
        if (refusal.length != 0) VM.expectRevert(refusal);
        payments.resolve(ids, how, reason);
        // What a refused call had said before it was undone is recorded as well.
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        if (refusal.length == 0) _noteSettled(logs);
    }

    /// @notice Two supervisors refund a reversed receipt's money, wholly or with a child notice for the remainder.
    function refundReversed(uint256 seed, uint256 partSeed) external timed {
        uint256 place = _endedCode(seed);
        if (place == 0) return;
        Code storage code = codes[place - 1];
        IPaymentTypes.NoticeBatch memory child;
        uint48 refundFen = partSeed % 3 == 0 ? code.amountFen : uint48(partSeed % code.amountFen);
        if (refundFen != code.amountFen) child = _childOf(code, code.amountFen - refundFen);
        _refundTwice(code, refundFen, child, "");
        refunded += refundFen;
        code.refunded = true;
        if (child.lanes.length != 0) {
            _addCode(code.desk, child.first, code.amountFen - refundFen, child.dueDay, keccak256(child.lanes));
            codes[codes.length - 1].paid = true;
            _checkCode(codes.length - 1);
            _done("child");
        }
        bytes memory again = abi.encodeWithSelector(IPaymentTypes.AlreadyRefunded.selector, code.range, code.sequence);
        IPaymentTypes.NoticeBatch memory none;
        _refundTwice(code, code.amountFen, none, again);
        _done("refund reversed");
    }

    function _childOf(Code storage code, uint48 remainderFen)
        private
        view
        returns (IPaymentTypes.NoticeBatch memory child)
    {
        Desk storage desk = desks[code.desk];
        child.unit = desk.unit;
        child.range = desk.payRange;
        child.first = registry.rangeOf(desk.payRange).next;
        child.dueDay = _today();
        child.lanes = bytes.concat(_lane(remainderFen, desk.item));
        child.deadline = _soon();
        _signNotice(desk.key, child);
    }

    function _refundTwice(
        Code storage code,
        uint48 refundFen,
        IPaymentTypes.NoticeBatch memory child,
        bytes memory refusal
    ) private {
        // A proposal that was refused would wait for seven days: let it lapse in the ghost's clock's sight.
        if (refusal.length != 0) child.deadline = uint64(_fresh());
        VM.prank(desks[code.desk].maker);
        VM.assertFalse(payments.refundReversed(code.range, code.sequence, refundFen, child));
        VM.recordLogs();
        VM.prank(desks[code.desk].checker);
        if (refusal.length != 0) VM.expectRevert(refusal);
        payments.refundReversed(code.range, code.sequence, refundFen, child);
        // What a refused call had said before it was undone is recorded as well.
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        if (refusal.length == 0) _noteSettled(logs);
    }

    /// @dev Place of a reversed code whose money is not refunded yet, plus 1.
    function _endedCode(uint256 seed) private view returns (uint256) {
        for (uint256 i = 0; i < codes.length; ++i) {
            uint256 place = addmod(seed, i, codes.length);
            if (codes[place].ended && !codes[place].refunded) return place + 1;
        }
        return 0;
    }

    /// @notice The four sums as the campaign keeps them, except what is receipted.
    function checkTotals() external view {
        IPaymentTypes.Totals memory totals = payments.totals();
        VM.assertEq(totals.received, received, "received");
        VM.assertEq(totals.refunded, refunded, "refunded");
        VM.assertLe(uint256(totals.receipted) + totals.refunded + totals.suspense, received, "money was made");
    }

    /// @notice received = paid and unused + receipted + refunded + suspense; used <= paid <= noticed in each range.
    function checkPayments() external timed {
        uint256 unused = 0;
        uint256 receipted = 0;
        uint256 waiting = 0;
        uint256[3][3] memory counts; // noticed, paid, used of each desk
        for (uint256 i = 0; i < codes.length; ++i) {
            _checkCode(i);
            Code storage code = codes[i];
            ++counts[code.desk][0];
            if (code.paid) ++counts[code.desk][1];
            if (code.used) ++counts[code.desk][2];
            if (code.used && !code.ended) receipted += code.amountFen;
            if (code.paid && !code.used) unused += code.amountFen;
            if (code.ended && !code.refunded) waiting += code.amountFen;
        }
        for (uint256 i = 0; i < moneys.length; ++i) {
            IPaymentTypes.Suspense memory found = payments.suspenseOf(moneys[i].id);
            VM.assertEq(found.amountFen, moneys[i].amountFen, "suspended amount");
            VM.assertTrue(found.reason == moneys[i].reason, "reason");
            VM.assertTrue(found.resolution == moneys[i].resolution, "resolution");
            if (found.resolution == IPaymentTypes.Resolution.None) waiting += found.amountFen;
        }
        for (uint256 i = 0; i < 3; ++i) {
            VM.assertLe(counts[i][2], counts[i][1], "used <= paid");
            VM.assertLe(counts[i][1], counts[i][0], "paid <= noticed");
            uint256 next = registry.rangeOf(desks[i].payRange).next;
            VM.assertEq(counts[i][0], next - registry.rangeOf(desks[i].payRange).from, "noticed");
        }
        IPaymentTypes.Totals memory totals = payments.totals();
        VM.assertEq(totals.received, received, "received");
        VM.assertEq(totals.receipted, receipted, "receipted");
        VM.assertEq(totals.refunded, refunded, "refunded");
        VM.assertEq(totals.suspense, waiting, "suspense");
        VM.assertEq(received, unused + receipted + refunded + waiting, "money was lost or made");
    }
}
