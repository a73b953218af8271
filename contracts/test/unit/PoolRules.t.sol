// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Each rule by which numbers are opened, split, allotted, refilled and taken back.
contract PoolRulesTest is RefusalsTest {
    IRegistry.RangeClass private constant RECEIPT = IRegistry.RangeClass.Receipt;
    IRegistry.RangeClass private constant PAYMENT = IRegistry.RangeClass.PaymentCode;
    IRegistry.RangeClass private constant PAPER = IRegistry.RangeClass.Paper;
    IRegistry.ControlMode private constant NONE = IRegistry.ControlMode.None;
    IRegistry.ControlMode private constant BY_LIST = IRegistry.ControlMode.ByList;
    IRegistry.ControlMode private constant BY_CODE = IRegistry.ControlMode.ByCode;
    uint64 private constant NEW_CODE = 32_060_226;

    function _open(IRegistry.RangeClass class, uint32 area, uint64 prefix, uint40 from, uint40 to)
        private
        returns (uint32)
    {
        VM.prank(SUPER);
        return registry.openPool(class, area, prefix, from, to);
    }

    function _refusesOpen(IRegistry.RangeClass class, uint32 area, uint64 prefix, bytes memory refusal) private {
        VM.expectRevert(refusal);
        _open(class, area, prefix, 1, 9);
    }

    function _outside(uint64 prefix, uint32 area) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRegistry.PrefixNotInArea.selector, prefix, area);
    }

    // --- opening

    function test_openPool_saysAndKeepsEverything() public {
        VM.expectEmit(address(registry));
        emit IRegistry.PoolOpened(paperPool + 1, RECEIPT, 132, NEW_CODE, 5, 9);
        uint32 pool = _open(RECEIPT, 132, NEW_CODE, 5, 9);
        IRegistry.Pool memory expected = IRegistry.Pool({area: 132, prefix: NEW_CODE, next: 5, to: 9, class: RECEIPT});
        VM.assertEq(abi.encode(registry.poolOf(pool)), abi.encode(expected));
    }

    function test_openPool_numbersOfTenDigitsFromOne() public {
        uint40[2][4] memory bad = [[uint40(0), 9], [uint40(9), 8], [uint40(1), 10_000_000_000], [uint40(0), 0]];
        for (uint256 i = 0; i < bad.length; ++i) {
            VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedRange.selector, bad[i][0], bad[i][1]));
            _open(RECEIPT, 132, NEW_CODE, bad[i][0], bad[i][1]);
        }
        _open(RECEIPT, 132, NEW_CODE, 9, 9);
        _open(RECEIPT, 132, NEW_CODE, 10, 9_999_999_999);
    }

    function test_openPool_eachNumberOnce() public {
        _open(RECEIPT, 132, NEW_CODE, 5, 9);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.NumbersAlreadyOpened.selector, NEW_CODE, 9, 9));
        _open(RECEIPT, 132, NEW_CODE, 9, 20);
        // Numbers that were passed over stay closed.
        VM.expectRevert(abi.encodeWithSelector(IRegistry.NumbersAlreadyOpened.selector, NEW_CODE, 1, 9));
        _open(RECEIPT, 132, NEW_CODE, 1, 4);
        _open(RECEIPT, 132, NEW_CODE, 10, 20);
        // Payment codes of the same number are another series.
        _open(PAYMENT, 132, 3_206_000_001, 1, 9);
    }

    function test_openPool_ofAnAreaOfOnesOwn() public {
        VM.startPrank(SUPER_33);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 132));
        registry.openPool(RECEIPT, 132, NEW_CODE, 1, 9);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedArea.selector, 1330));
        registry.openPool(PAPER, 1330, 5, 1, 9);
        VM.stopPrank();
    }

    function test_openPool_receiptCodesOfTheRegion() public {
        _open(RECEIPT, 132, 32_000_000, 1, 9);
        _open(RECEIPT, 132, 32_999_999, 1, 9);
        _refusesOpen(RECEIPT, 132, 33_000_000, _outside(33_000_000, 132));
        _refusesOpen(RECEIPT, 132, 31_999_999, _outside(31_999_999, 132));
        _refusesOpen(RECEIPT, 13_209, NEW_CODE, _outside(NEW_CODE, 13_209));
        // The last region there can be; one more digit is no receipt code, even where the numbers come out right.
        _giveArea(199);
        _open(RECEIPT, 199, 99_999_999, 1, 9);
        _giveArea(13_209);
        _refusesOpen(RECEIPT, 13_209, 13_109_000_000, _outside(13_109_000_000, 13_209));
    }

    /// @dev Makes the supervisor responsible for another area.
    function _giveArea(uint32 area) private {
        VM.prank(ADMIN);
        registry.setArea(SUPER, area);
    }

    function test_openPool_paymentCodesOfTheDivision() public {
        _open(PAYMENT, 1_320_999, 3_209_990_000, 1, 9);
        _open(PAYMENT, 13_209, 3_209_009_999, 1, 9);
        _open(PAYMENT, 132, 3_200_000_000, 1, 9);
        _refusesOpen(PAYMENT, 1_320_999, 3_209_980_000, _outside(3_209_980_000, 1_320_999));
        _refusesOpen(PAYMENT, 1_320_999, 3_209_989_999, _outside(3_209_989_999, 1_320_999));
        _refusesOpen(PAYMENT, 13_209, 3_210_000_000, _outside(3_210_000_000, 13_209));
        _refusesOpen(PAYMENT, 132, 13_200_000_000, _outside(13_200_000_000, 132));
        _giveArea(199);
        _open(PAYMENT, 199, 9_999_999_999, 1, 9);
    }

    function test_openPool_noClass_reverts() public {
        _refusesOpen(IRegistry.RangeClass.None, 132, NEW_CODE, _outside(NEW_CODE, 132));
    }

    /// @notice Paper codes name no region: two regions may have the same, each with all its numbers.
    function test_openPool_paperOfEachRegion() public {
        VM.prank(SUPER_33);
        uint32 pool = registry.openPool(PAPER, 133, PAPER_CODE, 1, 100);
        VM.prank(SUPER_33);
        uint32 range = registry.allot(pool, unitC, 10, 0, NONE, 1);
        VM.assertEq(registry.findPaperRange(133, PAPER_CODE, 5), range);
        VM.assertEq(registry.findPaperRange(132, PAPER_CODE, 5), paperRange);
        // Of a city it is the region's.
        VM.expectRevert(abi.encodeWithSelector(IRegistry.NumbersAlreadyOpened.selector, PAPER_CODE, 1, 100_000));
        _open(PAPER, 13_209, PAPER_CODE, 1, 9);
    }

    // --- splitting

    function test_splitPool_saysAndKeepsEverything() public {
        VM.expectEmit(address(registry));
        emit IRegistry.PoolSplit(listPool, paperPool + 1, 13_209, 200_001, 200_010);
        VM.prank(SUPER);
        uint32 city = registry.splitPool(listPool, 13_209, 10);
        IRegistry.Pool memory expected =
            IRegistry.Pool({area: 13_209, prefix: CODE_LIST, next: 200_001, to: 200_010, class: RECEIPT});
        VM.assertEq(abi.encode(registry.poolOf(city)), abi.encode(expected));
        VM.assertEq(registry.poolOf(listPool).next, 200_011);
    }

    function test_splitPool_ofOnesOwnIntoAnAreaBelow() public {
        VM.prank(SUPER_33);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 132));
        registry.splitPool(listPool, 13_209, 10);
        VM.startPrank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 132, 133));
        registry.splitPool(listPool, 133, 10);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedArea.selector, 1320));
        registry.splitPool(listPool, 1320, 10);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedArea.selector, 132_099));
        registry.splitPool(listPool, 132_099, 10);
        VM.stopPrank();
    }

    function test_unknownPoolOrRange_isNamed() public {
        bytes memory noPool = abi.encodeWithSelector(IRegistry.UnknownPool.selector, 99);
        bytes memory noRange = abi.encodeWithSelector(IRegistry.UnknownRange.selector, 99);
        VM.expectRevert(noPool);
        registry.poolOf(99);
        VM.expectRevert(noRange);
        registry.rangeOf(99);
        VM.startPrank(SUPER);
        VM.expectRevert(noPool);
        registry.splitPool(99, 132, 1);
        VM.expectRevert(noPool);
        registry.allot(99, unitA, 1, KIND_LIST, BY_LIST, 1);
        VM.expectRevert(noPool);
        registry.setTopUpRule(unitA, KIND_LIST, 1, 1, 99);
        VM.expectRevert(noRange);
        registry.recall(99);
        VM.stopPrank();
        VM.prank(NODE_32);
        VM.expectRevert(noRange);
        registry.topUp(99);
    }

    // --- allotting

    function test_allot_saysAndKeepsEverything() public {
        uint32 id = payRangeB + 1;
        VM.expectEmit(address(registry));
        emit IRegistry.RangeAllotted(id, unitA, RECEIPT, CODE_LIST, 200_001, 200_005, KIND_LIST, BY_LIST, 7);
        VM.prank(SUPER);
        uint32 range = registry.allot(listPool, unitA, 5, KIND_LIST, BY_LIST, 7);
        IRegistry.Range memory expected = IRegistry.Range({
            unit: unitA,
            prefix: CODE_LIST,
            from: 200_001,
            to: 200_005,
            next: 200_001,
            class: RECEIPT,
            mode: BY_LIST,
            kind: KIND_LIST
        });
        VM.assertEq(abi.encode(registry.rangeOf(range)), abi.encode(expected));
        VM.assertEq(registry.placeOf(range), 7);
    }

    function test_allot_bySupervisorOfAnotherArea_reverts() public {
        VM.prank(SUPER_33);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 132));
        registry.allot(listPool, unitA, 1, KIND_LIST, BY_LIST, 1);
    }

    function test_allot_toAUnitOutsideThePoolsArea_reverts() public {
        VM.startPrank(SUPER);
        uint32 city = registry.splitPool(listPool, 13_201, 10);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 13_201, 1_320_999));
        registry.allot(city, unitA, 1, KIND_LIST, BY_LIST, 1);
        VM.stopPrank();
    }

    function test_allot_onlyReceiptsHaveAWayOfControlAndTheCodesKind() public {
        bytes memory list = abi.encodeWithSelector(IRegistry.KindMismatch.selector, CODE_LIST, KIND_LIST);
        bytes memory pay = abi.encodeWithSelector(IRegistry.KindMismatch.selector, PAY_PREFIX, KIND_CODE);
        VM.startPrank(SUPER);
        VM.expectRevert(list);
        registry.allot(listPool, unitA, 1, KIND_LIST, NONE, 1);
        VM.expectRevert(pay);
        registry.allot(payPool, unitA, 1, KIND_CODE, BY_CODE, 1);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.KindMismatch.selector, PAY_PREFIX, 10_000));
        registry.allot(payPool, unitA, 1, 10_000, NONE, 1);
        registry.allot(payPool, unitA, 1, 9999, NONE, 1);
        VM.stopPrank();
    }

    // --- taking back

    function test_recall_saysAndGivesBackTheRest() public {
        VM.expectEmit(address(registry));
        emit IRegistry.RangeRecalled(listRange, paperPool + 1, 1, 100_000);
        VM.prank(SUPER);
        uint32 pool = registry.recall(listRange);
        IRegistry.Pool memory expected =
            IRegistry.Pool({area: 132, prefix: CODE_LIST, next: 1, to: 100_000, class: RECEIPT});
        VM.assertEq(abi.encode(registry.poolOf(pool)), abi.encode(expected));
        VM.assertEq(registry.rangeOf(listRange).to, 0);
    }

    function test_recall_bySupervisorOfAnotherArea_reverts() public {
        VM.prank(SUPER_33);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 132));
        registry.recall(listRange);
    }

    // --- refilling

    function test_setTopUpRule_saysAndKeepsEverything() public {
        VM.expectEmit(address(registry));
        emit IRegistry.TopUpRuleSet(unitA, KIND_LIST, 5, 50, listPool);
        VM.prank(SUPER);
        registry.setTopUpRule(unitA, KIND_LIST, 5, 50, listPool);
        IRegistry.TopUpRule memory expected = IRegistry.TopUpRule(5, 50, listPool);
        VM.assertEq(abi.encode(registry.topUpRuleOf(unitA, KIND_LIST, RECEIPT)), abi.encode(expected));
    }

    function test_setTopUpRule_poolAndUnitOfOnesOwn() public {
        VM.prank(SUPER_33);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 132));
        registry.setTopUpRule(unitC, KIND_LIST, 5, 50, listPool);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 132, 1_330_100));
        registry.setTopUpRule(unitC, KIND_LIST, 5, 50, listPool);
    }

    function test_topUp_byNodeOfAnotherArea_reverts() public {
        VM.prank(SUPER);
        registry.setTopUpRule(unitA, KIND_LIST, 200_000, 50, listPool);
        VM.prank(NODE_33);
        VM.expectRevert(_foreignArea());
        registry.topUp(listRange);
        VM.prank(NODE_32);
        uint32 more = registry.topUp(listRange);
        VM.assertEq(registry.rangeOf(more).unit, unitA);
    }

    // --- finding

    function test_findRange_noNumberOutsideARange() public view {
        VM.assertEq(registry.findRange(RECEIPT, CODE_LIST, 0), 0);
        VM.assertEq(registry.findRange(RECEIPT, CODE_LIST, 1), listRange);
        VM.assertEq(registry.findRange(RECEIPT, CODE_LIST, 100_001), listRangeB);
        VM.assertEq(registry.findRange(PAYMENT, PAY_PREFIX, 1), payRange);
        VM.assertEq(registry.findPaperRange(132, PAPER_CODE, 0), 0);
        VM.assertEq(registry.findPaperRange(133, PAPER_CODE, 1), 0);
    }
}
