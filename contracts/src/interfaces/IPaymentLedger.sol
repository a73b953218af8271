// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentDecisions} from "./IPaymentDecisions.sol";

/// @title Ledger of payment notices and payments
/// @notice A notice says what is to be paid under a payment code; a payment is what the oracles saw at the bank.
/// @dev A payment code has 20 digits: prefix (10) of the range, sequence (10) inside it. Amounts are fen, days count
/// from 1970-01-01 in Beijing time.
///
/// Trust model. A NODE relays what a unit signed: it can withhold, not alter. One ORACLE can do nothing; a threshold
/// of oracles with distinct sources can claim payments that were not made, for notices that units signed, and no
/// other. A SUPERVISOR decides on suspended money of its area, only together with a second supervisor, and never
/// beyond what was received. ADMIN names the oracles: a change of committee ends every open vote. Codes, amounts,
/// items and days of notices can be read by every member; payers cannot.
interface IPaymentLedger is IPaymentDecisions {
    /// @notice Registers notices of several units; each batch has its own result. NODE of the units' area.
    /// @dev EIP-712 Notice(uint32 unit,uint32 range,uint40 first,uint32 dueDay,bytes lanes,bytes lines,uint64 deadline)
    function notice(NoticeBatch[] calldata batches) external;

    /// @notice Cancels a notice that is not paid. NODE of the unit's area.
    /// @dev EIP-712 Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)
    function cancel(uint32 unit, uint32 range, uint40 sequence, uint64 deadline, bytes calldata signature) external;

    /// @notice Names the oracles, the source each speaks for, and the threshold; begins a new epoch. ADMIN.
    /// @param threshold Distinct sources needed, at least 1
    function setCommittee(address[] calldata oracles, uint32[] calldata sources, uint8 threshold) external;

    /// @notice Vouches for a report. ORACLE.
    /// @param epoch Epoch of the present committee
    /// @param source Source that the oracle speaks for
    /// @param serial Last serial of the source plus 1
    /// @param reportDigest keccak256(abi.encode(reportId, keccak256(group digests one after another))), where a group's
    /// digest is keccak256(abi.encode(range, keccak256(entries)))
    function vote(uint32 epoch, uint32 source, uint64 serial, bytes32 reportDigest) external;

    /// @notice Applies a report that enough sources vouched for. Anybody, and as often as one likes.
    /// @dev Exactly the amount due: paid. More: paid, the difference suspended. Less, cancelled, paid before by another
    /// bank reference, value day past the due day: suspended. Not noticed, or paid without `payers` that show by what:
    /// only an event, may be settled again.
    function settle(uint32 epoch, bytes32 reportId, SettlementGroup[] calldata groups) external;

    /// @notice Marks paid codes as used by receipts of a unit. ReceiptLedger only.
    /// @param unit Unit that issues
    /// @param range Payment range
    /// @param kind Kind of the receipts
    /// @param sequences 5 bytes each, each code once
    /// @return prefix Prefix of the payment codes
    /// @return lanes Lane of each notice: amount and item
    /// @return linesHashes keccak256 of the lines of each notice with several, in order
    function use(uint32 unit, uint32 range, uint16 kind, bytes calldata sequences)
        external
        returns (uint64 prefix, uint256[] memory lanes, bytes32[] memory linesHashes);

    /// @notice Judges one batch of `notice`. This contract only, so that one bad batch undoes nothing else.
    function noticeOne(address account, NoticeBatch calldata batch) external;

    /// @notice Ends the payment of a reversed receipt. ReceiptLedger only.
    /// @param paymentCode Code in the receipt's leaf; must be of this range and used
    function endPayment(uint32 unit, uint32 range, uint128 paymentCode) external;

    /// @notice A notice and its state; all zero when it does not exist.
    function noticeOf(uint32 range, uint40 sequence) external view returns (Notice memory);
    /// @notice Unit, prefix, kind and number of notice batches of a payment range with notices.
    function bookOf(uint32 range) external view returns (uint32 unit, uint64 prefix, uint16 kind, uint32 batches);
    /// @notice Present committee.
    function committee()
        external
        view
        returns (uint32 epoch, uint8 threshold, address[] memory oracles, uint32[] memory sources);
    /// @notice Distinct sources of the present committee that vouched for a report.
    function votesOf(bytes32 reportDigest) external view returns (uint8);
    /// @notice Hash chain over the payments of the 128 codes from `word` * 128, 0 when none is paid.
    function payersOf(uint32 range, uint256 word) external view returns (bytes32);
    /// @notice Last serial of a source, 0 when it never voted.
    function lastSerialOf(uint32 source) external view returns (uint64);
    /// @notice Suspended money; all zero when unknown.
    function suspenseOf(bytes32 suspense) external view returns (Suspense memory);
    /// @notice Id of suspended money.
    function suspenseIdOf(uint32 range, uint40 sequence, bytes8 bankReference) external pure returns (bytes32);
    /// @notice What was received and where it is.
    function totals() external view returns (Totals memory);
}
