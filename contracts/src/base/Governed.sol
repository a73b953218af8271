// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {IActErrors} from "../interfaces/IActErrors.sol";

/// @title Contract behind a proxy under the network's AccessManager
/// @dev Which role may call a `restricted` function is set in the AccessManager at deployment (roles.json). An upgrade
/// is the administrator's, after the execution delay of its grant.
abstract contract Governed is AccessManagedUpgradeable, UUPSUpgradeable, IActErrors {
    /// @notice Semantic version of the rules, for software that must know whether it understands them.
    string public constant VERSION = "1.0.0";

    /// @dev The implementation itself is never to be initialised: only proxies are.
    constructor() {
        _disableInitializers();
    }

    /// @notice Binds the proxy to its AccessManager, once.
    /// @param authority_ The network's AccessManager
    function initialize(address authority_) external initializer {
        if (authority_ == address(0)) revert ZeroAddress();
        __AccessManaged_init(authority_);
        _setUp();
    }

    /// @dev First values of a contract's own storage.
    function _setUp() internal virtual {}

    /// @dev `restricted` looks at the outer selector, upgradeToAndCall, which only ADMIN may call.
    function _authorizeUpgrade(address) internal override restricted {}
}
