// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PositionalTree} from "../../src/libraries/PositionalTree.sol";
import {CheatTest} from "../support/Cheats.sol";

/// @notice Trees of every size from 1 to 1,025, as Python and JavaScript compute them from the same leaves.
contract TreeVectorsTest is CheatTest {
    uint256 private _counts;
    bytes32 private _digest;

    function setUp() public {
        string memory json = VM.readFile("../tests/vectors/chain.json");
        _counts = VM.parseJsonUint(json, ".trees.every_root.counts");
        _digest = VM.parseJsonBytes32(json, ".trees.every_root.digest");
    }

    /// @dev Gives the library its path in calldata.
    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata path) external pure returns (bytes32) {
        return PositionalTree.rootFrom(leaf, index, path);
    }

    function _leaves(uint256 count) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
    }

    /// @dev One digest over the roots of all sizes: what would be too long to be written down.
    function test_roots_ofEverySizeHaveTheVectorsDigest() public view {
        VM.assertEq(_counts, 1025);
        bytes memory roots = new bytes(32 * _counts);
        bytes32[] memory scratch = new bytes32[](_counts);
        bytes32[] memory leaves = _leaves(_counts);
        for (uint256 count = 1; count <= _counts; ++count) {
            // The library destroys what it is given.
            for (uint256 i = 0; i < count; ++i) {
                scratch[i] = leaves[i];
            }
            bytes32 root = PositionalTree.root(scratch, count);
            assembly ("memory-safe") {
                mstore(add(roots, mul(32, count)), root)
            }
        }
        VM.assertEq(keccak256(roots), _digest);
    }

    /// @dev Every index of the sizes around every power of two, where paths become longer; the Python and JavaScript
    /// tests walk all half a million paths.
    function test_paths_ofEveryIndexLeadToTheRoot() public view {
        for (uint256 power = 1; power <= 1024; power *= 2) {
            uint256 first = power > 1 ? power - 1 : 1;
            for (uint256 count = first; count <= power + 1; ++count) {
                _checkEveryIndex(count);
            }
        }
    }

    function _checkEveryIndex(uint256 count) private view {
        bytes32[][] memory levels = _tree(count);
        bytes32 root = levels[levels.length - 1][0];
        VM.assertEq(levels.length, PositionalTree.depth(count) + 1);
        for (uint256 index = 0; index < count; ++index) {
            bytes32[] memory path = new bytes32[](levels.length - 1);
            for (uint256 i = 0; i < path.length; ++i) {
                uint256 sibling = (index >> i) ^ 1;
                path[i] = sibling < levels[i].length ? levels[i][sibling] : bytes32(0);
            }
            VM.assertEq(this.rootFrom(levels[0][index], index, path), root);
            if (count > 1) VM.assertTrue(this.rootFrom(levels[0][index], index ^ 1, path) != root);
        }
    }

    function _tree(uint256 count) private pure returns (bytes32[][] memory levels) {
        levels = new bytes32[][](PositionalTree.depth(count) + 1);
        levels[0] = _leaves(count);
        for (uint256 i = 1; i < levels.length; ++i) {
            bytes32[] memory below = levels[i - 1];
            levels[i] = new bytes32[]((below.length + 1) / 2);
            for (uint256 j = 0; j < levels[i].length; ++j) {
                bytes32 right = 2 * j + 1 < below.length ? below[2 * j + 1] : bytes32(0);
                levels[i][j] = keccak256(abi.encode(below[2 * j], right));
            }
        }
    }
}
