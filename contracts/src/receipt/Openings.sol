// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SignedActs} from "../base/SignedActs.sol";
import {PositionalTree} from "../libraries/PositionalTree.sol";
import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {ReceiptStorage} from "./ReceiptStorage.sol";

/// @title Leaves, headers and how they open
/// @dev Both are hashed twice: no inner node of a tree, which is hashed once, can pass for one.
///     leaf   = h(h(abi.encode(uint32 range, uint40 number, bytes32 amount, uint128 paymentCode, bytes32 linesHash,
///              bytes32 bodyHash)))
///     header = h(h(abi.encode(uint32 unit, uint32 range, uint8 mode, uint40 first, uint32 count, uint32 issueDay,
///              uint64 totalFen, uint32 catalogVersion, bytes32 unitRoot)))
abstract contract Openings is SignedActs, ReceiptStorage {
    /// @notice Proxies of the registry and of the ledger of payments.
    IRegistry public immutable REGISTRY;
    IPaymentLedger public immutable PAYMENT_LEDGER;

    /// @dev What a leaf commits to.
    struct Leaf {
        uint32 range;
        uint40 number;
        bytes32 amount;
        uint128 paymentCode;
        bytes32 linesHash;
        bytes32 bodyHash;
    }

    constructor(address registry, address paymentLedger) {
        if (registry == address(0) || paymentLedger == address(0)) revert ZeroAddress();
        REGISTRY = IRegistry(registry);
        PAYMENT_LEDGER = IPaymentLedger(paymentLedger);
    }

    /// @dev Reverts unless the receipt is in a stored root at its own number's place.
    function _open(Opening calldata opening) internal view returns (bytes32 leaf) {
        Header calldata header = opening.header;
        // 1. The header is in the root, at its position.
        bytes32 root = _layout().roots[opening.rootId];
        bytes32 found = PositionalTree.rootFrom(_hashGiven(header), opening.position, opening.rootPath);
        if (root == 0 || found != root) revert OpeningDoesNotMatch("root");
        // 2. The number is one of the header's: a unit's root speaks for no other number.
        if (opening.number < header.first || opening.number - header.first >= header.count) {
            revert OpeningDoesNotMatch("number");
        }
        // 3. The leaf is in the unit's root, at the number's place.
        leaf = _hashLeaf(
            Leaf({
                range: header.range,
                number: opening.number,
                amount: opening.amount,
                paymentCode: opening.paymentCode,
                linesHash: opening.linesHash,
                bodyHash: keccak256(abi.encode(opening.documentDigest, opening.fieldsRoot, opening.bookingKey))
            })
        );
        found = PositionalTree.rootFrom(leaf, opening.number - header.first, opening.unitPath);
        if (found != header.unitRoot || opening.unitPath.length != PositionalTree.depth(header.count)) {
            revert OpeningDoesNotMatch("unit");
        }
    }

    /// @dev Reverts when a receipt is red, reversed or on paper: no further act binds it then.
    /// @param header Header that the receipt was opened under
    /// @return hold What is booked of it
    function _requireAlive(Header calldata header, uint40 number) internal view returns (Hold memory hold) {
        uint32 range = header.range;
        if (header.mode > RED_MODES) revert ReceiptIsRed(range, number);
        if (_layout().roots[_redRootId(range, number)] != 0) revert ReceiptIsReversed(range, number);
        hold = _layout().holds[range][number];
        if (hold.holding == Holding.Paper) revert ReceiptIsOnPaper(range, number);
    }

    /// @dev All members are static, so the structure in memory is the encoding of its members one after another.
    function _hashLeaf(Leaf memory leaf) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, keccak256(leaf, 192)) // 6 words
            hash := keccak256(0, 32)
        }
    }

    /// @dev As _hashHeader, of what was sent: bits beyond a member's width, should there be any, lead to no stored root.
    function _hashGiven(Header calldata header) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(64)
            calldatacopy(free, header, 288) // 9 words
            mstore(0, keccak256(free, 288))
            hash := keccak256(0, 32)
        }
    }

    /// @dev See _hashLeaf.
    function _hashHeader(Header memory header) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, keccak256(header, 288)) // 9 words
            hash := keccak256(0, 32)
        }
    }
}
