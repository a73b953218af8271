// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../interfaces/IActErrors.sol";

/// @title Acts that two accounts must approve
/// @notice The first call with some arguments proposes, the second with the same arguments by another account decides.
abstract contract FourEyes is IActErrors {
    /// @custom:storage-location erc7201:piaolian.storage.FourEyes
    struct FourEyesStorage {
        mapping(bytes32 act => Proposal) proposals;
    }

    struct Proposal {
        address maker;
        uint40 until; // Unix time
    }

    /// @notice Seconds in which the second approval must come.
    uint40 public constant APPROVAL_SECONDS = 7 days;

    bytes32 private constant FOUR_EYES_STORAGE =
        keccak256(abi.encode(uint256(keccak256("piaolian.storage.FourEyes")) - 1)) & ~bytes32(uint256(0xff));

    /// @notice Who proposed an act that waits for its second approval, and until when; zeros when none waits.
    /// @param act keccak256 of the call's data, as in the event ApprovalProposed
    function proposalOf(bytes32 act) external view returns (address maker, uint40 until) {
        Proposal storage proposal = _fourEyesStorage().proposals[act];
        return (proposal.maker, proposal.until);
    }

    /// @dev Records the first approval, or consumes the second. The act is the whole call as it was sent: selector and
    /// all arguments.
    /// @return decided True when this was the second approval
    function _approve() internal returns (bool decided) {
        bytes32 act = keccak256(msg.data);
        Proposal storage proposal = _fourEyesStorage().proposals[act];
        address maker = proposal.maker;
        // Where nothing is proposed, `until` is 0.
        if (block.timestamp > proposal.until) {
            uint40 until = uint40(block.timestamp) + APPROVAL_SECONDS;
            proposal.maker = msg.sender;
            proposal.until = until;
            emit ApprovalProposed(act, msg.sender, until);
            return false;
        }
        if (maker == msg.sender) revert SameMakerAndChecker(msg.sender);
        delete _fourEyesStorage().proposals[act];
        return true;
    }

    function _fourEyesStorage() private pure returns (FourEyesStorage storage $) {
        bytes32 slot = FOUR_EYES_STORAGE;
        assembly ("memory-safe") {
            $.slot := slot
        }
    }
}
