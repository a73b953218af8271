// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {Acts} from "../support/Acts.sol";

contract RegistryTest is Acts {
    // --- units and keys

    function test_registerUnit_sameCreditCode_reverts() public {
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.UnitExists.selector, unitA));
        registry.registerUnit(keccak256("12320900E00000001M"), 1_320_999, STRANGER, 0);
    }

    function test_rotateSigner_byTheOldKeyOnce() public {
        bytes32 typeHash = keccak256(
            "RotateSigner(uint32 unit,address newSigner,bytes32 certificateDigest,uint64 nonce,uint64 deadline)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typeHash, unitA, VM.addr(KEY_C), bytes32("cert"), uint64(0), DEADLINE));
        bytes memory signature = _sign(KEY_A, address(registry), structHash);
        registry.rotateSigner(unitA, VM.addr(KEY_C), "cert", DEADLINE, signature);
        VM.assertEq(registry.signerOf(unitA), VM.addr(KEY_C));
        VM.assertEq(registry.rotationNonceOf(unitA), 1);
        VM.expectPartialRevert(IActErrors.WrongSigner.selector);
        registry.rotateSigner(unitA, VM.addr(KEY_C), "cert", DEADLINE, signature);
    }

    function test_executeSigner_afterTheDelay() public {
        VM.prank(SUPER);
        registry.scheduleSigner(unitA, VM.addr(KEY_C), "cert");
        VM.warp(NOW + 3 days);
        VM.prank(SUPER);
        registry.executeSigner(unitA);
        VM.assertEq(registry.signerOf(unitA), VM.addr(KEY_C));
    }

    function test_restrict_stopsNoticesUntilLifted() public {
        VM.prank(SUPER);
        registry.restrict(unitA, 3);
        _sendNotice(_noticeBatch(KEY_A, unitA, payRange, 1, _lanes(1)));
        VM.assertFalse(payments.noticeOf(payRange, 1).noticed);
        VM.prank(SUPER);
        registry.lift(unitA);
        _notify(1, 1);
    }

    function test_succeed_noRing() public {
        VM.startPrank(SUPER);
        registry.succeed(unitA, unitB);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.SuccessorNotAllowed.selector, unitB, unitA));
        registry.succeed(unitB, unitA);
        VM.stopPrank();
        VM.assertEq(registry.signerOf(unitA), VM.addr(KEY_B));
    }

    // --- ranges

    function test_openPool_overlap_reverts() public {
        VM.prank(SUPER);
        VM.expectRevert(
            abi.encodeWithSelector(IRegistry.NumbersAlreadyOpened.selector, CODE_LIST, 1_000_000, 1_000_000)
        );
        registry.openPool(IRegistry.RangeClass.Receipt, 132, CODE_LIST, 1_000_000, 1_000_001);
    }

    function test_splitPool_toACityThatAllots() public {
        VM.prank(SUPER);
        uint32 city = registry.splitPool(listPool, 13_209, 10);
        IRegistry.Pool memory pool = registry.poolOf(city);
        VM.assertEq(pool.next, 200_001);
        VM.assertEq(pool.to, 200_010);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.PoolExhausted.selector, city, 10, 11));
        registry.allot(city, unitA, 11, KIND_LIST, IRegistry.ControlMode.ByList, 1);
    }

    function test_allot_kindOfAnotherCode_reverts() public {
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.KindMismatch.selector, CODE_LIST, 602));
        registry.allot(listPool, unitA, 1, 602, IRegistry.ControlMode.ByList, 1);
    }

    function test_recall_givesTheUnusedRestBack() public {
        _send(_listBatch(KEY_A, unitA, listRange, 1, 3));
        VM.prank(SUPER);
        uint32 pool = registry.recall(listRange);
        VM.assertEq(registry.rangeOf(listRange).to, 3);
        VM.assertEq(registry.poolOf(pool).next, 4);
        VM.assertEq(registry.poolOf(pool).to, 100_000);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.RangeExhausted.selector, listRange, 3, 4));
        registry.recall(listRange);
    }

    function test_topUp_onceBelowTheThreshold() public {
        VM.startPrank(SUPER);
        uint32 small = registry.allot(listPool, unitA, 5, KIND_LIST, IRegistry.ControlMode.ByList, 4);
        registry.setTopUpRule(unitA, KIND_LIST, 5, 50, listPool);
        VM.stopPrank();
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.TopUpNotDue.selector, small, 5, 5));
        registry.topUp(small);
        _send(_listBatch(KEY_A, unitA, small, 200_001, 1));
        VM.prank(NODE_32);
        uint32 more = registry.topUp(small);
        VM.assertEq(registry.placeOf(more), 4);
        VM.assertEq(registry.rangeOf(more).to - registry.rangeOf(more).from, 49);
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.TopUpNotDue.selector, small, 4, 5));
        registry.topUp(small);
    }

    function test_findRange_byNumber() public view {
        VM.assertEq(registry.findRange(IRegistry.RangeClass.Receipt, CODE_LIST, 100_000), listRange);
        VM.assertEq(registry.findRange(IRegistry.RangeClass.Receipt, CODE_LIST, 100_001), listRangeB);
        VM.assertEq(registry.findRange(IRegistry.RangeClass.Receipt, CODE_LIST, 200_001), 0);
        VM.assertEq(registry.findPaperRange(132, PAPER_CODE, 1), paperRange);
    }

    function test_isWorkingDay_weekendsWithoutACalendar() public view {
        VM.assertTrue(registry.isWorkingDay(TODAY)); // a Monday
        VM.assertFalse(registry.isWorkingDay(TODAY + 5));
        VM.assertFalse(registry.isWorkingDay(TODAY + 6));
        VM.assertTrue(registry.isWorkingDay(TODAY + 7));
    }

    // --- items, through the notices that they govern

    function _accepted(uint256 amountFen, uint16 item_) private returns (bool) {
        uint40 next = registry.rangeOf(payRange).next;
        _sendNotice(_noticeBatch(KEY_A, unitA, payRange, next, bytes.concat(_lane(amountFen, item_))));
        return payments.noticeOf(payRange, next).noticed;
    }

    function test_item_boundsOfALine() public {
        VM.assertTrue(_accepted(1, item));
        VM.assertTrue(_accepted(10_000_000, item));
        VM.assertFalse(_accepted(10_000_001, item));
        VM.assertFalse(_accepted(0, item));
    }

    function test_item_disabledFromATime() public {
        VM.prank(SUPER);
        registry.disableItem(item, uint40(NOW + 10));
        VM.assertTrue(_accepted(5, item));
        VM.warp(NOW + 10);
        VM.assertFalse(_accepted(5, item));
    }

    function test_item_newVersionHoldsFromItsTime() public {
        IRegistry.ItemVersion memory version = _version(7, 7, KIND_CODE);
        version.enabledFrom = uint40(NOW + 10);
        VM.prank(SUPER);
        VM.assertEq(registry.setItem(132, "103043211", version), item);
        VM.assertTrue(_accepted(5, item));
        VM.warp(NOW + 10);
        VM.assertFalse(_accepted(5, item));
        VM.assertTrue(_accepted(7, item));
    }

    function test_item_cityIsIntersectedWithItsProvince() public {
        VM.prank(SUPER);
        uint16 city = registry.setItem(13_209, "060101", _version(5, 20_000_000, 0));
        VM.assertFalse(_accepted(4, city));
        VM.assertFalse(_accepted(10_000_001, city)); // the province allows 10,000,000
        VM.assertTrue(_accepted(10_000_000, city));
        VM.prank(SUPER);
        registry.disableItem(otherItem, 0);
        VM.assertFalse(_accepted(10_000, city));
    }

    function test_item_listedUnitsOnly() public {
        IRegistry.ItemVersion memory version = _version(1, 10, 0);
        version.listedUnitsOnly = true;
        VM.prank(SUPER);
        uint16 listed = registry.setItem(132, "060102", version);
        VM.assertFalse(_accepted(5, listed));
        VM.prank(SUPER);
        registry.permitUnit(listed, unitA, true);
        VM.assertTrue(_accepted(5, listed));
    }

    function test_item_ofAnotherKindOrArea() public {
        VM.startPrank(SUPER);
        uint16 otherKind = registry.setItem(132, "060103", _version(1, 10, 999));
        uint16 otherCity = registry.setItem(13_201, "060104", _version(1, 10, 0));
        VM.stopPrank();
        VM.assertFalse(_accepted(5, otherKind));
        VM.assertFalse(_accepted(5, otherCity));
        VM.assertFalse(_accepted(5, 999));
    }

    // --- notices with several lines

    function test_notice_severalLinesMustAddUp() public {
        bytes memory two = bytes.concat(_lane(3, item), _lane(4, otherItem));
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(8, 0)));
        batch.lines = bytes.concat(bytes1(uint8(2)), two);
        _signNotice(KEY_A, batch);
        _sendNotice(batch);
        VM.assertFalse(payments.noticeOf(payRange, 1).noticed);
        batch.lanes = bytes.concat(_lane(7, 0));
        _signNotice(KEY_A, batch);
        _sendNotice(batch);
        VM.assertEq(payments.noticeOf(payRange, 1).linesHash, keccak256(two));
        VM.assertEq(payments.noticeOf(payRange, 1).amountFen, 7);
    }

    function test_notice_linesLeftOver_reverts() public {
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, 1, _lanes(1));
        batch.lines = hex"02";
        _signNotice(KEY_A, batch);
        _sendNotice(batch);
        VM.assertFalse(payments.noticeOf(payRange, 1).noticed);
    }

    function test_notice_dueDayPassed_isRefused() public {
        IPaymentTypes.NoticeBatch memory batch = _noticeBatch(KEY_A, unitA, payRange, 1, _lanes(1));
        batch.dueDay = TODAY - 1;
        _signNotice(KEY_A, batch);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.NoticeRefused(
            unitA, payRange, 1, 0, abi.encodeWithSelector(IPaymentTypes.DueDayOutOfWindow.selector, TODAY - 1, TODAY)
        );
        _sendNotice(batch);
    }

    function test_allot_afterTheLastIdOfRanges_reverts() public {
        // Counters are the first slot: units, pools, ranges. The id before the last is taken.
        bytes32 slot =
            keccak256(abi.encode(uint256(keccak256("piaolian.storage.Registry")) - 1)) & ~bytes32(uint256(0xff));
        uint256 counters = uint256(VM.load(address(registry), slot));
        uint256 last = (1 << 28) - 1;
        counters = (counters & ~(uint256(type(uint32).max) << 64)) | ((last - 1) << 64);
        VM.store(address(registry), slot, bytes32(counters));
        VM.startPrank(SUPER);
        VM.assertEq(registry.allot(listPool, unitA, 1, KIND_LIST, IRegistry.ControlMode.ByList, 1), last);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.TooManyRanges.selector, last));
        registry.allot(listPool, unitA, 1, KIND_LIST, IRegistry.ControlMode.ByList, 1);
    }
}
