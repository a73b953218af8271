// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptActs} from "./IReceiptActs.sol";

/// @title Ledger of receipts
/// @notice Issues receipts in batches, and keeps what binds afterwards: void, reversed, on paper, booked, written off.
/// @dev A receipt is a leaf of its unit's tree; the unit's root stands in a header; the headers of one transaction are
/// the leaves of the tree whose root is stored. Any act on one receipt opens leaf, header and root, so no root can
/// speak for another unit's numbers.
///
/// Trust model. A NODE relays what a unit signed: it can withhold, not alter, add, reorder or send late. A unit's key
/// can issue only next numbers of its own ranges and, under code control, only for paid codes at their amounts. The
/// holder of a receipt's booking key decides who books it. A SUPERVISOR can delay an overdue date, close a month with
/// recorded differences or reverse a booked receipt, only together with a second supervisor, and can bring a former
/// month forward only with the unit's signature. ADMIN sets terms within bounds and, after a delay, the code itself.
/// Codes, amounts and items of code-controlled receipts can be read by every member; of list-controlled ones only
/// counts and totals of batches.
interface IReceiptLedger is IReceiptActs {
    /// @notice Issues receipts of several units in one root; each batch has its own result. NODE of the units' area.
    /// @dev EIP-712 Issue(uint32 unit,uint32 range,uint8 mode,uint40 first,uint32 count,uint32 issueDay,uint64
    /// totalFen,uint32 catalogVersion,bytes32 unitRoot,uint64 deadline)
    function issue(IssueBatch[] calldata batches) external;

    /// @notice Voids the next numbers of a range, which were never issued. NODE of the unit's area.
    /// @dev EIP-712 Void(uint32 unit,uint32 range,uint40 first,uint32 count,uint16 reason,uint64 deadline)
    function voidNumbers(VoidAct calldata act) external;

    /// @notice Writes a month off when the reported totals are the chain's. Anybody who holds the unit's signature.
    /// @dev EIP-712 WriteOff(uint32 unit,uint16 kind,uint32 month,uint32 issued,uint32 voided,uint32 red,
    /// uint64 issuedFen,uint64 reversedFen,uint64 deadline)
    function writeOff(WriteOffAct calldata act) external;

    /// @notice Closes a month whose totals differ, and records the reported ones. SUPERVISOR, twice.
    /// @return decided False after the first approval
    function closeWithDifference(uint32 unit, uint16 kind, uint32 month, Totals calldata reported, uint16 reason)
        external
        returns (bool decided);

    /// @notice Brings an open month of the former system forward, before the unit's first issue of the kind.
    /// SUPERVISOR, with the unit's signature.
    /// @dev EIP-712 BringForward with the same members as WriteOff.
    function bringForward(WriteOffAct calldata act) external;

    /// @notice Puts the overdue date of a kind off. SUPERVISOR, twice, by different accounts.
    /// @param until Last second, Unix time, at which the unit may issue; at most 90 days ahead
    /// @return decided False after the first approval
    function extend(uint32 unit, uint16 kind, uint40 until, uint16 reason) external returns (bool decided);

    /// @notice Records a step that binds nobody: delivered, stored or archived. NODE.
    /// @param step 1 delivered, 2 stored, 3 archived
    function stamp(uint8 step, uint32 range, bytes32 root, uint32 count) external;

    /// @notice Sets grace, start of write-off and how far back a receipt may be dated. ADMIN.
    function setTerms(Terms calldata terms) external;

    /// @notice Judges one batch of `issue`. This contract only, so that one bad batch undoes nothing else.
    /// @return headerHash Leaf of the root's tree
    function issueOne(address account, uint64 rootId, uint16 position, IssueBatch calldata batch)
        external
        returns (bytes32 headerHash);

    /// @notice Root with this id, 0 when there is none.
    function rootOf(uint64 rootId) external view returns (bytes32);
    /// @notice Id of the last batch's root; roots of red receipts are not counted.
    function lastRootId() external view returns (uint64);
    /// @notice Marks of a number: 1 exchanged, 2 reversed, 8 void. Whether a receipt is red stands in its header.
    function markOf(uint32 range, uint40 number) external view returns (uint8);
    /// @notice Shares booked of a receipt, in billionths; the counter that the next act must carry. The time is that of
    /// the last booking, exchange or return.
    function bookingOf(uint32 range, uint40 number)
        external
        view
        returns (uint32 share, address lastBooker, uint40 time, uint32 counter);
    /// @notice Share that one booker has booked, in billionths.
    function shareOf(uint32 range, uint40 number, address booker) external view returns (uint32);
    /// @notice Id of the root of the red receipt that reverses this one; there is no such root while it is not reversed.
    function redRootIdOf(uint32 range, uint40 number) external view returns (uint64);
    /// @notice Paper original in the place of a receipt; zeros when there is none.
    function paperOf(uint32 range, uint40 number) external view returns (uint32 paperRange, uint40 paperNumber);
    /// @notice Counts and sums of a month, and whether it is closed.
    function periodOf(uint32 unit, uint16 kind, uint32 month)
        external
        view
        returns (Totals memory periodTotals, bool closed);
    /// @notice Oldest open month of a kind, the last second at which the unit may issue with it open, and whether
    /// that has passed. Zeros when no month is open.
    function overdueOf(uint32 unit, uint16 kind) external view returns (uint32 month, uint40 deadline, bool overdue);
    /// @notice Terms in force.
    function terms() external view returns (Terms memory);
    /// @notice Leaf of a receipt. Reverts when leaf, header and root do not open.
    function openLeaf(Opening calldata opening) external view returns (bytes32 leaf);
}
