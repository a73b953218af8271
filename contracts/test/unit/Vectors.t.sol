// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PositionalTree} from "../../src/libraries/PositionalTree.sol";
import {CheatTest} from "../support/Cheats.sol";

/// @dev Gives the library a calldata path.
contract TreeReader {
    function root(bytes32[] memory leaves) external pure returns (bytes32) {
        return PositionalTree.root(leaves, leaves.length);
    }

    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata path) external pure returns (bytes32) {
        return PositionalTree.rootFrom(leaf, index, path);
    }

    function depth(uint256 count) external pure returns (uint256) {
        return PositionalTree.depth(count);
    }
}

/// @notice The same known answers that the Python tests read.
contract VectorsTest is CheatTest {
    TreeReader private _tree;
    string private _json;

    function setUp() public {
        _tree = new TreeReader();
        _json = VM.readFile("../tests/vectors/chain.json");
    }

    function _leaves(uint256 count) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
    }

    function test_root_equalsTheVectors() public view {
        uint256[] memory counts = VM.parseJsonUintArray(_json, ".trees.counts");
        bytes32[] memory roots = VM.parseJsonBytes32Array(_json, ".trees.roots");
        VM.assertEq(counts.length, 34);
        for (uint256 i = 0; i < counts.length; ++i) {
            VM.assertEq(_tree.root(_leaves(counts[i])), roots[i], VM.toString(counts[i]));
        }
    }

    function test_rootFrom_equalsTheVectors() public view {
        uint256 read = 0;
        for (uint256 i = 0; VM.keyExistsJson(_json, _at(i, "")); ++i) {
            uint256 count = VM.parseJsonUint(_json, _at(i, ".count"));
            uint256 index = VM.parseJsonUint(_json, _at(i, ".index"));
            bytes32[] memory path;
            if (count > 1) path = VM.parseJsonBytes32Array(_json, _at(i, ".path"));
            VM.assertEq(path.length, _tree.depth(count));
            bytes32 found = _tree.rootFrom(keccak256(abi.encode(index)), index, path);
            VM.assertEq(found, _tree.root(_leaves(count)));
            ++read;
        }
        VM.assertEq(read, 8);
    }

    function test_headers_equalTheVectors() public view {
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 inner = keccak256(
                bytes.concat(
                    abi.encode(_header(i, "unit"), _header(i, "range"), _header(i, "mode"), _header(i, "first")),
                    abi.encode(_header(i, "count"), _header(i, "issue_day"), _header(i, "total_fen")),
                    abi.encode(_header(i, "catalog_version"), VM.parseJsonBytes32(_json, _headerKey(i, "unit_root")))
                )
            );
            VM.assertEq(keccak256(abi.encode(inner)), VM.parseJsonBytes32(_json, _headerKey(i, "hash")));
        }
    }

    function _header(uint256 i, string memory name) private view returns (uint256) {
        return VM.parseJsonUint(_json, _headerKey(i, name));
    }

    function _headerKey(uint256 i, string memory name) private pure returns (string memory) {
        return string.concat(".headers[", VM.toString(i), "].", name);
    }

    function _at(uint256 i, string memory rest) private pure returns (string memory) {
        return string.concat(".trees.paths[", VM.toString(i), "]", rest);
    }

    function test_fuzz_rootFrom_otherPlaceOrLeafGivesAnotherRoot(uint256 countSeed, uint256 indexSeed) public view {
        uint256 count = _bound(countSeed, 2, 65);
        uint256 index = _bound(indexSeed, 0, count - 1);
        bytes32[] memory path = _pathOf(_leaves(count), index);
        bytes32 root = _tree.root(_leaves(count));
        bytes32 leaf = keccak256(abi.encode(index));
        VM.assertEq(_tree.rootFrom(leaf, index, path), root);
        VM.assertTrue(_tree.rootFrom(leaf, index ^ 1, path) != root);
        VM.assertTrue(_tree.rootFrom(leaf, index + (1 << path.length), path) == bytes32(0));
        VM.assertTrue(_tree.rootFrom(keccak256("other"), index, path) != root);
    }

    function _pathOf(bytes32[] memory level, uint256 index) private view returns (bytes32[] memory path) {
        path = new bytes32[](_tree.depth(level.length));
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = (index ^ 1) < level.length ? level[index ^ 1] : bytes32(0);
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 j = 0; j < above.length; ++j) {
                bytes32 right = 2 * j + 1 < level.length ? level[2 * j + 1] : bytes32(0);
                above[j] = keccak256(abi.encode(level[2 * j], right));
            }
            level = above;
            index /= 2;
        }
    }
}
