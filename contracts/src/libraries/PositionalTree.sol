// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title Tree whose paths say the place of a leaf
/// @notice Parent = keccak256(left || right); a missing right sibling is 0; the root of one leaf is the leaf.
/// @dev Leaves are double hashes of more than 64 bytes, so no inner node can pass for a leaf. The direction at each
/// level is a bit of the leaf's index: a path proves the place as well as the presence.
library PositionalTree {
    /// @notice Root over the first `count` nodes; the array is used as scratch space and destroyed.
    /// @param count Leaves, at least 1
    function root(bytes32[] memory nodes, uint256 count) internal pure returns (bytes32) {
        // No index or count overflows: both stay below the length of an array in memory.
        unchecked {
            while (count > 1) {
                uint256 half = (count + 1) / 2;
                for (uint256 i = 0; i < half; ++i) {
                    uint256 right = 2 * i + 1;
                    nodes[i] = Hashes.efficientKeccak256(nodes[2 * i], right < count ? nodes[right] : bytes32(0));
                }
                count = half;
            }
        }
        return nodes[0];
    }

    /// @notice Root that a leaf at a place leads to.
    /// @param index Place of the leaf from 0; the caller checks that it is below the number of leaves
    /// @return The root, or 0 when the path is too short for the index
    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata path) internal pure returns (bytes32) {
        bytes32 node = leaf;
        for (uint256 i = 0; i < path.length; ++i) {
            bytes32 sibling = path[i];
            assembly ("memory-safe") {
                // The node stands left or right, at 0 or at 32, as the lowest bit of its place says.
                let place := shl(5, and(index, 1))
                mstore(place, node)
                mstore(xor(place, 32), sibling)
                node := keccak256(0, 64)
            }
            index >>= 1;
        }
        return index == 0 ? node : bytes32(0);
    }

    /// @notice Nodes of a path in a tree of `count` leaves: the logarithm to base 2, rounded up.
    function depth(uint256 count) internal pure returns (uint256 levels) {
        for (uint256 width = 1; width < count; width *= 2) {
            ++levels;
        }
    }
}
