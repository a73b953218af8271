// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {IDeployed} from "../support/NetworkTest.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice What a thief gets with a key of the network, and the error that stops the rest.
contract StolenKeysTest is ReceiptActsTest {
    /// @dev The refusal of a batch is in an event: the other batches of the call stand.
    function _refusedWith(IReceiptTypes.IssueBatch memory batch, bytes4 selector) private {
        uint64 before = receipts.lastRootId();
        VM.recordLogs();
        _send(batch);
        bytes memory error = abi.decode(_batchRefusal(), (bytes));
        VM.assertEq(receipts.lastRootId(), before);
        VM.assertEq(bytes32(bytes4(error)), bytes32(selector));
    }

    function _batchRefusal() private returns (bytes memory) {
        (,, bytes memory error) =
            abi.decode(_logsOf(IReceiptTypes.BatchRefused.selector)[0].data, (uint40, uint16, bytes));
        return abi.encode(error);
    }

    /// @notice The node's key alone: a batch that no unit signed.
    function test_node_cannotIssueWithoutTheUnit() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_B, unitA, listRange, 1, 3);
        _refusedWith(batch, IActErrors.WrongSigner.selector);
    }

    /// @notice The node changes the total after the unit signed.
    function test_node_cannotChangeAnAmount() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 3);
        batch.totalFen += 1;
        _refusedWith(batch, IActErrors.WrongSigner.selector);
    }

    /// @notice Node and unit together: a receipt for a code that nobody has paid.
    function test_nodeAndUnit_cannotReceiptAnUnpaidCode() public {
        _notify(1, 3);
        _pay(1, 2);
        _refusedWith(_codeBatch(1, 1, 3), IPaymentTypes.PaymentNotPaid.selector);
    }

    /// @notice Node and unit together: more on the receipt than was paid.
    function test_nodeAndUnit_cannotRaiseTheAmount() public {
        _notify(1, 2);
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        batch.totalFen += 1;
        _signIssue(KEY_A, batch, 1);
        _refusedWith(batch, IReceiptTypes.TotalMismatch.selector);
    }

    /// @notice Node and unit together: leaves that say something else than the notices.
    function test_nodeAndUnit_cannotSignAnotherRoot() public {
        _notify(1, 2);
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        batch.unitRoot = keccak256("forged");
        _signIssue(KEY_A, batch, 1);
        _refusedWith(batch, IReceiptTypes.UnitRootMismatch.selector);
    }

    /// @notice One payment, two receipts: in one batch, and in a later one.
    function test_nodeAndUnit_cannotUseAPaymentTwice() public {
        _notify(1, 2);
        _pay(1, 2);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 2);
        batch.paymentSequences = abi.encodePacked(uint40(1), uint40(1));
        _refusedWith(batch, IPaymentTypes.PaymentAlreadyUsed.selector);
        _send(_codeBatch(1, 1, 2));
        _refusedWith(_codeBatch(3, 1, 2), IPaymentTypes.PaymentAlreadyUsed.selector);
    }

    /// @notice Another unit's payment.
    function test_unit_cannotUseAnothersPayment() public {
        _notify(1, 1);
        _pay(1, 1);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 1);
        batch.paymentRange = payRangeB;
        _refusedWith(batch, IPaymentTypes.NotYourPayment.selector);
    }

    /// @notice Another unit's numbers, signed by oneself.
    function test_unit_cannotIssueFromAnothersRange() public {
        _refusedWith(_listBatch(KEY_A, unitA, listRangeB, 100_001, 1), IRegistry.NotYourRange.selector);
    }

    /// @notice A node of another region.
    function test_foreignNode_cannotRelayForTheArea() public {
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 1, 3);
        VM.recordLogs();
        VM.prank(NODE_33);
        receipts.issue(_one(batch));
        bytes memory error = abi.decode(_batchRefusal(), (bytes));
        VM.assertEq(bytes32(bytes4(error)), bytes32(IActErrors.NotYourArea.selector));
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

    /// @notice The code itself: only the administrator changes it.
    function test_nobodyElse_canUpgrade() public {
        address code = _create("ReceiptLedger", abi.encode(registry, payments));
        address[4] memory thieves = [SUPER, NODE_32, ORACLE_1, STRANGER];
        for (uint256 i = 0; i < thieves.length; ++i) {
            VM.prank(thieves[i]);
            VM.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, thieves[i]));
            IDeployed(address(receipts)).upgradeToAndCall(code, "");
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
