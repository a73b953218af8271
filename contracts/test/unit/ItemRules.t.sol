// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Each rule of charge items: codes, versions in time, permits, parents, and who may be charged what.
contract ItemRulesTest is RefusalsTest {
    bytes12 private constant CODE = "070101";

    function _set(bytes12 code, IRegistry.ItemVersion memory version) private returns (uint16) {
        VM.prank(SUPER);
        return registry.setItem(132, code, version);
    }

    function _timed(uint48 maxFen, uint256 from, uint256 until) private pure returns (IRegistry.ItemVersion memory v) {
        v = _version(1, maxFen, KIND_CODE);
        v.enabledFrom = uint40(from);
        v.enabledUntil = uint40(until);
    }

    function _refusesItem(bytes12 code, IRegistry.ItemVersion memory version) private {
        VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedItem.selector, code));
        _set(code, version);
    }

    function _assertCurrent(uint16 id, IRegistry.ItemVersion memory expected) private view {
        (,, IRegistry.ItemVersion memory current) = registry.itemOf(id);
        VM.assertEq(abi.encode(current), abi.encode(expected));
    }

    function _assertUpcoming(uint16 id, IRegistry.ItemVersion memory expected) private view {
        VM.assertEq(abi.encode(registry.upcomingItemOf(id)), abi.encode(expected));
    }

    /// @dev Checks lines of unit A and kind 101, as a notice does.
    function _charge(bytes memory lines, bytes memory refusal) private {
        if (refusal.length != 0) VM.expectRevert(refusal);
        registry.checkLines(unitA, KIND_CODE, lines);
    }

    function _charge(uint16 id, uint48 amountFen, bytes memory refusal) private {
        _charge(bytes.concat(_lane(amountFen, id)), refusal);
    }

    function _outOfBounds(uint16 id, uint48 amountFen, uint48 minFen, uint48 maxFen)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IRegistry.ItemAmountOutOfBounds.selector, id, amountFen, minFen, maxFen);
    }

    function _disabled(uint16 id) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRegistry.ItemDisabled.selector, id);
    }

    // --- what an item is

    function test_setItem_saysAndKeepsEverything() public {
        IRegistry.ItemVersion memory version = _timed(9, 0, NOW + 5);
        version.listedUnitsOnly = true;
        uint32 catalog = registry.catalogVersion();
        VM.expectEmit(address(registry));
        emit IRegistry.ItemSet(otherItem + 1, CODE, 132, version, catalog + 1);
        uint16 id = _set(CODE, version);
        VM.assertEq(id, otherItem + 1);
        VM.assertEq(registry.itemIdOf(132, CODE), id);
        VM.assertEq(registry.catalogVersion(), catalog + 1);
        (bytes12 code, uint32 area,) = registry.itemOf(id);
        VM.assertEq(bytes32(code), bytes32(CODE));
        VM.assertEq(area, 132);
        _assertCurrent(id, version);
        IRegistry.ItemVersion memory none;
        _assertUpcoming(id, none);
    }

    function test_setItem_codesOfSixToTwelveDigits() public {
        IRegistry.ItemVersion memory version = _version(1, 9, 0);
        bytes12[4] memory good = [bytes12("070101"), "0701019", "109876543210", "000000"];
        for (uint256 i = 0; i < good.length; ++i) {
            VM.assertEq(_set(good[i], version), otherItem + 1 + i);
        }
        bytes12[9] memory bad = [
            bytes12("07010"),
            "",
            "07010/",
            "07010:",
            "070101 1",
            "070101a",
            "070101@",
            bytes12(bytes("070101\x00\x001")),
            "a70101"
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            _refusesItem(bad[i], version);
        }
    }

    function test_setItem_limitsAndWindowsThatMakeSense() public {
        IRegistry.ItemVersion[5] memory bad = [
            _version(10, 9, 0), _version(0, 0, 0), _version(1, 9, 10_000), _timed(9, NOW + 9, NOW + 9), _timed(9, 9, 8)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            _refusesItem(CODE, bad[i]);
        }
        IRegistry.ItemVersion[5] memory good = [
            _version(9, 9, 0),
            _version(0, 9, 0),
            _version(1, 9, 9999),
            _timed(9, NOW + 9, NOW + 10),
            _timed(9, NOW + 9, 0)
        ];
        for (uint256 i = 0; i < good.length; ++i) {
            _set(bytes12(uint96(bytes12("070110")) + uint96(i << 48)), good[i]);
        }
    }

    function test_setItem_forAnArea_andOnlyOnesOwn() public {
        VM.startPrank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedArea.selector, 1320));
        registry.setItem(1320, CODE, _version(1, 9, 0));
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 132, 133));
        registry.setItem(133, CODE, _version(1, 9, 0));
        VM.stopPrank();
    }

    function test_items_bySupervisorOfAnotherArea_revert() public {
        bytes memory refusal = abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 132);
        VM.startPrank(SUPER_33);
        VM.expectRevert(refusal);
        registry.disableItem(item, 0);
        VM.expectRevert(refusal);
        registry.permitUnit(item, unitC, true);
        VM.stopPrank();
    }

    function test_unknownItem_isNamedEverywhere() public {
        bytes memory refusal = abi.encodeWithSelector(IRegistry.UnknownItem.selector, 999);
        VM.expectRevert(refusal);
        registry.itemOf(999);
        VM.expectRevert(refusal);
        registry.upcomingItemOf(999);
        VM.expectRevert(refusal);
        registry.linkItem(999);
        _charge(999, 5, refusal);
        VM.startPrank(SUPER);
        VM.expectRevert(refusal);
        registry.disableItem(999, 0);
        VM.expectRevert(refusal);
        registry.permitUnit(999, unitA, true);
        VM.stopPrank();
    }

    // --- versions in time

    function test_setItem_firstVersionMayBeginLater() public {
        uint16 id = _set(CODE, _timed(9, NOW + 10, 0));
        _charge(id, 5, _disabled(id));
        VM.warp(NOW + 9);
        _charge(id, 5, _disabled(id));
        VM.warp(NOW + 10);
        _charge(id, 5, "");
    }

    function test_item_endsAtItsTime() public {
        uint16 id = _set(CODE, _timed(9, 0, NOW + 10));
        VM.warp(NOW + 9);
        _charge(id, 5, "");
        VM.warp(NOW + 10);
        _charge(id, 5, _disabled(id));
    }

    function test_setItem_aVersionForNowReplacesTheCurrentOne() public {
        uint16 id = _set(CODE, _timed(9, 0, 0));
        // What waits is dropped by a version that holds at once.
        _set(CODE, _timed(8, NOW + 10, 0));
        _set(CODE, _timed(7, 5, NOW + 20));
        IRegistry.ItemVersion memory none;
        _assertUpcoming(id, none);
        _assertCurrent(id, _timed(7, NOW, NOW + 20));
        _charge(id, 8, _outOfBounds(id, 8, 1, 7));
        VM.warp(NOW + 15);
        _assertCurrent(id, _timed(7, NOW, NOW + 20));
        // From this very second is from now.
        _set(CODE, _timed(6, NOW + 15, 0));
        _assertUpcoming(id, none);
        _assertCurrent(id, _timed(6, NOW + 15, 0));
    }

    function test_setItem_aVersionForLaterWaits() public {
        uint16 id = _set(CODE, _timed(9, 0, 0));
        _set(CODE, _timed(8, NOW + 10, NOW + 30));
        _assertCurrent(id, _timed(9, 0, 0));
        _assertUpcoming(id, _timed(8, NOW + 10, NOW + 30));
        VM.warp(NOW + 9);
        _assertUpcoming(id, _timed(8, NOW + 10, NOW + 30));
        _charge(id, 9, "");
        VM.warp(NOW + 10);
        IRegistry.ItemVersion memory none;
        _assertUpcoming(id, none);
        _assertCurrent(id, _timed(8, NOW + 10, NOW + 30));
        _charge(id, 9, _outOfBounds(id, 9, 1, 8));
        // The next one that waits leaves it in force.
        _set(CODE, _timed(7, NOW + 20, 0));
        _assertCurrent(id, _timed(8, NOW + 10, NOW + 30));
        _assertUpcoming(id, _timed(7, NOW + 20, 0));
        _charge(id, 8, "");
    }

    function test_setItem_waitingVersionIsReplacedByAnother() public {
        uint16 id = _set(CODE, _timed(9, 0, 0));
        _set(CODE, _timed(8, NOW + 10, 0));
        _set(CODE, _timed(7, NOW + 20, 0));
        VM.warp(NOW + 15);
        _assertCurrent(id, _timed(9, 0, 0));
        _assertUpcoming(id, _timed(7, NOW + 20, 0));
    }

    function test_setItem_versionThatIsOver_reverts() public {
        _set(CODE, _timed(9, 0, 0));
        _refusesItem(CODE, _timed(8, 5, NOW));
        _set(CODE, _timed(8, 5, NOW + 1));
    }

    function test_disableItem_saysWhenFromNowOrLater() public {
        uint32 catalog = registry.catalogVersion();
        uint40[3] memory asked = [uint40(NOW + 5), uint40(NOW), 0];
        for (uint32 i = 0; i < 3; ++i) {
            uint40 end = i == 0 ? uint40(NOW + 5) : uint40(NOW);
            VM.expectEmit(address(registry));
            emit IRegistry.ItemDisabledFrom(item, end, catalog + 1 + i);
            VM.prank(SUPER);
            registry.disableItem(item, asked[i]);
            IRegistry.ItemVersion memory expected = _version(1, 10_000_000, KIND_CODE);
            expected.enabledUntil = end;
            _assertCurrent(item, expected);
        }
        _charge(item, 5, _disabled(item));
    }

    function _disable(uint256 at) private {
        uint16 id = registry.itemIdOf(132, CODE);
        VM.prank(SUPER);
        registry.disableItem(id, uint40(at));
    }

    function test_disableItem_dropsAVersionThatWouldBeginAfter() public {
        uint256[2] memory ends = [NOW + 10, NOW + 9]; // at the version's own begin, and before
        for (uint256 i = 0; i < 2; ++i) {
            VM.warp(NOW);
            uint16 id = _set(CODE, _timed(9, 0, 0));
            _set(CODE, _timed(8, NOW + 10, 0));
            _disable(ends[i]);
            IRegistry.ItemVersion memory none;
            _assertUpcoming(id, none);
            VM.warp(NOW + 11);
            _charge(id, 5, _disabled(id));
        }
    }

    function test_disableItem_endsAVersionThatBeginsBefore() public {
        uint16 id = _set(CODE, _timed(9, 0, 0));
        _set(CODE, _timed(8, NOW + 10, 0));
        _disable(NOW + 20);
        _assertUpcoming(id, _timed(8, NOW + 10, NOW + 20));
        VM.warp(NOW + 19);
        _charge(id, 8, "");
        VM.warp(NOW + 20);
        _charge(id, 8, _disabled(id));
    }

    function test_disableItem_afterAVersionHasTakenOver() public {
        uint16 id = _set(CODE, _timed(9, 0, 0));
        _set(CODE, _timed(8, NOW + 10, NOW + 90));
        VM.warp(NOW + 10);
        _disable(NOW + 20);
        _assertCurrent(id, _timed(8, NOW + 10, NOW + 20));
        VM.warp(NOW + 19);
        _charge(id, 8, "");
        VM.warp(NOW + 20);
        _charge(id, 8, _disabled(id));
    }

    // --- whom and what

    function test_permitUnit_saysSoAndTakesItBack() public {
        for (uint256 i = 0; i < 2; ++i) {
            uint32 catalog = registry.catalogVersion();
            VM.expectEmit(address(registry));
            emit IRegistry.ItemPermitSet(item, unitA, i == 0, catalog + 1);
            VM.prank(SUPER);
            registry.permitUnit(item, unitA, i == 0);
            VM.assertTrue(registry.isPermitted(item, unitA) == (i == 0));
        }
    }

    function test_checkLines_eachReasonWhyNot() public {
        IRegistry.ItemVersion memory version = _version(5, 9, 0);
        version.listedUnitsOnly = true;
        uint16 listed = _set("070102", version);
        uint16 otherKind = _set("070103", _version(5, 9, 999));
        VM.prank(SUPER);
        uint16 otherCity = registry.setItem(13_201, "070104", _version(5, 9, 0));
        _charge(listed, 5, abi.encodeWithSelector(IRegistry.ItemNotPermitted.selector, listed, unitA));
        _charge(otherCity, 5, abi.encodeWithSelector(IRegistry.ItemNotPermitted.selector, otherCity, unitA));
        _charge(otherKind, 5, abi.encodeWithSelector(IRegistry.ItemNotForKind.selector, otherKind, 999, KIND_CODE));
        VM.prank(SUPER);
        registry.permitUnit(listed, unitA, true);
        _charge(listed, 4, _outOfBounds(listed, 4, 5, 9));
        _charge(listed, 5, "");
        _charge(listed, 9, "");
        _charge(listed, 10, _outOfBounds(listed, 10, 5, 9));
    }

    /// @notice Every line is judged, also behind lines of the same item, of other items and of none.
    function test_checkLines_eachLineByItsOwnLimits() public {
        uint16 narrow = _set(CODE, _version(5, 6, 0));
        bytes memory good = bytes.concat(_lane(5, narrow), _lane(6, narrow), _lane(1, item), _lane(999, 0));
        _charge(good, "");
        _charge(bytes.concat(good, _lane(7, narrow)), _outOfBounds(narrow, 7, 5, 6));
        _charge(bytes.concat(good, _lane(7, item), _lane(4, narrow)), _outOfBounds(narrow, 4, 5, 6));
        _charge(bytes.concat(_lane(5, narrow), _lane(7, narrow)), _outOfBounds(narrow, 7, 5, 6));
    }

    /// @notice Only whole lines inside the given bytes are lines, whatever follows in the call.
    function test_checkLines_nothingBehindTheLines() public view {
        bytes memory input = abi.encodeCall(registry.checkLines, (unitA, KIND_CODE, bytes.concat(_lane(5, item))));
        // Behind 8 bytes stand 24 of padding, which are made a line that is not allowed.
        for (uint256 i = 0; i < 8; ++i) {
            input[input.length - 24 + i] = _lane(20_000_000, item)[i];
        }
        (bool success,) = address(registry).staticcall(input);
        VM.assertTrue(success);
    }

    // --- items of an area above

    function test_item_limitsOfTheAreaAboveHoldAsWell() public {
        uint16 province = _set(CODE, _version(5, 9, 0));
        VM.startPrank(SUPER);
        uint16 wide = registry.setItem(13_209, CODE, _version(1, 100, 0));
        uint16 narrow = registry.setItem(1_320_999, CODE, _version(6, 8, 0));
        VM.stopPrank();
        _charge(province, 9, "");
        _charge(wide, 4, _outOfBounds(wide, 4, 5, 9));
        _charge(wide, 10, _outOfBounds(wide, 10, 5, 9));
        _charge(narrow, 5, _outOfBounds(narrow, 5, 6, 8));
        _charge(narrow, 9, _outOfBounds(narrow, 9, 6, 8));
        VM.prank(SUPER);
        registry.disableItem(province, 0);
        _charge(narrow, 7, _disabled(province));
    }

    function test_linkItem_toTheNearestItemAbove() public {
        VM.startPrank(SUPER);
        uint16 county = registry.setItem(1_320_999, CODE, _version(1, 100, 0));
        uint16 province = registry.setItem(132, CODE, _version(1, 50, 0));
        VM.stopPrank();
        _charge(county, 100, "");
        _link(county, province, true);
        _charge(county, 100, _outOfBounds(county, 100, 1, 50));
        VM.prank(SUPER);
        uint16 city = registry.setItem(13_209, CODE, _version(1, 20, 0));
        _link(county, city, true);
        _charge(county, 50, _outOfBounds(county, 50, 1, 20));
        // Again it changes nothing, and says nothing.
        _link(county, city, false);
        _link(province, 0, false);
        _link(city, province, false);
    }

    function _link(uint16 id, uint16 parent, bool changes) private {
        uint32 catalog = registry.catalogVersion();
        VM.recordLogs();
        if (changes) {
            VM.expectEmit(address(registry));
            emit IRegistry.ItemLinked(id, parent, catalog + 1);
        }
        VM.assertEq(registry.linkItem(id), parent);
        if (!changes) VM.assertEq(_logsOf(IRegistry.ItemLinked.selector).length, 0);
        VM.assertEq(registry.catalogVersion(), changes ? catalog + 1 : catalog);
    }

    /// @notice An item of a city links to its province's, also where the region's number is the smallest.
    function test_linkItem_inTheFirstRegion() public {
        VM.prank(ADMIN);
        registry.setArea(SUPER, 100);
        VM.startPrank(SUPER);
        uint16 province = registry.setItem(100, CODE, _version(1, 50, 0));
        uint16 city = registry.setItem(10_000, CODE, _version(1, 50, 0));
        VM.stopPrank();
        VM.assertEq(registry.linkItem(city), province);
    }
}
