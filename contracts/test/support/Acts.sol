// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {PaymentActs} from "./PaymentActs.sol";

/// @notice Builds trees and signed batches of receipts as the SDK does, written independently of the contracts.
abstract contract Acts is PaymentActs {
    bytes32 internal constant ISSUE_TYPE = keccak256(
        "Issue(uint32 unit,uint32 range,uint8 mode,uint40 first,uint32 count,uint32 issueDay,uint64 totalFen,uint32 catalogVersion,bytes32 unitRoot,uint64 deadline)"
    );

    // --- trees

    function _hash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(bytes.concat(left, right));
    }

    function _rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[] memory level = leaves;
        while (level.length > 1) level = _levelAbove(level);
        return level[0];
    }

    function _levelAbove(bytes32[] memory level) internal pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < above.length; ++i) {
            above[i] = _hash(level[2 * i], 2 * i + 1 < level.length ? level[2 * i + 1] : bytes32(0));
        }
    }

    function _pathOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory path) {
        bytes32[] memory level = leaves;
        while (level.length > 1) {
            uint256 sibling = index ^ 1;
            bytes32 node = sibling < level.length ? level[sibling] : bytes32(0);
            bytes32[] memory longer = new bytes32[](path.length + 1);
            for (uint256 i = 0; i < path.length; ++i) {
                longer[i] = path[i];
            }
            longer[path.length] = node;
            path = longer;
            level = _levelAbove(level);
            index /= 2;
        }
    }

    function _leaf(
        uint32 range,
        uint40 number,
        bytes32 amount,
        uint128 paymentCode,
        bytes32 linesHash,
        bytes32 bodyHash
    ) internal pure returns (bytes32) {
        bytes32 inner = keccak256(abi.encode(range, number, amount, paymentCode, linesHash, bodyHash));
        return keccak256(abi.encodePacked(inner));
    }

    function _headerHash(IReceiptTypes.Header memory h) internal pure returns (bytes32) {
        bytes memory front = abi.encode(h.unit, h.range, h.mode, h.first);
        bytes memory back = abi.encode(h.count, h.issueDay, h.totalFen, h.catalogVersion, h.unitRoot);
        bytes32 inner = keccak256(bytes.concat(front, back));
        return keccak256(abi.encodePacked(inner));
    }

    // --- receipts

    function _documentDigest(uint40 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("document", number));
    }

    function _fieldsRoot(uint40 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("fields", number));
    }

    function _salt(uint40 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", number));
    }

    function _bodyHash(uint40 number) internal pure returns (bytes32) {
        return keccak256(abi.encode(_documentDigest(number), _fieldsRoot(number), VM.addr(BOOKING_KEY)));
    }

    function _listAmount(uint40 number) internal pure returns (bytes32) {
        return keccak256(abi.encode(_fenOf(number), _salt(number)));
    }

    /// @dev Amount of a list-controlled test receipt.
    function _fenOf(uint40 number) internal pure returns (uint48) {
        return 20_000 + uint48(number);
    }

    function _listLeaves(uint32 range, uint40 first, uint256 count) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint40 number = first + uint40(i);
            leaves[i] = _leaf(range, number, _listAmount(number), 0, 0, _bodyHash(number));
        }
    }

    function _listBatch(uint256 key, uint32 unit, uint32 range, uint40 first, uint32 count)
        internal
        view
        returns (IReceiptTypes.IssueBatch memory batch)
    {
        batch.unit = unit;
        batch.range = range;
        batch.first = first;
        batch.count = count;
        batch.issueDay = TODAY;
        for (uint256 i = 0; i < count; ++i) {
            batch.totalFen += _fenOf(first + uint40(i));
        }
        batch.catalogVersion = registry.catalogVersion();
        batch.unitRoot = _rootOf(_listLeaves(range, first, count));
        batch.bodies = keccak256("bodies");
        batch.deadline = DEADLINE;
        _signIssue(key, batch, 2);
    }

    /// @dev Receipts for the payments `firstSequence` and following, which _notify and _pay have made.
    function _codeBatch(uint40 first, uint40 firstSequence, uint32 count)
        internal
        view
        returns (IReceiptTypes.IssueBatch memory batch)
    {
        batch.unit = unitA;
        batch.range = codeRange;
        batch.first = first;
        batch.count = count;
        batch.issueDay = TODAY;
        batch.catalogVersion = registry.catalogVersion();
        batch.paymentRange = payRange;
        batch.bodyHashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint40 sequence = firstSequence + uint40(i);
            batch.paymentSequences = bytes.concat(batch.paymentSequences, bytes5(sequence));
            batch.bodyHashes[i] = _bodyHash(first + uint40(i));
            batch.totalFen += payments.noticeOf(payRange, sequence).amountFen;
        }
        batch.unitRoot = _rootOf(_codeLeaves(batch));
        batch.bodies = keccak256("bodies");
        batch.deadline = DEADLINE;
        _signIssue(KEY_A, batch, 1);
    }

    function _codeLeaves(IReceiptTypes.IssueBatch memory batch) internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](batch.count);
        for (uint256 i = 0; i < batch.count; ++i) {
            uint40 sequence = _sequenceOf(batch.paymentSequences, i);
            IPaymentTypes.Notice memory found = payments.noticeOf(batch.paymentRange, sequence);
            leaves[i] = _leaf(
                batch.range,
                batch.first + uint40(i),
                bytes32(uint256(found.amountFen)),
                _payCode(sequence),
                found.linesHash,
                batch.bodyHashes[i]
            );
        }
    }

    function _sequenceOf(bytes memory sequences, uint256 place) internal pure returns (uint40 sequence) {
        for (uint256 i = 0; i < 5; ++i) {
            sequence = (sequence << 8) | uint8(sequences[place * 5 + i]);
        }
    }

    function _payCode(uint40 sequence) internal pure returns (uint128) {
        return uint128(PAY_PREFIX) * 10_000_000_000 + sequence;
    }

    function _signIssue(uint256 key, IReceiptTypes.IssueBatch memory batch, uint8 mode) internal view {
        batch.signature = _sign(
            key,
            address(receipts),
            keccak256(
                bytes.concat(
                    abi.encode(ISSUE_TYPE, batch.unit, batch.range, mode, batch.first, batch.count),
                    abi.encode(batch.issueDay, batch.totalFen, batch.catalogVersion, batch.unitRoot, batch.deadline)
                )
            )
        );
    }

    function _one(IReceiptTypes.IssueBatch memory batch)
        internal
        pure
        returns (IReceiptTypes.IssueBatch[] memory batches)
    {
        batches = new IReceiptTypes.IssueBatch[](1);
        batches[0] = batch;
    }

    function _send(IReceiptTypes.IssueBatch memory batch) internal {
        VM.prank(NODE_32);
        receipts.issue(_one(batch));
    }

    /// @dev Issues `count` list-controlled receipts of unit A and returns their batch.
    function _issueList(uint40 first, uint32 count) internal returns (IReceiptTypes.IssueBatch memory batch) {
        uint64 before = receipts.lastRootId();
        batch = _listBatch(KEY_A, unitA, listRange, first, count);
        _send(batch);
        VM.assertEq(receipts.lastRootId(), before + 1, "issue refused");
    }

    /// @dev Notices, pays and issues `count` code-controlled receipts of unit A.
    function _issueCode(uint40 first, uint40 firstSequence, uint32 count)
        internal
        returns (IReceiptTypes.IssueBatch memory batch)
    {
        _notify(firstSequence, count);
        _pay(firstSequence, count);
        uint64 before = receipts.lastRootId();
        batch = _codeBatch(first, firstSequence, count);
        _send(batch);
        VM.assertEq(receipts.lastRootId(), before + 1, "issue refused");
    }

    function _headerOf(IReceiptTypes.IssueBatch memory batch, uint8 mode)
        internal
        pure
        returns (IReceiptTypes.Header memory)
    {
        return IReceiptTypes.Header({
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

    /// @dev Opening of a receipt whose batch was alone in its root.
    function _opening(IReceiptTypes.IssueBatch memory batch, uint64 rootId, uint40 number)
        internal
        view
        returns (IReceiptTypes.Opening memory opening)
    {
        bool byCode = batch.bodyHashes.length != 0;
        opening.rootId = rootId;
        opening.header = _headerOf(batch, byCode ? 1 : 2);
        opening.number = number;
        opening.documentDigest = _documentDigest(number);
        opening.fieldsRoot = _fieldsRoot(number);
        opening.bookingKey = VM.addr(BOOKING_KEY);
        uint256 index = number - batch.first;
        if (byCode) {
            uint40 sequence = _sequenceOf(batch.paymentSequences, index);
            IPaymentTypes.Notice memory found = payments.noticeOf(batch.paymentRange, sequence);
            opening.amount = bytes32(uint256(found.amountFen));
            opening.paymentCode = _payCode(sequence);
            opening.linesHash = found.linesHash;
            opening.unitPath = _pathOf(_codeLeaves(batch), index);
        } else {
            opening.amount = _listAmount(number);
            opening.unitPath = _pathOf(_listLeaves(batch.range, batch.first, batch.count), index);
        }
    }
}
