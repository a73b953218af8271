// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptActs} from "../../src/interfaces/IReceiptActs.sol";
import {IDeployed} from "../support/NetworkTest.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice Every function that a role may call refuses every other role, whatever the arguments.
contract AccessTest is ReceiptActsTest {
    uint256 private _checked;

    function test_everyRestrictedFunction_refusesEveryOtherRole() public {
        _checkContract("Registry", address(registry));
        _checkContract("PaymentLedger", address(payments));
        _checkContract("ReceiptLedger", address(receipts));
        // 20 + 7 + 15 functions, each tried by the four other kinds of account.
        VM.assertEq(_checked, 42 * 4);
    }

    function _checkContract(string memory name, address target) private {
        string memory json = VM.readFile("roles.json");
        string memory artifact = VM.readFile(string.concat("out/", name, ".sol/", name, ".json"));
        string[] memory signatures = VM.parseJsonKeys(artifact, ".methodIdentifiers");
        string[] memory roles = VM.parseJsonKeys(json, string.concat(".functions.", name));
        for (uint256 i = 0; i < roles.length; ++i) {
            uint64 role = uint64(VM.parseJsonUint(json, string.concat(".roles.", roles[i])));
            string[] memory names = VM.parseJsonStringArray(json, string.concat(".functions.", name, ".", roles[i]));
            for (uint256 j = 0; j < names.length; ++j) {
                _refusesOthers(target, _selectorOf(names[j], signatures), role, names[j]);
            }
        }
    }

    /// @dev Zeros decode as arguments of every function, dynamic ones included.
    function _refusesOthers(address target, bytes4 selector, uint64 role, string memory name) private {
        address[5] memory accounts = [ADMIN, SUPER, NODE_32, ORACLE_1, STRANGER];
        for (uint64 other = 0; other < 5; ++other) {
            if (other == role) continue;
            VM.prank(accounts[other]);
            (bool success, bytes memory error) = target.call(abi.encodePacked(selector, _argumentsFor(name)));
            VM.assertFalse(success, name);
            VM.assertEq(
                keccak256(error),
                keccak256(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, accounts[other])),
                name
            );
            ++_checked;
        }
    }

    function _argumentsFor(string memory name) private pure returns (bytes memory) {
        // The implementation's address must be given: the rest of the check comes after who calls.
        if (keccak256(bytes(name)) == keccak256("upgradeToAndCall")) {
            return abi.encode(address(1), bytes(""));
        }
        // The unit itself may drop an announced key, so the unit is looked up before the role.
        if (keccak256(bytes(name)) == keccak256("cancelSigner")) return abi.encode(uint256(1));
        return new bytes(2048);
    }

    function test_innerFunctions_refuseEverybodyElse() public {
        VM.startPrank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.OnlyFor.selector, address(receipts), NODE_32));
        payments.use(unitA, payRange, KIND_CODE, "");
        VM.expectRevert(abi.encodeWithSelector(IActErrors.OnlyFor.selector, address(receipts), NODE_32));
        payments.endPayment(unitA, payRange, _payCode(1));
        VM.stopPrank();
    }

    function test_actsCalledDirectly_haveNoAuthority() public {
        IReceiptActs acts = IReceiptActs(IDeployed(address(receipts)).ACTS());
        VM.prank(NODE_32);
        (bool success,) = address(acts).call(abi.encodePacked(acts.unbook.selector, new bytes(2048)));
        VM.assertFalse(success);
    }

    function test_implementations_cannotBeInitialised() public {
        VM.expectPartialRevert(bytes4(keccak256("InvalidInitialization()")));
        IDeployed(address(receipts)).initialize(address(this));
        VM.expectPartialRevert(bytes4(keccak256("InvalidInitialization()")));
        IDeployed(address(registry)).initialize(address(this));
        VM.expectPartialRevert(bytes4(keccak256("InvalidInitialization()")));
        IDeployed(address(payments)).initialize(address(this));
    }
}
