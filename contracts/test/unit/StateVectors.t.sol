// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CheatTest} from "../support/Cheats.sol";
import {StateProofs} from "../support/StateProofs.sol";

/// @dev Gives the library calls that can fail.
contract StateReader {
    function account(bytes32 stateRoot, address at, bytes[] memory nodes) external pure returns (bytes32, bytes32) {
        return StateProofs.account(stateRoot, at, nodes);
    }

    function word(bytes32 storageRoot, bytes32 slot, bytes[] memory nodes) external pure returns (bytes32) {
        return StateProofs.word(storageRoot, slot, nodes);
    }
}

/// @notice State proofs and checkpoints of real chains, the same that the Python and the JavaScript tests read.
contract StateVectorsTest is CheatTest {
    bytes32 private constant CHECKPOINT_TYPE = keccak256(
        "Checkpoint(uint64 chainId,bytes32 genesisHash,uint64 number,bytes32 blockHash,bytes32 stateRoot,uint64 timestamp)"
    );
    /// @dev Verifies on P-256; part of the machine from Osaka on (EIP-7951), which no network of this product runs yet.
    address private constant P256_VERIFY = address(0x100);
    uint256 private constant STATES = 7;
    uint256 private constant CHECKPOINTS = 2;

    StateReader private _reader;
    string private _json;

    function setUp() public {
        _reader = new StateReader();
        _json = VM.readFile("../tests/vectors/state.json");
    }

    function test_accounts_equalTheVectors() public view {
        uint256 absent = 0;
        for (uint256 i = 0; i < STATES; ++i) {
            (bytes32 root, bytes32 code) = _account(i, VM.parseJsonBytesArray(_json, _at(i, "account_proof")));
            bool isThere = VM.keyExistsJson(_json, _at(i, "account.code_hash"));
            if (!isThere) ++absent;
            VM.assertEq(root, isThere ? VM.parseJsonBytes32(_json, _at(i, "account.storage_root")) : bytes32(0));
            VM.assertEq(code, isThere ? VM.parseJsonBytes32(_json, _at(i, "account.code_hash")) : bytes32(0));
        }
        VM.assertEq(absent, 2);
        VM.assertFalse(VM.keyExistsJson(_json, _at(STATES, "name")));
    }

    function test_slots_equalTheVectors() public view {
        uint256 read = 0;
        uint256 absent = 0;
        for (uint256 i = 0; i < STATES; ++i) {
            for (uint256 j = 0; VM.keyExistsJson(_json, _slot(i, j, "slot")); ++j) {
                bytes32 expected = VM.parseJsonBytes32(_json, _slot(i, j, "value"));
                VM.assertEq(_word(i, j, VM.parseJsonBytesArray(_json, _slot(i, j, "proof"))), expected);
                if (expected == 0) ++absent;
                ++read;
            }
        }
        VM.assertEq(read, 15);
        VM.assertEq(absent, 5);
    }

    /// forge-config: default.evm_version = "osaka"
    function test_checkpoints_equalTheVectorsAndAreSigned() public view {
        for (uint256 i = 0; i < CHECKPOINTS; ++i) {
            bytes memory message = abi.encode(
                CHECKPOINT_TYPE,
                VM.parseJsonUint(_json, _checkpoint(i, "chain_id")),
                VM.parseJsonBytes32(_json, _checkpoint(i, "genesis_hash")),
                VM.parseJsonUint(_json, _checkpoint(i, "number")),
                VM.parseJsonBytes32(_json, _checkpoint(i, "block_hash")),
                VM.parseJsonBytes32(_json, _checkpoint(i, "state_root")),
                VM.parseJsonUint(_json, _checkpoint(i, "timestamp"))
            );
            VM.assertEq(message, VM.parseJsonBytes(_json, _checkpoint(i, "message")));
            VM.assertEq(keccak256(message), VM.parseJsonBytes32(_json, _checkpoint(i, "keccak256")));
            VM.assertEq(sha256(message), VM.parseJsonBytes32(_json, _checkpoint(i, "sha256")));
            for (uint256 j = 0; j < 2; ++j) {
                string memory entry = string.concat("signatures[", VM.toString(j), "].");
                bytes memory point = VM.parseJsonBytes(_json, _checkpoint(i, string.concat(entry, "public_key")));
                bytes memory signature = VM.parseJsonBytes(_json, _checkpoint(i, string.concat(entry, "signature")));
                VM.assertTrue(_isSigned(sha256(message), point, signature));
                VM.assertFalse(_isSigned(keccak256(message), point, signature));
            }
        }
        VM.assertFalse(VM.keyExistsJson(_json, _checkpoint(CHECKPOINTS, "message")));
    }

    function test_fuzz_account_oneBitOfANodeChanged_isRefused(uint256 state, uint256 place, uint256 bit) public {
        state = _bound(state, 0, STATES - 1);
        bytes[] memory nodes = VM.parseJsonBytesArray(_json, _at(state, "account_proof"));
        place = _bound(place, 0, nodes.length - 1);
        bit = _bound(bit, 0, 8 * nodes[place].length - 1);
        nodes[place][bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        VM.expectRevert(abi.encodeWithSelector(StateProofs.NodeMissing.selector, place));
        this.readAccount(state, nodes);
    }

    function test_account_aNodeMoreOrLess_isRefused() public {
        for (uint256 i = 0; i < STATES; ++i) {
            bytes[] memory nodes = VM.parseJsonBytesArray(_json, _at(i, "account_proof"));
            bytes[] memory more = new bytes[](nodes.length + 1);
            bytes[] memory less = new bytes[](nodes.length - 1);
            for (uint256 j = 0; j < nodes.length; ++j) {
                more[j] = nodes[j];
                if (j < less.length) less[j] = nodes[j];
            }
            more[nodes.length] = nodes[0];
            VM.expectRevert(abi.encodeWithSelector(StateProofs.NodeUnused.selector, nodes.length));
            this.readAccount(i, more);
            VM.expectRevert(abi.encodeWithSelector(StateProofs.NodeMissing.selector, nodes.length - 1));
            this.readAccount(i, less);
        }
    }

    function test_word_proofOfAnotherSlot_isNoProof() public {
        bytes[] memory nodes = VM.parseJsonBytesArray(_json, _slot(0, 0, "proof"));
        bytes32 root = VM.parseJsonBytes32(_json, _at(0, "account.storage_root"));
        bytes32 other = VM.parseJsonBytes32(_json, _slot(0, 1, "slot"));
        VM.expectRevert(abi.encodeWithSelector(StateProofs.NodeMissing.selector, 1));
        _reader.word(root, other, nodes);
    }

    function test_word_nodesThatAreNone_areRefused() public {
        bytes[8] memory wrong = [
            bytes(hex"c0"), // no entry
            hex"c3010203", // three entries
            hex"c22001", // a leaf far above the last digit
            hex"c20001", // an extension without a path
            hex"c24001", // an unknown flag
            hex"c2c001", // a path that is a list
            hex"c3810101", // a small byte with a prefix
            hex"c22001ff" // bytes that follow
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            bytes[] memory nodes = new bytes[](1);
            nodes[0] = wrong[i];
            VM.expectRevert(StateProofs.NodeMalformed.selector);
            _reader.word(keccak256(wrong[i]), bytes32(0), nodes);
        }
    }

    function readAccount(uint256 i, bytes[] memory nodes) external view returns (bytes32, bytes32) {
        return _account(i, nodes);
    }

    function _account(uint256 i, bytes[] memory nodes) private view returns (bytes32, bytes32) {
        bytes32 root = VM.parseJsonBytes32(_json, _at(i, "state_root"));
        return StateProofs.account(root, VM.parseJsonAddress(_json, _at(i, "address")), nodes);
    }

    function _word(uint256 i, uint256 j, bytes[] memory nodes) private view returns (bytes32) {
        bytes32 root = VM.parseJsonBytes32(_json, _at(i, "account.storage_root"));
        return _reader.word(root, VM.parseJsonBytes32(_json, _slot(i, j, "slot")), nodes);
    }

    function _isSigned(bytes32 digest, bytes memory point, bytes memory signature) private view returns (bool) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        VM.assertEq(uint256(uint8(point[0])), 4);
        bytes memory place = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            place[i] = point[i + 1];
        }
        (bytes32 x, bytes32 y) = abi.decode(place, (bytes32, bytes32));
        (bool isDone, bytes memory answer) = P256_VERIFY.staticcall(abi.encode(digest, r, s, x, y));
        return isDone && answer.length == 32 && abi.decode(answer, (uint256)) == 1;
    }

    function _at(uint256 i, string memory rest) private pure returns (string memory) {
        return string.concat(".states[", VM.toString(i), "].", rest);
    }

    function _slot(uint256 i, uint256 j, string memory rest) private pure returns (string memory) {
        return _at(i, string.concat("slots[", VM.toString(j), "].", rest));
    }

    function _checkpoint(uint256 i, string memory rest) private pure returns (string memory) {
        return string.concat(".checkpoints[", VM.toString(i), "].", rest);
    }
}
