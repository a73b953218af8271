// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {Cheats} from "../support/Cheats.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice Fifty batches of receipts in one transaction, seven of them each bad in another way: each is refused with
/// its own unit, place and reason, and undoes nothing of the other forty-three.
contract PartialFailureTest is ReceiptActsTest {
    // 2026-08-05 10:00 in Beijing: June's grace, which ended on 30 July, is over.
    uint256 private constant LATER = NOW + 51 days;
    uint32 private constant LATER_DAY = TODAY + 51;
    uint64 private constant LATER_DEADLINE = uint64(LATER + 1 hours);

    /// @dev What an event must say of a refusal.
    struct Refusal {
        uint32 unit;
        uint32 range;
        uint40 first;
        uint256 position;
        bytes error;
    }

    Refusal[] private _expected;
    uint32 private _overdueUnit;
    uint32 private _restrictedUnit;
    uint32 private _restrictedRange;

    function setUp() public override {
        super.setUp();
        // Unit B issued in June and has never written it off.
        _send(_listBatch(KEY_B, unitB, listRangeB, 100_001, 1));
        VM.assertEq(receipts.lastRootId(), 1);
        VM.startPrank(SUPER);
        _restrictedUnit = registry.registerUnit("restricted", 1_320_999, VM.addr(KEY_C), 0);
        _restrictedRange = registry.allot(listPool, _restrictedUnit, 10, KIND_LIST, IRegistry.ControlMode.ByList, 1);
        registry.restrict(_restrictedUnit, 9);
        VM.stopPrank();
        _notify(1, 12);
        _pay(1, 10); // codes 11 and 12 are noticed and not paid
        VM.warp(LATER);
    }

    function test_issue_sevenBadOfFifty_fortyThreeAreIssued() public {
        _issueFifty(0);
    }

    function test_issue_sevenOtherBadOfFifty_fortyThreeAreIssued() public {
        _issueFifty(7);
    }

    /// @param firstFault First of the seven faults of _spoil and _spoilOther
    function _issueFifty(uint256 firstFault) private {
        IReceiptTypes.IssueBatch[] memory batches = new IReceiptTypes.IssueBatch[](50);
        bytes32[] memory headers = new bytes32[](43);
        uint40[2] memory next = [uint40(1), 1];
        uint256 good = 0;
        for (uint256 i = 0; i < 50; ++i) {
            bool byCode = i % 6 == 0;
            uint40 first = next[i % 6 == 0 ? 1 : 0];
            batches[i] = byCode ? _later(first) : _later(unitA, KEY_A, listRange, first);
            if (i % 7 == 4) {
                batches[i] = _spoil(firstFault + i / 7, next[0], next[1]);
                Refusal storage refusal = _expected[_expected.length - 1];
                (refusal.unit, refusal.range) = (batches[i].unit, batches[i].range);
                (refusal.first, refusal.position) = (batches[i].first, i);
            } else {
                headers[good++] = _headerHash(_headerOf(batches[i], byCode ? 1 : 2));
                next[byCode ? 1 : 0] += batches[i].count;
            }
        }
        VM.assertEq(good, 43);
        VM.recordLogs();
        VM.prank(NODE_32);
        receipts.issue(batches);
        _checkLogs(VM.getRecordedLogs(), batches);
        // The root speaks for the 43 in their order, and the numbers have no gap.
        VM.assertEq(receipts.lastRootId(), 2);
        VM.assertEq(receipts.rootOf(2), _rootOf(headers));
        VM.assertEq(registry.rangeOf(listRange).next, next[0]);
        VM.assertEq(registry.rangeOf(codeRange).next, next[1]);
    }

    /// @dev Exactly the bad batches are named as refused, and exactly the others as issued, in order.
    function _checkLogs(Cheats.Log[] memory logs, IReceiptTypes.IssueBatch[] memory batches) private view {
        Cheats.Log[] memory refused = _filter(logs, IReceiptTypes.BatchRefused.selector);
        Cheats.Log[] memory issued = _filter(logs, IReceiptTypes.BatchIssued.selector);
        VM.assertEq(refused.length, 7, "refused");
        VM.assertEq(issued.length, 43, "issued");
        (uint256 bad, uint256 good) = (0, 0);
        for (uint256 i = 0; i < batches.length; ++i) {
            if (bad < 7 && _expected[bad].position == i) _checkRefused(refused[bad], _expected[bad++]);
            else _checkIssued(issued[good], good++, batches[i]);
        }
    }

    function _checkRefused(Cheats.Log memory log, Refusal storage expected) private view {
        (uint40 first, uint16 position, bytes memory error) = abi.decode(log.data, (uint40, uint16, bytes));
        VM.assertEq(log.emitter, address(receipts));
        VM.assertEq(uint256(log.topics[1]), expected.unit, "unit");
        VM.assertEq(uint256(log.topics[2]), expected.range, "range");
        VM.assertEq(first, expected.first, "first");
        VM.assertEq(position, expected.position, "position");
        VM.assertEq(error, expected.error);
    }

    function _checkIssued(Cheats.Log memory log, uint256 place, IReceiptTypes.IssueBatch memory batch) private pure {
        VM.assertEq(uint256(log.topics[2]), batch.unit, "unit");
        VM.assertEq(uint256(log.topics[3]), batch.range, "range");
        (uint16 position,, uint40 first, uint32 count) = abi.decode(log.data, (uint16, uint8, uint40, uint32));
        VM.assertEq(position, place, "place in the root");
        VM.assertEq(first, batch.first, "first");
        VM.assertEq(count, batch.count, "count");
    }

    // --- good batches

    /// @dev Two receipts by list, dated and signed in August.
    function _later(uint32 unit, uint256 key, uint32 range, uint40 first)
        private
        view
        returns (IReceiptTypes.IssueBatch memory batch)
    {
        batch = _listBatch(key, unit, range, first, 2);
        _date(batch);
        _signIssue(key, batch, 2);
    }

    /// @dev One receipt by code for the payment whose sequence is its number.
    function _later(uint40 number) private view returns (IReceiptTypes.IssueBatch memory batch) {
        batch = _codeBatch(number, number, 1);
        _date(batch);
        _signIssue(KEY_A, batch, 1);
    }

    function _date(IReceiptTypes.IssueBatch memory batch) private pure {
        (batch.issueDay, batch.deadline) = (LATER_DAY, LATER_DEADLINE);
    }

    // --- bad batches

    /// @dev A batch with one fault that is signed as it stands; what must meet it is appended to _expected.
    /// @param next Next number of unit A's range by list
    /// @param nextByCode Next number of its range by code
    function _spoil(uint256 fault, uint40 next, uint40 nextByCode)
        private
        returns (IReceiptTypes.IssueBatch memory batch)
    {
        if (fault >= 7) return _spoilOther(fault, next);
        uint256 key = KEY_A;
        uint8 mode = 2;
        bytes memory error;
        batch = _later(unitA, KEY_A, listRange, next);
        if (fault == 0) {
            key = KEY_B; // another unit's key
            error = abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B));
        } else if (fault == 1) {
            batch.deadline = uint64(LATER - 1);
            error = abi.encodeWithSelector(IActErrors.SignatureExpired.selector, LATER - 1);
        } else if (fault == 2) {
            (batch, key) = (_later(unitB, KEY_B, listRangeB, 100_002), KEY_B);
            (uint32 month, uint40 until, bool overdue) = receipts.overdueOf(unitB, KIND_LIST);
            VM.assertTrue(overdue);
            VM.assertEq(month, MONTH);
            error = abi.encodeWithSelector(IReceiptTypes.UnitOverdue.selector, unitB, KIND_LIST, MONTH, until);
        } else if (fault == 3) {
            batch.first = next + 9;
            error = abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, next, next + 9);
        } else if (fault == 4) {
            (batch, mode) = (_codeBatch(nextByCode, 11, 1), 1);
            _date(batch);
            error = abi.encodeWithSelector(IPaymentTypes.PaymentNotPaid.selector, payRange, 11);
        } else if (fault == 5) {
            (batch, key) = (_later(_restrictedUnit, KEY_C, _restrictedRange, _firstOf(_restrictedRange)), KEY_C);
            error = abi.encodeWithSelector(IActErrors.UnitIsRestricted.selector, _restrictedUnit, 9);
        } else {
            batch.issueDay = LATER_DAY - 3;
            error = abi.encodeWithSelector(IReceiptTypes.IssueDayOutOfWindow.selector, LATER_DAY - 3, LATER_DAY, 2);
        }
        _signIssue(key, batch, mode);
        _expect(error);
    }

    function _spoilOther(uint256 fault, uint40 next) private returns (IReceiptTypes.IssueBatch memory batch) {
        bytes memory error;
        batch = _later(unitA, KEY_A, listRange, next);
        if (fault == 7) {
            batch.range = listRangeB;
            error = abi.encodeWithSelector(IRegistry.NotYourRange.selector, listRangeB, unitB, unitA);
        } else if (fault == 8) {
            batch.range = payRange;
            error = abi.encodeWithSelector(
                IRegistry.WrongRangeClass.selector,
                payRange,
                IRegistry.RangeClass.Receipt,
                IRegistry.RangeClass.PaymentCode
            );
        } else if (fault == 9) {
            batch.count = 200_000;
            error = abi.encodeWithSelector(IRegistry.RangeExhausted.selector, listRange, 100_000, next + 199_999);
        } else if (fault == 10) {
            batch.count = 0;
            error = abi.encodeWithSelector(IReceiptTypes.MalformedCount.selector, 0);
        } else if (fault == 11) {
            batch.catalogVersion = registry.catalogVersion() + 1;
            error = abi.encodeWithSelector(
                IReceiptTypes.CatalogVersionUnknown.selector, batch.catalogVersion, batch.catalogVersion - 1
            );
        } else if (fault == 12) {
            batch.unit = 4_000_000;
            error = abi.encodeWithSelector(IActErrors.UnknownUnit.selector, 4_000_000);
        } else {
            batch.bodyHashes = new bytes32[](2);
            error = abi.encodeWithSelector(IReceiptTypes.PaymentsDoNotFit.selector, 2, 0, 2);
        }
        _signIssue(KEY_A, batch, 2);
        _expect(error);
    }

    function _expect(bytes memory error) private {
        _expected.push(Refusal({unit: 0, range: 0, first: 0, position: 0, error: error}));
    }

    function _firstOf(uint32 range) private view returns (uint40) {
        return registry.rangeOf(range).from;
    }

    // --- nothing but bad batches

    function test_issue_allBad_noRoot() public {
        IReceiptTypes.IssueBatch[] memory batches = new IReceiptTypes.IssueBatch[](7);
        for (uint256 i = 0; i < 7; ++i) {
            batches[i] = _spoil(i, 1, 1);
            Refusal storage refusal = _expected[i];
            (refusal.unit, refusal.range) = (batches[i].unit, batches[i].range);
            (refusal.first, refusal.position) = (batches[i].first, i);
        }
        VM.recordLogs();
        VM.prank(NODE_32);
        receipts.issue(batches);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        VM.assertEq(logs.length, 7);
        for (uint256 i = 0; i < 7; ++i) {
            _checkRefused(logs[i], _expected[i]);
        }
        VM.assertEq(receipts.lastRootId(), 1);
        VM.assertEq(receipts.rootOf(2), 0);
    }
}
