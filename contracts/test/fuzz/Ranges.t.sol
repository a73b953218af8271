// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice Numbers only change hands: whatever is split, allotted, used and recalled, each is in one place.
contract RangesFuzzTest is ReceiptActsTest {
    uint64 private constant CODE = 32_060_226;
    uint16 private constant KIND = 602;
    uint40 private constant FROM = 11;
    uint40 private constant TO = 70;

    uint32[] private _pools;
    uint32[] private _ranges;

    function setUp() public override {
        super.setUp();
        VM.prank(SUPER);
        _pools.push(registry.openPool(IRegistry.RangeClass.Receipt, 132, CODE, FROM, TO));
    }

    function test_fuzz_splitAllotRecall_keepEveryNumberOnce(uint256 seed) public {
        for (uint256 i = 0; i < 5; ++i) {
            _step(uint256(keccak256(abi.encode(seed, i))));
        }
        uint256[] memory seen = new uint256[](TO + 1);
        for (uint256 i = 0; i < _pools.length; ++i) {
            IRegistry.Pool memory pool = registry.poolOf(_pools[i]);
            for (uint40 number = pool.next; number <= pool.to; ++number) {
                ++seen[number];
            }
        }
        for (uint256 i = 0; i < _ranges.length; ++i) {
            IRegistry.Range memory range = registry.rangeOf(_ranges[i]);
            for (uint40 number = range.from; number <= range.to; ++number) {
                ++seen[number];
            }
        }
        for (uint256 number = 0; number <= TO; ++number) {
            VM.assertEq(seen[number], number < FROM ? 0 : 1, VM.toString(number));
        }
    }

    function _step(uint256 random) private {
        uint32 pool = _pools[(random >> 8) % _pools.length];
        IRegistry.Pool memory source = registry.poolOf(pool);
        uint40 left = source.to + 1 - source.next;
        uint40 count = uint40((random >> 16) % 25);
        if (random % 4 == 3) return _recall(random >> 32);
        VM.prank(SUPER);
        if (count == 0 || count > left) {
            VM.expectRevert(abi.encodeWithSelector(IRegistry.PoolExhausted.selector, pool, left, count));
            registry.allot(pool, unitA, count, KIND, IRegistry.ControlMode.ByList, 1);
        } else if (random % 4 == 0) {
            _pools.push(registry.splitPool(pool, source.area, count));
        } else {
            _ranges.push(registry.allot(pool, unitA, count, KIND, IRegistry.ControlMode.ByList, 1));
        }
    }

    /// @dev Uses some numbers of a range, and takes the rest back.
    function _recall(uint256 random) private {
        if (_ranges.length == 0) return;
        uint32 range = _ranges[random % _ranges.length];
        IRegistry.Range memory record = registry.rangeOf(range);
        uint40 left = record.to + 1 - record.next;
        uint40 use_ = uint40((random >> 8) % 5);
        if (use_ > left) use_ = left;
        if (use_ != 0) {
            VM.prank(address(receipts));
            registry.consume(NODE_32, unitA, range, record.next, use_, IRegistry.RangeClass.Receipt, true);
        }
        VM.prank(SUPER);
        if (use_ == left) {
            VM.expectRevert(abi.encodeWithSelector(IRegistry.RangeExhausted.selector, range, record.to, record.to + 1));
            registry.recall(range);
        } else {
            _pools.push(registry.recall(range));
        }
    }

    /// @notice Numbers are used in order, within the range, whatever is asked.
    function test_fuzz_consume_onlyTheNextWithinTheRange(uint40 firstSeed, uint40 countSeed) public {
        uint40 first = uint40(_bound(firstSeed, 0, 3));
        uint40 count = uint40(_bound(countSeed, 99_990, 100_010));
        VM.prank(address(receipts));
        if (first != 1) {
            VM.expectRevert(abi.encodeWithSelector(IRegistry.NumberNotNext.selector, listRange, 1, first));
        } else if (count > 100_000) {
            VM.expectRevert(abi.encodeWithSelector(IRegistry.RangeExhausted.selector, listRange, 100_000, count));
        }
        registry.consume(NODE_32, unitA, listRange, first, count, IRegistry.RangeClass.Receipt, true);
        if (first == 1 && count <= 100_000) VM.assertEq(registry.rangeOf(listRange).next, 1 + count);
    }
}
