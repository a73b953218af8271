// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Use of numbers, the working calendar and the keys of checkpoints.
contract RegistryRulesTest is RefusalsTest {
    IRegistry.RangeClass private constant RECEIPT = IRegistry.RangeClass.Receipt;

    // --- use of numbers

    function _consume(uint40 first, uint40 count, bytes memory refusal)
        private
        returns (IRegistry.Range memory used, address signer, uint32 catalog)
    {
        if (refusal.length != 0) VM.expectRevert(refusal);
        VM.prank(address(receipts));
        return registry.consume(NODE_32, unitA, listRange, first, count, RECEIPT, true);
    }

    function test_consume_onlyByTheLedgers() public {
        address[3] memory others = [NODE_32, SUPER, ADMIN];
        for (uint256 i = 0; i < 3; ++i) {
            VM.prank(others[i]);
            VM.expectRevert(abi.encodeWithSelector(IActErrors.OnlyFor.selector, address(receipts), others[i]));
            registry.consume(NODE_32, unitA, listRange, 1, 1, RECEIPT, true);
        }
        VM.prank(address(payments));
        registry.consume(NODE_32, unitA, listRange, 1, 1, RECEIPT, true);
        VM.assertEq(registry.rangeOf(listRange).next, 2);
    }

    function test_consume_upToTheLastNumber() public {
        _consume(1, 100_001, abi.encodeWithSelector(IRegistry.RangeExhausted.selector, listRange, 100_000, 100_001));
        _consume(1, 100_000, "");
        VM.assertEq(registry.rangeOf(listRange).next, 100_001);
        _consume(100_001, 1, abi.encodeWithSelector(IRegistry.RangeExhausted.selector, listRange, 100_000, 100_001));
    }

    function test_consume_answersWithRangeSignerAndCatalogue() public {
        VM.prank(SUPER);
        registry.succeed(unitA, unitB);
        IRegistry.Range memory before = registry.rangeOf(listRange);
        VM.prank(address(receipts));
        (IRegistry.Range memory used, address signer, uint32 catalog) =
            registry.consume(NODE_32, unitA, listRange, 1, 7, RECEIPT, false);
        VM.assertEq(signer, VM.addr(KEY_B));
        VM.assertEq(catalog, 2);
        VM.assertEq(abi.encode(used), abi.encode(before));
        VM.assertEq(registry.rangeOf(listRange).next, 8);
    }

    function test_consume_unitThatMayNotAct() public {
        VM.startPrank(SUPER);
        registry.restrict(unitA, 3);
        VM.stopPrank();
        _consume(1, 1, abi.encodeWithSelector(IActErrors.UnitIsRestricted.selector, unitA, 3));
        VM.startPrank(SUPER);
        registry.lift(unitA);
        registry.succeed(unitA, unitB);
        VM.stopPrank();
        _consume(1, 1, abi.encodeWithSelector(IRegistry.UnitHasSuccessor.selector, unitA, unitB));
    }

    // --- calendar

    function test_setWorkingCalendar_saysSoAndNamesEachDay() public {
        // Days 1, 255, 256 and 364 of 2026 rest: 2 January, 13 and 14 September, 31 December.
        uint256[2] memory rest = [uint256(2) | (uint256(1) << 255), uint256(1) | (uint256(1) << 108)];
        VM.expectEmit(address(registry));
        emit IRegistry.WorkingCalendarSet(2026, rest);
        VM.prank(ADMIN);
        registry.setWorkingCalendar(2026, rest);
        uint32 first = 20_454; // 2026-01-01
        for (uint32 day = 0; day < 365; ++day) {
            bool rests = day == 1 || day == 255 || day == 256 || day == 364;
            VM.assertTrue(registry.isWorkingDay(first + day) == !rests, VM.toString(day));
        }
        // 2025 and 2027 have no calendar of their own: Wednesday and Friday.
        VM.assertTrue(registry.isWorkingDay(first - 1));
        VM.assertTrue(registry.isWorkingDay(first + 365));
    }

    // --- checkpoint keys

    function _setKey(address member, bytes memory key, uint40 from, uint40 until, bytes memory refusal) private {
        if (refusal.length != 0) {
            VM.expectRevert(refusal);
        } else {
            VM.expectEmit(address(registry));
            emit IRegistry.CheckpointKeySet(member, key, from, until);
        }
        VM.prank(ADMIN);
        registry.setCheckpointKey(member, key, from, until);
        if (refusal.length != 0) return;
        IRegistry.CheckpointKey memory expected = IRegistry.CheckpointKey(keccak256(key), from, until);
        VM.assertEq(abi.encode(registry.checkpointKeyOf(member)), abi.encode(expected));
    }

    function test_setCheckpointKey_saysAndKeepsItWithItsTime() public {
        _setKey(NODE_32, "key", 7, 0, "");
        _setKey(NODE_32, "other", 7, 8, "");
        _setKey(NODE_33, "key", 0, 0, "");
    }

    function test_setCheckpointKey_withoutMemberKeyOrTime_reverts() public {
        bytes memory malformed = abi.encodeWithSelector(IRegistry.MalformedCheckpointKey.selector, NODE_32);
        _setKey(NODE_32, "", 7, 8, malformed);
        _setKey(NODE_32, "key", 7, 7, malformed);
        _setKey(NODE_32, "key", 7, 6, malformed);
        _setKey(address(0), "key", 7, 8, abi.encodeWithSelector(IActErrors.ZeroAddress.selector));
    }
}
