// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {Cheats} from "../support/Cheats.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice Issue, void and booking of any size.
contract ReceiptsFuzzTest is ReceiptActsTest {
    /// @dev The error of the batch that was refused, or nothing.
    function _refusal() private returns (bytes memory error) {
        Cheats.Log[] memory logs = _logsOf(IReceiptTypes.BatchRefused.selector);
        if (logs.length != 0) (,, error) = abi.decode(logs[0].data, (uint40, uint16, bytes));
    }

    /// @notice Sums of a month stop at 64 bits; they do not wrap around.
    function test_fuzz_issue_totalsNeverWrap(uint64 first, uint64 second) public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.totalFen = first;
        _signIssue(KEY_A, batch, 2);
        _send(batch);
        (batch.first, batch.totalFen) = (2, second);
        _signIssue(KEY_A, batch, 2);
        VM.recordLogs();
        _send(batch);
        uint256 sum = uint256(first) + second;
        (IReceiptTypes.Totals memory totals,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        if (sum <= type(uint64).max) {
            VM.assertEq(totals.issuedFen, sum);
        } else {
            VM.assertEq(totals.issuedFen, first);
            VM.assertEq(_refusal(), abi.encodeWithSelector(IReceiptTypes.TotalTooLarge.selector, sum));
        }
    }

    /// @notice Payments of any length and content never panic, and unpaid codes never pass.
    function test_fuzz_issue_anyPayments(bytes calldata sequences, uint8 countSeed) public {
        _notify(1, 1);
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.range = codeRange;
        batch.paymentRange = payRange;
        batch.paymentSequences = sequences;
        batch.count = countSeed % 2 == 0 ? uint32(sequences.length / 5) : countSeed;
        batch.bodyHashes = new bytes32[](batch.count);
        _signIssue(KEY_A, batch, 1);
        VM.recordLogs();
        _send(batch);
        bytes4 selector = bytes4(_refusal());
        if (batch.count == 0) {
            VM.assertEq(bytes32(selector), bytes32(IReceiptTypes.MalformedCount.selector));
        } else if (sequences.length != uint256(batch.count) * 5) {
            VM.assertEq(bytes32(selector), bytes32(IReceiptTypes.PaymentsDoNotFit.selector));
        } else {
            VM.assertEq(bytes32(selector), bytes32(IPaymentTypes.PaymentNotPaid.selector));
        }
    }

    /// @notice Marks stand on the voided numbers and no others, wherever slots of 32 begin.
    function test_fuzz_voidNumbers_marksExactlyTheRun(uint256 beforeSeed, uint256 countSeed) public {
        uint40 first = uint40(_bound(beforeSeed, 1, 70));
        uint32 count = uint32(_bound(countSeed, 1, 100));
        if (first != 1) {
            VM.prank(address(receipts));
            registry.consume(NODE_32, unitA, listRange, 1, first - 1, IRegistry.RangeClass.Receipt, true);
        }
        VM.prank(NODE_32);
        receipts.voidNumbers(_voidAct(listRange, first, count));
        VM.assertEq(receipts.markOf(listRange, first - 1), 0);
        VM.assertEq(receipts.markOf(listRange, first), 8);
        VM.assertEq(receipts.markOf(listRange, first + count - 1), 8);
        VM.assertEq(receipts.markOf(listRange, first + count), 0);
        uint256 marked = 0;
        for (uint256 word = 0; word < 6; ++word) {
            marked += _marksIn(word);
        }
        VM.assertEq(marked, count);
    }

    /// @dev Marks among the 32 numbers of a slot, read as the storage layout says: the third slot of the ledger.
    function _marksIn(uint256 word) private view returns (uint256 marked) {
        uint256 base = uint256(keccak256("piaolian.storage.ReceiptLedger")) - 1;
        uint256 slot = uint256(keccak256(abi.encode(base)) & ~bytes32(uint256(0xff))) + 2;
        bytes32 inner = keccak256(abi.encode(uint256(listRange), slot));
        uint256 marks = uint256(VM.load(address(receipts), keccak256(abi.encode(word, inner))));
        for (; marks != 0; marks >>= 8) {
            if (marks & 0xff == 8) ++marked;
        }
    }

    /// @notice Shares of two bookers in any order never pass one, and add up.
    function test_fuzz_book_neverMoreThanOne(uint32[3] memory seeds) public {
        IReceiptTypes.Opening memory receipt = _opening(_issueList(1, 1), 1, 1);
        uint256 total = 0;
        uint32 counter = 0;
        for (uint256 i = 0; i < 3; ++i) {
            uint32 share = uint32(_bound(seeds[i], 0, 600_000_000));
            IReceiptTypes.BookAct memory act =
                _bookAct(receipt, VM.addr(seeds[i] % 2 == 0 ? BOOKER_KEY : OTHER_BOOKER_KEY), counter, share);
            if (share == 0 || total + share > WHOLE) {
                VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ShareExceeded.selector, total, share));
            } else {
                total += share;
                ++counter;
            }
            _book(act);
        }
        (uint32 booked,,,) = receipts.bookingOf(listRange, 1);
        VM.assertEq(booked, total);
        uint256 sum = uint256(receipts.shareOf(listRange, 1, VM.addr(BOOKER_KEY)))
            + receipts.shareOf(listRange, 1, VM.addr(OTHER_BOOKER_KEY));
        VM.assertEq(sum, total);
    }
}
