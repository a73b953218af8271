// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CheatTest} from "../support/Cheats.sol";

/// @notice The digests of the SDK's acts, computed here from their own type strings (EIP-712), and their signatures.
contract ActDigestsTest is CheatTest {
    function test_digests_ofEveryActEqualTheVectors() public view {
        string memory json = VM.readFile("../tests/vectors/chain.json");
        address target = VM.parseJsonAddress(json, ".contract");
        uint256 chainId = VM.parseJsonUint(json, ".chain_id");
        address signer = VM.parseJsonAddress(json, ".signer");
        uint256 read = 0;
        for (; VM.keyExistsJson(json, _at(read)); ++read) {
            string memory act = _at(read);
            bytes32 structHash = _structHash(json, act, string.concat(act, ".message"));
            VM.assertEq(structHash, VM.parseJsonBytes32(json, string.concat(act, ".struct_hash")), act);
            _checkSigned(json, act, _digest(structHash, chainId, target), signer);
        }
        VM.assertEq(read, 12);
    }

    function test_digests_ofTheActsThatAreSentEqualTheVectors() public view {
        string memory json = VM.readFile("../tests/vectors/acts.json");
        uint256 chainId = VM.parseJsonUint(json, ".chain_id");
        string[] memory names = VM.parseJsonKeys(json, ".acts");
        uint256 read = 0;
        for (uint256 i = 0; i < names.length; ++i) {
            string memory act = string.concat(".acts.", names[i]);
            if (!VM.keyExistsJson(json, string.concat(act, ".type"))) continue;
            string memory ledger = VM.parseJsonString(json, string.concat(act, ".contract"));
            address target = VM.parseJsonAddress(json, string.concat(".contracts.", ledger));
            bytes32 digest = _digest(_structHash(json, act, act), chainId, target);
            _checkSigned(json, act, digest, VM.parseJsonAddress(json, string.concat(act, ".signer")));
            ++read;
        }
        VM.assertEq(read, 13); // twelve acts, of which Issue comes by code and by list
    }

    function _checkSigned(string memory json, string memory act, bytes32 digest, address signer) private pure {
        VM.assertEq(digest, VM.parseJsonBytes32(json, string.concat(act, ".digest")), act);
        bytes memory signature = VM.parseJsonBytes(json, string.concat(act, ".signature"));
        VM.assertEq(signature.length, 65);
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        VM.assertEq(ecrecover(digest, uint8(signature[64]), r, s), signer);
    }

    function _at(uint256 place) private pure returns (string memory) {
        return string.concat(".acts[", VM.toString(place), "]");
    }

    function _digest(bytes32 structHash, uint256 chainId, address target) private pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Piaolian"),
                keccak256("1"),
                chainId,
                target
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev EIP-712 of a flat message: the words of its members, in the order of its type string.
    function _structHash(string memory json, string memory act, string memory message) private pure returns (bytes32) {
        bytes memory kind = bytes(VM.parseJsonString(json, string.concat(act, ".type")));
        bytes memory words = abi.encode(keccak256(kind));
        uint256 at = _find(kind, 0, "(") + 1;
        while (at < kind.length) {
            uint256 space = _find(kind, at, " ");
            uint256 end = _find(kind, space, ",");
            if (end == kind.length) end = kind.length - 1; // the closing bracket
            string memory member = string.concat(message, ".", string(_slice(kind, space + 1, end)));
            words = bytes.concat(words, _word(json, member, keccak256(_slice(kind, at, space))));
            at = end == kind.length - 1 ? kind.length : end + 1;
        }
        return keccak256(words);
    }

    function _word(string memory json, string memory member, bytes32 kind) private pure returns (bytes32) {
        if (kind == keccak256("bytes")) return keccak256(VM.parseJsonBytes(json, member));
        if (kind == keccak256("bytes32")) return VM.parseJsonBytes32(json, member);
        if (kind == keccak256("address")) return bytes32(uint256(uint160(VM.parseJsonAddress(json, member))));
        return bytes32(VM.parseJsonUint(json, member));
    }

    function _find(bytes memory text, uint256 from, bytes1 wanted) private pure returns (uint256 at) {
        for (at = from; at < text.length && text[at] != wanted;) {
            ++at;
        }
    }

    function _slice(bytes memory text, uint256 from, uint256 to) private pure returns (bytes memory part) {
        part = new bytes(to - from);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = text[from + i];
        }
    }
}
