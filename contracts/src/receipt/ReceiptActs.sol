// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Bookings} from "./Bookings.sol";
import {Openings} from "./Openings.sol";

/// @title Second half of the code of the ledger of receipts
/// @notice Reversal, exchange and booking. The code of one contract may have 24,576 bytes (EIP-170), and the ledger has
/// more; so it creates this contract in its constructor and runs it by delegatecall, on its own storage.
/// @dev Called directly it has no authority, so every restricted function refuses, and nothing of the ledger changes.
contract ReceiptActs is Bookings {
    /// @param registry Proxy of the registry
    /// @param paymentLedger Proxy of the ledger of payments
    constructor(address registry, address paymentLedger) Openings(registry, paymentLedger) {
        _disableInitializers();
    }
}
