// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "./IReceiptTypes.sol";

/// @title Acts on receipts that exist: reversal, exchange to paper, booking
/// @notice Part of IReceiptLedger; see there for the trust model.
interface IReceiptActs is IReceiptTypes {
    /// @notice Reverses a receipt and issues its red receipt by the same act, as the only header under a root of its
    /// own (see redRootIdOf). NODE of the unit's area.
    /// @dev EIP-712 Reverse(uint32 unit,uint32 range,uint40 number,uint32 redRange,uint40 redNumber,uint32 issueDay,
    /// uint48 amountFen,uint32 catalogVersion,bytes32 redRoot,uint16 reason,uint64 deadline); redRoot is the red leaf.
    function reverse(ReverseAct calldata act) external;

    /// @notice Lets the reversal of a booked receipt through. SUPERVISOR, twice, by different accounts.
    /// @return decided False after the first approval
    function allowReversal(uint32 unit, uint32 range, uint40 number, uint16 reason) external returns (bool decided);

    /// @notice Puts a paper original in the place of a receipt. NODE of the unit's area.
    /// @dev EIP-712 Exchange(uint32 unit,uint32 range,uint40 number,uint32 paperRange,uint40 paperNumber,
    /// uint64 deadline)
    function exchange(ExchangeAct calldata act) external;

    /// @notice Takes the paper original back. NODE of the unit's area.
    /// @dev EIP-712 ReturnPaper with the same members as Exchange.
    function returnPaper(ReturnAct calldata act) external;

    /// @notice Books a share of a receipt for a booker. Anybody who holds the signature of the receipt's key.
    /// @dev EIP-712 Book(bytes32 leaf,address booker,uint32 counter,uint32 share,uint64 deadline), signed by the
    /// receipt's booking key.
    function book(BookAct calldata act) external;

    /// @notice Books several receipts, each with its own result. Anybody who holds the signatures.
    function bookMany(BookAct[] calldata acts) external;

    /// @notice Withdraws everything that a booker has booked of a receipt. Anybody who holds its signature.
    /// @dev EIP-712 Unbook(uint32 range,uint40 number,address booker,uint32 counter,uint64 deadline), by the booker.
    function unbook(UnbookAct calldata act) external;

    /// @notice Judges one act of `bookMany`. This contract only.
    function bookOne(BookAct calldata act) external;
}
