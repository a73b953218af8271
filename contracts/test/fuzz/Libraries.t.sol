// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Area} from "../../src/libraries/Area.sol";
import {Packed} from "../../src/libraries/Packed.sol";
import {PositionalTree} from "../../src/libraries/PositionalTree.sol";
import {CheatTest} from "../support/Cheats.sol";

/// @dev Gives the libraries calldata.
contract LibraryReader {
    function laneAt(bytes calldata lanes, uint256 place) external pure returns (uint64) {
        return Packed.laneAt(lanes, place);
    }

    function paymentAt(bytes calldata payments, uint256 offset) external pure returns (uint256) {
        return Packed.paymentAt(payments, offset);
    }

    function sequenceAt(bytes calldata sequences, uint256 place) external pure returns (uint40) {
        return Packed.sequenceAt(sequences, place);
    }

    function rootFrom(bytes32 leaf, uint256 index, bytes32[] calldata path) external pure returns (bytes32) {
        return PositionalTree.rootFrom(leaf, index, path);
    }
}

/// @notice Packed bytes, areas and trees against other ways to compute them.
contract LibrariesFuzzTest is CheatTest {
    LibraryReader private _reader;

    function setUp() public {
        _reader = new LibraryReader();
    }

    function test_fuzz_laneAt_isBigEndian(bytes calldata data, uint256 seed) public view {
        if (data.length < 8) return;
        uint256 place = seed % (data.length / 8);
        VM.assertEq(_reader.laneAt(data, place), uint64(bytes8(data[place * 8:place * 8 + 8])));
    }

    function test_fuzz_sequenceAt_isBigEndian(bytes calldata data, uint256 seed) public view {
        if (data.length < 5) return;
        uint256 place = seed % (data.length / 5);
        VM.assertEq(_reader.sequenceAt(data, place), uint40(bytes5(data[place * 5:place * 5 + 5])));
    }

    function test_fuzz_putPayment_writesWhatIsRead(uint40[4] calldata sequences, bytes8[4] calldata references)
        public
        view
    {
        bytes memory buffer = Packed.newBuffer(4 * 13);
        bytes memory expected;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 payment = Packed.payment(sequences[i], references[i]);
            Packed.putPayment(buffer, i * 13, payment);
            expected = bytes.concat(expected, bytes5(sequences[i]), references[i]);
            VM.assertEq(Packed.lastPayment(buffer, (i + 1) * 13), payment);
            VM.assertEq(_reader.paymentAt(expected, i * 13), payment);
        }
        VM.assertEq(buffer, expected);
    }

    function test_fuzz_hashLane_isTheHashOfItsBytes(uint64 lane) public pure {
        VM.assertEq(Packed.hashLane(lane), keccak256(abi.encodePacked(lane)));
    }

    /// @notice Inside means: the longer number's digits begin with the shorter's.
    function test_fuzz_contains_isABeginning(uint256 prefixSeed, uint256 areaSeed, uint256 pick) public pure {
        uint32 area = _area(areaSeed, pick % 3);
        // Half of the prefixes are beginnings of the area.
        uint32 prefix = pick % 2 == 0 ? _area(prefixSeed, (pick >> 8) % 3) : _area(areaSeed, (pick >> 8) % 3);
        bytes memory ofArea = bytes(VM.toString(area));
        bytes memory ofPrefix = bytes(VM.toString(prefix));
        bool begins = ofPrefix.length <= ofArea.length;
        for (uint256 i = 0; begins && i < ofPrefix.length; ++i) {
            begins = ofPrefix[i] == ofArea[i];
        }
        VM.assertTrue(Area.contains(prefix, area) == begins);
        VM.assertFalse(Area.contains(0, area));
    }

    function test_fuzz_isValid_hasOneAndEvenDigits(uint32 area) public pure {
        bytes memory digits = bytes(VM.toString(area));
        bool even = digits.length == 3 || digits.length == 5 || digits.length == 7;
        VM.assertTrue(Area.isValid(area) == (even && digits[0] == "1"));
        VM.assertTrue(Area.isUnitArea(area) == (digits.length == 7 && digits[0] == "1"));
    }

    /// @dev 1 and the first 2, 4 or 6 digits of a number that the seed names.
    function _area(uint256 seed, uint256 length) private pure returns (uint32) {
        uint256 six = 1_000_000 + seed % 1_000_000;
        return uint32(length == 0 ? six / 10_000 : length == 1 ? six / 100 : six);
    }

    /// @notice Limits of each length, just outside and just inside.
    function test_isValid_limits() public pure {
        uint32[6] memory good = [uint32(100), 199, 10_000, 19_999, 1_000_000, 1_999_999];
        uint32[7] memory bad = [uint32(0), 99, 200, 9_999, 20_000, 999_999, 2_000_000];
        for (uint256 i = 0; i < good.length; ++i) {
            VM.assertTrue(Area.isValid(good[i]), VM.toString(good[i]));
        }
        for (uint256 i = 0; i < bad.length; ++i) {
            VM.assertFalse(Area.isValid(bad[i]), VM.toString(bad[i]));
        }
        VM.assertEq(Area.regionOf(1_320_999), 132);
        VM.assertEq(Area.regionOf(13_209), 132);
        VM.assertEq(Area.regionOf(132), 132);
    }

    /// @notice The root from above: left and right half of a full tree in which absent subtrees are 0.
    function test_fuzz_root_equalsTheRecursion(uint256 countSeed, uint256 indexSeed, bytes32 salt) public view {
        uint256 count = _bound(countSeed, 1, 20);
        uint256 index = _bound(indexSeed, 0, count - 1);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(salt, i));
        }
        uint256 depth = PositionalTree.depth(count);
        VM.assertTrue(count <= 1 << depth && (depth == 0 || count > 1 << (depth - 1)));
        bytes32 root = _rootOver(leaves, 0, depth);
        bytes32[] memory path = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            path[i] = _rootOver(leaves, ((index >> i) ^ 1) << i, i);
        }
        VM.assertEq(_reader.rootFrom(leaves[index], index, path), root);
        VM.assertEq(PositionalTree.root(leaves, count), root);
    }

    /// @dev Root over the 2^levels places from `from` on.
    function _rootOver(bytes32[] memory leaves, uint256 from, uint256 levels) private pure returns (bytes32) {
        if (from >= leaves.length) return 0;
        if (levels == 0) return leaves[from];
        uint256 half = 1 << (levels - 1);
        return keccak256(abi.encode(_rootOver(leaves, from, levels - 1), _rootOver(leaves, from + half, levels - 1)));
    }
}
