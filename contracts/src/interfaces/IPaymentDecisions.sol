// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "./IPaymentTypes.sol";

/// @title Decisions of supervisors on money
/// @notice Part of IPaymentLedger; see there for the trust model.
interface IPaymentDecisions is IPaymentTypes {
    /// @notice Decides on suspended money of one code. SUPERVISOR of the unit's area, twice, by different accounts.
    /// @dev Refund: each entry is refunded. Reinstate: entries underpaid or past due, together at least the amount due,
    /// pay the notice; what is beyond the due amount is suspended as overpaid.
    /// @return decided False after the first approval
    function resolve(bytes32[] calldata suspenses, Resolution resolution, uint16 reason) external returns (bool decided);

    /// @notice Takes a payment back for which no receipt was issued, so that its money can be refunded: the bank reversed
    /// it, or the payer asks for it. SUPERVISOR of the unit's area, twice, by different accounts.
    /// @return decided False after the first approval
    function takeBack(uint32 range, uint40 sequence, uint16 reason) external returns (bool decided);

    /// @notice Refunds the money of a reversed receipt or of a payment that was taken back, wholly or in part.
    /// SUPERVISOR, twice, by different accounts.
    /// @param refundFen Part that goes back to the payer
    /// @param child Notice for the remainder, signed by the unit, born paid; no lanes when nothing remains
    /// @return decided False after the first approval
    function refundReversed(uint32 range, uint40 sequence, uint48 refundFen, NoticeBatch calldata child)
        external
        returns (bool decided);
}
