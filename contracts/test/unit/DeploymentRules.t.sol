// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IDeployed} from "../support/NetworkTest.sol";
import {RefusalsTest} from "../support/Refusals.sol";

/// @dev Where the ledgers say the other half of their code is.
interface IHalves {
    function ACTS() external view returns (address);
    function DECISIONS() external view returns (address);
}

/// @notice How the contracts are made, where they keep what they know, and the approval of two.
contract DeploymentRulesTest is RefusalsTest {
    /// @dev What the creation of a contract says, if it fails.
    function _creationError(string memory name, bytes memory arguments) private returns (bytes memory error) {
        bytes memory code = bytes.concat(VM.getCode(string.concat("out/", name, ".sol/", name, ".json")), arguments);
        assembly ("memory-safe") {
            let created := create(0, add(code, 32), mload(code))
            error := mload(0x40)
            let size := mul(iszero(created), returndatasize())
            mstore(error, size)
            returndatacopy(add(error, 32), 0, size)
            mstore(0x40, add(error, and(add(size, 63), not(31))))
        }
    }

    function test_creation_needsBothNeighbours() public {
        string[3] memory names = ["Registry", "PaymentLedger", "ReceiptLedger"];
        bytes memory refusal = abi.encodeWithSelector(IActErrors.ZeroAddress.selector);
        for (uint256 i = 0; i < 3; ++i) {
            VM.assertEq(_creationError(names[i], abi.encode(address(0), STRANGER)), refusal);
            VM.assertEq(_creationError(names[i], abi.encode(STRANGER, address(0))), refusal);
            VM.assertEq(_creationError(names[i], abi.encode(STRANGER, STRANGER)), "");
        }
    }

    function test_initialize_needsAnAuthority() public {
        bytes memory init = abi.encodeCall(IDeployed.initialize, (address(0)));
        address code = _create("Registry", abi.encode(payments, receipts));
        VM.assertEq(
            _creationError("ERC1967Proxy", abi.encode(code, init)),
            abi.encodeWithSelector(IActErrors.ZeroAddress.selector)
        );
    }

    /// @notice Neither a contract behind a proxy nor the other half of its code can ever be initialised by itself.
    function test_code_isNeverInitialised() public {
        address[5] memory codes = [
            _create("Registry", abi.encode(payments, receipts)),
            _create("PaymentLedger", abi.encode(registry, receipts)),
            _create("ReceiptLedger", abi.encode(registry, payments)),
            IHalves(address(payments)).DECISIONS(),
            IHalves(address(receipts)).ACTS()
        ];
        // ERC-7201 slot of OpenZeppelin's Initializable: its version, at its end.
        bytes32 slot = 0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00;
        for (uint256 i = 0; i < 5; ++i) {
            VM.assertEq(uint256(VM.load(codes[i], slot)), type(uint64).max);
            if (i > 2) continue;
            VM.expectRevert(bytes4(keccak256("InvalidInitialization()")));
            IDeployed(codes[i]).initialize(address(manager));
        }
    }

    function _slotOf(string memory name) private pure returns (bytes32) {
        return keccak256(abi.encode(uint256(keccak256(bytes(name))) - 1)) & ~bytes32(uint256(0xff));
    }

    /// @notice Storage lies where ERC-7201 says, so that an upgrade finds it and nothing else overlaps it.
    function test_storage_liesAtItsNamedPlace() public {
        _settle("report", _group(payRange, _entry(1, 10_000, TODAY, 1)));
        _notify(1, 1);
        _pay(1, 1);
        _issueList(1, 1);
        VM.assertTrue(VM.load(address(registry), _slotOf("piaolian.storage.Registry")) != 0);
        VM.assertTrue(VM.load(address(payments), _slotOf("piaolian.storage.PaymentLedger")) != 0);
        VM.assertTrue(VM.load(address(receipts), _slotOf("piaolian.storage.ReceiptLedger")) != 0);
        VM.prank(SUPER);
        receipts.extend(unitA, KIND_LIST, uint40(NOW + 1), 2);
        bytes32 act = keccak256(abi.encodeCall(receipts.extend, (unitA, KIND_LIST, uint40(NOW + 1), 2)));
        bytes32 place = keccak256(abi.encode(act, _slotOf("piaolian.storage.FourEyes")));
        VM.assertEq(address(uint160(uint256(VM.load(address(receipts), place)))), SUPER);
    }

    // --- approval of two

    function test_approval_saysUntilWhenAndIsTakenAtThatVerySecond() public {
        bytes32 act = keccak256(abi.encodeCall(receipts.extend, (unitA, KIND_LIST, uint40(NOW + 30 days), 2)));
        VM.expectEmit(address(receipts));
        emit IActErrors.ApprovalProposed(act, SUPER, uint40(NOW + 7 days));
        VM.prank(SUPER);
        VM.assertFalse(receipts.extend(unitA, KIND_LIST, uint40(NOW + 30 days), 2));
        VM.warp(NOW + 7 days);
        VM.prank(CHECKER);
        VM.assertTrue(receipts.extend(unitA, KIND_LIST, uint40(NOW + 30 days), 2));
        (address maker, uint40 until) = IDeployed(address(receipts)).proposalOf(act);
        VM.assertEq(maker, address(0));
        VM.assertEq(until, 0);
        // It was used up: the same call again is a new proposal.
        VM.prank(SUPER);
        VM.assertFalse(receipts.extend(unitA, KIND_LIST, uint40(NOW + 30 days), 2));
    }
}
