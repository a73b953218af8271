// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {Cheats} from "../support/Cheats.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice An attack is a call by somebody; it has failed when it changed nothing and the error says why.
/// @dev Batches are refused by an event, since the others of the call stand; all other acts revert.
abstract contract AttackTest is ReceiptActsTest {
    /// @dev Sends a call and returns the error that met it; nothing when it was taken.
    function _attempt(address sender, address target, bytes memory data) internal returns (bytes memory error) {
        VM.recordLogs();
        VM.prank(sender);
        (bool success, bytes memory answer) = target.call(data);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        if (!success) return answer;
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IReceiptTypes.BatchRefused.selector || topic == IPaymentTypes.NoticeRefused.selector) {
                (,, error) = abi.decode(logs[i].data, (uint40, uint16, bytes));
                // Refused and nothing else: no other event, so nothing was written.
                VM.assertEq(logs.length, 1, "a refused batch left a trace");
            }
        }
    }

    /// @dev A batch of receipts meets exactly this error, and the event names its unit, range and first number.
    function _refusedWith(IReceiptTypes.IssueBatch memory batch, bytes memory error) internal {
        _refusedFrom(NODE_32, batch, error);
    }

    function _refusedFrom(address node, IReceiptTypes.IssueBatch memory batch, bytes memory error) internal {
        uint64 roots = receipts.lastRootId();
        VM.recordLogs();
        VM.prank(node);
        receipts.issue(_one(batch));
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        VM.assertEq(logs.length, 1, "events");
        VM.assertEq(logs[0].topics[0], IReceiptTypes.BatchRefused.selector);
        _checkRefusal(logs[0], batch.unit, batch.range, batch.first, error);
        VM.assertEq(receipts.lastRootId(), roots);
    }

    /// @dev A batch of notices meets exactly this error.
    function _refusedWith(IPaymentTypes.NoticeBatch memory batch, bytes memory error) internal {
        VM.recordLogs();
        _sendNotice(batch);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        VM.assertEq(logs.length, 1, "events");
        VM.assertEq(logs[0].topics[0], IPaymentTypes.NoticeRefused.selector);
        _checkRefusal(logs[0], batch.unit, batch.range, batch.first, error);
    }

    function _checkRefusal(Cheats.Log memory log, uint32 unit, uint32 range, uint40 first, bytes memory error)
        private
        pure
    {
        (uint40 named, uint16 position, bytes memory found) = abi.decode(log.data, (uint40, uint16, bytes));
        VM.assertEq(found, error);
        VM.assertEq(uint256(log.topics[1]), unit, "unit");
        VM.assertEq(uint256(log.topics[2]), range, "range");
        VM.assertEq(named, first, "first");
        VM.assertEq(position, 0, "position");
    }

    /// @dev WrongSigner for a signature that yields another, unforeseeable address because other bytes were signed.
    function _isWrongSigner(bytes memory error, address expected) internal pure {
        VM.assertEq(error.length, 68, "not WrongSigner");
        VM.assertEq(bytes32(bytes4(error)), bytes32(IActErrors.WrongSigner.selector));
        (address named, address recovered) = abi.decode(_withoutSelector(error), (address, address));
        VM.assertEq(named, expected);
        VM.assertTrue(recovered != expected);
    }

    function _withoutSelector(bytes memory error) internal pure returns (bytes memory arguments) {
        arguments = new bytes(error.length - 4);
        for (uint256 i = 0; i < arguments.length; ++i) {
            arguments[i] = error[i + 4];
        }
    }
}
