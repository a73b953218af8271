// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {IDeployed} from "../support/NetworkTest.sol";
import {AttackTest} from "./Attack.sol";

/// @dev Code that a thief would like to run on a ledger's storage.
contract Takeover {
    function proxiableUUID() external pure returns (bytes32) {
        return 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    }
}

/// @notice What a thief gets with a key of the network, and the error that stops the rest.
contract StolenKeysTest is AttackTest {
    /// @notice The node's key alone: a batch that no unit signed.
    function test_node_cannotIssueWithoutTheUnit() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_B, unitA, listRange, 1, 3);
        _refusedWith(batch, abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B)));
    }

    /// @notice The node changes the total after the unit signed.
    function test_node_cannotChangeAnAmount() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 3);
        batch.totalFen += 1;
        bytes memory data = abi.encodeCall(receipts.issue, (_one(batch)));
        _isWrongSigner(_attempt(NODE_32, address(receipts), data), VM.addr(KEY_A));
    }

    /// @notice Node and unit together: a receipt for a code that nobody has paid.
    function test_nodeAndUnit_cannotReceiptAnUnpaidCode() public {
        _notify(1, 3);
        _pay(1, 2);
        _refusedWith(_codeBatch(1, 1, 3), abi.encodeWithSelector(IPaymentTypes.PaymentNotPaid.selector, payRange, 3));
    }

    /// @notice Node and unit together: more on the receipt than was paid.
    function test_nodeAndUnit_cannotRaiseTheAmount() public {
        _notify(1, 2);
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        batch.totalFen += 1;
        _signIssue(KEY_A, batch, 1);
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.TotalMismatch.selector, 20_001, 20_002));
    }

    /// @notice Node and unit together: leaves that say something else than the notices.
    function test_nodeAndUnit_cannotSignAnotherRoot() public {
        _notify(1, 2);
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        bytes32 honest = batch.unitRoot;
        batch.unitRoot = keccak256("forged");
        _signIssue(KEY_A, batch, 1);
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.UnitRootMismatch.selector, honest, batch.unitRoot));
    }

    /// @notice One payment, two receipts: in one batch, and in a later one.
    function test_nodeAndUnit_cannotUseAPaymentTwice() public {
        _notify(1, 2);
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        batch.paymentSequences = abi.encodePacked(uint40(1), uint40(1));
        bytes memory error = abi.encodeWithSelector(IPaymentTypes.PaymentAlreadyUsed.selector, payRange, 1);
        _refusedWith(batch, error);
        _send(_codeBatch(1, 1, 2));
        _refusedWith(_codeBatch(3, 1, 2), error);
    }

    /// @notice Another unit's payment, of the same code and amount within its own range.
    function test_unit_cannotUseAnothersPayment() public {
        _notify(1, 1);
        _pay(1, 1);
        _sendNotice(_noticeBatch(KEY_B, unitB, payRangeB, 100_001, _lanes(1)));
        _settle("payment of B", _group(payRangeB, _entry(100_001, 10_000, TODAY, 7)));
        VM.assertTrue(payments.noticeOf(payRangeB, 100_001).paid);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 1);
        batch.paymentRange = payRangeB;
        batch.paymentSequences = abi.encodePacked(uint40(100_001));
        _refusedWith(batch, abi.encodeWithSelector(IPaymentTypes.NotYourPayment.selector, payRangeB, unitB, unitA));
        VM.assertFalse(payments.noticeOf(payRangeB, 100_001).used);
    }

    /// @notice Another unit's numbers, signed by oneself.
    function test_unit_cannotIssueFromAnothersRange() public {
        _refusedWith(
            _listBatch(KEY_A, unitA, listRangeB, 100_001, 1),
            abi.encodeWithSelector(IRegistry.NotYourRange.selector, listRangeB, unitB, unitA)
        );
    }

    /// @notice A node of another region.
    function test_foreignNode_cannotRelayForTheArea() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 3);
        _refusedFrom(NODE_33, batch, abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 1_320_999));
    }

    /// @notice A supervisor's key outside its area: units, numbers and items of region 33.
    function test_supervisor_hasNoPowerOutsideItsArea() public {
        bytes memory refusal = abi.encodeWithSelector(IActErrors.NotYourArea.selector, 132, 1_330_100);
        VM.startPrank(SUPER);
        VM.expectRevert(refusal);
        registry.restrict(unitC, 1);
        VM.expectRevert(refusal);
        registry.scheduleSigner(unitC, STRANGER, 0);
        VM.expectRevert(refusal);
        registry.registerUnit("new", 1_330_100, STRANGER, 0);
        VM.expectRevert(refusal);
        registry.allot(listPool, unitC, 1, KIND_LIST, IRegistry.ControlMode.ByList, 1);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.PrefixNotInArea.selector, 33_060_126, 132));
        registry.openPool(IRegistry.RangeClass.Receipt, 132, 33_060_126, 1, 10);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 132, 133));
        registry.setItem(133, "060101", _version(1, 2, 0));
        VM.stopPrank();
    }

    /// @notice A supervisor's key inside its area: it cannot issue, nor take a unit's key at once.
    function test_supervisor_cannotSpeakForAUnitAtOnce() public {
        IReceiptTypes.IssueBatch[] memory batches = _one(_listBatch(KEY_A, unitA, listRange, 1, 1));
        VM.startPrank(SUPER);
        registry.scheduleSigner(unitA, VM.addr(KEY_C), 0);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.SignerDelayRunning.selector, unitA, uint40(NOW + 3 days)));
        registry.executeSigner(unitA);
        VM.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, SUPER));
        receipts.issue(batches);
        VM.stopPrank();
        // The unit sees the announcement and drops it.
        VM.prank(VM.addr(KEY_A));
        registry.cancelSigner(unitA);
        VM.warp(NOW + 4 days);
        VM.prank(SUPER);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.SignerNotScheduled.selector, unitA));
        registry.executeSigner(unitA);
    }

    /// @notice A supervisor's key inside its area: none of the acts that need two is done by it alone, twice.
    function test_supervisor_cannotDecideAlone() public {
        _issueCode(1, 1, 1);
        IReceiptTypes.Totals memory totals;
        IPaymentTypes.NoticeBatch memory none;
        bytes[3] memory acts = [
            abi.encodeCall(receipts.allowReversal, (unitA, codeRange, 1, 1)),
            abi.encodeCall(receipts.extend, (unitA, KIND_CODE, uint40(NOW + 1 days), 1)),
            abi.encodeCall(payments.refundReversed, (payRange, 1, 10_000, none))
        ];
        bytes memory error = abi.encodeWithSelector(IActErrors.SameMakerAndChecker.selector, SUPER);
        for (uint256 i = 0; i < acts.length; ++i) {
            address target = i == 2 ? address(payments) : address(receipts);
            VM.assertEq(_attempt(SUPER, target, acts[i]), "");
            VM.assertEq(_attempt(SUPER, target, acts[i]), error);
        }
        VM.warp(NOW + 30 days);
        bytes memory close = abi.encodeCall(receipts.closeWithDifference, (unitA, KIND_CODE, MONTH, totals, 1));
        VM.assertEq(_attempt(SUPER, address(receipts), close), "");
        VM.assertEq(_attempt(SUPER, address(receipts), close), error);
        (, bool closed) = receipts.periodOf(unitA, KIND_CODE, MONTH);
        VM.assertFalse(closed);
    }

    /// @notice A supervisor's key inside its area invents a unit and issues for it: its numbers are its own, and for
    /// a receipt by code it would still need a payment.
    function test_supervisor_inventedUnitCannotTakePayments() public {
        _notify(1, 1);
        _pay(1, 1);
        VM.startPrank(SUPER);
        uint32 invented = registry.registerUnit("invented", 1_320_999, VM.addr(KEY_C), 0);
        uint32 range = registry.allot(codePool, invented, 10, KIND_CODE, IRegistry.ControlMode.ByCode, 1);
        VM.stopPrank();
        IReceiptTypes.IssueBatch memory batch = _codeBatch(registry.rangeOf(range).from, 1, 1);
        (batch.unit, batch.range) = (invented, range);
        batch.unitRoot = _rootOf(_codeLeaves(batch));
        _signIssue(KEY_C, batch, 1);
        _refusedWith(batch, abi.encodeWithSelector(IPaymentTypes.NotYourPayment.selector, payRange, unitA, invented));
    }

    /// @notice One supervisor alone moves no money.
    function test_supervisor_cannotRefundAlone() public {
        _notify(1, 1);
        _settle("under", _group(payRange, _entry(1, 5, TODAY, 1)));
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = payments.suspenseIdOf(payRange, 1, bytes8(uint64(1)));
        VM.startPrank(SUPER);
        payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.SameMakerAndChecker.selector, SUPER));
        payments.resolve(ids, IPaymentTypes.Resolution.Refund, 1);
    }

    /// @notice The code itself: only the administrator changes it, of each of the three contracts.
    function test_nobodyElse_canUpgrade() public {
        address[3] memory targets = [address(registry), address(payments), address(receipts)];
        address[5] memory thieves = [SUPER, NODE_32, ORACLE_1, VM.addr(KEY_A), STRANGER];
        address code = address(new Takeover());
        for (uint256 i = 0; i < thieves.length; ++i) {
            for (uint256 j = 0; j < targets.length; ++j) {
                VM.prank(thieves[i]);
                VM.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, thieves[i]));
                IDeployed(targets[j]).upgradeToAndCall(code, "");
            }
        }
    }

    /// @notice The code behind a proxy, called by itself: it is no proxy, and belongs to nobody.
    function test_implementation_cannotBeTakenOver() public {
        address[3] memory codes = [
            _create("Registry", abi.encode(payments, receipts)),
            _create("PaymentLedger", abi.encode(registry, receipts)),
            _create("ReceiptLedger", abi.encode(registry, payments))
        ];
        address code = address(new Takeover());
        for (uint256 i = 0; i < codes.length; ++i) {
            VM.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
            IDeployed(codes[i]).initialize(STRANGER);
            VM.prank(ADMIN);
            VM.expectRevert(abi.encodeWithSelector(UUPSUpgradeable.UUPSUnauthorizedCallContext.selector));
            IDeployed(codes[i]).upgradeToAndCall(code, "");
        }
    }

    /// @notice Whoever deploys after the network: a proxy is bound to its manager once.
    function test_proxy_cannotBeBoundToAnotherManager() public {
        address[3] memory targets = [address(registry), address(payments), address(receipts)];
        for (uint256 i = 0; i < targets.length; ++i) {
            VM.prank(ADMIN);
            VM.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
            IDeployed(targets[i]).initialize(STRANGER);
        }
    }

    /// @notice An upgrade keeps what was written.
    function test_upgrade_keepsEveryState() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 5);
        _book(_bookAct(_opening(batch, 1, 2), VM.addr(BOOKER_KEY), 0, 7));
        address code = _create("ReceiptLedger", abi.encode(registry, payments));
        VM.prank(ADMIN);
        IDeployed(address(receipts)).upgradeToAndCall(code, "");
        receipts.openLeaf(_opening(batch, 1, 3));
        VM.assertEq(receipts.shareOf(listRange, 2, VM.addr(BOOKER_KEY)), 7);
        (IReceiptTypes.Totals memory totals,) = receipts.periodOf(unitA, KIND_LIST, MONTH);
        VM.assertEq(totals.issued, 5);
    }
}
