// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice Headers, leaves and paths of any content at any place, against an independent computation.
contract OpeningsFuzzTest is ReceiptActsTest {
    uint64 private constant ROOT_ID = 7;

    /// @dev The root's slot, as the storage layout of the ledger says: the mapping is its second slot.
    function _storeRoot(uint64 rootId, bytes32 root) private {
        uint256 base = uint256(keccak256("piaolian.storage.ReceiptLedger")) - 1;
        bytes32 slot = keccak256(abi.encode(base)) & ~bytes32(uint256(0xff));
        VM.store(address(receipts), keccak256(abi.encode(uint256(rootId), uint256(slot) + 1)), root);
        VM.assertEq(receipts.rootOf(rootId), root);
    }

    function _words(uint256 seed, uint256 count) private pure returns (bytes32[] memory words) {
        words = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = keccak256(abi.encode(seed, i));
        }
    }

    function _build(IReceiptTypes.Opening memory opening, uint256 seed) private pure returns (bytes32 leaf) {
        // A receipt somewhere among up to nine of its header, the header among up to five of its root.
        opening.rootId = ROOT_ID;
        opening.header.count = uint32(_bound(seed, 1, 9));
        opening.header.first = uint40(_bound(opening.header.first, 0, type(uint40).max - 9));
        uint256 place = (seed >> 8) % opening.header.count;
        opening.number = opening.header.first + uint40(place);
        leaf = _leafOf(opening);
        bytes32[] memory leaves = _words(seed, opening.header.count);
        leaves[place] = leaf;
        opening.unitPath = _pathOf(leaves, place);
        opening.header.unitRoot = _rootOf(leaves);
        bytes32[] memory headers = _words(~seed, 1 + (seed >> 16) % 5);
        opening.position = uint16((seed >> 24) % headers.length);
        headers[opening.position] = _headerHash(opening.header);
        opening.rootPath = _pathOf(headers, opening.position);
    }

    function _root(IReceiptTypes.Opening memory opening, uint256 seed) private pure returns (bytes32) {
        bytes32[] memory headers = _words(~seed, 1 + (seed >> 16) % 5);
        headers[opening.position] = _headerHash(opening.header);
        return _rootOf(headers);
    }

    function test_fuzz_openLeaf_anyContentAtAnyPlace(IReceiptTypes.Opening memory opening, uint256 seed) public {
        bytes32 leaf = _build(opening, seed);
        _storeRoot(ROOT_ID, _root(opening, seed));
        VM.assertEq(receipts.openLeaf(opening), leaf);
    }

    /// @notice Whatever one member of a good opening is changed, it opens no more.
    function test_fuzz_openLeaf_anyChangeIsRefused(IReceiptTypes.Opening memory opening, uint256 seed) public {
        _build(opening, seed);
        _storeRoot(ROOT_ID, _root(opening, seed));
        bytes32 step = _change(opening, (seed >> 32) % 14);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, step));
        receipts.openLeaf(opening);
    }

    /// @return step Where the change must be found
    function _change(IReceiptTypes.Opening memory opening, uint256 what) private pure returns (bytes32 step) {
        step = "root";
        if (what == 0) opening.rootId += 1;
        if (what == 1) opening.position ^= 1;
        if (what == 2) opening.header.unit ^= 1;
        if (what == 3) opening.header.range ^= 1;
        if (what == 4) opening.header.totalFen ^= 1;
        if (what == 5) opening.header.issueDay ^= 1;
        if (what == 6) opening.header.catalogVersion ^= 1;
        if (what < 7) return step;
        step = "number";
        if (what == 7) opening.number = opening.header.first + opening.header.count;
        if (what < 8) return step;
        step = "unit";
        if (what == 8) opening.amount ^= bytes32(uint256(1));
        if (what == 9) opening.paymentCode ^= 1;
        if (what == 10) opening.linesHash ^= bytes32(uint256(1));
        if (what == 11) opening.documentDigest ^= bytes32(uint256(1));
        if (what == 12) opening.fieldsRoot ^= bytes32(uint256(1));
        if (what == 13) opening.bookingKey = address(uint160(opening.bookingKey) ^ 1);
    }

    /// @notice Openings that nobody made.
    function test_fuzz_openLeaf_noise(IReceiptTypes.Opening memory opening) public {
        opening.rootId = uint64(_bound(opening.rootId, 0, 2));
        opening.header.first = opening.number;
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("root")));
        receipts.openLeaf(opening);
    }
}
