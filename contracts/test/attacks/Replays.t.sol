// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptLedger} from "../../src/interfaces/IReceiptLedger.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {SignedCalls} from "./SignedCalls.sol";

/// @notice A relayer has what others signed: it sends it twice, too late, in another order, or somewhere else.
contract ReplaysAttackTest is SignedCalls {
    // --- what is signed is good, once

    /// @notice No attack: each act is taken when it is sent as it was signed, until the very last second.
    function test_everyAct_isTakenAtItsDeadline() public {
        for (uint256 i = 0; i < ACTS; ++i) {
            uint256 before = STATE.snapshotState();
            Call memory call = _callOf(Act(i));
            VM.warp(DEADLINE);
            VM.assertEq(_attempt(call), "");
            STATE.revertToState(before);
        }
    }

    // --- replayed

    function _replayed(Act act, bytes memory error) private {
        Call memory call = _callOf(act);
        VM.assertEq(_attempt(call), "");
        VM.assertEq(_attempt(call), error);
    }

    /// @notice A batch of receipts is sent again: its numbers are used.
    function test_batch_replayed() public {
        _replayed(Act.Issue, abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 8, 6));
    }

    /// @notice A batch of notices is sent again, to open the same codes a second time.
    function test_notice_replayed() public {
        _replayed(Act.Notice, abi.encodeWithSelector(IRegistry.NumberNotNext.selector, payRange, 5, 3));
    }

    /// @notice An exchange is sent again while the paper is out.
    function test_exchange_replayed() public {
        _replayed(Act.Exchange, abi.encodeWithSelector(IReceiptTypes.ReceiptIsOnPaper.selector, listRange, 2));
    }

    /// @notice An exchange is sent again after the paper came back: the paper number is used for good.
    function test_exchange_replayedAfterTheReturn() public {
        Call memory call = _callOf(Act.Exchange);
        VM.assertEq(_attempt(call), "");
        VM.prank(NODE_32);
        receipts.returnPaper(_returnAct(listRange, 2, 2));
        VM.assertEq(_attempt(call), abi.encodeWithSelector(IRegistry.NumberNotNext.selector, paperRange, 3, 2));
    }

    /// @notice A booking is sent again, to book another share.
    function test_booking_replayed() public {
        _replayed(Act.Book, abi.encodeWithSelector(IReceiptTypes.WrongCounter.selector, 1, 0));
    }

    /// @notice A booking is sent again after it was withdrawn: the counter went on.
    function test_booking_replayedAfterWithdrawal() public {
        Call memory call = _callOf(Act.Book);
        VM.assertEq(_attempt(call), "");
        VM.prank(NODE_32);
        receipts.unbook(_unbookAct(BOOKER_KEY, listRange, 5, 1));
        VM.assertEq(_attempt(call), abi.encodeWithSelector(IReceiptTypes.WrongCounter.selector, 2, 0));
    }

    /// @notice A cancellation is sent again.
    function test_cancellation_replayed() public {
        _replayed(Act.Cancel, abi.encodeWithSelector(IPaymentTypes.NoticeIsCancelled.selector, payRange, 1));
    }

    /// @notice A void is sent again.
    function test_void_replayed() public {
        _replayed(Act.Void, abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 7, 6));
    }

    /// @notice A reversal is sent again, to count the amount twice.
    function test_reversal_replayed() public {
        _replayed(Act.Reverse, abi.encodeWithSelector(IReceiptTypes.ReceiptIsReversed.selector, listRange, 1));
    }

    /// @notice A return of paper is sent again.
    function test_return_replayed() public {
        bytes4 selector = IReceiptTypes.ReceiptNotOnPaper.selector;
        _replayed(Act.ReturnPaper, abi.encodeWithSelector(selector, listRange, 3, paperRange, 1));
    }

    /// @notice A withdrawal is sent again.
    function test_withdrawal_replayed() public {
        bytes4 selector = IReceiptTypes.NothingBooked.selector;
        _replayed(Act.Unbook, abi.encodeWithSelector(selector, listRange, 4, VM.addr(BOOKER_KEY)));
    }

    /// @notice A write-off is sent again.
    function test_writeOff_replayed() public {
        bytes4 selector = IReceiptTypes.MonthNotOpen.selector;
        _replayed(Act.WriteOff, abi.encodeWithSelector(selector, unitA, KIND_CODE, MONTH - 1));
    }

    /// @notice A former month is brought forward again, to double its sums.
    function test_formerMonth_replayed() public {
        bytes4 selector = IReceiptTypes.MonthOutOfOrder.selector;
        _replayed(Act.BringForward, abi.encodeWithSelector(selector, MONTH, MONTH - 1));
    }

    /// @notice A change of key is sent again after the unit went back to its old key: the nonce went on.
    function test_rotation_replayed() public {
        Call memory call = _callOf(Act.RotateSigner);
        VM.assertEq(_attempt(call), "");
        VM.startPrank(SUPER);
        registry.scheduleSigner(unitA, VM.addr(KEY_A), "cert A");
        VM.warp(NOW + 3 days);
        registry.executeSigner(unitA);
        VM.stopPrank();
        VM.warp(NOW);
        VM.assertEq(registry.signerOf(unitA), VM.addr(KEY_A));
        _isWrongSigner(_attempt(call), VM.addr(KEY_A));
    }

    // --- mined late

    function _minedLate(Act act) private {
        Call memory call = _callOf(act);
        VM.warp(uint256(DEADLINE) + 1);
        VM.assertEq(_attempt(call), abi.encodeWithSelector(IActErrors.SignatureExpired.selector, DEADLINE));
    }

    /// @notice A node holds a batch back until it suits the node.
    function test_batch_minedLate() public {
        _minedLate(Act.Issue);
    }

    /// @notice A node holds notices back.
    function test_notice_minedLate() public {
        _minedLate(Act.Notice);
    }

    /// @notice A node holds an exchange back.
    function test_exchange_minedLate() public {
        _minedLate(Act.Exchange);
    }

    /// @notice A node holds a booking back.
    function test_booking_minedLate() public {
        _minedLate(Act.Book);
    }

    /// @notice Each of the other acts is held back: no signature of the network is good for ever.
    function test_everyOtherAct_minedLate() public {
        for (uint256 i = uint256(Act.Cancel); i < ACTS; ++i) {
            uint256 before = STATE.snapshotState();
            _minedLate(Act(i));
            STATE.revertToState(before);
        }
    }

    // --- re-ordered

    /// @notice The second batch is sent before the first, so that numbers would not follow days.
    function test_batch_reordered() public {
        IReceiptTypes.IssueBatch memory second = _listBatch(KEY_A, unitA, listRange, 8, 3);
        _refusedWith(second, abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 6, 8));
        VM.assertEq(_attempt(_callOf(Act.Issue)), "");
        _send(second);
        VM.assertEq(receipts.lastRootId(), 3);
    }

    /// @notice The second notice is sent before the first.
    function test_notice_reordered() public {
        IPaymentTypes.NoticeBatch memory second = _noticeBatch(KEY_A, unitA, payRange, 5, _lanes(1));
        _refusedWith(second, abi.encodeWithSelector(IRegistry.NumberNotNext.selector, payRange, 3, 5));
        VM.assertEq(_attempt(_callOf(Act.Notice)), "");
        _sendNotice(second);
        VM.assertTrue(payments.noticeOf(payRange, 5).noticed);
    }

    /// @notice The exchange with the later paper number is sent first.
    function test_exchange_reordered() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 6, 1);
        _send(batch);
        IReceiptTypes.ExchangeAct memory second = _exchangeAct(_opening(batch, 2, 6), 3);
        bytes memory data = abi.encodeCall(receipts.exchange, (second));
        bytes memory error = abi.encodeWithSelector(IRegistry.NumberNotNext.selector, paperRange, 2, 3);
        VM.assertEq(_attempt(NODE_32, address(receipts), data), error);
        VM.assertEq(_attempt(_callOf(Act.Exchange)), "");
        VM.assertEq(_attempt(NODE_32, address(receipts), data), "");
    }

    /// @notice The second booking of a receipt is sent first.
    function test_booking_reordered() public {
        IReceiptTypes.BookAct memory second =
            _bookAct(_opening(_first(), 1, 4), VM.addr(OTHER_BOOKER_KEY), 2, WHOLE - 2);
        IReceiptTypes.BookAct memory first = _bookAct(_opening(_first(), 1, 4), VM.addr(BOOKER_KEY), 1, 1);
        bytes memory data = abi.encodeCall(receipts.book, (second));
        bytes memory error = abi.encodeWithSelector(IReceiptTypes.WrongCounter.selector, 1, 2);
        VM.assertEq(_attempt(NODE_32, address(receipts), data), error);
        _book(first);
        VM.assertEq(_attempt(NODE_32, address(receipts), data), "");
    }

    /// @dev The batch of receipts 1 to 5.
    function _first() private view returns (IReceiptTypes.IssueBatch memory) {
        return _listBatch(KEY_A, unitA, listRange, 1, 5);
    }

    // --- somewhere else

    /// @notice What was signed for another chain, a test network say, with the same contracts at the same addresses.
    function test_everyAct_ofAnotherChain() public {
        for (uint256 i = 0; i < ACTS; ++i) {
            uint256 here = block.chainid;
            VM.chainId(here + 1);
            Call memory call = _callOf(Act(i));
            VM.chainId(here);
            _isWrongSigner(_attempt(call), call.signer);
        }
    }

    /// @notice What was signed for another contract of the same chain: a copy of the network, or its other ledger.
    function test_everyAct_ofAnotherContract() public {
        (address toReceipts, address toPayments) = (address(receipts), address(payments));
        address toRegistry = address(registry);
        for (uint256 i = 0; i < ACTS; ++i) {
            Act act = Act(i);
            // Only the names under which the act is signed change; it is sent to the ledger itself.
            if (act == Act.Notice || act == Act.Cancel) payments = IPaymentLedger(toReceipts);
            else if (act != Act.RotateSigner) receipts = IReceiptLedger(toPayments);
            Call memory call = act == Act.RotateSigner ? _rotationFor(toReceipts) : _callOf(act);
            (receipts, payments) = (IReceiptLedger(toReceipts), IPaymentLedger(toPayments));
            call.target =
                act == Act.RotateSigner ? toRegistry : act == Act.Notice || act == Act.Cancel ? toPayments : toReceipts;
            _isWrongSigner(_attempt(call), call.signer);
        }
    }

    /// @dev A change of key that is signed for another contract than the registry.
    function _rotationFor(address elsewhere) private returns (Call memory call) {
        IRegistry here = registry;
        registry = IRegistry(elsewhere);
        call = _callOf(Act.RotateSigner);
        registry = here;
    }

    /// @notice A write-off is passed off as a former month brought forward, and the other way round.
    function test_act_ofAnotherType() public {
        IReceiptTypes.Totals memory totals = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);
        bytes memory data = abi.encodeCall(receipts.bringForward, (_writeOffAct("WriteOff", 602, MONTH - 1, totals)));
        _isWrongSigner(_attempt(SUPER, address(receipts), data), VM.addr(KEY_A));
        data = abi.encodeCall(receipts.writeOff, (_writeOffAct("BringForward", KIND_CODE, MONTH - 1, totals)));
        _isWrongSigner(_attempt(STRANGER, address(receipts), data), VM.addr(KEY_A));
    }
}
