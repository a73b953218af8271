// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @notice What the ledger of receipts may do with payments, asked of the ledger of payments itself.
contract PaymentUseRulesTest is RefusalsTest {
    function _use(uint32 unit, uint32 range, uint16 kind, bytes memory sequences, bytes memory refusal)
        private
        returns (uint64 prefix, uint256[] memory lanes, bytes32[] memory linesHashes)
    {
        VM.prank(address(receipts));
        if (refusal.length != 0) VM.expectRevert(refusal);
        return payments.use(unit, range, kind, sequences);
    }

    function _endPayment(uint32 unit, uint32 range, uint128 code, bytes memory refusal) private {
        VM.prank(address(receipts));
        if (refusal.length != 0) VM.expectRevert(refusal);
        payments.endPayment(unit, range, code);
    }

    function test_use_answersWithWhatWasNoticed() public {
        IPaymentTypes.NoticeBatch memory batch =
            _noticeBatch(KEY_A, unitA, payRange, 1, bytes.concat(_lane(7, 0), _lane(5, item), _lane(9, 0)));
        bytes memory seven = bytes.concat(_lane(3, item), _lane(4, otherItem));
        bytes memory nine = bytes.concat(_lane(8, item), _lane(1, otherItem));
        batch.lines = bytes.concat(hex"02", seven, hex"02", nine);
        _signNotice(KEY_A, batch);
        _accepts(batch);
        bytes memory entries = bytes.concat(_entry(1, 7, TODAY, 1), _entry(2, 5, TODAY, 1), _entry(3, 9, TODAY, 1));
        _settle("paid", _group(payRange, entries));
        (uint64 prefix, uint256[] memory lanes, bytes32[] memory linesHashes) =
            _use(unitA, payRange, KIND_CODE, abi.encodePacked(uint40(3), uint40(2), uint40(1)), "");
        VM.assertEq(prefix, PAY_PREFIX);
        VM.assertEq(lanes.length, 3);
        VM.assertEq(lanes[0], 9 << 16);
        VM.assertEq(lanes[1], (5 << 16) | item);
        VM.assertEq(lanes[2], 7 << 16);
        VM.assertEq(linesHashes.length, 2);
        VM.assertEq(linesHashes[0], keccak256(nine));
        VM.assertEq(linesHashes[1], keccak256(seven));
        VM.assertEq(payments.totals().receipted, 21);
    }

    function test_use_acrossSlotsInAnyOrder() public {
        _notify(1, 300);
        _pay(1, 300);
        uint40[7] memory order = [uint40(300), 1, 129, 2, 128, 127, 256];
        bytes memory sequences;
        for (uint256 i = 0; i < 7; ++i) {
            sequences = bytes.concat(sequences, bytes5(order[i]));
        }
        (, uint256[] memory lanes, bytes32[] memory linesHashes) = _use(unitA, payRange, KIND_CODE, sequences, "");
        uint64 sum = 0;
        for (uint256 i = 0; i < 7; ++i) {
            VM.assertEq(lanes[i], ((9_999 + uint256(order[i])) << 16) | item);
            sum += 9_999 + order[i];
        }
        VM.assertEq(linesHashes.length, 0);
        VM.assertEq(payments.totals().receipted, sum);
        uint256 used = 0;
        for (uint40 sequence = 1; sequence <= 300; ++sequence) {
            if (payments.noticeOf(payRange, sequence).used) ++used;
            VM.assertTrue(payments.noticeOf(payRange, sequence).paid);
        }
        VM.assertEq(used, 7);
    }

    function test_use_nothing_changesNothing() public {
        _notify(1, 1);
        (, uint256[] memory lanes,) = _use(unitA, payRange, KIND_CODE, "", "");
        VM.assertEq(lanes.length, 0);
        VM.assertEq(payments.totals().receipted, 0);
    }

    function test_use_halfASequence_reverts() public {
        _notify(1, 1);
        _use(unitA, payRange, KIND_CODE, hex"00000000", _malformed(4));
        _use(unitA, payRange, KIND_CODE, hex"000000000102", _malformed(6));
    }

    function _malformed(uint256 length) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPaymentTypes.MalformedSequences.selector, length);
    }

    function test_use_kindOfTheRangeOrAny() public {
        _notify(1, 1);
        _pay(1, 1);
        _use(
            unitA,
            payRange,
            102,
            abi.encodePacked(uint40(1)),
            abi.encodeWithSelector(IPaymentTypes.PaymentKindMismatch.selector, payRange, KIND_CODE, 102)
        );
        VM.prank(SUPER);
        uint32 any = registry.allot(payPool, unitA, 10, 0, IRegistry.ControlMode.None, 2);
        uint40 first = registry.rangeOf(any).from;
        _accepts(_noticeBatch(KEY_A, unitA, any, first, _repeated(_lane(5, otherItem), 1)));
        _settle("any", _group(any, _entry(first, 5, TODAY, 1)));
        _use(unitA, any, 102, abi.encodePacked(first), "");
        VM.assertTrue(payments.noticeOf(any, first).used);
    }

    function test_use_eachReasonWhyNot() public {
        bytes memory second = abi.encodePacked(uint40(2));
        _notify(1, 3);
        _use(unitA, payRange, KIND_CODE, second, _error(IPaymentTypes.PaymentNotPaid.selector));
        _pay(1, 3);
        IReceiptTypes.IssueBatch memory batch = _codeBatch(1, 1, 3);
        _accepts(batch);
        _use(unitA, payRange, KIND_CODE, second, _error(IPaymentTypes.PaymentAlreadyUsed.selector));
        _reverse(_reverseAct(_opening(batch, 1, 2), codeRange, 4, 10_001));
        _use(unitA, payRange, KIND_CODE, second, _error(IPaymentTypes.PaymentHasEnded.selector));
    }

    function _error(bytes4 selector) private view returns (bytes memory) {
        return abi.encodeWithSelector(selector, payRange, 2);
    }

    function test_endPayment_onlyThatPaymentOfThatUnitAndOnlyWhileItIsUsed() public {
        _notify(1, 4);
        _pay(1, 3);
        _accepts(_codeBatch(1, 1, 2));
        _endPayment(
            unitB,
            payRange,
            _payCode(2),
            abi.encodeWithSelector(IPaymentTypes.NotYourPayment.selector, payRange, unitA, unitB)
        );
        uint128 foreign = _payCode(2) + 10_000_000_000; // the next prefix, the same sequence
        uint128[3] memory others = [foreign, _payCode(3), _payCode(4)]; // paid and not used; not paid
        for (uint256 i = 0; i < 3; ++i) {
            _endPayment(
                unitA,
                payRange,
                others[i],
                abi.encodeWithSelector(IPaymentTypes.NotThatPayment.selector, payRange, others[i])
            );
        }
        _endPayment(unitA, payRange, _payCode(2), "");
        _endPayment(
            unitA,
            payRange,
            _payCode(2),
            abi.encodeWithSelector(IPaymentTypes.NotThatPayment.selector, payRange, _payCode(2))
        );
        IPaymentTypes.Totals memory totals = IPaymentTypes.Totals(30_003, 10_000, 0, 10_001);
        VM.assertEq(abi.encode(payments.totals()), abi.encode(totals));
        VM.assertTrue(payments.noticeOf(payRange, 1).paid && payments.noticeOf(payRange, 1).used);
    }
}
