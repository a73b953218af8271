// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {FourEyes} from "./base/FourEyes.sol";
import {IPaymentDecisions} from "./interfaces/IPaymentDecisions.sol";
import {IPaymentLedger} from "./interfaces/IPaymentLedger.sol";
import {Packed} from "./libraries/Packed.sol";
import {NoticeBook} from "./payment/NoticeBook.sol";
import {PaymentDecisions} from "./payment/PaymentDecisions.sol";
import {Settlement} from "./payment/Settlement.sol";

/// @title Ledger of payment notices and payments
/// @notice See IPaymentLedger for the rules and the trust model. Notices, votes and settlement stand in one base
/// contract each, the decisions of supervisors in PaymentDecisions, which runs on this contract's storage; here is
/// what the ledger of receipts may do.
contract PaymentLedger is Settlement, FourEyes {
    /// @notice Code of the supervisors' decisions; made by the constructor and never changed.
    address public immutable DECISIONS;

    /// @notice Proxy of the only contract that may use and end payments.
    address public immutable RECEIPT_LEDGER;

    uint128 private constant SEQUENCES = 10_000_000_000; // ten digits

    /// @param registry Proxy of the registry
    /// @param receiptLedger Proxy of the ledger of receipts
    constructor(address registry, address receiptLedger) NoticeBook(registry) {
        if (receiptLedger == address(0)) revert ZeroAddress();
        RECEIPT_LEDGER = receiptLedger;
        DECISIONS = address(new PaymentDecisions(registry));
    }

    modifier onlyReceiptLedger() {
        if (msg.sender != RECEIPT_LEDGER) revert OnlyFor(RECEIPT_LEDGER, msg.sender);
        _;
    }

    /// @inheritdoc IPaymentDecisions
    function resolve(bytes32[] calldata, Resolution, uint16) external returns (bool decided) {
        return abi.decode(_forward(), (bool));
    }

    /// @inheritdoc IPaymentDecisions
    function takeBack(uint32, uint40, uint16) external returns (bool decided) {
        return abi.decode(_forward(), (bool));
    }

    /// @inheritdoc IPaymentDecisions
    function refundReversed(uint32, uint40, uint48, NoticeBatch calldata) external returns (bool decided) {
        return abi.decode(_forward(), (bool));
    }

    /// @inheritdoc IPaymentLedger
    function use(uint32 unit, uint32 range, uint16 kind, bytes calldata sequences)
        external
        onlyReceiptLedger
        returns (uint64 prefix, uint256[] memory lanes, bytes32[] memory linesHashes)
    {
        Book memory book = _layout().books[range];
        if (book.unit != unit) revert NotYourPayment(range, book.unit, unit);
        if (book.kind != 0 && book.kind != kind) revert PaymentKindMismatch(range, book.kind, kind);
        if (sequences.length % 5 != 0) revert MalformedSequences(sequences.length);
        (lanes, linesHashes) = _useAll(range, sequences);
        return (book.prefix, lanes, linesHashes);
    }

    /// @inheritdoc IPaymentLedger
    function endPayment(uint32 unit, uint32 range, uint128 paymentCode) external onlyReceiptLedger {
        Layout storage $ = _layout();
        Book memory book = $.books[range];
        if (book.unit != unit) revert NotYourPayment(range, book.unit, unit);
        if (paymentCode / SEQUENCES != book.prefix) revert NotThatPayment(range, paymentCode);
        uint40 sequence = uint40(paymentCode % SEQUENCES);
        uint256 marks = $.marks[range][sequence >> 7];
        if (marks & _lowBit(sequence) == 0 || marks & _highBit(sequence) == 0) {
            revert NotThatPayment(range, paymentCode);
        }
        $.marks[range][sequence >> 7] = marks & ~_lowBit(sequence);
        uint48 amountFen = uint48(_laneOf(range, sequence) >> 16);
        $.totals.receipted -= amountFen;
        $.totals.suspense += amountFen;
        emit PaymentEnded(range, sequence, amountFen);
    }

    /// @inheritdoc IPaymentLedger
    function suspenseOf(bytes32 suspense) external view returns (Suspense memory) {
        return _layout().suspenses[suspense];
    }

    /// @inheritdoc IPaymentLedger
    function suspenseIdOf(uint32 range, uint40 sequence, bytes8 bankReference) external pure returns (bytes32) {
        return _suspenseId(range, sequence, bankReference);
    }

    /// @inheritdoc IPaymentLedger
    function totals() external view returns (Totals memory) {
        return _layout().totals;
    }

    /// @dev Marks paid codes as used. Neighbouring codes share slots: each is read and written once while the codes
    /// stay in it.
    function _useAll(uint32 range, bytes calldata sequences)
        private
        returns (uint256[] memory lanes, bytes32[] memory linesHashes)
    {
        Layout storage $ = _layout();
        mapping(uint256 => uint256) storage marks = $.marks[range];
        uint256 count = sequences.length / 5;
        lanes = new uint256[](count);
        uint256 wordAt = type(uint256).max;
        uint256 laneAt = type(uint256).max;
        uint256 word = 0;
        uint256 laneWord = 0;
        uint256 sum = 0;
        uint256 several = 0;
        // 2^208 amounts of 48 bits would have to come together for an overflow.
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                uint256 sequence = Packed.sequenceAt(sequences, i);
                if (wordAt != sequence >> 7) {
                    if (i != 0) marks[wordAt] = word;
                    wordAt = sequence >> 7;
                    word = marks[wordAt];
                }
                if (laneAt != sequence >> 2) {
                    laneAt = sequence >> 2;
                    laneWord = $.lanes[range][laneAt];
                }
                uint256 bit = 1 << (sequence & 127);
                if (word & (bit | (bit << 128)) != bit) _refuseUse(range, uint40(sequence), word & bit != 0);
                word |= bit << 128;
                uint256 lane = _laneIn(laneWord, sequence);
                lanes[i] = lane;
                if (uint16(lane) == 0) ++several;
                sum += lane >> 16;
            }
        }
        if (count != 0) marks[wordAt] = word;
        $.totals.receipted += uint64(sum);
        linesHashes = several == 0 ? new bytes32[](0) : _linesHashesOf(range, sequences, lanes, several);
    }

    /// @dev Hashes of the lines of those notices that have several, in order.
    function _linesHashesOf(uint32 range, bytes calldata sequences, uint256[] memory lanes, uint256 several)
        private
        view
        returns (bytes32[] memory linesHashes)
    {
        linesHashes = new bytes32[](several);
        uint256 found = 0;
        for (uint256 i = 0; i < lanes.length; ++i) {
            if (uint16(lanes[i]) == 0) {
                linesHashes[found++] = _layout().linesHashes[range][Packed.sequenceAt(sequences, i)];
            }
        }
    }

    /// @dev Says why a code cannot be used; its marks are not those of a paid and unused one.
    function _refuseUse(uint32 range, uint40 sequence, bool paid) private view {
        if (paid) revert PaymentAlreadyUsed(range, sequence);
        if (_layout().marks[range][sequence >> 7] & _highBit(sequence) != 0) revert PaymentHasEnded(range, sequence);
        revert PaymentNotPaid(range, sequence);
    }

    /// @dev Runs the same call in the other half of the code; who may call is judged there, by the same manager.
    function _forward() private returns (bytes memory answer) {
        return Address.functionDelegateCall(DECISIONS, msg.data);
    }
}
