// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {AttackTest} from "./Attack.sol";

/// @notice Roots that say more than they may, days, and bookings that others would like to have.
contract ReceiptsAttackTest is AttackTest {
    /// @notice A unit's root holds a leaf with another unit's range: the header's range decides, the leaf does not fit.
    function test_root_cannotSpeakForAnothersRange() public {
        bytes32[] memory leaves = _listLeaves(listRangeB, 100_001, 2);
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 2);
        batch.unitRoot = _rootOf(leaves);
        _signIssue(KEY_A, batch, 2);
        _send(batch);
        IReceiptTypes.Opening memory opening = _opening(batch, 1, 1);
        opening.unitPath = _pathOf(leaves, 0);
        opening.number = 100_001;
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("number")));
        receipts.openLeaf(opening);
        opening.header.range = listRangeB; // another header than the root's
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("root")));
        receipts.openLeaf(opening);
    }

    /// @notice Two leaves with one number: only the one at the number's own place opens.
    function test_root_cannotHoldANumberTwice() public {
        bytes32[] memory leaves = _listLeaves(listRange, 1, 2);
        leaves[1] = leaves[0];
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 2);
        batch.unitRoot = _rootOf(leaves);
        _signIssue(KEY_A, batch, 2);
        _send(batch);
        IReceiptTypes.Opening memory opening = _opening(batch, 1, 1);
        opening.unitPath = _pathOf(leaves, 0);
        receipts.openLeaf(opening);
        opening.number = 2;
        opening.amount = _listAmount(1);
        opening.unitPath = _pathOf(leaves, 1);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("unit")));
        receipts.openLeaf(opening);
    }

    /// @notice A leaf beyond the count that was signed.
    function test_root_cannotSpeakForNumbersOutsideCount() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 3);
        IReceiptTypes.Opening memory opening = _opening(batch, 1, 3);
        opening.number = 4;
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("number")));
        receipts.openLeaf(opening);
        opening.number = 0;
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("number")));
        receipts.openLeaf(opening);
    }

    /// @notice A path that is one node too long or too short.
    function test_path_mustHaveItsExactLength() public {
        IReceiptTypes.Opening memory opening = _opening(_issueList(1, 3), 1, 3);
        opening.unitPath = new bytes32[](3);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("unit")));
        receipts.openLeaf(opening);
    }

    /// @notice A root that does not exist.
    function test_path_needsAStoredRoot() public {
        IReceiptTypes.Opening memory opening = _opening(_issueList(1, 3), 2, 3);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("root")));
        receipts.openLeaf(opening);
    }

    /// @notice Malformed and malleable signatures.
    function test_signature_hasOneForm() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 3);
        bytes memory good = batch.signature;
        bytes memory error = abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), address(0));
        batch.signature = "";
        _refusedWith(batch, error);
        batch.signature = bytes.concat(good, hex"00");
        _refusedWith(batch, error);
        batch.signature = new bytes(65);
        _refusedWith(batch, error);
        batch.signature = _twin(good);
        _refusedWith(batch, error);
        batch.signature = good;
        _send(batch);
        VM.assertEq(receipts.lastRootId(), 1);
    }

    function _twin(bytes memory signature) private pure returns (bytes memory) {
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        return abi.encodePacked(r, order - uint256(s), uint8(signature[64]) == 27 ? uint8(28) : uint8(27));
    }

    /// @notice Dated the 31st, mined on the 1st: counts in its month, and later not at all.
    function test_issueDay_lastOfMonthMinedOnTheFirst() public {
        VM.warp(1_782_838_800); // 2026-07-01 01:00 in Beijing
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.issueDay = TODAY + 15;
        batch.deadline = uint64(block.timestamp + 10 days);
        _signIssue(KEY_A, batch, 2);
        _send(batch);
        (IReceiptTypes.Totals memory june,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertEq(june.issued, 1);
        IReceiptTypes.IssueBatch memory late = _listBatch(KEY_A, unitA, listRange, 2, 1);
        late.issueDay = TODAY + 15;
        late.deadline = uint64(block.timestamp + 10 days);
        _signIssue(KEY_A, late, 2);
        VM.warp(block.timestamp + 2 days);
        _refusedWith(
            late, abi.encodeWithSelector(IReceiptTypes.IssueDayOutOfWindow.selector, TODAY + 15, TODAY + 18, 2)
        );
    }

    /// @notice Tomorrow's date, and a year that the receipt code does not have.
    function test_issueDay_neverAheadAndInTheCodesYear() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.issueDay = TODAY + 1;
        _signIssue(KEY_A, batch, 2);
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.IssueDayOutOfWindow.selector, TODAY + 1, TODAY, 2));
        VM.warp(NOW + 365 days);
        batch.issueDay = TODAY + 365;
        batch.deadline = uint64(block.timestamp);
        _signIssue(KEY_A, batch, 2);
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.YearMismatch.selector, CODE_LIST, 2027));
    }

    /// @notice A pending booking copied by another booker; the counter and the address are signed.
    function test_booking_copiedByAnotherBooker() public {
        IReceiptTypes.BookAct memory act = _bookAct(_opening(_issueList(1, 3), 1, 2), VM.addr(BOOKER_KEY), 0, WHOLE);
        act.booker = STRANGER;
        bytes memory data = abi.encodeCall(receipts.book, (act));
        _isWrongSigner(_attempt(NODE_32, address(receipts), data), VM.addr(BOOKING_KEY));
    }

    /// @notice Someone else's booking key in the opening: it is part of the leaf.
    function test_booking_withAForeignKey() public {
        IReceiptTypes.Opening memory opening = _opening(_issueList(1, 3), 1, 2);
        opening.bookingKey = VM.addr(OTHER_BOOKER_KEY);
        IReceiptTypes.BookAct memory act = _bookAct(opening, STRANGER, 0, WHOLE);
        _signBook(OTHER_BOOKER_KEY, act);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("unit")));
        _book(act);
    }

    /// @notice A red receipt is neither reversed, booked nor exchanged.
    function test_redReceipt_isTheEnd() public {
        IReceiptTypes.ReverseAct memory act = _reverseAct(_opening(_issueList(1, 3), 1, 2), listRange, 4, _fenOf(2));
        _reverse(act);
        IReceiptTypes.Opening memory red = _redOpening(act);
        bytes memory refusal = abi.encodeWithSelector(IReceiptTypes.ReceiptIsRed.selector, listRange, 4);
        IReceiptTypes.ReverseAct memory again = _reverseAct(red, listRange, 5, _fenOf(2));
        VM.expectRevert(refusal);
        _reverse(again);
        IReceiptTypes.BookAct memory booking = _bookAct(red, VM.addr(BOOKER_KEY), 0, WHOLE);
        VM.expectRevert(refusal);
        _book(booking);
        IReceiptTypes.ExchangeAct memory exchange = _exchangeAct(red, 1);
        VM.expectRevert(refusal);
        _exchange(exchange);
    }

    /// @notice A void number has no leaf that opens, and is not issued again.
    function test_voidNumber_isNeverIssued() public {
        IReceiptTypes.VoidAct memory act = _voidAct(listRange, 1, 40);
        VM.prank(NODE_32);
        receipts.voidNumbers(act);
        VM.assertEq(receipts.markOf(listRange, 1), 8);
        VM.assertEq(receipts.markOf(listRange, 40), 8);
        VM.assertEq(receipts.markOf(listRange, 41), 0);
        _refusedWith(
            _listBatch(KEY_A, unitA, listRange, 1, 1),
            abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 41, 1)
        );
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 41, 1));
        receipts.voidNumbers(act);
    }
}
