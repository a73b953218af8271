// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Each rule of a notice and of its cancellation, on either side of its limit.
contract NoticeRulesTest is RefusalsTest {
    function _batch(bytes memory lanes) private view returns (IPaymentTypes.NoticeBatch memory) {
        return _noticeBatch(KEY_A, unitA, payRange, registry.rangeOf(payRange).next, lanes);
    }

    function _batchDue(uint40 first, uint32 dueDay) private view returns (IPaymentTypes.NoticeBatch memory batch) {
        batch = _noticeBatch(KEY_A, unitA, payRange, first, _lanes(1));
        batch.dueDay = dueDay;
        _signNotice(KEY_A, batch);
    }

    // --- the batch

    function test_notice_batchWithoutNotices_isRefused() public {
        _refuses(_batch(""), abi.encodeWithSelector(IPaymentTypes.MalformedLanes.selector, 0));
    }

    function test_notice_halfALane_isRefused() public {
        bytes memory lanes = bytes.concat(_lanes(1), hex"00000000");
        _refuses(_batch(lanes), abi.encodeWithSelector(IPaymentTypes.MalformedLanes.selector, 12));
    }

    function test_notice_twoThousandAreAccepted_oneMoreIsNot() public {
        bytes8 lane = _lane(10_000, item);
        _refuses(_batch(_repeated(lane, 2001)), abi.encodeWithSelector(IPaymentTypes.MalformedLanes.selector, 2001 * 8));
        _accepts(_batch(_repeated(lane, 2000)));
        VM.assertEq(payments.noticeOf(payRange, 2000).amountFen, 10_000);
    }

    function test_notice_dueDayFromTodayToFourHundredDaysAhead() public {
        _refuses(
            _batchDue(1, TODAY - 1), abi.encodeWithSelector(IPaymentTypes.DueDayOutOfWindow.selector, TODAY - 1, TODAY)
        );
        _refuses(
            _batchDue(1, TODAY + 401),
            abi.encodeWithSelector(IPaymentTypes.DueDayOutOfWindow.selector, TODAY + 401, TODAY)
        );
        _accepts(_batchDue(1, TODAY));
        _accepts(_batchDue(2, TODAY + 400));
    }

    function test_notice_signedByAnotherUnit_isRefused() public {
        _refuses(
            _noticeBatch(KEY_B, unitA, payRange, 1, _lanes(1)),
            abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B))
        );
    }

    function test_notice_eventSaysWhatWasRegistered() public {
        _notify(1, 1);
        IPaymentTypes.NoticeBatch memory batch = _batch(bytes.concat(_lanes(1), _lane(7, 0)));
        batch.lines = bytes.concat(hex"02", _lane(3, item), _lane(4, otherItem));
        _signNotice(KEY_A, batch);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.NoticeRegistered(unitA, payRange, 2, 2, TODAY + 30, 1, batch.lanes, batch.lines);
        _sendNotice(batch);
    }

    function test_notice_bookOfARangeCountsItsBatches() public {
        _notify(1, 2);
        _notify(3, 1);
        (uint32 unit, uint64 prefix, uint16 kind, uint32 batches) = payments.bookOf(payRange);
        VM.assertEq(unit, unitA);
        VM.assertEq(prefix, PAY_PREFIX);
        VM.assertEq(kind, KIND_CODE);
        VM.assertEq(batches, 2);
    }

    function test_notice_withoutAmount_isRefusedWithItsSequence() public {
        VM.prank(SUPER);
        uint16 free = registry.setItem(132, "060110", _version(0, 10, 0));
        bytes memory lanes = bytes.concat(_lane(1, free), _lane(0, free));
        _refuses(_batch(lanes), abi.encodeWithSelector(IPaymentTypes.AmountMissing.selector, 2));
        _refuses(_batch(_repeated(0, 1)), abi.encodeWithSelector(IPaymentTypes.AmountMissing.selector, 1));
    }

    // --- lines

    function _withLines(uint256 amountFen, bytes memory lines)
        private
        view
        returns (IPaymentTypes.NoticeBatch memory batch)
    {
        batch = _batch(bytes.concat(_lane(amountFen, 0)));
        batch.lines = lines;
        _signNotice(KEY_A, batch);
    }

    function _mismatch(uint48 amountFen, uint256 sum) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPaymentTypes.LinesMismatch.selector, 1, amountFen, sum);
    }

    function test_notice_severalLinesMustBeThere() public {
        _refuses(_withLines(7, ""), _mismatch(7, 0));
        _refuses(_withLines(7, hex"00"), _mismatch(7, 0));
        // Two are announced, one is there.
        _refuses(_withLines(7, bytes.concat(hex"02", _lane(7, item))), _mismatch(7, 0));
    }

    function test_notice_oneLineHasNoList() public {
        _refuses(_withLines(7, bytes.concat(hex"01", _lane(7, item))), _mismatch(7, 0));
    }

    function test_notice_fortyLinesAreAccepted_oneMoreIsNot() public {
        bytes8 line = _lane(2, item);
        _refuses(_withLines(82, bytes.concat(hex"29", _repeated(line, 41))), _mismatch(82, 0));
        _accepts(_withLines(80, bytes.concat(hex"28", _repeated(line, 40))));
    }

    function test_notice_eachLineIsJudgedByTheCatalogue() public {
        bytes memory lines = bytes.concat(hex"02", _lane(1, item), _lane(10_000_001, item));
        _refuses(
            _withLines(10_000_002, lines),
            abi.encodeWithSelector(IRegistry.ItemAmountOutOfBounds.selector, item, 10_000_001, 1, 10_000_000)
        );
    }

    function test_notice_lineWithoutItem_isRefused() public {
        _refuses(_withLines(7, bytes.concat(hex"02", _lane(4, item), _lane(3, 0))), _mismatch(3, 0));
    }

    // --- a whole call

    function test_notice_noBatches_reverts() public {
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.WrongLength.selector, 0, 65_535));
        payments.notice(new IPaymentTypes.NoticeBatch[](0));
    }

    /// @dev A call with one and the same batch many times: all places of the array point to it.
    function _manyTimes(uint256 count) private view returns (bytes memory input) {
        bytes memory one = abi.encode(_batch(_lanes(1)));
        input = new bytes(4 + 64 + 32 * count + one.length);
        bytes4 selector = payments.notice.selector;
        uint256 offset = 32 * count;
        assembly ("memory-safe") {
            mstore(add(input, 32), selector)
            mstore(add(input, 36), 32)
            mstore(add(input, 68), count)
            let place := add(input, 100)
            for { let i := 0 } lt(i, count) { i := add(i, 1) } { mstore(add(place, mul(32, i)), offset) }
            // abi.encode puts an offset before a dynamic structure, which is left out here.
            for { let i := 32 } lt(i, mload(one)) { i := add(i, 32) } {
                mstore(add(add(place, offset), sub(i, 32)), mload(add(add(one, 32), i)))
            }
        }
    }

    function test_notice_atMostAsManyBatchesAsPositionsCanBeNamed() public {
        bytes memory input = _manyTimes(65_536);
        VM.prank(NODE_32);
        (bool success, bytes memory error) = address(payments).call(input);
        VM.assertFalse(success);
        VM.assertEq(error, abi.encodeWithSelector(IActErrors.WrongLength.selector, 65_536, 65_535));
        // One less passes the check: given ever more gas, the first thing said is that it does not suffice.
        bytes4 said = _firstSaid(address(payments), _manyTimes(65_535), 8_000_000);
        VM.assertEq(bytes32(said), bytes32(IActErrors.InsufficientGas.selector));
    }

    function test_notice_saysExactlyWhatGasABatchNeeds() public {
        IPaymentTypes.NoticeBatch memory batch = _batch(_lanes(3));
        batch.lines = new bytes(7);
        bytes memory input = abi.encodeCall(payments.notice, (_one(batch)));
        uint256 cap = 600_000 + 3 * 8_000 + 7 * 600;
        VM.assertEq(_neededFor(address(payments), input, 300_000), _withReserve(cap, 50_000));
    }

    function test_noticeOne_fromOutside_reverts() public {
        IPaymentTypes.NoticeBatch memory batch = _batch(_lanes(1));
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.OnlyFor.selector, address(payments), NODE_32));
        payments.noticeOne(NODE_32, batch);
    }

    // --- reading

    function _assertNotice(uint40 sequence, IPaymentTypes.Notice memory expected) private view {
        VM.assertEq(abi.encode(payments.noticeOf(payRange, sequence)), abi.encode(expected));
    }

    function test_noticeOf_eachStateOfANotice() public {
        IPaymentTypes.Notice memory expected;
        _assertNotice(2, expected);
        _notify(1, 3);
        expected.amountFen = 10_001;
        expected.item = item;
        expected.linesHash = keccak256(bytes.concat(_lane(10_001, item)));
        expected.dueDay = TODAY + 30;
        expected.noticed = true;
        _assertNotice(2, expected);
        _pay(1, 3);
        expected.paid = true;
        _assertNotice(2, expected);
        _useAndReverse(expected);
    }

    function _useAndReverse(IPaymentTypes.Notice memory expected) private {
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 3);
        _accepts(batch);
        expected.used = true;
        _assertNotice(2, expected);
        _reverse(_reverseAct(_opening(batch, 1, 2), codeRange, 4, 10_001));
        expected.paid = false;
        expected.ended = true;
        _assertNotice(2, expected);
    }

    function test_noticeOf_dueDayIsThatOfItsOwnBatch() public {
        uint32[5] memory dueDays = [TODAY + 9, TODAY + 2, TODAY + 7, TODAY, TODAY + 5];
        for (uint40 i = 0; i < 5; ++i) {
            IPaymentTypes.NoticeBatch memory batch = _batch(_lanes(2));
            batch.dueDay = dueDays[i];
            _signNotice(KEY_A, batch);
            _accepts(batch);
        }
        for (uint40 i = 0; i < 10; ++i) {
            VM.assertEq(payments.noticeOf(payRange, i + 1).dueDay, dueDays[i / 2]);
        }
    }

    // --- cancelling

    function _cancel(uint256 key, uint32 unit, uint40 sequence, bytes memory refusal) private {
        bytes32 typeHash = keccak256("Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, unit, payRange, sequence, DEADLINE));
        bytes memory signature = _sign(key, address(payments), structHash);
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(NODE_32);
        payments.cancel(unit, payRange, sequence, DEADLINE, signature);
    }

    function test_cancel_saysSoAndShowsIt() public {
        _notify(1, 130);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.NoticeCancelled(unitA, payRange, 2);
        _cancel(KEY_A, unitA, 2, "");
        _cancel(KEY_A, unitA, 3, "");
        _cancel(KEY_A, unitA, 129, "");
        for (uint40 sequence = 1; sequence <= 130; ++sequence) {
            IPaymentTypes.Notice memory found = payments.noticeOf(payRange, sequence);
            VM.assertTrue(found.cancelled == (sequence == 2 || sequence == 3 || sequence == 129));
            VM.assertFalse(found.paid || found.used || found.ended);
        }
    }

    function test_cancel_twice_reverts() public {
        _notify(1, 3);
        _cancel(KEY_A, unitA, 2, "");
        _cancel(KEY_A, unitA, 2, abi.encodeWithSelector(IPaymentTypes.NoticeIsCancelled.selector, payRange, 2));
    }

    function test_cancel_signedByAnotherUnit_reverts() public {
        _notify(1, 1);
        _cancel(
            KEY_B, unitA, 1, abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B))
        );
    }

    function test_cancel_noticeOfAnotherUnit_reverts() public {
        _notify(1, 1);
        _cancel(KEY_B, unitB, 1, abi.encodeWithSelector(IPaymentTypes.NotYourPayment.selector, payRange, unitA, unitB));
    }

    function test_cancel_codeThatWasNeverNoticed_reverts() public {
        _notify(1, 1);
        _cancel(KEY_A, unitA, 2, abi.encodeWithSelector(IPaymentTypes.UnknownNotice.selector, payRange, 2));
    }

    function test_cancel_paidOrEnded_reverts() public {
        bytes memory refusal = abi.encodeWithSelector(IPaymentTypes.NoticeIsPaid.selector, payRange, 2);
        IReceiptTypes.IssueBatch memory batch = _issueCode(1, 1, 3);
        _cancel(KEY_A, unitA, 2, refusal);
        _reverse(_reverseAct(_opening(batch, 1, 2), codeRange, 4, 10_001));
        _cancel(KEY_A, unitA, 2, refusal);
    }
}
