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
    function refundReversed(uint32, uint40, uint48, NoticeBatch calldata) external returns (bool decided) {
        return abi.decode(_forward(), (bool));
    }

    /// @inheritdoc IPaymentLedger
    function use(uint32 unit, uint32 range, uint16 kind, bytes calldata sequences)
        external
        onlyReceiptLedger
        returns (uint64 prefix, uint48[] memory amountsFen, bytes32[] memory linesHashes)
    {
        Book memory book = _layout().books[range];
        if (book.unit != unit) revert NotYourPayment(range, book.unit, unit);
        if (book.kind != 0 && book.kind != kind) revert PaymentKindMismatch(range, book.kind, kind);
        if (sequences.length % 5 != 0) revert MalformedSequences(sequences.length);
        uint256 count = sequences.length / 5;
        amountsFen = new uint48[](count);
        linesHashes = new bytes32[](count);
        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint40 sequence = Packed.sequenceAt(sequences, i);
            _use(range, sequence);
            uint64 lane = _laneOf(range, sequence);
            amountsFen[i] = uint48(lane >> 16);
            linesHashes[i] = _linesHashOf(range, sequence, lane);
            sum += amountsFen[i];
        }
        _layout().totals.receipted += uint64(sum);
        return (book.prefix, amountsFen, linesHashes);
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

    /// @dev Marks one paid code as used.
    function _use(uint32 range, uint40 sequence) private {
        mapping(uint256 => uint256) storage words = _layout().marks[range];
        uint256 marks = words[sequence >> 7];
        bool paid = marks & _lowBit(sequence) != 0;
        bool used = marks & _highBit(sequence) != 0;
        if (used && paid) revert PaymentAlreadyUsed(range, sequence);
        if (used) revert PaymentHasEnded(range, sequence);
        if (!paid) revert PaymentNotPaid(range, sequence);
        words[sequence >> 7] = marks | _highBit(sequence);
    }

    /// @dev Runs the same call in the other half of the code; who may call is judged there, by the same manager.
    function _forward() private returns (bytes memory answer) {
        return Address.functionDelegateCall(DECISIONS, msg.data);
    }
}
