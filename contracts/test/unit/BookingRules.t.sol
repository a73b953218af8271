// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Each rule of bookings that stands beside the good path.
contract BookingRulesTest is RefusalsTest {
    uint256 private constant THIRD_BOOKER_KEY = 0xE3;

    IReceiptTypes.Opening private _receipt;

    function setUp() public override {
        super.setUp();
        _receipt = _opening(_issueList(1, 5), 1, 2);
    }

    function _bookShare(uint256 key, uint32 counter, uint32 share) private {
        _book(_bookAct(_receipt, VM.addr(key), counter, share));
    }

    function _unbook(uint256 key, uint32 counter, bytes memory refusal) private {
        IReceiptTypes.UnbookAct memory act = _unbookAct(key, listRange, 2, counter);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(NODE_32);
        receipts.unbook(act);
    }

    function _assertShares(uint32 first, uint32 second, uint32 third) private view {
        VM.assertEq(receipts.shareOf(listRange, 2, VM.addr(BOOKER_KEY)), first);
        VM.assertEq(receipts.shareOf(listRange, 2, VM.addr(OTHER_BOOKER_KEY)), second);
        VM.assertEq(receipts.shareOf(listRange, 2, VM.addr(THIRD_BOOKER_KEY)), third);
        (uint32 share,,,) = receipts.bookingOf(listRange, 2);
        VM.assertEq(share, first + second + third);
    }

    // --- several bookers

    /// @notice A share that was given back stays given back, whoever books afterwards.
    function test_unbook_shareIsGoneAlsoWhenOthersBook() public {
        _bookShare(BOOKER_KEY, 0, 5);
        _unbook(BOOKER_KEY, 1, "");
        _bookShare(OTHER_BOOKER_KEY, 2, 3);
        _bookShare(THIRD_BOOKER_KEY, 3, 4);
        _assertShares(0, 3, 4);
        _unbook(
            BOOKER_KEY,
            4,
            abi.encodeWithSelector(IReceiptTypes.NothingBooked.selector, listRange, 2, VM.addr(BOOKER_KEY))
        );
        _unbook(OTHER_BOOKER_KEY, 4, "");
        _assertShares(0, 0, 4);
        _bookShare(BOOKER_KEY, 5, 7);
        _bookShare(THIRD_BOOKER_KEY, 6, 1);
        _assertShares(7, 0, 5);
        _unbook(THIRD_BOOKER_KEY, 7, "");
        _unbook(BOOKER_KEY, 8, "");
        _assertShares(0, 0, 0);
    }

    function test_book_againByTheFirstOfTwo() public {
        _bookShare(BOOKER_KEY, 0, 5);
        _bookShare(BOOKER_KEY, 1, 6);
        _bookShare(OTHER_BOOKER_KEY, 2, 3);
        _bookShare(BOOKER_KEY, 3, 1);
        _assertShares(12, 3, 0);
    }

    // --- who signs

    /// @notice A receipt without a key: nobody's signature, which any broken one is, books nothing.
    function test_book_receiptWithoutKey_reverts() public {
        bytes32 bodyHash = keccak256(abi.encode(_documentDigest(6), _fieldsRoot(6), address(0)));
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 6, 1);
        batch.unitRoot = _leaf(listRange, 6, _listAmount(6), 0, 0, bodyHash);
        _signIssue(KEY_A, batch, 2);
        _accepts(batch);
        IReceiptTypes.Opening memory opening = _opening(batch, 2, 6);
        opening.bookingKey = address(0);
        IReceiptTypes.BookAct memory act = _bookAct(opening, VM.addr(BOOKER_KEY), 0, 1);
        act.signature = "broken";
        VM.expectRevert(abi.encodeWithSelector(IActErrors.WrongSigner.selector, address(0), address(0)));
        _book(act);
    }

    // --- many at once

    function _times(uint256 count) private view returns (bytes memory) {
        IReceiptTypes.BookAct[] memory acts = new IReceiptTypes.BookAct[](count);
        IReceiptTypes.BookAct memory act = _bookAct(_receipt, VM.addr(BOOKER_KEY), 0, 1);
        for (uint256 i = 0; i < count; ++i) {
            acts[i] = act;
        }
        return abi.encodeCall(receipts.bookMany, (acts));
    }

    function test_bookMany_atMostTwoHundred() public {
        bytes memory input = _times(201);
        VM.prank(NODE_32);
        (bool success, bytes memory error) = address(receipts).call(input);
        VM.assertFalse(success);
        VM.assertEq(error, abi.encodeWithSelector(IActErrors.WrongLength.selector, 201, 200));
        bytes4 said = _firstSaid(address(receipts), _times(200), 100_000);
        VM.assertEq(bytes32(said), bytes32(IActErrors.InsufficientGas.selector));
    }

    function test_bookMany_saysExactlyWhatGasABookingNeeds() public {
        VM.assertEq(_neededFor(address(receipts), _times(1), 200_000), _withReserve(250_000, 50_000));
    }

    function test_bookMany_whatIsBookedIsNotRefused() public {
        bytes memory input = _times(2); // the second has the counter of the first
        VM.recordLogs();
        VM.prank(NODE_32);
        (bool success,) = address(receipts).call(input);
        VM.assertTrue(success);
        VM.assertEq(_logsOf(IReceiptTypes.BookingRefused.selector).length, 1);
    }
}
