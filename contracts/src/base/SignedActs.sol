// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IActErrors} from "../interfaces/IActErrors.sol";

/// @title Acts signed by whom they bind (EIP-712)
/// @dev The domain names chain and proxy, so a signature counts for no other chain and no other contract. It is
/// computed at each use: behind a proxy nothing can be cached in code, and reading it from storage would cost more.
abstract contract SignedActs is IActErrors {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("Piaolian");
    bytes32 private constant DOMAIN_VERSION_HASH = keccak256("1");

    /// @notice Domain separator of this proxy on this chain.
    function domainSeparator() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, DOMAIN_VERSION_HASH, block.chainid, address(this)));
    }

    /// @dev Reverts unless `expected` signed the act and the deadline has not passed.
    /// @param structHash keccak256 of the act's type hash and members
    /// @param deadline Last second, Unix time, at which the act may be mined
    function _requireSigned(address expected, bytes32 structHash, uint64 deadline, bytes calldata signature)
        internal
        view
    {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 digest = MessageHashUtils.toTypedDataHash(domainSeparator(), structHash);
        // A malformed signature yields the zero address, which no act expects.
        (address recovered,,) = ECDSA.tryRecover(digest, signature);
        if (recovered != expected || recovered == address(0)) revert WrongSigner(expected, recovered);
    }
}
