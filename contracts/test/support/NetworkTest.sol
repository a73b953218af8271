// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {IReceiptLedger} from "../../src/interfaces/IReceiptLedger.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {CheatTest, Cheats} from "./Cheats.sol";

/// @notice What the three contracts have beside their interfaces.
interface IDeployed {
    function initialize(address authority) external;
    function upgradeToAndCall(address implementation, bytes calldata data) external;
    function proposalOf(bytes32 act) external view returns (address maker, uint40 until);
    function ACTS() external view returns (address);
}

/// @notice A whole network: contracts, roles, two regions, three units, items and ranges.
/// @dev Region 32 has supervisor, checker and node; region 33 has its own. Unit A and B are in 320999, unit C in 330100.
abstract contract NetworkTest is CheatTest {
    uint64 internal constant SUPERVISOR = 1;
    uint64 internal constant NODE = 2;
    uint64 internal constant ORACLE = 3;

    // 2026-06-15 10:00 in Beijing.
    uint256 internal constant NOW = 1_781_488_800;
    uint32 internal constant TODAY = 20_619;
    uint32 internal constant MONTH = 2026 * 12 + 5;
    uint64 internal constant DEADLINE = uint64(NOW + 1 hours);

    uint16 internal constant KIND_LIST = 601;
    uint16 internal constant KIND_CODE = 101;
    uint64 internal constant CODE_LIST = 32_060_126;
    uint64 internal constant CODE_CODE = 32_010_126;
    uint64 internal constant PAY_PREFIX = 3_209_992_630;
    uint64 internal constant PAPER_CODE = 4001;

    uint256 internal constant KEY_A = 0xA1;
    uint256 internal constant KEY_B = 0xB2;
    uint256 internal constant KEY_C = 0xC3;
    uint256 internal constant BOOKING_KEY = 0xB00C;
    uint256 internal constant BOOKER_KEY = 0xE1;
    uint256 internal constant OTHER_BOOKER_KEY = 0xE2;

    address internal constant ADMIN = address(0xAD);
    address internal constant SUPER = address(0x5001);
    address internal constant CHECKER = address(0x5002);
    address internal constant NODE_32 = address(0x4001);
    address internal constant SUPER_33 = address(0x5003);
    address internal constant NODE_33 = address(0x4003);
    address internal constant ORACLE_1 = address(0x0501);
    address internal constant ORACLE_2 = address(0x0502);
    address internal constant ORACLE_3 = address(0x0503);
    address internal constant STRANGER = address(0xBAD);

    IAccessManager internal manager;
    IRegistry internal registry;
    IPaymentLedger internal payments;
    IReceiptLedger internal receipts;

    uint32 internal unitA;
    uint32 internal unitB;
    uint32 internal unitC;
    uint16 internal item; // 0.01 to 100,000.00 yuan, kind 101
    uint16 internal otherItem; // any kind
    uint32 internal listRange; // unit A
    uint32 internal codeRange; // unit A
    uint32 internal payRange; // unit A
    uint32 internal paperRange; // unit A
    uint32 internal listRangeB; // unit B
    uint32 internal payRangeB; // unit B
    uint32 internal listPool;
    uint32 internal codePool;
    uint32 internal payPool;
    uint32 internal paperPool;

    function setUp() public virtual {
        VM.warp(NOW);
        _deploy();
        _grant();
        _fill();
    }

    function _deploy() private {
        manager = IAccessManager(_create("AccessManager", abi.encode(ADMIN)));
        uint256 nonce = VM.getNonce(address(this));
        address registryProxy = VM.computeCreateAddress(address(this), nonce + 3);
        address paymentsProxy = VM.computeCreateAddress(address(this), nonce + 4);
        address receiptsProxy = VM.computeCreateAddress(address(this), nonce + 5);
        address registryCode = _create("Registry", abi.encode(paymentsProxy, receiptsProxy));
        address paymentsCode = _create("PaymentLedger", abi.encode(registryProxy, receiptsProxy));
        address receiptsCode = _create("ReceiptLedger", abi.encode(registryProxy, paymentsProxy));
        bytes memory init = abi.encodeCall(IDeployed.initialize, (address(manager)));
        registry = IRegistry(_create("ERC1967Proxy", abi.encode(registryCode, init)));
        payments = IPaymentLedger(_create("ERC1967Proxy", abi.encode(paymentsCode, init)));
        receipts = IReceiptLedger(_create("ERC1967Proxy", abi.encode(receiptsCode, init)));
        VM.assertEq(address(registry), registryProxy);
        VM.assertEq(address(payments), paymentsProxy);
        VM.assertEq(address(receipts), receiptsProxy);
    }

    /// @dev Deploys a compiled contract by its name: tests see interfaces only, so that they compile fast.
    function _create(string memory name, bytes memory arguments) internal returns (address deployed) {
        bytes memory code = bytes.concat(VM.getCode(string.concat("out/", name, ".sol/", name, ".json")), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        VM.assertTrue(deployed != address(0), name);
    }

    function _grant() private {
        VM.startPrank(ADMIN);
        _setRoles("Registry", address(registry));
        _setRoles("PaymentLedger", address(payments));
        _setRoles("ReceiptLedger", address(receipts));
        manager.grantRole(SUPERVISOR, SUPER, 0);
        manager.grantRole(SUPERVISOR, CHECKER, 0);
        manager.grantRole(SUPERVISOR, SUPER_33, 0);
        manager.grantRole(NODE, NODE_32, 0);
        manager.grantRole(NODE, NODE_33, 0);
        manager.grantRole(ORACLE, ORACLE_1, 0);
        manager.grantRole(ORACLE, ORACLE_2, 0);
        manager.grantRole(ORACLE, ORACLE_3, 0);
        registry.setArea(SUPER, 132);
        registry.setArea(CHECKER, 132);
        registry.setArea(NODE_32, 132);
        registry.setArea(SUPER_33, 133);
        registry.setArea(NODE_33, 133);
        (address[] memory oracles, uint32[] memory sources) = _committee();
        payments.setCommittee(oracles, sources, 2);
        VM.stopPrank();
    }

    function _committee() internal pure returns (address[] memory oracles, uint32[] memory sources) {
        oracles = new address[](3);
        (oracles[0], oracles[1], oracles[2]) = (ORACLE_1, ORACLE_2, ORACLE_3);
        sources = new uint32[](3);
        (sources[0], sources[1], sources[2]) = (11, 12, 13);
    }

    /// @dev Sets the roles of roles.json, as a deployment does, with the selectors of the compiled contract.
    function _setRoles(string memory name, address target) private {
        string memory json = VM.readFile("roles.json");
        string memory artifact = VM.readFile(string.concat("out/", name, ".sol/", name, ".json"));
        string[] memory signatures = VM.parseJsonKeys(artifact, ".methodIdentifiers");
        string[] memory roles = VM.parseJsonKeys(json, string.concat(".functions.", name));
        for (uint256 i = 0; i < roles.length; ++i) {
            uint64 role = uint64(VM.parseJsonUint(json, string.concat(".roles.", roles[i])));
            string[] memory names = VM.parseJsonStringArray(json, string.concat(".functions.", name, ".", roles[i]));
            bytes4[] memory selectors = new bytes4[](names.length);
            for (uint256 j = 0; j < names.length; ++j) {
                selectors[j] = _selectorOf(names[j], signatures);
            }
            manager.setTargetFunctionRole(target, selectors, role);
        }
    }

    function _selectorOf(string memory name, string[] memory signatures) internal pure returns (bytes4) {
        bytes memory wanted = abi.encodePacked(name, "(");
        for (uint256 i = 0; i < signatures.length; ++i) {
            bytes memory signature = bytes(signatures[i]);
            bool equal = signature.length > wanted.length;
            for (uint256 j = 0; equal && j < wanted.length; ++j) {
                equal = signature[j] == wanted[j];
            }
            if (equal) return bytes4(keccak256(signature));
        }
        revert(string.concat("no function ", name));
    }

    function _fill() private {
        VM.startPrank(SUPER);
        unitA = registry.registerUnit(keccak256("12320900E00000001M"), 1_320_999, VM.addr(KEY_A), "cert A");
        unitB = registry.registerUnit(keccak256("12320900E00000002K"), 1_320_999, VM.addr(KEY_B), "cert B");
        item = registry.setItem(132, "103043211", _version(1, 10_000_000, KIND_CODE));
        otherItem = registry.setItem(132, "060101", _version(1, 10_000_000, 0));
        listPool = registry.openPool(IRegistry.RangeClass.Receipt, 132, CODE_LIST, 1, 1_000_000);
        codePool = registry.openPool(IRegistry.RangeClass.Receipt, 132, CODE_CODE, 1, 1_000_000);
        payPool = registry.openPool(IRegistry.RangeClass.PaymentCode, 132, PAY_PREFIX, 1, 1_000_000);
        paperPool = registry.openPool(IRegistry.RangeClass.Paper, 132, PAPER_CODE, 1, 100_000);
        listRange = registry.allot(listPool, unitA, 100_000, KIND_LIST, IRegistry.ControlMode.ByList, 1);
        codeRange = registry.allot(codePool, unitA, 100_000, KIND_CODE, IRegistry.ControlMode.ByCode, 1);
        payRange = registry.allot(payPool, unitA, 100_000, KIND_CODE, IRegistry.ControlMode.None, 1);
        paperRange = registry.allot(paperPool, unitA, 1000, 0, IRegistry.ControlMode.None, 1);
        listRangeB = registry.allot(listPool, unitB, 100_000, KIND_LIST, IRegistry.ControlMode.ByList, 1);
        payRangeB = registry.allot(payPool, unitB, 100_000, KIND_CODE, IRegistry.ControlMode.None, 1);
        VM.stopPrank();
        VM.prank(SUPER_33);
        unitC = registry.registerUnit(keccak256("12330100E00000003H"), 1_330_100, VM.addr(KEY_C), "cert C");
    }

    function _version(uint48 minFen, uint48 maxFen, uint16 kind) internal pure returns (IRegistry.ItemVersion memory) {
        return IRegistry.ItemVersion({
            enabledFrom: 0, enabledUntil: 0, minFen: minFen, maxFen: maxFen, kind: kind, listedUnitsOnly: false
        });
    }

    /// @dev EIP-712 signature for a proxy of this network.
    function _sign(uint256 key, address target, bytes32 structHash) internal view returns (bytes memory) {
        return _signFor(key, target, structHash, block.chainid);
    }

    function _signFor(uint256 key, address target, bytes32 structHash, uint256 chainId)
        internal
        pure
        returns (bytes memory)
    {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Piaolian"),
                keccak256("1"),
                chainId,
                target
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, keccak256(abi.encodePacked(hex"1901", separator, structHash)));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Data of a custom error without arguments of dynamic type.
    function _error(bytes4 selector, bytes memory arguments) internal pure returns (bytes memory) {
        return abi.encodePacked(selector, arguments);
    }

    /// @dev Logs of the kind that were recorded since recordLogs.
    function _logsOf(bytes32 topic) internal returns (Cheats.Log[] memory found) {
        return _filter(VM.getRecordedLogs(), topic);
    }

    function _filter(Cheats.Log[] memory logs, bytes32 topic) internal pure returns (Cheats.Log[] memory found) {
        uint256 count = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++count;
        }
        found = new Cheats.Log[](count);
        count = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) found[count++] = logs[i];
        }
    }
}
