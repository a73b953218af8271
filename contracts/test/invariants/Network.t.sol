// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CheatTest} from "../support/Cheats.sol";
import {Handler} from "./Handler.sol";

/// @notice Whatever units, nodes, oracles and supervisors do in whatever order, this holds:
///
/// - a receipt number is issued, voided or red at most once, whatever range it travels through;
/// - in each range used <= paid <= noticed, and amounts used are the amounts noticed;
/// - received = paid and unused + receipted + refunded + suspense, and nothing else moves money;
/// - the totals of a month are those of its headers, and a closed month never changes;
/// - the shares booked of a receipt never pass one, and are the sum of its bookers' shares;
/// - what is red or void is never reversed, exchanged or booked.
contract NetworkInvariantTest is CheatTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private _handler;

    function setUp() public {
        _handler = new Handler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev The actions and nothing else of the handler.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: _actions()});
    }

    function _actions() private view returns (bytes4[] memory actions) {
        bytes4[20] memory all = [
            _handler.notice.selector,
            _handler.cancel.selector,
            _handler.settle.selector,
            _handler.refund.selector,
            _handler.reinstate.selector,
            _handler.refundReversed.selector,
            _handler.issue.selector,
            _handler.issueUnpaid.selector,
            _handler.voidNumbers.selector,
            _handler.reverse.selector,
            _handler.reverseBooked.selector,
            _handler.exchange.selector,
            _handler.returnPaper.selector,
            _handler.book.selector,
            _handler.unbook.selector,
            _handler.wait.selector,
            _handler.writeOff.selector,
            _handler.closeWithDifference.selector,
            _handler.extend.selector,
            _handler.moveNumbers.selector
        ];
        actions = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            actions[i] = all[i];
        }
    }

    /// @notice After every step; each action checks what it touches as well.
    function invariant_moneyReceivedIsTheMoneyThatCame() external view {
        _handler.checkTotals();
    }

    /// @notice At the end of each run everything that was done is compared with everything the ledgers hold.
    function afterInvariant() public {
        _handler.checkPayments();
        _handler.checkReceipts();
        _handler.checkMonths();
    }

    /// @notice A campaign in which nothing happens proves nothing: in a thousand steps every action succeeds, and
    /// every refusal that the actions expect occurs.
    function test_campaign_everythingHappens() public {
        bytes4[] memory actions = _actions();
        for (uint256 i = 0; i < 1000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("campaign", i)));
            (bool success,) = address(_handler)
                .call(abi.encodeWithSelector(actions[seed % actions.length], seed >> 8, keccak256(abi.encode(seed))));
            VM.assertTrue(success, VM.toString(i));
            if (i % 100 == 99) afterInvariant();
        }
        string[33] memory events = [
            "notice",
            "cancel",
            "cancel refused",
            "settle",
            "paid",
            "unknown",
            "repeat",
            "underpaid",
            "overpaid",
            "cancelled",
            "already paid",
            "past due",
            "refund",
            "refund refused",
            "reinstate",
            "reinstate refused",
            "refund reversed",
            "child",
            "issued by list",
            "issued by code",
            "refused",
            "unpaid refused",
            "void",
            "reverse",
            "reverse refused",
            "reverse booked",
            "exchange",
            "exchange refused",
            "return",
            "book",
            "book refused",
            "unbook",
            "unbook refused"
        ];
        for (uint256 i = 0; i < events.length; ++i) {
            VM.assertGt(_handler.done(events[i]), 2, events[i]);
        }
        string[6] memory rarer =
            ["wait", "write-off", "write-off refused", "closed with difference", "extend", "move numbers"];
        for (uint256 i = 0; i < rarer.length; ++i) {
            VM.assertGt(_handler.done(rarer[i]), 1, rarer[i]);
        }
    }
}
