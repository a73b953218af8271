// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {AttackTest} from "../attacks/Attack.sol";

/// @notice Refusals of the two ledgers that neither an attack nor plain bad input meets, with their values.
contract LedgerRefusalsTest is AttackTest {
    function _reverts(address sender, address target, bytes memory data, bytes memory error) private {
        VM.assertEq(_attempt(sender, target, data), error);
    }

    function test_committee_malformed() public {
        bytes memory error = abi.encodeWithSelector(IPaymentTypes.MalformedCommittee.selector);
        (address[] memory oracles, uint32[] memory sources) = _committee();
        address[] memory none = new address[](0);
        uint32[] memory noSources = new uint32[](0);
        address[] memory twice = new address[](3);
        (twice[0], twice[1], twice[2]) = (ORACLE_1, ORACLE_2, ORACLE_1);
        bytes[5] memory calls = [
            abi.encodeCall(payments.setCommittee, (none, noSources, 1)),
            abi.encodeCall(payments.setCommittee, (oracles, noSources, 1)),
            abi.encodeCall(payments.setCommittee, (oracles, sources, 0)),
            abi.encodeCall(payments.setCommittee, (oracles, sources, 4)),
            abi.encodeCall(payments.setCommittee, (twice, sources, 2))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _reverts(ADMIN, address(payments), calls[i], error);
        }
        (uint32 epoch,,,) = payments.committee();
        VM.assertEq(epoch, 1);
    }

    function test_terms_outOfBounds() public {
        bytes memory error = abi.encodeWithSelector(IReceiptTypes.TermsOutOfBounds.selector);
        IReceiptTypes.Terms[6] memory bad = [
            IReceiptTypes.Terms(4, 3, 2),
            IReceiptTypes.Terms(367, 3, 2),
            IReceiptTypes.Terms(30, 21, 2),
            IReceiptTypes.Terms(30, 20, 11),
            IReceiptTypes.Terms(30, 2, 2), // a month closed while receipts may still be dated into it
            IReceiptTypes.Terms(0, 0, 0)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            _reverts(ADMIN, address(receipts), abi.encodeCall(receipts.setTerms, (bad[i])), error);
        }
        VM.assertEq(receipts.terms().graceDays, 30);
    }

    function test_stamp_unknownStep() public {
        for (uint8 step = 0; step < 5; step += 4) {
            bytes memory error = abi.encodeWithSelector(IReceiptTypes.UnknownStep.selector, step);
            _reverts(NODE_32, address(receipts), abi.encodeCall(receipts.stamp, (step, 1, 0, 1)), error);
        }
    }

    function test_cancel_unknownNotice() public {
        _notify(1, 1);
        bytes32 typeHash = keccak256("Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, unitA, payRange, uint40(2), DEADLINE));
        bytes memory signature = _sign(KEY_A, address(payments), structHash);
        bytes memory data = abi.encodeCall(payments.cancel, (unitA, payRange, 2, DEADLINE, signature));
        bytes memory error = abi.encodeWithSelector(IPaymentTypes.UnknownNotice.selector, payRange, 2);
        _reverts(NODE_32, address(payments), data, error);
    }

    function test_resolve_unknownSuspense() public {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = "nothing";
        bytes memory data = abi.encodeCall(payments.resolve, (ids, IPaymentTypes.Resolution.Refund, 1));
        bytes memory error = abi.encodeWithSelector(IPaymentTypes.UnknownSuspense.selector, ids[0]);
        _reverts(SUPER, address(payments), data, error);
    }

    /// @dev A range of payment codes is for one kind, unless it was allotted for any.
    function test_issue_paymentOfAnotherKind() public {
        VM.startPrank(SUPER);
        uint32 pool = registry.openPool(IRegistry.RangeClass.Receipt, 132, 32_010_226, 1, 100);
        uint32 range = registry.allot(pool, unitA, 10, 102, IRegistry.ControlMode.ByCode, 1);
        VM.stopPrank();
        _notify(1, 1);
        _pay(1, 1);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 1);
        batch.range = range;
        _signIssue(KEY_A, batch, 1);
        bytes4 selector = IPaymentTypes.PaymentKindMismatch.selector;
        _refusedWith(batch, abi.encodeWithSelector(selector, payRange, KIND_CODE, 102));
    }

    /// @dev The ledger of receipts sends whole sequences; the ledger of payments does not take its word for it.
    function test_use_cutOffSequences() public {
        _notify(1, 1);
        bytes memory data = abi.encodeCall(payments.use, (unitA, payRange, KIND_CODE, hex"00000000010000"));
        bytes memory error = abi.encodeWithSelector(IPaymentTypes.MalformedSequences.selector, 7);
        _reverts(address(receipts), address(payments), data, error);
    }

    function test_issue_unitWithSuccessor() public {
        VM.prank(SUPER);
        registry.succeed(unitA, unitB);
        _refusedWith(
            _listBatch(KEY_B, unitA, listRange, 1, 1),
            abi.encodeWithSelector(IRegistry.UnitHasSuccessor.selector, unitA, unitB)
        );
    }

    /// @dev Terms are changed after a month was closed, so that its last days may be dated again.
    function test_issue_intoAClosedMonth() public {
        _issueList(1, 1);
        VM.warp(1_783_094_400); // 2026-07-04 00:00 in Beijing
        _writeOff(KIND_LIST, MONTH);
        VM.prank(ADMIN);
        receipts.setTerms(IReceiptTypes.Terms({graceDays: 30, startDays: 11, backDays: 10}));
        IReceiptTypes.IssueBatch memory batch = _listBatch(KEY_A, unitA, listRange, 2, 1);
        (batch.issueDay, batch.deadline) = (TODAY + 15, uint64(block.timestamp)); // 30 June
        _signIssue(KEY_A, batch, 2);
        _refusedWith(batch, abi.encodeWithSelector(IReceiptTypes.MonthClosed.selector, unitA, KIND_LIST, MONTH));
    }
}
