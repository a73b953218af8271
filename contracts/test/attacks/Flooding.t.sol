// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {BoundedCall} from "../../src/libraries/BoundedCall.sol";
import {Cheats} from "../support/Cheats.sol";
import {AttackTest} from "./Attack.sol";

/// @dev Answers a call with a megabyte of error, or never.
contract Flood {
    function flood() external pure {
        bytes memory error = new bytes(1 << 20);
        assembly ("memory-safe") {
            revert(add(error, 32), mload(error))
        }
    }

    function burn() external pure {
        while (true) {}
    }
}

/// @dev Stands in the place of the registry's proxy, on its storage: it answers for one unit as a broken or hostile
/// contract would, and runs the registry's own code for everybody else.
contract HostileRegistry {
    bytes32 private constant IMPLEMENTATION = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    uint256 private immutable UNIT;
    uint256 private immutable ERROR_BYTES; // 0: never answers

    constructor(uint32 unit, uint256 errorBytes) {
        UNIT = unit;
        ERROR_BYTES = errorBytes;
    }

    fallback() external {
        // consume(account, unit, ...): the unit is the second argument.
        if (msg.sig == IRegistry.consume.selector && uint256(bytes32(msg.data[36:68])) == UNIT) {
            while (ERROR_BYTES == 0) {}
            bytes memory error = new bytes(ERROR_BYTES);
            assembly ("memory-safe") {
                revert(add(error, 32), mload(error))
            }
        }
        assembly {
            calldatacopy(0, 0, calldatasize())
            let success := delegatecall(gas(), sload(IMPLEMENTATION), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(success) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }
}

/// @notice One batch that burns all gas or answers with a megabyte, to take the others of the call down with it.
contract FloodingAttackTest is AttackTest {
    // What a batch of three may cost when one of them burns all it is given.
    uint256 private constant CALL_GAS = 3_000_000;

    function _makeHostile(uint256 errorBytes) private {
        VM.etch(address(registry), address(new HostileRegistry(unitB, errorBytes)).code);
    }

    /// @dev Batches of A, B and A again; B's meets the hostile contract.
    function _issueThree() private returns (Cheats.Log[] memory logs) {
        IReceiptTypes.IssueBatch[] memory batches = new IReceiptTypes.IssueBatch[](3);
        batches[0] = _listBatch(KEY_A, unitA, listRange, 1, 2);
        batches[1] = _listBatch(KEY_B, unitB, listRangeB, 100_001, 2);
        batches[2] = _listBatch(KEY_A, unitA, listRange, 3, 2);
        VM.recordLogs();
        VM.prank(NODE_32);
        receipts.issue{gas: CALL_GAS}(batches);
        logs = VM.getRecordedLogs();
        VM.assertEq(_filter(logs, IReceiptTypes.BatchIssued.selector).length, 2);
        VM.assertEq(registry.rangeOf(listRange).next, 5);
    }

    function _noticeThree() private returns (Cheats.Log[] memory logs) {
        IPaymentTypes.NoticeBatch[] memory batches = new IPaymentTypes.NoticeBatch[](3);
        batches[0] = _noticeBatch(KEY_A, unitA, payRange, 1, _lanes(2));
        batches[1] = _noticeBatch(KEY_B, unitB, payRangeB, 100_001, _lanes(2));
        batches[2] = _noticeBatch(KEY_A, unitA, payRange, 3, _lanes(2));
        VM.recordLogs();
        VM.prank(NODE_32);
        payments.notice{gas: CALL_GAS}(batches);
        logs = VM.getRecordedLogs();
        VM.assertEq(_filter(logs, IPaymentTypes.NoticeRegistered.selector).length, 2);
        VM.assertTrue(payments.noticeOf(payRange, 4).noticed);
    }

    /// @dev The one refusal names unit B, place 1 and this many bytes of error.
    function _checkRefused(Cheats.Log[] memory logs, bytes32 topic, uint32 range, uint256 errorBytes) private view {
        Cheats.Log[] memory refused = _filter(logs, topic);
        VM.assertEq(refused.length, 1);
        (uint40 first, uint16 position, bytes memory error) = abi.decode(refused[0].data, (uint40, uint16, bytes));
        VM.assertEq(uint256(refused[0].topics[1]), unitB);
        VM.assertEq(uint256(refused[0].topics[2]), range);
        VM.assertEq(first, 100_001);
        VM.assertEq(position, 1);
        VM.assertEq(error.length, errorBytes, "bytes of error");
    }

    /// @notice A batch of receipts that burns whatever it is given: only its own share burns, the others are issued.
    function test_batch_burnsAllGas() public {
        _makeHostile(0);
        _checkRefused(_issueThree(), IReceiptTypes.BatchRefused.selector, listRangeB, 0);
    }

    /// @notice A batch of receipts that answers with sixteen kilobytes: 256 bytes of it are kept.
    function test_batch_longError() public {
        _makeHostile(16_384);
        _checkRefused(_issueThree(), IReceiptTypes.BatchRefused.selector, listRangeB, 256);
    }

    /// @notice A megabyte costs more to build than a batch may burn: it ends like the batch that burns all gas.
    function test_batch_megabyteOfError() public {
        _makeHostile(1 << 20);
        _checkRefused(_issueThree(), IReceiptTypes.BatchRefused.selector, listRangeB, 0);
    }

    /// @notice A batch of notices that burns whatever it is given.
    function test_notice_burnsAllGas() public {
        _makeHostile(0);
        _checkRefused(_noticeThree(), IPaymentTypes.NoticeRefused.selector, payRangeB, 0);
    }

    /// @notice A batch of notices that answers with a megabyte.
    function test_notice_megabyteOfError() public {
        _makeHostile(1 << 20);
        _checkRefused(_noticeThree(), IPaymentTypes.NoticeRefused.selector, payRangeB, 0);
    }

    /// @notice A booking whose path has five thousand nodes, to burn the gas of the others.
    function test_booking_burnsAllGas() public {
        IReceiptTypes.IssueBatch memory batch = _issueList(1, 3);
        IReceiptTypes.BookAct[] memory acts = new IReceiptTypes.BookAct[](3);
        for (uint40 i = 0; i < 3; ++i) {
            acts[i] = _bookAct(_opening(batch, 1, i + 1), VM.addr(BOOKER_KEY), 0, WHOLE);
        }
        acts[1].receipt.unitPath = new bytes32[](5000);
        VM.recordLogs();
        VM.prank(NODE_32);
        receipts.bookMany{gas: 12_000_000}(acts);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        VM.assertEq(_filter(logs, IReceiptTypes.Booked.selector).length, 2);
        Cheats.Log[] memory refused = _filter(logs, IReceiptTypes.BookingRefused.selector);
        VM.assertEq(refused.length, 1);
        (uint16 position, bytes memory error) = abi.decode(refused[0].data, (uint16, bytes));
        VM.assertEq(position, 1);
        VM.assertLe(error.length, 4, "out of gas has no values"); // at most FailedCall, of the call between the halves
        VM.assertEq(receipts.shareOf(listRange, 2, VM.addr(BOOKER_KEY)), 0);
        VM.assertEq(receipts.shareOf(listRange, 3, VM.addr(BOOKER_KEY)), WHOLE);
    }

    /// @notice The call itself that every batch goes through: of a megabyte 256 bytes are copied, and of a callee that
    /// never ends no more is burnt than its cap.
    function test_boundedCall_boundsGasAndMemory() public {
        address flood = address(new Flood());
        uint256 before = gasleft();
        (bool success, bytes memory error) = BoundedCall.call(flood, 10_000_000, abi.encodeCall(Flood.flood, ()));
        VM.assertFalse(success);
        VM.assertEq(error, new bytes(256));
        VM.assertLe(before - gasleft(), 2_500_000); // what the callee's own memory costs
        before = gasleft();
        (success, error) = BoundedCall.call(flood, 100_000, abi.encodeCall(Flood.burn, ()));
        VM.assertFalse(success);
        VM.assertEq(error.length, 0);
        VM.assertLe(before - gasleft(), 110_000);
    }

    /// @notice A relayer gives too little gas, so that an honest batch would look refused: nothing happens at all.
    function test_relayer_cannotStarveABatch() public {
        bytes memory data = abi.encodeCall(receipts.issue, (_one(_listBatch(KEY_A, unitA, listRange, 1, 3))));
        _starved(address(receipts), data);
        data = abi.encodeCall(payments.notice, (_one(_noticeBatch(KEY_A, unitA, payRange, 1, _lanes(3)))));
        _starved(address(payments), data);
    }

    function _starved(address target, bytes memory data) private {
        VM.prank(NODE_32);
        (bool success, bytes memory error) = target.call{gas: 300_000}(data);
        VM.assertFalse(success);
        VM.assertEq(bytes32(bytes4(error)), bytes32(IActErrors.InsufficientGas.selector));
        (uint256 needed, uint256 left) = abi.decode(_withoutSelector(error), (uint256, uint256));
        VM.assertGt(needed, left);
        VM.assertLe(left, 300_000);
        VM.prank(NODE_32);
        (success,) = target.call{gas: 2 * needed}(data);
        VM.assertTrue(success);
    }
}
