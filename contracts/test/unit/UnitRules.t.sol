// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice Each rule of units, their keys and the areas of accounts.
contract UnitRulesTest is RefusalsTest {
    bytes32 private constant DIGEST = keccak256("12320900E00000009X");
    uint32 private constant NOBODY = 99;

    // --- areas of accounts

    function test_setArea_saysSo_andTakesItAway() public {
        uint32[4] memory areas = [uint32(13_209), 1_320_999, 132, 0];
        for (uint256 i = 0; i < 4; ++i) {
            VM.expectEmit(address(registry));
            emit IRegistry.AreaSet(STRANGER, areas[i]);
            VM.prank(ADMIN);
            registry.setArea(STRANGER, areas[i]);
            VM.assertEq(registry.areaOf(STRANGER), areas[i]);
        }
    }

    function test_setArea_noAreaOrNobody_reverts() public {
        VM.startPrank(ADMIN);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedArea.selector, 99));
        registry.setArea(STRANGER, 99);
        VM.expectRevert(IActErrors.ZeroAddress.selector);
        registry.setArea(address(0), 132);
        VM.stopPrank();
    }

    // --- units

    function test_registerUnit_saysAndKeepsEverything() public {
        VM.expectEmit(address(registry));
        emit IRegistry.UnitRegistered(unitC + 1, DIGEST, 1_320_998, STRANGER, "cert");
        VM.prank(SUPER);
        uint32 unit = registry.registerUnit(DIGEST, 1_320_998, STRANGER, "cert");
        IRegistry.Unit memory expected = IRegistry.Unit({
            signer: STRANGER,
            area: 1_320_998,
            restrictedAt: 0,
            restrictionReason: 0,
            successor: 0,
            creditCodeDigest: DIGEST,
            certificateDigest: "cert"
        });
        VM.assertEq(abi.encode(registry.unitOf(unit)), abi.encode(expected));
        VM.assertEq(registry.unitIdOf(DIGEST), unit);
    }

    function test_registerUnit_inADistrictAndWithAKey() public {
        VM.startPrank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.MalformedArea.selector, 13_209));
        registry.registerUnit(DIGEST, 13_209, STRANGER, "cert");
        VM.expectRevert(IActErrors.ZeroAddress.selector);
        registry.registerUnit(DIGEST, 1_320_998, address(0), "cert");
        VM.stopPrank();
    }

    function test_unknownUnit_isNamedEverywhere() public {
        bytes memory refusal = abi.encodeWithSelector(IActErrors.UnknownUnit.selector, NOBODY);
        VM.expectRevert(refusal);
        registry.unitOf(NOBODY);
        VM.expectRevert(refusal);
        registry.signerOf(NOBODY);
        VM.expectRevert(refusal);
        registry.authorize(NODE_32, NOBODY);
        VM.startPrank(SUPER);
        VM.expectRevert(refusal);
        registry.restrict(NOBODY, 1);
        VM.expectRevert(refusal);
        registry.succeed(unitA, NOBODY);
        VM.expectRevert(refusal);
        registry.permitUnit(item, NOBODY, true);
        VM.stopPrank();
    }

    function test_authorize_onlyAccountsOfTheArea() public {
        VM.assertEq(registry.authorize(NODE_32, unitA), VM.addr(KEY_A));
        VM.expectRevert(_foreignArea());
        registry.authorize(NODE_33, unitA);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 0, 1_320_999));
        registry.authorize(STRANGER, unitA);
    }

    /// @notice A supervisor of region 33 touches no unit of region 32.
    function test_units_bySupervisorOfAnotherArea_revert() public {
        _schedule(STRANGER);
        VM.prank(SUPER);
        registry.restrict(unitB, 1);
        VM.warp(NOW + 4 days);
        VM.startPrank(SUPER_33);
        VM.expectRevert(_foreignArea());
        registry.scheduleSigner(unitA, STRANGER, "cert");
        VM.expectRevert(_foreignArea());
        registry.executeSigner(unitA);
        VM.expectRevert(_foreignArea());
        registry.cancelSigner(unitA);
        VM.expectRevert(_foreignArea());
        registry.restrict(unitA, 1);
        VM.expectRevert(_foreignArea());
        registry.lift(unitB);
        VM.expectRevert(_foreignArea());
        registry.succeed(unitA, unitC);
        VM.expectRevert(_foreignArea());
        registry.succeed(unitC, unitA);
        VM.stopPrank();
    }

    // --- restriction

    function test_restrict_andLift_sayAndKeepIt() public {
        VM.startPrank(SUPER);
        VM.expectEmit(address(registry));
        emit IRegistry.UnitRestricted(unitA, 4);
        registry.restrict(unitA, 4);
        VM.assertEq(registry.unitOf(unitA).restrictedAt, NOW);
        VM.assertEq(registry.unitOf(unitA).restrictionReason, 4);
        VM.expectEmit(address(registry));
        emit IRegistry.UnitLifted(unitA);
        registry.lift(unitA);
        VM.assertEq(registry.unitOf(unitA).restrictedAt, 0);
        VM.assertEq(registry.unitOf(unitA).restrictionReason, 0);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.UnitNotRestricted.selector, unitA));
        registry.lift(unitA);
        VM.expectRevert(IRegistry.ReasonMissing.selector);
        registry.restrict(unitA, 0);
        VM.stopPrank();
    }

    // --- succession

    function test_succeed_saysSoAndBindsTheSuccessor() public {
        VM.expectEmit(address(registry));
        emit IRegistry.UnitSucceeded(unitA, unitB);
        VM.prank(SUPER);
        registry.succeed(unitA, unitB);
        VM.assertEq(registry.unitOf(unitA).successor, unitB);
        VM.assertEq(registry.authorize(NODE_32, unitA), VM.addr(KEY_B));
    }

    function test_succeed_onceAndByAnotherUnit() public {
        VM.startPrank(SUPER);
        uint32 third = registry.registerUnit(DIGEST, 1_320_999, STRANGER, "cert");
        VM.expectRevert(abi.encodeWithSelector(IRegistry.SuccessorNotAllowed.selector, unitA, unitA));
        registry.succeed(unitA, unitA);
        registry.succeed(unitA, unitB);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.UnitHasSuccessor.selector, unitA, unitB));
        registry.succeed(unitA, third);
        // A chain is followed to its end.
        registry.succeed(unitB, third);
        VM.stopPrank();
        VM.assertEq(registry.signerOf(unitA), STRANGER);
    }

    // --- keys

    function _schedule(address signer) private {
        VM.prank(SUPER);
        registry.scheduleSigner(unitA, signer, "new cert");
    }

    function _rotate(address newSigner, uint64 nonce, bytes memory refusal) private {
        bytes32 typeHash = keccak256(
            "RotateSigner(uint32 unit,address newSigner,bytes32 certificateDigest,uint64 nonce,uint64 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, unitA, newSigner, bytes32("new cert"), nonce, DEADLINE));
        bytes memory signature = _sign(KEY_A, address(registry), structHash);
        if (refusal.length != 0) VM.expectRevert(refusal);
        registry.rotateSigner(unitA, newSigner, "new cert", DEADLINE, signature);
    }

    function test_rotateSigner_saysAndKeepsKeyAndCertificate() public {
        VM.expectEmit(address(registry));
        emit IRegistry.SignerRotated(unitA, VM.addr(KEY_A), STRANGER, "new cert", 1);
        _rotate(STRANGER, 0, "");
        VM.assertEq(registry.unitOf(unitA).certificateDigest, "new cert");
        VM.assertEq(registry.signerOf(unitA), STRANGER);
    }

    function test_rotateSigner_toNobody_reverts() public {
        _rotate(address(0), 0, abi.encodeWithSelector(IActErrors.ZeroAddress.selector));
    }

    function test_rotateSigner_dropsAnAnnouncedKey() public {
        _schedule(STRANGER);
        _rotate(VM.addr(KEY_C), 0, "");
        (address announced,,) = registry.scheduledSignerOf(unitA);
        VM.assertEq(announced, address(0));
        VM.warp(NOW + 4 days);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.SignerNotScheduled.selector, unitA));
        registry.executeSigner(unitA);
    }

    function test_scheduleSigner_saysAndKeepsIt() public {
        VM.expectEmit(address(registry));
        emit IRegistry.SignerScheduled(unitA, STRANGER, "new cert", uint40(NOW + 3 days));
        _schedule(STRANGER);
        (address announced, bytes32 certificate, uint40 at) = registry.scheduledSignerOf(unitA);
        VM.assertEq(announced, STRANGER);
        VM.assertEq(certificate, "new cert");
        VM.assertEq(at, NOW + 3 days);
        VM.prank(SUPER);
        VM.expectRevert(IActErrors.ZeroAddress.selector);
        registry.scheduleSigner(unitA, address(0), "new cert");
    }

    function test_cancelSigner_byTheUnitOrASupervisor() public {
        address[2] memory callers = [VM.addr(KEY_A), CHECKER];
        for (uint256 i = 0; i < 2; ++i) {
            _schedule(STRANGER);
            VM.expectEmit(address(registry));
            emit IRegistry.SignerScheduleCancelled(unitA);
            VM.prank(callers[i]);
            registry.cancelSigner(unitA);
            (address announced,, uint40 at) = registry.scheduledSignerOf(unitA);
            VM.assertEq(announced, address(0));
            VM.assertEq(at, 0);
            VM.prank(callers[i]);
            VM.expectRevert(abi.encodeWithSelector(IRegistry.SignerNotScheduled.selector, unitA));
            registry.cancelSigner(unitA);
        }
    }
}
