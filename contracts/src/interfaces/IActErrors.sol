// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Errors that the three contracts share
/// @notice Every refusal names the rule that was broken and carries the values one needs to act on it.
interface IActErrors {
    /// @notice The account's area does not contain the area that it acts on.
    /// @param accountArea Area prefix of the calling account (0: it has none)
    /// @param area Area prefix or unit area that the act touches
    error NotYourArea(uint32 accountArea, uint32 area);

    /// @notice No unit has this id.
    error UnknownUnit(uint32 unit);

    /// @notice The unit may not take this act while it is restricted.
    /// @param reason Reason code given by the supervisor
    error UnitIsRestricted(uint32 unit, uint16 reason);

    /// @notice The signature may no longer be mined.
    /// @param deadline Last second, Unix time, at which the act could be mined
    error SignatureExpired(uint64 deadline);

    /// @notice The act is not signed by whom it binds.
    /// @param expected Address whose signature is needed
    /// @param recovered Address that the signature yields; zero when it is malformed
    error WrongSigner(address expected, address recovered);

    /// @notice Only the named contract of this network may call the function.
    /// @param expected The only address that may call
    /// @param caller The address that called
    error OnlyFor(address expected, address caller);

    /// @notice An address that must be a contract or an account is zero.
    error ZeroAddress();

    /// @notice A list is empty, too long, or its length does not fit.
    /// @param given Length given
    /// @param allowed Greatest length allowed, or the length that was expected
    error WrongLength(uint256 given, uint256 allowed);

    /// @notice The relayer sent too little gas to give every batch its share, so nothing was judged.
    /// @param needed Gas that must be left before the next batch
    /// @param left Gas that was left
    error InsufficientGas(uint256 needed, uint256 left);

    /// @notice The second approval of an act must come from another account than the first.
    error SameMakerAndChecker(address account);

    /// @notice A first approval has been recorded; a second account must approve the same act.
    /// @param act keccak256 of the call's data: selector and all arguments
    /// @param maker Account that proposed it
    /// @param until Last second, Unix time, at which the second approval counts
    event ApprovalProposed(bytes32 indexed act, address indexed maker, uint40 until);
}
