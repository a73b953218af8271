// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {AttackTest} from "./Attack.sol";

/// @notice A unit closes its months other than the chain has counted them.
contract MonthsAttackTest is AttackTest {
    // 2026-07-04 00:00 in Beijing: write-off of June begins.
    uint40 private constant STARTS = 1_783_094_400;

    function _totalsOf(uint32 month) private view returns (IReceiptTypes.Totals memory totals) {
        (totals,) = receipts.periodOf(unitA, KIND_LIST, month);
    }

    function _writeOffError(uint32 month, IReceiptTypes.Totals memory totals) private returns (bytes memory) {
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("WriteOff", KIND_LIST, month, totals);
        return _attempt(VM.addr(KEY_A), address(receipts), abi.encodeCall(receipts.writeOff, (act)));
    }

    /// @notice Receipts are kept quiet, or sums made smaller: each of the five totals must be the chain's own.
    function test_writeOff_wrongSums() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        VM.prank(NODE_32);
        receipts.voidNumbers(_voidAct(listRange, 6, 2));
        _reverse(_reverseAct(_opening(batch, 1, 2), listRange, 8, _fenOf(2)));
        VM.warp(STARTS);
        bytes4 selector = IReceiptTypes.WriteOffMismatch.selector;
        for (uint256 i = 0; i < 2; ++i) {
            IReceiptTypes.Totals memory t = _totalsOf(MONTH);
            (bytes32 field, uint256 onChain, uint256 reported) = ("issued", t.issued, i == 0 ? 4 : 6);
            t.issued = uint32(reported);
            VM.assertEq(_writeOffError(MONTH, t), abi.encodeWithSelector(selector, field, onChain, reported));
            t = _totalsOf(MONTH);
            (field, onChain, reported) = ("voided", t.voided, i == 0 ? 1 : 3);
            t.voided = uint32(reported);
            VM.assertEq(_writeOffError(MONTH, t), abi.encodeWithSelector(selector, field, onChain, reported));
            t = _totalsOf(MONTH);
            (field, onChain, reported) = ("red", t.red, i == 0 ? 0 : 2);
            t.red = uint32(reported);
            VM.assertEq(_writeOffError(MONTH, t), abi.encodeWithSelector(selector, field, onChain, reported));
            t = _totalsOf(MONTH);
            (field, onChain, reported) = ("issuedFen", t.issuedFen, i == 0 ? t.issuedFen - 1 : t.issuedFen + 1);
            t.issuedFen = uint64(reported);
            VM.assertEq(_writeOffError(MONTH, t), abi.encodeWithSelector(selector, field, onChain, reported));
            t = _totalsOf(MONTH);
            (field, onChain, reported) = ("reversedFen", t.reversedFen, i == 0 ? 0 : t.reversedFen + 1);
            t.reversedFen = uint64(reported);
            VM.assertEq(_writeOffError(MONTH, t), abi.encodeWithSelector(selector, field, onChain, reported));
        }
        (, bool closed) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertFalse(closed);
        VM.assertEq(_writeOffError(MONTH, _totalsOf(MONTH)), "");
    }

    /// @notice A later month is written off first, so that the older one would never count as overdue.
    function test_writeOff_outOfOrder() public {
        _issueList(1, 1); // June
        VM.warp(STARTS);
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 2, 1);
        (batch.issueDay, batch.deadline) = (TODAY + 19, uint64(block.timestamp)); // 4 July
        _signIssue(KEY_A, batch, 2);
        _send(batch);
        VM.warp(STARTS + 31 days);
        IReceiptTypes.Totals memory july = _totalsOf(MONTH + 1);
        VM.assertEq(july.issued, 1);
        VM.assertEq(
            _writeOffError(MONTH + 1, july),
            abi.encodeWithSelector(IReceiptTypes.MonthOutOfOrder.selector, MONTH, MONTH + 1)
        );
        VM.assertEq(_writeOffError(MONTH, _totalsOf(MONTH)), "");
        VM.assertEq(_writeOffError(MONTH + 1, july), "");
    }

    /// @notice A month that has not begun is closed in advance, with nothing in it.
    function test_writeOff_futureMonth() public {
        _issueList(1, 1);
        IReceiptTypes.Totals memory none;
        VM.assertEq(
            _writeOffError(MONTH + 1, none),
            abi.encodeWithSelector(IReceiptTypes.MonthNotOpen.selector, unitA, KIND_LIST, MONTH + 1)
        );
        VM.assertEq(
            _writeOffError(type(uint32).max, none),
            abi.encodeWithSelector(IReceiptTypes.MonthNotOpen.selector, unitA, KIND_LIST, type(uint32).max)
        );
    }

    /// @notice The month that runs is closed before its last receipts.
    function test_writeOff_runningMonth() public {
        _issueList(1, 1);
        bytes memory error = abi.encodeWithSelector(IReceiptTypes.MonthNotEnded.selector, MONTH, STARTS);
        VM.assertEq(_writeOffError(MONTH, _totalsOf(MONTH)), error);
        VM.warp(STARTS - 1);
        VM.assertEq(_writeOffError(MONTH, _totalsOf(MONTH)), error);
    }

    /// @notice A former month that has not ended, or lies ahead, is brought forward, to be closed with invented sums.
    function test_bringForward_futureMonth() public {
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", KIND_LIST, MONTH, totals);
        bytes memory error = _attempt(SUPER, address(receipts), abi.encodeCall(receipts.bringForward, (act)));
        // 1 July, 00:00 in Beijing.
        VM.assertEq(error, abi.encodeWithSelector(IReceiptTypes.MonthNotEnded.selector, MONTH, 1_782_835_200));
        act = _writeOffAct("BringForward", KIND_LIST, MONTH + 1, totals);
        error = _attempt(SUPER, address(receipts), abi.encodeCall(receipts.bringForward, (act)));
        VM.assertEq(error, abi.encodeWithSelector(IReceiptTypes.MonthOutOfOrder.selector, MONTH - 120, MONTH + 1));
    }

    /// @notice A node writes a unit's month off by itself.
    function test_writeOff_byTheNodeAlone() public {
        _issueList(1, 1);
        VM.warp(STARTS);
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("WriteOff", KIND_LIST, MONTH, _totalsOf(MONTH));
        _signTotals(KEY_B, "WriteOff", act);
        VM.assertEq(
            _attempt(NODE_32, address(receipts), abi.encodeCall(receipts.writeOff, (act))),
            abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B))
        );
    }

    /// @notice A unit that does not close its month goes on issuing: only closing the month lifts it.
    function test_overdueKind_issuesNothing() public {
        _issueList(1, 1);
        VM.warp(NOW + 60 days);
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 2, 1);
        (batch.issueDay, batch.deadline) = (TODAY + 60, uint64(block.timestamp));
        _signIssue(KEY_A, batch, 2);
        (, uint40 deadline,) = receipts.overdueOf(unitA, KIND_LIST);
        bytes4 selector = IReceiptTypes.UnitOverdue.selector;
        _refusedWith(batch, abi.encodeWithSelector(selector, unitA, KIND_LIST, MONTH, deadline));
        VM.assertEq(_writeOffError(MONTH, _totalsOf(MONTH)), "");
        _send(batch);
        VM.assertEq(receipts.lastRootId(), 2);
    }
}
