// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {AttackTest} from "../attacks/Attack.sol";

/// @notice What software gets wrong rather than thieves: nothing at all, too much, twice, in the wrong order, of another
/// batch. Each meets its own error with the values that tell what to mend. Signatures of another chain or contract, and
/// batches sent twice, are tried in attacks/Replays.t.sol.
contract BadInputTest is AttackTest {
    bytes32 private constant REPORT = "report";

    function _reverts(address sender, address target, bytes memory data, bytes memory error) private {
        VM.assertEq(_attempt(sender, target, data), error);
    }

    // --- a batch of zero, and of too many

    function test_issue_noBatchOrTooMany() public {
        IReceiptTypes.IssueBatch[] memory none;
        bytes4 selector = IActErrors.WrongLength.selector;
        _reverts(
            NODE_32,
            address(receipts),
            abi.encodeCall(receipts.issue, (none)),
            abi.encodeWithSelector(selector, 0, 1000)
        );
        bytes memory many = abi.encodeCall(receipts.issue, (new IReceiptTypes.IssueBatch[](1001)));
        _reverts(NODE_32, address(receipts), many, abi.encodeWithSelector(selector, 1001, 1000));
    }

    function test_notice_noBatch() public {
        IPaymentTypes.NoticeBatch[] memory none;
        bytes memory error = abi.encodeWithSelector(IActErrors.WrongLength.selector, 0, type(uint16).max);
        _reverts(NODE_32, address(payments), abi.encodeCall(payments.notice, (none)), error);
    }

    function test_bookMany_tooMany() public {
        bytes memory many = abi.encodeCall(receipts.bookMany, (new IReceiptTypes.BookAct[](201)));
        bytes memory error = abi.encodeWithSelector(IActErrors.WrongLength.selector, 201, 200);
        _reverts(NODE_32, address(receipts), many, error);
    }

    function test_resolve_noSuspenseOrTooMany() public {
        for (uint256 i = 0; i < 2; ++i) {
            bytes32[] memory ids = new bytes32[](i * 41);
            bytes memory data = abi.encodeCall(payments.resolve, (ids, IPaymentTypes.Resolution.Refund, 1));
            bytes memory error = abi.encodeWithSelector(IActErrors.WrongLength.selector, i * 41, 40);
            _reverts(SUPER, address(payments), data, error);
        }
    }

    function test_issue_noReceiptOrTooMany() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.count = 0;
        _signIssue(KEY_A, batch, 2);
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 0));
        _notify(1, 1);
        _pay(1, 1);
        batch = _codeBatch(1, 1, 1);
        batch.count = 0;
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 0));
        batch.count = 2501;
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 2501));
    }

    function test_void_noNumberOrTooMany() public {
        for (uint32 count = 0; count < 5000; count += 4097) {
            bytes memory data = abi.encodeCall(receipts.voidNumbers, (_voidAct(listRange, 1, count)));
            bytes memory error = abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, count);
            _reverts(NODE_32, address(receipts), data, error);
        }
    }

    function test_notice_noLaneOrTooManyOrCutOff() public {
        uint256[3] memory lengths = [uint256(0), 2001 * 8, 17];
        for (uint256 i = 0; i < 3; ++i) {
            _refusedWith(
                _noticeBatch(KEY_A, unitA, payRange, 1, new bytes(lengths[i])),
                abi.encodeWithSelector(IPaymentTypes.MalformedLanes.selector, lengths[i])
            );
        }
        _refusedWith(
            _noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(5, item), _lane(0, otherItem))),
            abi.encodeWithSelector(IRegistry.ItemAmountOutOfBounds.selector, otherItem, 0, 1, 10_000_000)
        );
        _refusedWith(
            _noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(5, item), _lane(0, 0))),
            abi.encodeWithSelector(IPaymentTypes.AmountMissing.selector, 2)
        );
    }

    function test_settle_noEntryOrCutOff() public {
        _notify(1, 1);
        for (uint256 length = 0; length < 44; length += 21) {
            IPaymentTypes.SettlementGroup[] memory groups = new IPaymentTypes.SettlementGroup[](1);
            groups[0] = IPaymentTypes.SettlementGroup(payRange, 0, new bytes(length), "");
            _approve(REPORT, groups);
            bytes memory error = abi.encodeWithSelector(IPaymentTypes.MalformedEntries.selector, length);
            _reverts(STRANGER, address(payments), abi.encodeCall(payments.settle, (1, REPORT, groups)), error);
        }
    }

    // --- a range past its end

    function test_issue_pastTheEndOfTheRange() public {
        VM.prank(SUPER);
        uint32 small = registry.allot(listPool, unitA, 3, KIND_LIST, IRegistry.ControlMode.ByList, 2);
        IRegistry.Range memory range = registry.rangeOf(small);
        bytes memory error = abi.encodeWithSelector(IRegistry.RangeExhausted.selector, small, range.to, range.to + 1);
        _refusedWith(_listBatch(KEY_A, unitA, small, range.from, 4), error);
        _reverts(
            NODE_32, address(receipts), abi.encodeCall(receipts.voidNumbers, (_voidAct(small, range.from, 4))), error
        );
        _send(_listBatch(KEY_A, unitA, small, range.from, 3)); // up to the last
        VM.assertEq(registry.rangeOf(small).next, range.to + 1);
        _refusedWith(_listBatch(KEY_A, unitA, small, range.to + 1, 1), error);
    }

    function test_notice_pastTheEndOfTheRange() public {
        VM.prank(SUPER);
        uint32 small = registry.allot(payPool, unitA, 2, KIND_CODE, IRegistry.ControlMode.None, 2);
        IRegistry.Range memory range = registry.rangeOf(small);
        _refusedWith(
            _noticeBatch(KEY_A, unitA, small, range.from, _lanes(3)),
            abi.encodeWithSelector(IRegistry.RangeExhausted.selector, small, range.to, range.to + 1)
        );
    }

    // --- a sum that overflows 48 bits

    /// @dev Two lines whose sum is the notice's amount when only 48 bits of it are kept.
    function test_notice_linesBeyond48Bits() public {
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(10_000, 0)));
        uint256 half = (1 << 47) + 5_000;
        batch.lines = bytes.concat(hex"02", _lane(half, item), _lane(half, item));
        _signNotice(KEY_A, batch);
        bytes4 selector = IPaymentTypes.LinesMismatch.selector;
        _refusedWith(batch, abi.encodeWithSelector(selector, 1, 10_000, (1 << 48) + 10_000));
    }

    /// @dev Refund and remainder that are the amount when only 48 bits of their sum are kept.
    function test_refund_partsBeyond48Bits() public {
        _reverse(_reverseAct(_opening(_issueCode(1, 1, 1), 1, 1), codeRange, 2, 10_000));
        bytes memory lanes = bytes.concat(_lane(10_001, item));
        IPaymentTypes.NoticeBatch memory child = _noticeBatch(KEY_A, unitA, payRange, 2, lanes);
        uint48 refund = type(uint48).max;
        bytes memory data = abi.encodeCall(payments.refundReversed, (payRange, 1, refund, child));
        _reverts(SUPER, address(payments), data, "");
        bytes4 selector = IPaymentTypes.RefundMismatch.selector;
        bytes memory error = abi.encodeWithSelector(selector, 10_000, uint256(refund) + 10_001);
        _reverts(CHECKER, address(payments), data, error);
    }

    /// @dev By list the total is the unit's word: months add up to what 64 bits hold, and not beyond.
    function test_issue_monthBeyond64Bits() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 1);
        batch.totalFen = type(uint64).max;
        _signIssue(KEY_A, batch, 2);
        _send(batch);
        batch = _listBatch(KEY_A, unitA, listRange, 2, 1);
        batch.totalFen = 1;
        _signIssue(KEY_A, batch, 2);
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.TotalTooLarge.selector, uint256(1) << 64));
    }

    // --- duplicate and unsorted codes

    /// @dev Next to each other, apart within the 128 codes of a slot, and with another slot between them.
    function test_issue_sameCodeTwice() public {
        _notify(1, 200);
        _pay(1, 200);
        uint40[3][3] memory codes = [[uint40(1), 1, 2], [uint40(2), 3, 2], [uint40(3), 200, 3]];
        for (uint256 i = 0; i < 3; ++i) {
            IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 3);
            batch.paymentSequences = abi.encodePacked(codes[i][0], codes[i][1], codes[i][2]);
            _signIssue(KEY_A, batch, 1);
            bytes4 selector = IPaymentTypes.PaymentAlreadyUsed.selector;
            _refusedWith(batch, abi.encodeWithSelector(selector, payRange, codes[i][0]));
            VM.assertFalse(payments.noticeOf(payRange, codes[i][0]).used);
        }
    }

    /// @dev Payments come in any order, so codes may be used in any: each number has the payment that stands at its place.
    function test_issue_unsortedCodes_eachNumberHasItsOwn() public {
        _notify(1, 200);
        _pay(1, 200);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 3);
        batch.paymentSequences = abi.encodePacked(uint40(150), uint40(3), uint40(151));
        batch.totalFen = 10_149 + 10_002 + 10_150;
        batch.unitRoot = _rootOf(_codeLeaves(batch));
        _signIssue(KEY_A, batch, 1);
        _send(batch);
        VM.assertEq(receipts.lastRootId(), 1);
        for (uint40 number = 1; number < 4; ++number) {
            receipts.openLeaf(_opening(batch, 1, number));
        }
        VM.assertEq(_opening(batch, 1, 2).paymentCode, _payCode(3));
        VM.assertEq(uint256(_opening(batch, 1, 3).amount), 10_150);
    }

    /// @dev The oracles' entries rise by code and bank reference, so that all of them write down the same report.
    function test_settle_unsortedOrRepeatedEntries() public {
        _notify(1, 2);
        bytes memory first = _entry(1, 10_000, TODAY, 5);
        bytes[3] memory entries = [
            bytes.concat(_entry(2, 10_001, TODAY, 1), first),
            bytes.concat(first, first),
            bytes.concat(first, _entry(1, 10_000, TODAY, 4))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, entries[i]);
            _approve(REPORT, groups);
            bytes memory error = abi.encodeWithSelector(IPaymentTypes.EntriesNotAscending.selector, payRange, 1);
            _reverts(STRANGER, address(payments), abi.encodeCall(payments.settle, (1, REPORT, groups)), error);
            VM.assertFalse(payments.noticeOf(payRange, 1).paid);
        }
    }

    // --- a proof for another batch

    function test_opening_ofAnotherBatch() public {
        IReceiptTypes.IssueBatch memory first = _issueList(1, 4);
        IReceiptTypes.IssueBatch memory second = _issueList(5, 4);
        // The receipt of one root shown in the other, and the path of one receipt for another.
        _opensNot(_opening(first, 2, 1), "root");
        IReceiptTypes.Opening memory opening = _opening(first, 1, 1);
        opening.header = _headerOf(second, 2);
        _opensNot(opening, "root");
        opening = _opening(first, 1, 1);
        opening.unitPath = _opening(second, 2, 5).unitPath;
        _opensNot(opening, "unit");
        opening.unitPath = _opening(first, 1, 2).unitPath;
        _opensNot(opening, "unit");
        opening = _opening(first, 1, 1);
        opening.number = 5;
        _opensNot(opening, "number");
        opening.number = 2;
        _opensNot(opening, "unit");
    }

    function _opensNot(IReceiptTypes.Opening memory opening, bytes32 step) private {
        bytes memory error = abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, step);
        _reverts(STRANGER, address(receipts), abi.encodeCall(receipts.openLeaf, (opening)), error);
        IReceiptTypes.BookAct memory act = _bookAct(opening, VM.addr(BOOKER_KEY), 0, WHOLE);
        _reverts(NODE_32, address(receipts), abi.encodeCall(receipts.book, (act)), error);
    }
}
