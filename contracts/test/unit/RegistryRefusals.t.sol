// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {AttackTest} from "../attacks/Attack.sol";

/// @notice Every refusal of the registry, with the values that tell what to mend.
contract RegistryRefusalsTest is AttackTest {
    function _reverts(address sender, bytes memory data, bytes memory error) private {
        VM.assertEq(_attempt(sender, address(registry), data), error);
    }

    // --- areas and units

    function test_area_malformed() public {
        uint32[7] memory areas = [uint32(1), 99, 200, 9_999, 20_000, 999_999, 2_000_000];
        for (uint256 i = 0; i < areas.length; ++i) {
            bytes memory error = abi.encodeWithSelector(IRegistry.MalformedArea.selector, areas[i]);
            _reverts(ADMIN, abi.encodeCall(registry.setArea, (STRANGER, areas[i])), error);
            IRegistry.RangeClass class = IRegistry.RangeClass.Paper;
            _reverts(SUPER, abi.encodeCall(registry.openPool, (class, areas[i], 1, 1, 2)), error);
            _reverts(SUPER, abi.encodeCall(registry.splitPool, (listPool, areas[i], 1)), error);
            IRegistry.ItemVersion memory version = _version(1, 2, 0);
            _reverts(SUPER, abi.encodeCall(registry.setItem, (areas[i], "103043299", version)), error);
            _reverts(SUPER, abi.encodeCall(registry.registerUnit, ("new", areas[i], STRANGER, 0)), error);
        }
        // A unit stands in a division of six digits; no area at all takes an account's power away.
        bytes memory short = abi.encodeWithSelector(IRegistry.MalformedArea.selector, 132);
        _reverts(SUPER, abi.encodeCall(registry.registerUnit, ("new", 132, STRANGER, 0)), short);
        _reverts(ADMIN, abi.encodeCall(registry.setArea, (SUPER, 0)), "");
        VM.assertEq(registry.areaOf(SUPER), 0);
    }

    function test_zeroAddress() public {
        bytes memory error = abi.encodeWithSelector(IActErrors.ZeroAddress.selector);
        _reverts(ADMIN, abi.encodeCall(registry.setArea, (address(0), 132)), error);
        _reverts(SUPER, abi.encodeCall(registry.registerUnit, ("new", 1_320_999, address(0), 0)), error);
        _reverts(SUPER, abi.encodeCall(registry.scheduleSigner, (unitA, address(0), 0)), error);
        _reverts(ADMIN, abi.encodeCall(registry.setCheckpointKey, (address(0), "key", 0, 0)), error);
        bytes32 typeHash = keccak256(
            "RotateSigner(uint32 unit,address newSigner,bytes32 certificateDigest,uint64 nonce,uint64 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, unitA, address(0), bytes32(0), uint64(0), DEADLINE));
        bytes memory signature = _sign(KEY_A, address(registry), structHash);
        _reverts(STRANGER, abi.encodeCall(registry.rotateSigner, (unitA, address(0), 0, DEADLINE, signature)), error);
    }

    function test_restriction_reasonAndState() public {
        _reverts(
            SUPER,
            abi.encodeCall(registry.restrict, (unitA, 0)),
            abi.encodeWithSelector(IRegistry.ReasonMissing.selector)
        );
        bytes memory error = abi.encodeWithSelector(IRegistry.UnitNotRestricted.selector, unitA);
        _reverts(SUPER, abi.encodeCall(registry.lift, (unitA)), error);
        VM.startPrank(SUPER);
        registry.restrict(unitA, 7);
        registry.lift(unitA);
        VM.stopPrank();
        _reverts(SUPER, abi.encodeCall(registry.lift, (unitA)), error);
    }

    function test_unknown_unitPoolRangeItem() public {
        bytes memory error = abi.encodeWithSelector(IActErrors.UnknownUnit.selector, 99);
        _reverts(SUPER, abi.encodeCall(registry.restrict, (99, 1)), error);
        _reverts(SUPER, abi.encodeCall(registry.permitUnit, (item, 99, true)), error);
        _reverts(STRANGER, abi.encodeCall(registry.unitOf, (99)), error);
        error = abi.encodeWithSelector(IRegistry.UnknownPool.selector, 99);
        _reverts(SUPER, abi.encodeCall(registry.splitPool, (99, 132, 1)), error);
        IRegistry.ControlMode mode = IRegistry.ControlMode.ByList;
        _reverts(SUPER, abi.encodeCall(registry.allot, (99, unitA, 1, KIND_LIST, mode, 1)), error);
        _reverts(SUPER, abi.encodeCall(registry.setTopUpRule, (unitA, KIND_LIST, 1, 1, 99)), error);
        _reverts(STRANGER, abi.encodeCall(registry.poolOf, (99)), error);
        error = abi.encodeWithSelector(IRegistry.UnknownRange.selector, 99);
        _reverts(SUPER, abi.encodeCall(registry.recall, (99)), error);
        _reverts(NODE_32, abi.encodeCall(registry.topUp, (99)), error);
        _reverts(STRANGER, abi.encodeCall(registry.rangeOf, (99)), error);
        _refusedWith(_listBatch(KEY_A, unitA, 99, 1, 1), error);
        error = abi.encodeWithSelector(IRegistry.UnknownItem.selector, 99);
        _reverts(SUPER, abi.encodeCall(registry.disableItem, (99, 0)), error);
        _reverts(STRANGER, abi.encodeCall(registry.linkItem, (99)), error);
        _reverts(STRANGER, abi.encodeCall(registry.itemOf, (99)), error);
        _refusedWith(_noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(5, 99))), error);
    }

    // --- ranges

    function test_openPool_malformedRange() public {
        uint40[2][4] memory ranges = [[uint40(0), 10], [uint40(5), 4], [uint40(1), 10_000_000_000], [uint40(0), 0]];
        for (uint256 i = 0; i < ranges.length; ++i) {
            IRegistry.RangeClass class = IRegistry.RangeClass.Paper;
            (uint40 from, uint40 to) = (ranges[i][0], ranges[i][1]);
            bytes memory error = abi.encodeWithSelector(IRegistry.MalformedRange.selector, from, to);
            _reverts(SUPER, abi.encodeCall(registry.openPool, (class, 132, 5000, from, to)), error);
        }
        VM.prank(SUPER);
        uint32 pool = registry.openPool(IRegistry.RangeClass.Paper, 132, 5000, 1, 9_999_999_999);
        VM.assertEq(registry.poolOf(pool).to, 9_999_999_999);
    }

    function test_pool_exhausted() public {
        VM.prank(SUPER);
        uint32 pool = registry.splitPool(listPool, 1_320_999, 10);
        IRegistry.ControlMode mode = IRegistry.ControlMode.ByList;
        uint40[3] memory counts = [uint40(0), 11, type(uint40).max];
        for (uint256 i = 0; i < counts.length; ++i) {
            bytes memory error = abi.encodeWithSelector(IRegistry.PoolExhausted.selector, pool, 10, counts[i]);
            _reverts(SUPER, abi.encodeCall(registry.allot, (pool, unitA, counts[i], KIND_LIST, mode, 1)), error);
            _reverts(SUPER, abi.encodeCall(registry.splitPool, (pool, 1_320_999, counts[i])), error);
        }
        _reverts(SUPER, abi.encodeCall(registry.allot, (pool, unitA, 10, KIND_LIST, mode, 1)), "");
    }

    function test_checkpointKey_malformed() public {
        bytes memory error = abi.encodeWithSelector(IRegistry.MalformedCheckpointKey.selector, STRANGER);
        _reverts(ADMIN, abi.encodeCall(registry.setCheckpointKey, (STRANGER, "", 0, 0)), error);
        _reverts(ADMIN, abi.encodeCall(registry.setCheckpointKey, (STRANGER, "key", 9, 9)), error);
        _reverts(ADMIN, abi.encodeCall(registry.setCheckpointKey, (STRANGER, "key", 9, 8)), error);
        _reverts(ADMIN, abi.encodeCall(registry.setCheckpointKey, (STRANGER, "key", 9, 10)), "");
        IRegistry.CheckpointKey memory key = registry.checkpointKeyOf(STRANGER);
        VM.assertEq(key.publicKeyDigest, keccak256("key"));
        VM.assertEq(key.validUntil, 10);
    }

    // --- items

    function test_item_malformedCodeOrWindow() public {
        bytes12[5] memory codes = [bytes12("10304"), "", "10304321x", hex"313233343536003700000000", "x03043211"];
        for (uint256 i = 0; i < codes.length; ++i) {
            bytes memory bad = abi.encodeCall(registry.setItem, (132, codes[i], _version(1, 2, 0)));
            _reverts(SUPER, bad, abi.encodeWithSelector(IRegistry.MalformedItem.selector, codes[i]));
        }
        IRegistry.ItemVersion[4] memory versions =
            [_version(3, 2, 0), _version(0, 0, 0), _version(1, 2, 10_000), _version(1, 2, 0)];
        (versions[3].enabledFrom, versions[3].enabledUntil) = (9, 9);
        for (uint256 i = 0; i < versions.length; ++i) {
            bytes memory bad = abi.encodeCall(registry.setItem, (132, "103043299", versions[i]));
            _reverts(SUPER, bad, abi.encodeWithSelector(IRegistry.MalformedItem.selector, bytes12("103043299")));
        }
        _reverts(SUPER, abi.encodeCall(registry.setItem, (132, "103043", _version(2, 2, 9999))), "");
        _reverts(SUPER, abi.encodeCall(registry.setItem, (132, "103043211234", _version(0, 1, 0))), "");
    }

    /// @dev A new version of a known item whose window has ended would end the item unnoticed.
    function test_item_versionThatHasEnded() public {
        IRegistry.ItemVersion memory version = _version(1, 2, 0);
        version.enabledUntil = uint40(NOW);
        bytes memory error = abi.encodeWithSelector(IRegistry.MalformedItem.selector, bytes12("060101"));
        _reverts(SUPER, abi.encodeCall(registry.setItem, (132, "060101", version)), error);
    }

    function _charge(uint16 item_, bytes memory error) private {
        _refusedWith(_noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(50, item_))), error);
    }

    function test_item_notYetOrNoMore() public {
        IRegistry.ItemVersion memory version = _version(1, 100, 0);
        (version.enabledFrom, version.enabledUntil) = (uint40(NOW + 10), uint40(NOW + 20));
        VM.prank(SUPER);
        uint16 later = registry.setItem(132, "103043299", version);
        bytes memory error = abi.encodeWithSelector(IRegistry.ItemDisabled.selector, later);
        _charge(later, error);
        VM.warp(NOW + 20);
        _charge(later, error);
        VM.warp(NOW + 19);
        _sendNotice(_noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(50, later))));
        VM.assertTrue(payments.noticeOf(payRange, 1).noticed);
    }

    function test_item_notForKindUnitOrArea() public {
        IRegistry.ItemVersion memory listed = _version(1, 100, 0);
        listed.listedUnitsOnly = true;
        VM.startPrank(SUPER);
        uint16 ofKind = registry.setItem(132, "103043297", _version(1, 100, KIND_LIST));
        uint16 ofCity = registry.setItem(13_201, "103043298", _version(1, 100, 0));
        uint16 ofFew = registry.setItem(132, "103043299", listed);
        VM.stopPrank();
        _charge(ofKind, abi.encodeWithSelector(IRegistry.ItemNotForKind.selector, ofKind, KIND_LIST, KIND_CODE));
        _charge(ofCity, abi.encodeWithSelector(IRegistry.ItemNotPermitted.selector, ofCity, unitA));
        _charge(ofFew, abi.encodeWithSelector(IRegistry.ItemNotPermitted.selector, ofFew, unitA));
    }

    function test_item_outOfBounds() public {
        bytes4 selector = IRegistry.ItemAmountOutOfBounds.selector;
        _refusedWith(
            _noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(10_000_001, item))),
            abi.encodeWithSelector(selector, item, 10_000_001, 1, 10_000_000)
        );
        _refusedWith(
            _noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(type(uint48).max, item))),
            abi.encodeWithSelector(selector, item, type(uint48).max, 1, 10_000_000)
        );
    }
}
