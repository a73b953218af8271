// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {Payers} from "./Payers.sol";

/// @notice Builds signed notices and voted reports as units and oracles do, written independently of the contracts.
abstract contract PaymentActs is Payers {
    bytes32 internal constant NOTICE_TYPE = keccak256(
        "Notice(uint32 unit,uint32 range,uint40 first,uint32 dueDay,bytes lanes,bytes lines,uint64 deadline)"
    );

    function _lane(uint256 amountFen, uint256 item_) internal pure returns (bytes8) {
        return bytes8(uint64((amountFen << 16) | item_));
    }

    /// @dev `count` notices of one line each, with amounts 10000, 10001, ... fen.
    function _lanes(uint256 count) internal view returns (bytes memory lanes) {
        for (uint256 i = 0; i < count; ++i) {
            lanes = bytes.concat(lanes, _lane(10_000 + i, item));
        }
    }

    function _noticeBatch(uint256 key, uint32 unit, uint32 range, uint40 first, bytes memory lanes)
        internal
        view
        returns (IPaymentTypes.NoticeBatch memory batch)
    {
        batch.unit = unit;
        batch.range = range;
        batch.first = first;
        batch.dueDay = TODAY + 30;
        batch.lanes = lanes;
        batch.deadline = DEADLINE;
        _signNotice(key, batch);
    }

    function _signNotice(uint256 key, IPaymentTypes.NoticeBatch memory batch) internal view {
        batch.signature = _sign(
            key,
            address(payments),
            keccak256(
                abi.encode(
                    NOTICE_TYPE,
                    batch.unit,
                    batch.range,
                    batch.first,
                    batch.dueDay,
                    keccak256(batch.lanes),
                    keccak256(batch.lines),
                    batch.deadline
                )
            )
        );
    }

    function _one(IPaymentTypes.NoticeBatch memory batch)
        internal
        pure
        returns (IPaymentTypes.NoticeBatch[] memory batches)
    {
        batches = new IPaymentTypes.NoticeBatch[](1);
        batches[0] = batch;
    }

    function _sendNotice(IPaymentTypes.NoticeBatch memory batch) internal {
        VM.prank(NODE_32);
        payments.notice(_one(batch));
    }

    /// @dev Registers `count` notices of unit A from sequence `first`.
    function _notify(uint40 first, uint256 count) internal {
        _sendNotice(_noticeBatch(KEY_A, unitA, payRange, first, _lanes(count)));
        VM.assertTrue(payments.noticeOf(payRange, first).noticed, "notice refused");
    }

    function _entry(uint256 sequence, uint256 amountFen, uint256 valueDay, uint256 reference_)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(uint40(sequence), uint48(amountFen), uint24(valueDay), uint64(reference_));
    }

    /// @dev A bank reference of its own for each number.
    function _ref(uint256 number) internal pure returns (uint64) {
        return uint64(uint256(keccak256(abi.encode("reference", number))));
    }

    /// @dev Every group of every test is built here.
    function _groupOf(uint32 range, uint32 noticeBatch, bytes memory entries)
        internal
        view
        returns (IPaymentTypes.SettlementGroup memory)
    {
        return IPaymentTypes.SettlementGroup({
            range: range, noticeBatch: noticeBatch, entries: entries, payers: _witnessFor(range, entries)
        });
    }

    function _group(uint32 range, bytes memory entries)
        internal
        view
        returns (IPaymentTypes.SettlementGroup[] memory groups)
    {
        groups = new IPaymentTypes.SettlementGroup[](1);
        groups[0] = _groupOf(range, 0, entries);
    }

    function _digest(bytes32 reportId, IPaymentTypes.SettlementGroup[] memory groups) internal pure returns (bytes32) {
        bytes memory all;
        for (uint256 i = 0; i < groups.length; ++i) {
            all = bytes.concat(all, keccak256(abi.encode(groups[i].range, keccak256(groups[i].entries))));
        }
        return keccak256(abi.encode(reportId, keccak256(all)));
    }

    function _vote(address oracle, uint32 source, bytes32 digest) internal {
        (uint32 epoch,,,) = payments.committee();
        uint64 serial = payments.lastSerialOf(source) + 1;
        VM.prank(oracle);
        payments.vote(epoch, source, serial, digest);
    }

    /// @dev Two oracles vouch for the report, unless they have.
    function _approve(bytes32 reportId, IPaymentTypes.SettlementGroup[] memory groups) internal {
        bytes32 digest = _digest(reportId, groups);
        if (payments.votesOf(digest) >= 2) return;
        _vote(ORACLE_1, 11, digest);
        _vote(ORACLE_2, 12, digest);
    }

    /// @dev Two oracles vouch for the report, and it is settled.
    function _settle(bytes32 reportId, IPaymentTypes.SettlementGroup[] memory groups) internal {
        _approve(reportId, groups);
        (uint32 epoch,,,) = payments.committee();
        // Payers may have come in since the groups were built, so that they are built again.
        for (uint256 i = 0; i < groups.length; ++i) {
            groups[i] = _groupOf(groups[i].range, groups[i].noticeBatch, groups[i].entries);
        }
        VM.recordLogs();
        payments.settle(epoch, reportId, groups);
        _noteSettled(VM.getRecordedLogs());
    }

    /// @dev Pays `count` notices registered by _notify from `first` on.
    function _pay(uint40 first, uint256 count) internal {
        bytes memory entries;
        for (uint256 i = 0; i < count; ++i) {
            entries = bytes.concat(entries, _entry(first + i, 10_000 + i, TODAY, _ref(first + i)));
        }
        _settle(keccak256(abi.encode("pay", first)), _group(payRange, entries));
    }
}
