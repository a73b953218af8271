// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Area} from "../libraries/Area.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Governed} from "../base/Governed.sol";
import {RegistryStorage} from "./RegistryStorage.sol";
import {SignedActs} from "../base/SignedActs.sol";

/// @title Units, their keys, and the areas of accounts
abstract contract Units is Governed, SignedActs, RegistryStorage {
    /// @notice Seconds that an announced key waits, so that a unit whose key is not lost can object.
    uint40 public constant SIGNER_DELAY_SECONDS = 3 days;

    bytes32 private constant ROTATE_TYPEHASH =
        keccak256("RotateSigner(uint32 unit,address newSigner,bytes32 certificateDigest,uint64 nonce,uint64 deadline)");

    /// @inheritdoc IRegistry
    function setArea(address account, uint32 area) external restricted {
        if (account == address(0)) revert ZeroAddress();
        if (area != 0 && !Area.isValid(area)) revert MalformedArea(area);
        _layout().areas[account] = area;
        emit AreaSet(account, area);
    }

    /// @inheritdoc IRegistry
    function registerUnit(bytes32 creditCodeDigest, uint32 area, address signer, bytes32 certificateDigest)
        external
        restricted
        returns (uint32 unit)
    {
        if (!Area.isUnitArea(area)) revert MalformedArea(area);
        _requireArea(msg.sender, area);
        if (signer == address(0)) revert ZeroAddress();
        Layout storage $ = _layout();
        uint32 known = $.unitIds[creditCodeDigest];
        if (known != 0) revert UnitExists(known);

        unit = ++$.counters.units;
        $.unitIds[creditCodeDigest] = unit;
        Unit storage record = $.units[unit];
        record.signer = signer;
        record.area = area;
        record.creditCodeDigest = creditCodeDigest;
        record.certificateDigest = certificateDigest;
        emit UnitRegistered(unit, creditCodeDigest, area, signer, certificateDigest);
    }

    /// @inheritdoc IRegistry
    function rotateSigner(
        uint32 unit,
        address newSigner,
        bytes32 certificateDigest,
        uint64 deadline,
        bytes calldata signature
    ) external {
        address oldSigner = _unit(unit).signer;
        uint64 nonce = _layout().rotationNonces[unit];
        bytes32 structHash = keccak256(abi.encode(ROTATE_TYPEHASH, unit, newSigner, certificateDigest, nonce, deadline));
        _requireSigned(oldSigner, structHash, deadline, signature);
        _setSigner(unit, newSigner, certificateDigest);
    }

    /// @inheritdoc IRegistry
    function scheduleSigner(uint32 unit, address newSigner, bytes32 certificateDigest) external restricted {
        _requireArea(msg.sender, _unit(unit).area);
        if (newSigner == address(0)) revert ZeroAddress();
        uint40 executableAt = uint40(block.timestamp) + SIGNER_DELAY_SECONDS;
        _layout().scheduledSigners[unit] = ScheduledSigner(newSigner, executableAt, certificateDigest);
        emit SignerScheduled(unit, newSigner, certificateDigest, executableAt);
    }

    /// @inheritdoc IRegistry
    function executeSigner(uint32 unit) external restricted {
        _requireArea(msg.sender, _unit(unit).area);
        ScheduledSigner memory scheduled = _layout().scheduledSigners[unit];
        if (scheduled.newSigner == address(0)) revert SignerNotScheduled(unit);
        if (block.timestamp < scheduled.executableAt) revert SignerDelayRunning(unit, scheduled.executableAt);
        _setSigner(unit, scheduled.newSigner, scheduled.certificateDigest);
    }

    /// @inheritdoc IRegistry
    function cancelSigner(uint32 unit) external {
        Unit storage record = _unit(unit);
        if (msg.sender != record.signer) {
            // What `restricted` does, for callers other than the unit itself.
            _checkCanCall(msg.sender, msg.data);
            _requireArea(msg.sender, record.area);
        }
        if (_layout().scheduledSigners[unit].newSigner == address(0)) revert SignerNotScheduled(unit);
        delete _layout().scheduledSigners[unit];
        emit SignerScheduleCancelled(unit);
    }

    /// @inheritdoc IRegistry
    function restrict(uint32 unit, uint16 reason) external restricted {
        Unit storage record = _unit(unit);
        _requireArea(msg.sender, record.area);
        if (reason == 0) revert ReasonMissing();
        record.restrictedAt = uint32(block.timestamp);
        record.restrictionReason = reason;
        emit UnitRestricted(unit, reason);
    }

    /// @inheritdoc IRegistry
    function lift(uint32 unit) external restricted {
        Unit storage record = _unit(unit);
        _requireArea(msg.sender, record.area);
        if (record.restrictedAt == 0) revert UnitNotRestricted(unit);
        record.restrictedAt = 0;
        record.restrictionReason = 0;
        emit UnitLifted(unit);
    }

    /// @inheritdoc IRegistry
    function succeed(uint32 unit, uint32 successor) external restricted {
        Unit storage record = _unit(unit);
        _requireArea(msg.sender, record.area);
        _requireArea(msg.sender, _unit(successor).area);
        if (record.successor != 0) revert UnitHasSuccessor(unit, record.successor);
        // A successor without a successor of its own: chains of successors cannot close into a ring.
        if (successor == unit || _unit(successor).successor != 0) revert SuccessorNotAllowed(unit, successor);
        record.successor = successor;
        emit UnitSucceeded(unit, successor);
    }

    /// @inheritdoc IRegistry
    function authorize(address account, uint32 unit) external view returns (address signer) {
        _requireArea(account, _unit(unit).area);
        return _signerOf(unit);
    }

    /// @inheritdoc IRegistry
    function unitOf(uint32 unit) external view returns (Unit memory) {
        return _unit(unit);
    }

    /// @inheritdoc IRegistry
    function unitIdOf(bytes32 creditCodeDigest) external view returns (uint32) {
        return _layout().unitIds[creditCodeDigest];
    }

    /// @inheritdoc IRegistry
    function signerOf(uint32 unit) external view returns (address) {
        _unit(unit);
        return _signerOf(unit);
    }

    /// @inheritdoc IRegistry
    function rotationNonceOf(uint32 unit) external view returns (uint64) {
        return _layout().rotationNonces[unit];
    }

    /// @inheritdoc IRegistry
    function scheduledSignerOf(uint32 unit)
        external
        view
        returns (address newSigner, bytes32 certificateDigest, uint40 executableAt)
    {
        ScheduledSigner storage scheduled = _layout().scheduledSigners[unit];
        return (scheduled.newSigner, scheduled.certificateDigest, scheduled.executableAt);
    }

    /// @inheritdoc IRegistry
    function areaOf(address account) external view returns (uint32) {
        return _layout().areas[account];
    }

    /// @dev Reverts unless the account's area contains `area`.
    function _requireArea(address account, uint32 area) internal view {
        uint32 accountArea = _layout().areas[account];
        if (!Area.contains(accountArea, area)) revert NotYourArea(accountArea, area);
    }

    /// @dev The unit's record. Reverts if there is none: every unit has a signer.
    function _unit(uint32 unit) internal view returns (Unit storage record) {
        record = _layout().units[unit];
        if (record.signer == address(0)) revert UnknownUnit(unit);
    }

    /// @dev The key that binds the unit. Successors form no ring (see succeed), so the walk ends.
    function _signerOf(uint32 unit) internal view returns (address) {
        Unit storage record = _layout().units[unit];
        while (record.successor != 0) record = _layout().units[record.successor];
        return record.signer;
    }

    function _setSigner(uint32 unit, address newSigner, bytes32 certificateDigest) private {
        if (newSigner == address(0)) revert ZeroAddress();
        Layout storage $ = _layout();
        Unit storage record = $.units[unit];
        address oldSigner = record.signer;
        record.signer = newSigner;
        record.certificateDigest = certificateDigest;
        uint64 nonce = ++$.rotationNonces[unit];
        // An announcement is void once the key has changed, by whatever way.
        delete $.scheduledSigners[unit];
        emit SignerRotated(unit, oldSigner, newSigner, certificateDigest, nonce);
    }
}
