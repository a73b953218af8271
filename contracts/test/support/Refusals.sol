// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {Cheats} from "./Cheats.sol";
import {ReceiptActsTest} from "./ReceiptActs.sol";

/// @notice What a batch was refused with, and what only a supervisor of the area may do.
abstract contract RefusalsTest is ReceiptActsTest {
    /// @dev What the area check says to a supervisor of region 33 about a unit of 320999.
    function _foreignArea() internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IActErrors.NotYourArea.selector, 133, 1_320_999);
    }

    /// @dev Sends a batch of notices that must be registered, and not be called refused.
    function _accepts(IPaymentTypes.NoticeBatch memory batch) internal {
        VM.recordLogs();
        _sendNotice(batch);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        VM.assertEq(_filter(logs, IPaymentTypes.NoticeRefused.selector).length, 0, "refused");
        VM.assertEq(_filter(logs, IPaymentTypes.NoticeRegistered.selector).length, 1, "not registered");
    }

    /// @dev Sends a batch of notices that must be refused with exactly this error.
    function _refuses(IPaymentTypes.NoticeBatch memory batch, bytes memory expected) internal {
        VM.recordLogs();
        _sendNotice(batch);
        Cheats.Log[] memory logs = _logsOf(IPaymentTypes.NoticeRefused.selector);
        VM.assertEq(logs.length, 1, "not refused");
        (,, bytes memory error) = abi.decode(logs[0].data, (uint40, uint16, bytes));
        VM.assertEq(error, expected);
    }

    /// @dev Sends a batch of receipts that must be issued, and not be called refused.
    function _accepts(IReceiptTypes.IssueBatch memory batch) internal {
        VM.recordLogs();
        _send(batch);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        VM.assertEq(_filter(logs, IReceiptTypes.BatchRefused.selector).length, 0, "refused");
        VM.assertEq(_filter(logs, IReceiptTypes.BatchIssued.selector).length, 1, "not issued");
    }

    /// @dev Sends a batch of receipts that must be refused with exactly this error.
    function _refuses(IReceiptTypes.IssueBatch memory batch, bytes memory expected) internal {
        VM.recordLogs();
        _send(batch);
        Cheats.Log[] memory logs = _logsOf(IReceiptTypes.BatchRefused.selector);
        VM.assertEq(logs.length, 1, "not refused");
        (,, bytes memory error) = abi.decode(logs[0].data, (uint40, uint16, bytes));
        VM.assertEq(error, expected);
    }

    /// @dev Gas that a call says it needs, when it is given too little.
    /// @param gasGiven Enough to come to the check, not enough to pass it
    function _neededFor(address target, bytes memory input, uint256 gasGiven) internal returns (uint256 needed) {
        VM.prank(NODE_32);
        (bool success, bytes memory error) = target.call{gas: gasGiven}(input);
        VM.assertFalse(success, "gas sufficed");
        VM.assertEq(bytes32(bytes4(error)), bytes32(IActErrors.InsufficientGas.selector));
        assembly ("memory-safe") {
            needed := mload(add(error, 36))
        }
    }

    /// @dev The first error that a call says, given ever more gas.
    function _firstSaid(address target, bytes memory input, uint256 given) internal returns (bytes4) {
        bytes memory error;
        for (; error.length == 0; given += 300_000) {
            VM.prank(NODE_32);
            bool success;
            (success, error) = target.call{gas: given}(input);
            VM.assertFalse(success);
        }
        return bytes4(error);
    }

    /// @dev What a cap on a batch needs in the caller: the EVM keeps 1/64 back.
    function _withReserve(uint256 cap, uint256 reserve) internal pure returns (uint256) {
        return cap * 64 / 63 + reserve;
    }

    /// @dev The same lane `count` times.
    function _repeated(bytes8 lane, uint256 count) internal pure returns (bytes memory lanes) {
        lanes = new bytes(8 * count);
        for (uint256 i = 0; i < lanes.length; ++i) {
            lanes[i] = lane[i % 8];
        }
    }
}
