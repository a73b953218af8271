// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

contract BookingTest is ReceiptActsTest {
    IReceiptTypes.IssueBatch private _batch;
    address private _booker;
    address private _other;

    function setUp() public override {
        super.setUp();
        _batch = _issueList(1, 5);
        _booker = VM.addr(BOOKER_KEY);
        _other = VM.addr(OTHER_BOOKER_KEY);
    }

    function test_book_wholeReceipt() public {
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.Booked(listRange, 2, _booker, WHOLE, WHOLE, 1);
        _book(_bookAct(_opening(_batch, 1, 2), _booker, 0, WHOLE));
        (uint32 share, address last, uint40 time, uint32 counter) = receipts.bookingOf(listRange, 2);
        VM.assertEq(share, WHOLE);
        VM.assertEq(last, _booker);
        VM.assertEq(time, NOW);
        VM.assertEq(counter, 1);
        VM.assertEq(receipts.shareOf(listRange, 2, _booker), WHOLE);
        VM.assertEq(receipts.shareOf(listRange, 2, _other), 0);
    }

    function test_book_severalBookersUpToOne() public {
        IReceiptTypes.Opening memory receipt = _opening(_batch, 1, 2);
        _book(_bookAct(receipt, _booker, 0, 600_000_000));
        _book(_bookAct(receipt, _other, 1, 300_000_000));
        _book(_bookAct(receipt, _booker, 2, 100_000_000));
        VM.assertEq(receipts.shareOf(listRange, 2, _booker), 700_000_000);
        VM.assertEq(receipts.shareOf(listRange, 2, _other), 300_000_000);
        IReceiptTypes.BookAct memory act = _bookAct(receipt, _other, 3, 1);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ShareExceeded.selector, WHOLE, 1));
        _book(act);
    }

    function test_book_sameBookerTwiceInOneSlot() public {
        IReceiptTypes.Opening memory receipt = _opening(_batch, 1, 2);
        _book(_bookAct(receipt, _booker, 0, 1));
        _book(_bookAct(receipt, _booker, 1, 2));
        VM.assertEq(receipts.shareOf(listRange, 2, _booker), 3);
    }

    function test_book_nothing_reverts() public {
        IReceiptTypes.BookAct memory act = _bookAct(_opening(_batch, 1, 2), _booker, 0, 0);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ShareExceeded.selector, 0, 0));
        _book(act);
    }

    function test_book_byNobody_reverts() public {
        IReceiptTypes.BookAct memory act = _bookAct(_opening(_batch, 1, 2), address(0), 0, 1);
        VM.expectRevert(IActErrors.ZeroAddress.selector);
        _book(act);
    }

    function test_book_onPaper_reverts() public {
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        IReceiptTypes.BookAct memory act = _bookAct(_opening(_batch, 1, 2), _booker, 0, 1);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsOnPaper.selector, listRange, 2));
        _book(act);
    }

    function test_book_reversed_reverts() public {
        _reverse(_reverseAct(_opening(_batch, 1, 2), listRange, 6, _fenOf(2)));
        IReceiptTypes.BookAct memory act = _bookAct(_opening(_batch, 1, 2), _booker, 0, 1);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsReversed.selector, listRange, 2));
        _book(act);
    }

    function test_book_wrongCounter_reverts() public {
        IReceiptTypes.BookAct memory act = _bookAct(_opening(_batch, 1, 2), _booker, 1, 1);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.WrongCounter.selector, 0, 1));
        _book(act);
    }

    function test_unbook_givesTheShareBack() public {
        IReceiptTypes.Opening memory receipt = _opening(_batch, 1, 2);
        _book(_bookAct(receipt, _booker, 0, WHOLE));
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.Unbooked(listRange, 2, _booker, WHOLE, 0, 2);
        VM.prank(NODE_32);
        receipts.unbook(_unbookAct(BOOKER_KEY, listRange, 2, 1));
        _book(_bookAct(receipt, _other, 2, WHOLE));
        VM.assertEq(receipts.shareOf(listRange, 2, _other), WHOLE);
        VM.assertEq(receipts.shareOf(listRange, 2, _booker), 0);
    }

    function test_unbook_oneOfSeveral() public {
        IReceiptTypes.Opening memory receipt = _opening(_batch, 1, 2);
        _book(_bookAct(receipt, _booker, 0, 600_000_000));
        _book(_bookAct(receipt, _other, 1, 400_000_000));
        VM.prank(NODE_32);
        receipts.unbook(_unbookAct(BOOKER_KEY, listRange, 2, 2));
        (uint32 share,,, uint32 counter) = receipts.bookingOf(listRange, 2);
        VM.assertEq(share, 400_000_000);
        VM.assertEq(counter, 3);
        VM.assertEq(receipts.shareOf(listRange, 2, _booker), 0);
        VM.assertEq(receipts.shareOf(listRange, 2, _other), 400_000_000);
    }

    function test_unbook_nothingBooked_reverts() public {
        IReceiptTypes.UnbookAct memory act = _unbookAct(BOOKER_KEY, listRange, 2, 0);
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.NothingBooked.selector, listRange, 2, _booker));
        receipts.unbook(act);
    }

    function test_unbook_wrongCounter_reverts() public {
        _book(_bookAct(_opening(_batch, 1, 2), _booker, 0, WHOLE));
        IReceiptTypes.UnbookAct memory act = _unbookAct(BOOKER_KEY, listRange, 2, 0);
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.WrongCounter.selector, 1, 0));
        receipts.unbook(act);
    }

    function test_unbook_signedByAnother_reverts() public {
        _book(_bookAct(_opening(_batch, 1, 2), _booker, 0, WHOLE));
        IReceiptTypes.UnbookAct memory act = _unbookAct(OTHER_BOOKER_KEY, listRange, 2, 1);
        act.booker = _booker;
        VM.prank(NODE_32);
        VM.expectPartialRevert(IActErrors.WrongSigner.selector);
        receipts.unbook(act);
    }

    function test_bookMany_eachHasItsResult() public {
        IReceiptTypes.BookAct[] memory acts = new IReceiptTypes.BookAct[](3);
        acts[0] = _bookAct(_opening(_batch, 1, 1), _booker, 0, WHOLE);
        acts[1] = _bookAct(_opening(_batch, 1, 2), _booker, 5, WHOLE);
        acts[2] = _bookAct(_opening(_batch, 1, 3), _booker, 0, WHOLE);
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.BookingRefused(
            listRange, 2, _booker, 1, abi.encodeWithSelector(IReceiptTypes.WrongCounter.selector, 0, 5)
        );
        VM.prank(NODE_32);
        receipts.bookMany(acts);
        VM.assertEq(receipts.shareOf(listRange, 1, _booker), WHOLE);
        VM.assertEq(receipts.shareOf(listRange, 2, _booker), 0);
        VM.assertEq(receipts.shareOf(listRange, 3, _booker), WHOLE);
    }

    function test_bookMany_none_reverts() public {
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.WrongLength.selector, 0, 200));
        receipts.bookMany(new IReceiptTypes.BookAct[](0));
    }

    function test_bookMany_tooLittleGas_reverts() public {
        IReceiptTypes.BookAct[] memory acts = new IReceiptTypes.BookAct[](1);
        acts[0] = _bookAct(_opening(_batch, 1, 1), _booker, 0, WHOLE);
        VM.prank(NODE_32);
        VM.expectPartialRevert(IActErrors.InsufficientGas.selector);
        receipts.bookMany{gas: 250_000}(acts);
    }

    function test_bookOne_fromOutside_reverts() public {
        IReceiptTypes.BookAct memory act = _bookAct(_opening(_batch, 1, 1), _booker, 0, WHOLE);
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.OnlyFor.selector, address(receipts), NODE_32));
        receipts.bookOne(act);
    }
}
