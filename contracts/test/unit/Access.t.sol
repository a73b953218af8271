// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {IDeployed} from "../support/NetworkTest.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @dev Second half of the code of the ledger of payments.
interface IHalf {
    function DECISIONS() external view returns (address);
}

/// @dev Answers of several matches of a path, encoded as an array.
interface JsonCheats {
    function parseJson(string calldata json, string calldata path) external pure returns (bytes memory);
}

/// @notice Who may call what: every function that changes state, of every contract, taken from the compiled artifacts.
/// @dev A function that stands neither in roles.json nor in _withoutRole fails these tests.
contract AccessTest is ReceiptActsTest {
    uint64 private constant NO_ROLE = type(uint64).max;
    // What every restricted function is called with: zeros decode as arguments of every function, dynamic ones included.
    uint256 private constant ARGUMENT_BYTES = 2048;

    address[5] private _accounts = [ADMIN, SUPER, NODE_32, ORACLE_1, STRANGER]; // index: the role, STRANGER has none
    JsonCheats private constant JSON = JsonCheats(address(VM));

    // --- functions of a role

    function test_registry_everyFunctionAsksForItsRole() public {
        _checkContract("Registry", address(registry));
    }

    function test_paymentLedger_everyFunctionAsksForItsRole() public {
        _checkContract("PaymentLedger", address(payments));
    }

    function test_receiptLedger_everyFunctionAsksForItsRole() public {
        _checkContract("ReceiptLedger", address(receipts));
    }

    /// @notice Code of the acts on receipts, called by itself: it has no manager, so no role counts there.
    function test_receiptActs_calledDirectly_haveNoAuthority() public {
        _checkHalf("ReceiptActs", IDeployed(address(receipts)).ACTS(), "ReceiptLedger");
    }

    /// @notice Code of the decisions on payments, called by itself.
    function test_paymentDecisions_calledDirectly_haveNoAuthority() public {
        _checkHalf("PaymentDecisions", IHalf(address(payments)).DECISIONS(), "PaymentLedger");
    }

    /// @dev Nobody may do anything there, whatever his role is.
    function _checkHalf(string memory name, address half, string memory ledger) private {
        string memory json = VM.readFile("roles.json");
        string memory artifact = _artifact(name);
        string[] memory signatures = VM.parseJsonKeys(artifact, ".methodIdentifiers");
        string[] memory functions = _changing(artifact);
        for (uint256 i = 0; i < functions.length; ++i) {
            bytes4 selector = _selectorOf(functions[i], signatures);
            if (_roleOf(json, ledger, functions[i]) == NO_ROLE) _checkWithoutRole(half, selector, functions[i]);
            else _checkRole(half, selector, NO_ROLE, functions[i]);
        }
    }

    /// @notice The manager itself: roles, delays and targets are the administrator's alone.
    function test_accessManager_onlyTheAdministratorGivesRoles() public {
        string memory artifact = _artifact("AccessManager");
        string[] memory signatures = VM.parseJsonKeys(artifact, ".methodIdentifiers");
        string[] memory functions = _changing(artifact);
        uint256 checked = 0;
        for (uint256 i = 0; i < functions.length; ++i) {
            if (_isOfCaller(functions[i])) continue;
            bytes memory data = bytes.concat(_selectorOf(functions[i], signatures), new bytes(ARGUMENT_BYTES));
            for (uint256 j = 1; j < _accounts.length; ++j) {
                VM.prank(_accounts[j]);
                (bool success, bytes memory error) = address(manager).call(data);
                VM.assertFalse(success, functions[i]);
                bytes4 refusal = IAccessManager.AccessManagerUnauthorizedAccount.selector;
                VM.assertEq(error, abi.encodeWithSelector(refusal, _accounts[j], 0));
            }
            VM.prank(ADMIN);
            (, bytes memory answer) = address(manager).call(data);
            VM.assertFalse(bytes4(answer) == IAccessManager.AccessManagerUnauthorizedAccount.selector, functions[i]);
            ++checked;
        }
        VM.assertEq(checked, functions.length - 6);
    }

    /// @dev What everybody may do with the manager: act within the roles that he has, and give one up.
    function _isOfCaller(string memory name) private pure returns (bool) {
        return _equal(name, "execute") || _equal(name, "schedule") || _equal(name, "cancel")
            || _equal(name, "consumeScheduledOp") || _equal(name, "renounceRole") || _equal(name, "multicall");
    }

    /// @notice A role without an area is nobody's: the account can do nothing with it.
    function test_roleWithoutArea_canDoNothing() public {
        VM.startPrank(ADMIN);
        manager.grantRole(SUPERVISOR, STRANGER, 0);
        manager.grantRole(NODE, STRANGER, 0);
        VM.stopPrank();
        VM.startPrank(STRANGER);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 0, 1_320_999));
        registry.restrict(unitA, 1);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 0, 132));
        registry.splitPool(listPool, 132, 1);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 0, 1_320_999));
        registry.topUp(listRange);
        IReceiptTypes.VoidAct memory act = _voidAct(listRange, 1, 1);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.NotYourArea.selector, 0, 1_320_999));
        receipts.voidNumbers(act);
        VM.stopPrank();
    }

    /// @dev Every function that changes state is either some role's, and only that role's, or has a rule of its own.
    function _checkContract(string memory name, address target) private {
        string memory json = VM.readFile("roles.json");
        string memory artifact = _artifact(name);
        string[] memory signatures = VM.parseJsonKeys(artifact, ".methodIdentifiers");
        string[] memory functions = _changing(artifact);
        uint256 listed = 0;
        for (uint256 i = 0; i < functions.length; ++i) {
            bytes4 selector = _selectorOf(functions[i], signatures);
            uint64 role = _roleOf(json, name, functions[i]);
            if (role == NO_ROLE) {
                _checkWithoutRole(target, selector, functions[i]);
            } else {
                ++listed;
                _checkRole(target, selector, role, functions[i]);
            }
        }
        // roles.json names no function that is not there, and none twice.
        VM.assertEq(listed, _countListed(json, name), "functions of roles.json");
        VM.assertGt(functions.length, listed, "functions without a role");
    }

    function _checkRole(address target, bytes4 selector, uint64 role, string memory name) private {
        bytes memory data = bytes.concat(selector, _argumentsFor(name));
        for (uint64 other = 0; other < _accounts.length; ++other) {
            address account = _accounts[other];
            VM.prank(account);
            (bool success, bytes memory error) = target.call(data);
            bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, account);
            if (other == role) {
                VM.assertFalse(keccak256(error) == keccak256(refusal), string.concat("right role refused: ", name));
            } else {
                VM.assertFalse(success, string.concat("wrong role let through: ", name));
                VM.assertEq(error, refusal);
            }
        }
    }

    /// @dev Functions without a role are refused to everybody for the same reason, which has nothing to do with roles.
    function _checkWithoutRole(address target, bytes4 selector, string memory name) private {
        bytes memory data = bytes.concat(selector, new bytes(ARGUMENT_BYTES));
        for (uint256 i = 0; i < _accounts.length; ++i) {
            VM.prank(_accounts[i]);
            (bool success, bytes memory error) = target.call(data);
            VM.assertFalse(success, name);
            VM.assertEq(error, _withoutRole(name, target, _accounts[i]));
        }
    }

    /// @dev What stops a call, without any argument that makes sense, to a function that needs no role.
    function _withoutRole(string memory name, address target, address account) private view returns (bytes memory) {
        bytes32 id = keccak256(bytes(name));
        // Bound once, by the deployment; afterwards only the manager itself may move a contract to another manager.
        if (id == keccak256("initialize")) return abi.encodeWithSelector(Initializable.InvalidInitialization.selector);
        if (id == keccak256("setAuthority")) {
            return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, account);
        }
        // A contract calls itself, for each batch of a call.
        if (id == keccak256("issueOne") || id == keccak256("noticeOne") || id == keccak256("bookOne")) {
            return abi.encodeWithSelector(IActErrors.OnlyFor.selector, target, account);
        }
        // One contract of the network calls another.
        if (id == keccak256("consume") || id == keccak256("use") || id == keccak256("endPayment")) {
            return abi.encodeWithSelector(IActErrors.OnlyFor.selector, receipts, account);
        }
        // Anybody may send what is signed by whom it binds, or voted for.
        if (id == keccak256("rotateSigner") || id == keccak256("writeOff")) {
            return abi.encodeWithSelector(IActErrors.UnknownUnit.selector, 0);
        }
        if (id == keccak256("settle")) return abi.encodeWithSelector(IPaymentTypes.WrongEpoch.selector, 0, 1);
        if (id == keccak256("book")) {
            return abi.encodeWithSelector(IReceiptTypes.OpeningDoesNotMatch.selector, bytes32("root"));
        }
        if (id == keccak256("bookMany")) return abi.encodeWithSelector(IActErrors.WrongLength.selector, 0, 200);
        if (id == keccak256("unbook")) {
            return abi.encodeWithSelector(IReceiptTypes.NothingBooked.selector, 0, 0, address(0));
        }
        // Anybody may bring an item's link up to date: it follows from what is there.
        if (id == keccak256("linkItem")) return abi.encodeWithSelector(IRegistry.UnknownItem.selector, 0);
        revert(string.concat("who may call this function? ", name));
    }

    function _argumentsFor(string memory name) private pure returns (bytes memory) {
        // The implementation's address must be given: the rest of the check comes after who calls.
        if (keccak256(bytes(name)) == keccak256("upgradeToAndCall")) return abi.encode(address(1), bytes(""));
        // The unit itself may drop an announced key, so the unit is looked up before the role.
        if (keccak256(bytes(name)) == keccak256("cancelSigner")) return abi.encode(uint256(1));
        return new bytes(ARGUMENT_BYTES);
    }

    function _artifact(string memory name) private view returns (string memory) {
        return VM.readFile(string.concat("out/", name, ".sol/", name, ".json"));
    }

    /// @dev Names of all functions that change state, each once, since a name is all that roles.json gives.
    function _changing(string memory artifact) private pure returns (string[] memory names) {
        string memory path =
            "$.abi[?(@.type == 'function' && @.stateMutability != 'view' && @.stateMutability != 'pure')].name";
        names = abi.decode(JSON.parseJson(artifact, path), (string[]));
        for (uint256 i = 0; i < names.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                VM.assertFalse(_equal(names[i], names[j]), names[i]);
            }
        }
    }

    function _equal(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function _roleOf(string memory json, string memory contract_, string memory name) private pure returns (uint64) {
        string[] memory roles = VM.parseJsonKeys(json, string.concat(".functions.", contract_));
        for (uint256 i = 0; i < roles.length; ++i) {
            string[] memory names =
                VM.parseJsonStringArray(json, string.concat(".functions.", contract_, ".", roles[i]));
            for (uint256 j = 0; j < names.length; ++j) {
                if (_equal(names[j], name)) {
                    return uint64(VM.parseJsonUint(json, string.concat(".roles.", roles[i])));
                }
            }
        }
        return NO_ROLE;
    }

    function _countListed(string memory json, string memory contract_) private pure returns (uint256 count) {
        string[] memory roles = VM.parseJsonKeys(json, string.concat(".functions.", contract_));
        for (uint256 i = 0; i < roles.length; ++i) {
            count += VM.parseJsonStringArray(json, string.concat(".functions.", contract_, ".", roles[i])).length;
        }
    }
}
