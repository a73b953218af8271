// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Which months are open, closed and overdue, what they count, and how far they reach.
contract MonthRulesTest is RefusalsTest {
    // 2026-07-01 00:00 in Beijing.
    uint256 private constant JULY = 1_782_835_200;
    uint32 private constant JUNE_30 = TODAY + 15;
    // 2026-07-30 23:59:59 in Beijing: grace of June ends.
    uint256 private constant GRACE_ENDS = 1_785_427_199;

    function _dated(uint40 number, uint32 day) private view returns (IReceiptTypes.IssueBatch memory batch) {
        batch = _listBatch(KEY_A, unitA, listRange, number, 1);
        batch.issueDay = day;
        batch.deadline = uint64(block.timestamp);
        _signIssue(KEY_A, batch, 2);
    }

    function _forward(uint32 month, IReceiptTypes.Totals memory totals, bytes memory refusal) private {
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", KIND_LIST, month, totals);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(SUPER);
        receipts.bringForward(act);
    }

    function _isClosed(uint32 month) private view returns (bool closed) {
        (, closed) = receipts.periodOf(unitA, KIND_LIST, month);
    }

    function _tooLarge(uint256 sum) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IReceiptTypes.TotalTooLarge.selector, sum);
    }

    // --- what a month holds

    function test_count_numberOfReceiptsFits32Bits() public {
        VM.warp(JULY);
        _forward(MONTH, IReceiptTypes.Totals(type(uint32).max, 0, 0, 0, 0), "");
        _refuses(_dated(1, JUNE_30), _tooLarge(uint256(1) << 32));
        _accepts(_dated(1, JUNE_30 + 1));
    }

    function test_count_numberOfRedReceiptsFits32Bits() public {
        VM.warp(JULY);
        _forward(MONTH, IReceiptTypes.Totals(0, 0, type(uint32).max, 0, 0), "");
        IReceiptTypes.IssueBatch memory batch = _dated(1, JUNE_30 + 1);
        _accepts(batch);
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(batch, 1, 1), listRange, 2, _fenOf(1));
        act.issueDay = JUNE_30;
        act.deadline = uint64(block.timestamp);
        _signReverse(KEY_A, act);
        VM.expectRevert(_tooLarge(uint256(1) << 32));
        _reverse(act);
    }

    function test_count_sumsFit64Bits() public {
        VM.warp(JULY);
        _forward(MONTH, IReceiptTypes.Totals(1, 0, 0, type(uint64).max, type(uint64).max), "");
        _refuses(_dated(1, JUNE_30), _tooLarge((uint256(1) << 64) | ((uint256(1) << 64) - 1) | (_fenOf(1) - 1)));
    }

    // --- which months are open

    function test_open_firstReceiptLeavesTheMonthBeforeOpen() public {
        _issueList(1, 1);
        VM.assertTrue(_isClosed(MONTH - 2));
        VM.assertFalse(_isClosed(MONTH - 1));
        VM.assertFalse(_isClosed(MONTH));
    }

    function test_open_monthsWithoutEntriesCloseThemselves() public {
        _issueList(1, 1);
        VM.warp(JULY + 3 days);
        _writeOff(KIND_LIST, MONTH);
        VM.assertTrue(_isClosed(MONTH));
        VM.assertFalse(_isClosed(MONTH + 1));
        VM.warp(NOW + 80 days); // September
        _accepts(_dated(2, TODAY + 80));
        VM.assertTrue(_isClosed(MONTH + 1));
        VM.assertFalse(_isClosed(MONTH + 2));
    }

    function test_open_nextMonthLeavesTheClosedOneClosed() public {
        _issueList(1, 1);
        VM.warp(JULY + 3 days);
        _writeOff(KIND_LIST, MONTH);
        _accepts(_dated(2, JUNE_30 + 4));
        VM.assertTrue(_isClosed(MONTH));
        VM.assertFalse(_isClosed(MONTH + 1));
    }

    function test_open_monthAfterNextLeavesOneBetweenOpen() public {
        _issueList(1, 1);
        VM.warp(JULY + 3 days);
        _writeOff(KIND_LIST, MONTH);
        VM.warp(NOW + 50 days); // August
        _accepts(_dated(2, TODAY + 50));
        VM.assertTrue(_isClosed(MONTH));
        VM.assertFalse(_isClosed(MONTH + 1));
    }

    function test_issue_intoAMonthThatIsClosed_isRefused() public {
        _setTerms(IReceiptTypes.Terms(30, 1, 0));
        _issueList(1, 1);
        VM.warp(JULY + 1 days);
        _writeOff(KIND_LIST, MONTH);
        // Longer terms let receipts be dated into it again, which must not open it.
        _setTerms(IReceiptTypes.Terms(30, 3, 2));
        _refuses(
            _dated(2, JUNE_30), abi.encodeWithSelector(IReceiptTypes.MonthClosed.selector, unitA, KIND_LIST, MONTH)
        );
        _accepts(_dated(2, JUNE_30 + 1));
    }

    function _setTerms(IReceiptTypes.Terms memory terms) private {
        VM.prank(ADMIN);
        receipts.setTerms(terms);
    }

    function _voidNow(uint40 number, bytes memory refusal) private {
        IReceiptTypes.VoidAct memory act = _voidAct(listRange, number, 1);
        act.deadline = uint64(block.timestamp);
        _signVoid(KEY_A, act);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(NODE_32);
        receipts.voidNumbers(act);
    }

    /// @notice With the month before, 128 months can be open at once; the one after must wait for the oldest.
    function test_open_noMoreMonthsThanTheCursorHolds() public {
        _voidNow(1, "");
        VM.warp(NOW + 3867 days); // 2037-01-15
        _voidNow(2, abi.encodeWithSelector(IReceiptTypes.MonthOutOfOrder.selector, MONTH - 1, MONTH + 127));
        VM.warp(NOW + 3836 days); // 2036-12-15
        _voidNow(2, "");
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(0, 1, 0, 0, 0);
        _closes(MONTH + 126, totals, abi.encodeWithSelector(IReceiptTypes.MonthOutOfOrder.selector, MONTH, MONTH + 126));
        _closes(MONTH, totals, "");
        VM.assertFalse(_isClosed(MONTH + 126));
        VM.assertTrue(_isClosed(MONTH));
    }

    function _closes(uint32 month, IReceiptTypes.Totals memory totals, bytes memory refusal) private {
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("WriteOff", KIND_LIST, month, totals);
        if (refusal.length != 0) VM.expectRevert(refusal);
        receipts.writeOff(act);
    }

    function test_writeOff_monthsBesideTheOpenOne_reverts() public {
        _issueList(1, 1);
        VM.warp(JULY + 3 days);
        IReceiptTypes.Totals memory totals;
        uint32[5] memory months = [MONTH - 2, MONTH - 1, MONTH + 1, MONTH + 126, MONTH + 300];
        for (uint256 i = 0; i < months.length; ++i) {
            _closes(
                months[i],
                totals,
                abi.encodeWithSelector(IReceiptTypes.MonthNotOpen.selector, unitA, KIND_LIST, months[i])
            );
        }
    }

    // --- overdue

    function test_overdueOf_nothingOpen() public view {
        (uint32 month, uint40 deadline, bool overdue) = receipts.overdueOf(unitA, KIND_LIST);
        VM.assertEq(month, 0);
        VM.assertEq(deadline, 0);
        VM.assertFalse(overdue);
    }

    function test_overdueOf_toTheSecond() public {
        _issueList(1, 1);
        VM.warp(GRACE_ENDS);
        (,, bool overdue) = receipts.overdueOf(unitA, KIND_LIST);
        VM.assertFalse(overdue);
        _accepts(_dated(2, TODAY + 45));
        VM.warp(GRACE_ENDS + 1);
        (,, overdue) = receipts.overdueOf(unitA, KIND_LIST);
        VM.assertTrue(overdue);
        _refuses(
            _dated(3, TODAY + 46),
            abi.encodeWithSelector(IReceiptTypes.UnitOverdue.selector, unitA, KIND_LIST, MONTH, uint40(GRACE_ENDS))
        );
    }

    function test_overdueOf_extensionBeforeTheDeadlineChangesNothing() public {
        _issueList(1, 1);
        _extend(uint40(NOW + 1 days));
        (, uint40 deadline,) = receipts.overdueOf(unitA, KIND_LIST);
        VM.assertEq(deadline, GRACE_ENDS);
    }

    function _extend(uint40 until) private {
        VM.prank(SUPER);
        VM.assertFalse(receipts.extend(unitA, KIND_LIST, until, 2));
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.Extended(unitA, KIND_LIST, until, 2);
        VM.prank(CHECKER);
        VM.assertTrue(receipts.extend(unitA, KIND_LIST, until, 2));
    }

    function test_extend_fromTheNextSecondToNinetyDays() public {
        uint40[2] memory bad = [uint40(NOW), uint40(NOW + 90 days + 1)];
        for (uint256 i = 0; i < 2; ++i) {
            VM.prank(SUPER);
            VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ExtensionOutOfWindow.selector, bad[i]));
            receipts.extend(unitA, KIND_LIST, bad[i], 2);
        }
        _extend(uint40(NOW + 1));
        _extend(uint40(NOW + 90 days));
        _issueList(1, 1);
        (, uint40 deadline,) = receipts.overdueOf(unitA, KIND_LIST);
        VM.assertEq(deadline, NOW + 90 days);
    }

    function test_extend_bySupervisorOfAnotherArea_reverts() public {
        VM.prank(SUPER_33);
        VM.expectRevert(_foreignArea());
        receipts.extend(unitA, KIND_LIST, uint40(NOW + 1), 2);
    }

    // --- closing with a difference

    function test_closeWithDifference_saysBothTotals() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 2);
        VM.warp(JULY + 3 days);
        IReceiptTypes.Totals memory onChain = IReceiptTypes.Totals(2, 0, 0, batch.totalFen, 0);
        IReceiptTypes.Totals memory reported = IReceiptTypes.Totals(3, 1, 4, 1, 5);
        VM.prank(SUPER);
        receipts.closeWithDifference(unitA, KIND_LIST, MONTH, reported, 6);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.PeriodClosedWithDifference(unitA, KIND_LIST, MONTH, onChain, reported, 6);
        VM.prank(CHECKER);
        receipts.closeWithDifference(unitA, KIND_LIST, MONTH, reported, 6);
    }

    function test_closeWithDifference_bySupervisorOfAnotherArea_reverts() public {
        _issueList(1, 2);
        VM.warp(JULY + 3 days);
        IReceiptTypes.Totals memory reported;
        VM.prank(SUPER_33);
        VM.expectRevert(_foreignArea());
        receipts.closeWithDifference(unitA, KIND_LIST, MONTH, reported, 6);
    }

    // --- months of a former system

    function test_bringForward_oneKindOfEntrySuffices() public {
        IReceiptTypes.Totals[3] memory totals = [
            IReceiptTypes.Totals(1, 0, 0, 5, 0),
            IReceiptTypes.Totals(0, 1, 0, 0, 0),
            IReceiptTypes.Totals(0, 0, 1, 0, 5)
        ];
        for (uint32 i = 0; i < 3; ++i) {
            VM.expectEmit(address(receipts));
            emit IReceiptTypes.PeriodBroughtForward(unitA, KIND_LIST, MONTH - 3 + i, totals[i]);
            _forward(MONTH - 3 + i, totals[i], "");
            (IReceiptTypes.Totals memory found,) = receipts.periodOf(unitA, KIND_LIST, MONTH - 3 + i);
            VM.assertEq(abi.encode(found), abi.encode(totals[i]));
        }
    }

    function test_bringForward_monthWithoutEntries_reverts() public {
        _forward(
            MONTH - 1,
            IReceiptTypes.Totals(0, 0, 0, 5, 5),
            abi.encodeWithSelector(IReceiptTypes.MonthNotOpen.selector, unitA, KIND_LIST, MONTH - 1)
        );
    }
}
