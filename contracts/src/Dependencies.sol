// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// The two contracts of OpenZeppelin that a network deploys as they are. Importing them here makes the compiler build
// them with the same settings as ours; nothing of them is copied.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
