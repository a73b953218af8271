// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Calls that can neither burn the caller's gas nor flood its memory
library BoundedCall {
    /// @notice Most bytes of an answer or error that are copied.
    uint256 internal constant MAX_RETURN_BYTES = 256;

    /// @notice Calls with a cap on gas, and copies at most 256 bytes of what comes back.
    /// @dev A high-level call copies the whole answer at the caller's cost. The EVM keeps 1/64 of the gas left, so the
    /// caller must make sure that more than `gasCap * 64 / 63` is left; else the callee silently gets less.
    /// @return success Whether the call returned
    /// @return data First 256 bytes of the answer or error
    function call(address target, uint256 gasCap, bytes memory input)
        internal
        returns (bool success, bytes memory data)
    {
        data = new bytes(MAX_RETURN_BYTES);
        assembly ("memory-safe") {
            success := call(gasCap, target, 0, add(input, 32), mload(input), 0, 0)
            let size := returndatasize()
            if gt(size, 256) { size := 256 }
            returndatacopy(add(data, 32), 0, size)
            mstore(data, size)
        }
    }
}
