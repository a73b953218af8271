// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../base/Governed.sol";
import {BeijingCalendar} from "../libraries/BeijingCalendar.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {Packed} from "../libraries/Packed.sol";
import {PositionalTree} from "../libraries/PositionalTree.sol";
import {IReceiptLedger} from "../interfaces/IReceiptLedger.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Months} from "./Months.sol";

/// @title Issue and void
/// @notice By code, the contract computes leaves, root and total itself: amount, code, lines and number are true by
/// construction. By list, the unit's root is taken as signed, and count and total stand in its header.
abstract contract Issuing is Governed, Months, IReceiptLedger {
    uint256 private constant MAX_BATCHES = 1000;
    uint32 private constant MAX_COUNT_BY_CODE = 2500;
    uint32 private constant MAX_COUNT_BY_LIST = 1_000_000;
    uint32 private constant MAX_COUNT_VOID = 4096;
    uint128 private constant SEQUENCES = 10_000_000_000; // ten digits
    // What one batch may burn, well above the cost of an honest one; see Notices.
    uint256 private constant BATCH_GAS = 500_000;
    uint256 private constant RECEIPT_GAS = 9_000;
    uint256 private constant RESERVE_GAS = 80_000;
    // A void mark in each of the 32 bytes of a slot.
    uint256 private constant VOID_WORD = type(uint256).max / 255 * MARK_VOID;

    bytes32 private constant ISSUE_TYPEHASH = keccak256(
        "Issue(uint32 unit,uint32 range,uint8 mode,uint40 first,uint32 count,uint32 issueDay,uint64 totalFen,uint32 catalogVersion,bytes32 unitRoot,uint64 deadline)"
    );
    bytes32 private constant VOID_TYPEHASH =
        keccak256("Void(uint32 unit,uint32 range,uint40 first,uint32 count,uint16 reason,uint64 deadline)");

    /// @inheritdoc IReceiptLedger
    function issue(IssueBatch[] calldata batches) external restricted {
        if (batches.length == 0 || batches.length > MAX_BATCHES) revert WrongLength(batches.length, MAX_BATCHES);
        uint64 rootId = _layout().lastRootId + 1;
        bytes32[] memory headers = new bytes32[](batches.length);
        uint256 accepted = 0;
        for (uint256 i = 0; i < batches.length; ++i) {
            IssueBatch calldata batch = batches[i];
            uint256 cap = BATCH_GAS + batch.bodyHashes.length * RECEIPT_GAS;
            uint256 needed = cap * 64 / 63 + RESERVE_GAS;
            if (gasleft() < needed) revert InsufficientGas(needed, gasleft());
            (bool success, bytes memory answer) = BoundedCall.call(
                address(this), cap, abi.encodeCall(this.issueOne, (msg.sender, rootId, uint16(accepted), batch))
            );
            if (success) headers[accepted++] = abi.decode(answer, (bytes32));
            else emit BatchRefused(batch.unit, batch.range, batch.first, uint16(i), answer);
        }
        if (accepted == 0) return;
        _layout().lastRootId = rootId;
        bytes32 root = PositionalTree.root(headers, accepted);
        _layout().roots[rootId] = root;
        emit RootRegistered(rootId, root, uint16(accepted));
    }

    /// @inheritdoc IReceiptLedger
    function issueOne(address account, uint64 rootId, uint16 position, IssueBatch calldata batch)
        external
        returns (bytes32 headerHash)
    {
        if (msg.sender != address(this)) revert OnlyFor(address(this), msg.sender);
        // 1. The numbers are the range's next and the unit's, which is active.
        (IRegistry.Range memory used, address signer, uint32 catalog) = REGISTRY.consume(
            account, batch.unit, batch.range, batch.first, batch.count, IRegistry.RangeClass.Receipt, true
        );
        // 2. The day may be written on a receipt, and the kind is not overdue.
        uint32 month = _requireDay(used.prefix, batch.issueDay);
        _requireNotOverdue(batch.unit, used.kind);
        if (batch.catalogVersion > catalog) revert CatalogVersionUnknown(batch.catalogVersion, catalog);
        // 3. Under code control everything follows from paid notices.
        if (used.mode == IRegistry.ControlMode.ByCode) _requirePaid(batch, used.kind);
        else _requireList(batch);
        // 4. The unit signed exactly this.
        Header memory header = _headerOf(batch, uint8(used.mode));
        _requireSigned(
            signer, keccak256(abi.encode(ISSUE_TYPEHASH, header, batch.deadline)), batch.deadline, batch.signature
        );
        // 5. Count.
        _noteIssue(batch.unit, used.kind);
        _count(batch.unit, used.kind, month, Totals(batch.count, 0, 0, batch.totalFen, 0));
        _emitIssued(rootId, position, header, batch.bodies);
        if (batch.paymentSequences.length != 0) {
            emit PaymentsReceipted(rootId, position, batch.paymentRange, batch.paymentSequences);
        }
        return _hashHeader(header);
    }

    /// @inheritdoc IReceiptLedger
    function voidNumbers(VoidAct calldata act) external restricted {
        if (act.count == 0 || act.count > MAX_COUNT_VOID) revert MalformedCount(act.count);
        IRegistry.RangeClass class = REGISTRY.rangeOf(act.range).class;
        // Receipts and spoilt paper; a payment notice is cancelled, not voided.
        if (class == IRegistry.RangeClass.PaymentCode) class = IRegistry.RangeClass.Receipt;
        (IRegistry.Range memory used, address signer,) =
            REGISTRY.consume(msg.sender, act.unit, act.range, act.first, act.count, class, false);
        bytes32 structHash =
            keccak256(abi.encode(VOID_TYPEHASH, act.unit, act.range, act.first, act.count, act.reason, act.deadline));
        _requireSigned(signer, structHash, act.deadline, act.signature);
        uint32 month = BeijingCalendar.monthOf(BeijingCalendar.dayOf(block.timestamp));
        if (class == IRegistry.RangeClass.Receipt) {
            _markVoid(act.range, act.first, act.count);
            _count(act.unit, used.kind, month, Totals(0, act.count, 0, 0, 0));
        }
        emit NumbersVoided(act.unit, act.range, act.first, act.count, month, act.reason);
    }

    /// @dev By list: no payments, any number of receipts up to a bound.
    function _requireList(IssueBatch calldata batch) private pure {
        if (batch.count == 0 || batch.count > MAX_COUNT_BY_LIST) revert MalformedCount(batch.count);
        if (batch.paymentSequences.length != 0 || batch.bodyHashes.length != 0) {
            revert PaymentsDoNotFit(batch.count, batch.paymentSequences.length, batch.bodyHashes.length);
        }
    }

    /// @dev By code: uses the payments, and computes total and root from them.
    function _requirePaid(IssueBatch calldata batch, uint16 kind) private {
        uint256 count = batch.count;
        if (count == 0 || count > MAX_COUNT_BY_CODE) revert MalformedCount(batch.count);
        if (batch.paymentSequences.length != count * 5 || batch.bodyHashes.length != count) {
            revert PaymentsDoNotFit(batch.count, batch.paymentSequences.length, batch.bodyHashes.length);
        }
        (uint64 prefix, uint256[] memory lanes, bytes32[] memory linesHashes) =
            PAYMENT_LEDGER.use(batch.unit, batch.paymentRange, kind, batch.paymentSequences);
        (bytes32[] memory leaves, uint64 total) = _hashLeaves(batch, prefix, lanes, linesHashes);
        if (total != batch.totalFen) revert TotalMismatch(total, batch.totalFen);
        bytes32 root = PositionalTree.root(leaves, count);
        if (root != batch.unitRoot) revert UnitRootMismatch(root, batch.unitRoot);
    }

    /// @dev Leaf of each receipt, from what was noticed and paid.
    /// @return leaves In the order of the numbers
    /// @return total Sum of the amounts in fen; 2,500 amounts of 48 bits fit 64 bits
    function _hashLeaves(IssueBatch calldata batch, uint64 prefix, uint256[] memory lanes, bytes32[] memory linesHashes)
        private
        pure
        returns (bytes32[] memory leaves, uint64 total)
    {
        bytes calldata sequences = batch.paymentSequences;
        bytes32[] calldata bodyHashes = batch.bodyHashes;
        leaves = new bytes32[](lanes.length);
        uint256 several = 0;
        // One structure for all leaves: a new one for each would make the memory, and its price, grow.
        Leaf memory leaf;
        leaf.range = batch.range;
        leaf.number = batch.first;
        // Numbers have ten digits and fit uint40; codes have 20 digits and fit uint128.
        unchecked {
            for (uint256 i = 0; i < leaves.length; ++i) {
                uint256 lane = lanes[i];
                leaf.amount = bytes32(lane >> 16);
                leaf.paymentCode = prefix * SEQUENCES + Packed.sequenceAt(sequences, i);
                leaf.linesHash = uint16(lane) == 0 ? linesHashes[several++] : Packed.hashLane(uint64(lane));
                leaf.bodyHash = bodyHashes[i];
                leaves[i] = _hashLeaf(leaf);
                total += uint64(lane >> 16);
                ++leaf.number;
            }
        }
    }

    /// @dev Marks consecutive numbers void, a slot at a time.
    function _markVoid(uint32 range, uint40 first, uint256 count) private {
        mapping(uint256 => uint256) storage words = _layout().marks[range];
        uint256 end = first + count;
        for (uint256 at = first; at < end;) {
            uint256 stop = (at / 32 + 1) * 32;
            if (stop > end) stop = end;
            // Bytes at % 32 up to stop: the low bytes of the constant, moved up.
            words[at / 32] |= (VOID_WORD >> (8 * (32 - (stop - at)))) << (8 * (at % 32));
            at = stop;
        }
    }

    function _headerOf(IssueBatch calldata batch, uint8 mode) private pure returns (Header memory) {
        return Header({
            unit: batch.unit,
            range: batch.range,
            mode: mode,
            first: batch.first,
            count: batch.count,
            issueDay: batch.issueDay,
            totalFen: batch.totalFen,
            catalogVersion: batch.catalogVersion,
            unitRoot: batch.unitRoot
        });
    }

    function _emitIssued(uint64 rootId, uint16 position, Header memory header, bytes32 bodies) private {
        emit BatchIssued(
            rootId,
            header.unit,
            header.range,
            position,
            header.mode,
            header.first,
            header.count,
            header.issueDay,
            header.totalFen,
            header.catalogVersion,
            header.unitRoot,
            bodies
        );
    }
}
