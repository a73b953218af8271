// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

contract WriteOffTest is ReceiptActsTest {
    // 2026-07-04 00:00 in Beijing: write-off of June begins.
    uint40 private constant STARTS = 1_783_094_400;
    // 2026-07-30 is the 30th day after June; a Thursday.
    uint40 private constant GRACE_ENDS = 1_785_427_199;

    function _totals() private view returns (IReceiptTypes.Totals memory totals) {
        (totals,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
    }

    function _act(IReceiptTypes.Totals memory totals) private view returns (IReceiptTypes.WriteOffAct memory) {
        return _writeOffAct("WriteOff", KIND_LIST, MONTH, totals);
    }

    function test_writeOff_closesTheMonth() public {
        _issueList(1, 5);
        VM.prank(NODE_32);
        receipts.voidNumbers(_voidAct(listRange, 6, 2));
        IReceiptTypes.Totals memory totals = _totals();
        VM.assertEq(totals.issued, 5);
        VM.assertEq(totals.voided, 2);
        VM.warp(STARTS);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.PeriodWrittenOff(unitA, KIND_LIST, MONTH, totals);
        receipts.writeOff(_act(totals));
        (, bool closed) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertTrue(closed);
    }

    function test_writeOff_twice_reverts() public {
        _issueList(1, 5);
        VM.warp(STARTS);
        _writeOff(KIND_LIST, MONTH);
        IReceiptTypes.WriteOffAct memory again = _act(_totals());
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.MonthNotOpen.selector, unitA, KIND_LIST, MONTH));
        receipts.writeOff(again);
    }

    function test_writeOff_closedMonthByDifference_reverts() public {
        _issueList(1, 5);
        VM.warp(STARTS);
        _writeOff(KIND_LIST, MONTH);
        IReceiptTypes.Totals memory totals = _totals();
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.MonthNotOpen.selector, unitA, KIND_LIST, MONTH));
        receipts.closeWithDifference(unitA, KIND_LIST, MONTH, totals, 1);
    }

    function test_writeOff_eachTotalMustAgree() public {
        _issueList(1, 5);
        VM.warp(STARTS);
        for (uint256 i = 0; i < 5; ++i) {
            IReceiptTypes.Totals memory totals = _totals();
            bytes32 field;
            uint256 onChain;
            if (i == 0) (field, onChain) = ("issued", totals.issued++);
            if (i == 1) (field, onChain) = ("voided", totals.voided++);
            if (i == 2) (field, onChain) = ("red", totals.red++);
            if (i == 3) (field, onChain) = ("issuedFen", totals.issuedFen++);
            if (i == 4) (field, onChain) = ("reversedFen", totals.reversedFen++);
            IReceiptTypes.WriteOffAct memory act = _act(totals);
            VM.expectRevert(
                abi.encodeWithSelector(IReceiptTypes.WriteOffMismatch.selector, field, onChain, onChain + 1)
            );
            receipts.writeOff(act);
        }
    }

    function test_writeOff_beforeItBegins_reverts() public {
        _issueList(1, 5);
        VM.warp(STARTS - 1);
        IReceiptTypes.WriteOffAct memory act = _act(_totals());
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.MonthNotEnded.selector, MONTH, STARTS));
        receipts.writeOff(act);
    }

    function test_writeOff_wrongSigner_reverts() public {
        _issueList(1, 5);
        VM.warp(STARTS);
        IReceiptTypes.WriteOffAct memory act = _act(_totals());
        _signTotals(KEY_B, "WriteOff", act);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B)));
        receipts.writeOff(act);
    }

    function test_writeOff_monthWithoutEntries_reverts() public {
        VM.warp(STARTS);
        IReceiptTypes.WriteOffAct memory act = _act(_totals());
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.MonthNotOpen.selector, unitA, KIND_LIST, MONTH));
        receipts.writeOff(act);
    }

    function test_issue_overdueAfterGraceAndNotBefore() public {
        _issueList(1, 5);
        VM.warp(GRACE_ENDS);
        VM.assertTrue(_issuesOn(TODAY + 45, 6));
        VM.warp(uint256(GRACE_ENDS) + 1);
        (uint32 month, uint40 deadline, bool overdue) = receipts.overdueOf(unitA, KIND_LIST);
        VM.assertEq(month, MONTH);
        VM.assertEq(deadline, GRACE_ENDS);
        VM.assertTrue(overdue);
        VM.assertFalse(_issuesOn(TODAY + 46, 7));
        // Closing the month lifts it; nobody presses a button.
        _writeOff(KIND_LIST, MONTH);
        VM.assertTrue(_issuesOn(TODAY + 46, 7));
    }

    function test_issue_graceEndsOnTheNextWorkingDay() public {
        _issueList(1, 5);
        // The 30th and 31st of July rest; August has no calendar of its own, and the 1st is a Saturday.
        uint256[2] memory rest;
        rest[0] = (uint256(1) << 210) | (uint256(1) << 211);
        VM.prank(ADMIN);
        registry.setWorkingCalendar(2026, rest);
        (, uint40 deadline,) = receipts.overdueOf(unitA, KIND_LIST);
        VM.assertEq(deadline, uint256(GRACE_ENDS) + 2 days);
        VM.warp(uint256(GRACE_ENDS) + 2 days);
        VM.assertTrue(_issuesOn(TODAY + 47, 6));
    }

    function test_extend_putsOverdueOff() public {
        _issueList(1, 5);
        VM.warp(uint256(GRACE_ENDS) + 1);
        uint40 until = GRACE_ENDS + 1 days;
        VM.prank(SUPER);
        VM.assertFalse(receipts.extend(unitA, KIND_LIST, until, 2));
        VM.assertFalse(_issuesOn(TODAY + 46, 6));
        VM.prank(CHECKER);
        VM.assertTrue(receipts.extend(unitA, KIND_LIST, until, 2));
        VM.assertTrue(_issuesOn(TODAY + 46, 6));
        VM.warp(until + 1);
        VM.assertFalse(_issuesOn(TODAY + 47, 7));
    }

    function test_extend_tooFar_reverts() public {
        uint40 until = uint40(NOW + 90 days + 1);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ExtensionOutOfWindow.selector, until));
        receipts.extend(unitA, KIND_LIST, until, 2);
    }

    function test_closeWithDifference_needsTwoSupervisors() public {
        _issueList(1, 5);
        VM.warp(STARTS);
        IReceiptTypes.Totals memory reported;
        VM.prank(SUPER);
        VM.assertFalse(receipts.closeWithDifference(unitA, KIND_LIST, MONTH, reported, 5));
        (, bool closed) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertFalse(closed);
        VM.prank(CHECKER);
        VM.assertTrue(receipts.closeWithDifference(unitA, KIND_LIST, MONTH, reported, 5));
        (, closed) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertTrue(closed);
    }

    function test_bringForward_opensAFormerMonthOnce() public {
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", KIND_LIST, MONTH - 1, totals);
        VM.prank(SUPER);
        receipts.bringForward(act);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.MonthOutOfOrder.selector, MONTH, MONTH - 1));
        receipts.bringForward(act);
        _writeOff(KIND_LIST, MONTH - 1);
        (IReceiptTypes.Totals memory held, bool closed) = receipts.periodOf(unitA, KIND_LIST, MONTH - 1);
        VM.assertEq(held.issued, 7);
        VM.assertTrue(closed);
    }

    function test_bringForward_afterIssue_reverts() public {
        _issueList(1, 5);
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", KIND_LIST, MONTH - 1, totals);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.UnitHasIssued.selector, unitA, KIND_LIST));
        receipts.bringForward(act);
    }

    function test_bringForward_signedAsWriteOff_reverts() public {
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("WriteOff", KIND_LIST, MONTH - 1, totals);
        VM.prank(SUPER);
        VM.expectPartialRevert(IActErrors.WrongSigner.selector);
        receipts.bringForward(act);
    }

    function test_bringForward_monthThatRuns_reverts() public {
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", KIND_LIST, MONTH, totals);
        VM.prank(SUPER);
        VM.expectPartialRevert(IReceiptTypes.MonthNotEnded.selector);
        receipts.bringForward(act);
    }

    function test_writeOff_newerMonthFirst_reverts() public {
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        for (uint32 month = MONTH - 3; month < MONTH - 1; ++month) {
            IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", KIND_LIST, month, totals);
            VM.prank(SUPER);
            receipts.bringForward(act);
        }
        IReceiptTypes.WriteOffAct memory newer = _writeOffAct("WriteOff", KIND_LIST, MONTH - 2, totals);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.MonthOutOfOrder.selector, MONTH - 3, MONTH - 2));
        receipts.writeOff(newer);
        _writeOff(KIND_LIST, MONTH - 3);
        receipts.writeOff(newer);
    }

    function test_issue_intoAClosedMonthIsRefused() public {
        // Terms allow dating back up to two days and write-off from the fourth: so only a former month can be closed
        // while it may still be dated into, and the contract refuses it by itself as well.
        VM.warp(1_782_838_800); // 2026-07-01 01:00 in Beijing
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        IReceiptTypes.WriteOffAct memory act = _writeOffAct("BringForward", KIND_LIST, MONTH, totals);
        VM.prank(SUPER);
        receipts.bringForward(act);
        VM.assertTrue(_issuesOn(TODAY + 15, 1)); // 30 June, still open
    }

    /// @dev Whether one receipt dated so is accepted now.
    function _issuesOn(uint32 day, uint40 number) private returns (bool) {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, number, 1);
        batch.issueDay = day;
        batch.deadline = uint64(block.timestamp);
        _signIssue(KEY_A, batch, 2);
        uint64 before = receipts.lastRootId();
        _send(batch);
        return receipts.lastRootId() == before + 1;
    }
}
