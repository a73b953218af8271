// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptLedger} from "./interfaces/IReceiptLedger.sol";
import {IReceiptActs} from "./interfaces/IReceiptActs.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Openings} from "./receipt/Openings.sol";
import {ReceiptActs} from "./receipt/ReceiptActs.sol";
import {WriteOffs} from "./receipt/WriteOffs.sol";

/// @title Ledger of receipts
/// @notice See IReceiptLedger for the rules and the trust model. Openings, months, issue and write-off stand in one base
/// contract each; reversal, exchange and booking in ReceiptActs, which runs on this contract's storage.
contract ReceiptLedger is WriteOffs {
    /// @notice Code of reversal, exchange and booking; made by the constructor and never changed.
    address public immutable ACTS;

    uint8 private constant LAST_STEP = 3;
    uint16 private constant MIN_GRACE_DAYS = 5;
    uint16 private constant MAX_GRACE_DAYS = 366;
    uint8 private constant MAX_START_DAYS = 20;
    uint8 private constant MAX_BACK_DAYS = 10;

    /// @param registry Proxy of the registry
    /// @param paymentLedger Proxy of the ledger of payments
    constructor(address registry, address paymentLedger) Openings(registry, paymentLedger) {
        ACTS = address(new ReceiptActs(registry, paymentLedger));
    }

    /// @inheritdoc IReceiptLedger
    function setTerms(Terms calldata newTerms) external restricted {
        _setTerms(newTerms);
    }

    /// @inheritdoc IReceiptLedger
    function stamp(uint8 step, uint32 range, bytes32 root, uint32 count) external restricted {
        if (step == 0 || step > LAST_STEP) revert UnknownStep(step);
        emit Stamped(step, range, root, count, msg.sender);
    }

    /// @inheritdoc IReceiptActs
    function reverse(ReverseAct calldata) external {
        _forward();
    }

    /// @inheritdoc IReceiptActs
    function exchange(ExchangeAct calldata) external {
        _forward();
    }

    /// @inheritdoc IReceiptActs
    function returnPaper(ReturnAct calldata) external {
        _forward();
    }

    /// @inheritdoc IReceiptActs
    function book(BookAct calldata) external {
        _forward();
    }

    /// @inheritdoc IReceiptActs
    function bookMany(BookAct[] calldata) external {
        _forward();
    }

    /// @inheritdoc IReceiptActs
    function bookOne(BookAct calldata) external {
        _forward();
    }

    /// @inheritdoc IReceiptActs
    function unbook(UnbookAct calldata) external {
        _forward();
    }

    /// @inheritdoc IReceiptActs
    function allowReversal(uint32, uint32, uint40, uint16) external returns (bool decided) {
        return abi.decode(_forward(), (bool));
    }

    /// @inheritdoc IReceiptLedger
    function openLeaf(Opening calldata opening) external view returns (bytes32 leaf) {
        return _open(opening);
    }

    /// @inheritdoc IReceiptLedger
    function rootOf(uint64 rootId) external view returns (bytes32) {
        return _layout().roots[rootId];
    }

    /// @inheritdoc IReceiptLedger
    function lastRootId() external view returns (uint64) {
        return _layout().lastRootId;
    }

    /// @inheritdoc IReceiptLedger
    function redRootIdOf(uint32 range, uint40 number) external pure returns (uint64) {
        return _redRootId(range, number);
    }

    /// @inheritdoc IReceiptLedger
    function paperOf(uint32 range, uint40 number) external view returns (uint32 paperRange, uint40 paperNumber) {
        Hold storage hold = _layout().holds[range][number];
        if (hold.holding == Holding.Paper) (paperRange, paperNumber,) = _unpackPaper(hold.holder);
    }

    /// @inheritdoc IReceiptLedger
    function markOf(uint32 range, uint40 number) external view returns (uint8 marks) {
        Layout storage $ = _layout();
        marks = uint8($.marks[range][number >> 5] >> (8 * (uint256(number) & 31)));
        if ($.holds[range][number].holding == Holding.Paper) marks |= MARK_EXCHANGED;
        if ($.roots[_redRootId(range, number)] != 0) marks |= MARK_REVERSED;
    }

    /// @inheritdoc IReceiptLedger
    function bookingOf(uint32 range, uint40 number)
        external
        view
        returns (uint32 share, address lastBooker, uint40 time, uint32 counter)
    {
        Hold storage hold = _layout().holds[range][number];
        if (hold.holding != Holding.Paper) lastBooker = address(hold.holder);
        return (hold.share, lastBooker, hold.time, hold.counter);
    }

    /// @inheritdoc IReceiptLedger
    function shareOf(uint32 range, uint40 number, address booker) external view returns (uint32) {
        return _shareOf(_layout().holds[range][number], range, number, booker);
    }

    /// @inheritdoc IReceiptLedger
    function terms() external view returns (Terms memory) {
        Layout storage $ = _layout();
        return Terms({graceDays: $.graceDays, startDays: $.startDays, backDays: $.backDays});
    }

    /// @dev Runs the same call in the other half of the code; who may call is judged there, by the same manager.
    function _forward() private returns (bytes memory answer) {
        return Address.functionDelegateCall(ACTS, msg.data);
    }

    /// @dev Terms of a new network: 30 days of grace, write-off from the fourth day, receipts up to two days old.
    function _setUp() internal override {
        _setTerms(Terms({graceDays: 30, startDays: 3, backDays: 2}));
    }

    function _setTerms(Terms memory newTerms) private {
        bool withinBounds = newTerms.graceDays >= MIN_GRACE_DAYS && newTerms.graceDays <= MAX_GRACE_DAYS
            && newTerms.startDays <= MAX_START_DAYS && newTerms.backDays <= MAX_BACK_DAYS
            // Else a month could be written off while receipts may still be dated into it.
            && newTerms.startDays > newTerms.backDays;
        if (!withinBounds) revert TermsOutOfBounds();
        Layout storage $ = _layout();
        $.graceDays = newTerms.graceDays;
        $.startDays = newTerms.startDays;
        $.backDays = newTerms.backDays;
        emit TermsSet(newTerms);
    }
}
