// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

/// @notice The SDK's acts, each sent to the contracts, which take the SDK's signatures, leaves and roots only if they
/// compute the same.
contract ActVectorsTest is ReceiptActsTest {
    string private _json;

    function setUp() public override {
        super.setUp();
        _json = VM.readFile("../tests/vectors/acts.json");
        // The vectors are signed for these addresses: see tests/vectors/make_acts.py.
        VM.assertEq(address(registry), VM.parseJsonAddress(_json, ".contracts.Registry"));
        VM.assertEq(address(payments), VM.parseJsonAddress(_json, ".contracts.PaymentLedger"));
        VM.assertEq(address(receipts), VM.parseJsonAddress(_json, ".contracts.ReceiptLedger"));
        VM.assertEq(block.chainid, VM.parseJsonUint(_json, ".chain_id"));
    }

    function test_contracts_takeTheFormerMonthAndItsWriteOff() public {
        VM.prank(SUPER);
        receipts.bringForward(_monthAct(".acts.bringForward"));
        receipts.writeOff(_monthAct(".acts.writeOff"));
        (, bool closed) = receipts.periodOf(unitA, 602, MONTH - 1);
        VM.assertTrue(closed);
    }

    function test_contracts_takeNoticesAndReceiptsByCode() public {
        _takeNotices();
        _takeCancellation();
        _takeIssue(".acts.issueByCode", true);
        // The leaf with several lines, as the SDK hashes it, stands in the root that the contract computed.
        IReceiptTypes.Opening memory opening = _openingAt(".acts.openedByCode", ".acts.issueByCode", 1);
        opening.paymentCode = uint128(_uint(".acts.openedByCode", ".paymentCode"));
        opening.linesHash = _word32(".acts.openedByCode", ".linesHash");
        VM.assertEq(receipts.openLeaf(opening), _word32(".acts.openedByCode", ".leaf"));
    }

    function test_contracts_takeBookings() public {
        _takeIssue(".acts.issueByList", false);
        IReceiptTypes.BookAct memory act;
        act.receipt = _openingAt(".acts.opened[1]", ".acts.issueByList", 2);
        act.booker = VM.parseJsonAddress(_json, ".acts.book.booker");
        (act.counter, act.share) = (uint32(_uint(".acts.book", ".counter")), uint32(_uint(".acts.book", ".share")));
        (act.deadline, act.signature) = _seal(".acts.book");
        VM.prank(NODE_32);
        receipts.book(act);
        VM.assertEq(receipts.shareOf(listRange, 2, act.booker), act.share);
        IReceiptTypes.UnbookAct memory back;
        (back.range, back.number) = (uint32(_uint(".acts.unbook", ".range")), uint40(_uint(".acts.unbook", ".number")));
        (back.booker, back.counter) = (act.booker, uint32(_uint(".acts.unbook", ".counter")));
        (back.deadline, back.signature) = _seal(".acts.unbook");
        VM.prank(NODE_32);
        receipts.unbook(back);
        VM.assertEq(receipts.shareOf(listRange, 2, act.booker), 0);
    }

    function test_contracts_takePaper() public {
        _takeIssue(".acts.issueByList", false);
        IReceiptTypes.ExchangeAct memory act;
        act.original = _openingAt(".acts.opened[2]", ".acts.issueByList", 2);
        act.paperRange = uint32(_uint(".acts.exchange", ".paperRange"));
        act.paperNumber = uint40(_uint(".acts.exchange", ".paperNumber"));
        (act.deadline, act.signature) = _seal(".acts.exchange");
        VM.prank(NODE_32);
        receipts.exchange(act);
        (uint32 range, uint40 number) = receipts.paperOf(listRange, 3);
        VM.assertEq(range, act.paperRange);
        VM.assertEq(number, act.paperNumber);
        IReceiptTypes.ReturnAct memory back;
        (back.unit, back.range) = (unitA, uint32(_uint(".acts.returnPaper", ".range")));
        back.number = uint40(_uint(".acts.returnPaper", ".number"));
        (back.paperRange, back.paperNumber) = (act.paperRange, act.paperNumber);
        (back.deadline, back.signature) = _seal(".acts.returnPaper");
        VM.prank(NODE_32);
        receipts.returnPaper(back);
        (range,) = receipts.paperOf(listRange, 3);
        VM.assertEq(range, 0);
    }

    function test_contracts_takeReversalAndVoid() public {
        _takeIssue(".acts.issueByList", false);
        IReceiptTypes.ReverseAct memory act;
        act.original = _openingAt(".acts.opened[0]", ".acts.issueByList", 2);
        string memory at = ".acts.reverse";
        (act.redRange, act.redNumber) = (uint32(_uint(at, ".redRange")), uint40(_uint(at, ".redNumber")));
        (act.issueDay, act.amountFen) = (uint32(_uint(at, ".issueDay")), uint48(_uint(at, ".amountFen")));
        (act.amountSalt, act.redBodyHash) = (_word32(at, ".amountSalt"), _word32(at, ".redBodyHash"));
        (act.catalogVersion, act.reason) = (uint32(_uint(at, ".catalogVersion")), uint16(_uint(at, ".reason")));
        (act.deadline, act.signature) = _seal(at);
        _reverse(act);
        VM.assertEq(receipts.markOf(listRange, 1) & 2, 2);
        at = ".acts.void";
        IReceiptTypes.VoidAct memory gap;
        (gap.unit, gap.range) = (unitA, uint32(_uint(at, ".range")));
        (gap.first, gap.count) = (uint40(_uint(at, ".first")), uint32(_uint(at, ".count")));
        gap.reason = uint16(_uint(at, ".reason"));
        (gap.deadline, gap.signature) = _seal(at);
        VM.prank(NODE_32);
        receipts.voidNumbers(gap);
        VM.assertEq(registry.rangeOf(listRange).next, gap.first + gap.count);
    }

    function test_contracts_takeTheNewKey() public {
        string memory at = ".acts.rotateSigner";
        address next = VM.parseJsonAddress(_json, string.concat(at, ".newSigner"));
        (uint64 deadline, bytes memory signature) = _seal(at);
        registry.rotateSigner(unitA, next, _word32(at, ".certificateDigest"), deadline, signature);
        VM.assertEq(registry.signerOf(unitA), next);
    }

    function _monthAct(string memory at) private view returns (IReceiptTypes.WriteOffAct memory act) {
        (act.unit, act.kind, act.month) = (unitA, uint16(_uint(at, ".kind")), uint32(_uint(at, ".month")));
        act.totals = IReceiptTypes.Totals({
            issued: uint32(_uint(at, ".issued")),
            voided: uint32(_uint(at, ".voided")),
            red: uint32(_uint(at, ".red")),
            issuedFen: uint64(_uint(at, ".issuedFen")),
            reversedFen: uint64(_uint(at, ".reversedFen"))
        });
        (act.deadline, act.signature) = _seal(at);
    }

    /// @dev Registers the three notices and pays the first two.
    function _takeNotices() private {
        string memory at = ".acts.notice";
        IPaymentTypes.NoticeBatch memory batch;
        (batch.unit, batch.range) = (unitA, uint32(_uint(at, ".range")));
        (batch.first, batch.dueDay) = (uint40(_uint(at, ".first")), uint32(_uint(at, ".dueDay")));
        (batch.lanes, batch.lines) = (_bytes(at, ".lanes"), _bytes(at, ".lines"));
        (batch.deadline, batch.signature) = _seal(at);
        _sendNotice(batch);
        VM.assertTrue(payments.noticeOf(payRange, 3).noticed);
        bytes memory entries = bytes.concat(_entry(1, 20_001, TODAY, 1), _entry(2, 30_000, TODAY, 2));
        _settle("vectors", _group(payRange, entries));
    }

    function _takeCancellation() private {
        (uint64 deadline, bytes memory signature) = _seal(".acts.cancel");
        VM.prank(NODE_32);
        payments.cancel(unitA, payRange, uint40(_uint(".acts.cancel", ".sequence")), deadline, signature);
        VM.assertTrue(payments.noticeOf(payRange, 3).cancelled);
    }

    function _takeIssue(string memory at, bool byCode) private {
        IReceiptTypes.IssueBatch memory batch;
        (batch.unit, batch.range) = (unitA, uint32(_uint(at, ".range")));
        (batch.first, batch.count) = (uint40(_uint(at, ".first")), uint32(_uint(at, ".count")));
        (batch.issueDay, batch.totalFen) = (uint32(_uint(at, ".issueDay")), uint64(_uint(at, ".totalFen")));
        (batch.catalogVersion, batch.unitRoot) = (uint32(_uint(at, ".catalogVersion")), _word32(at, ".unitRoot"));
        if (byCode) {
            (batch.paymentRange, batch.paymentSequences) = (payRange, abi.encodePacked(uint40(1), uint40(2)));
            batch.bodyHashes = VM.parseJsonBytes32Array(_json, string.concat(at, ".bodyHashes"));
        }
        (batch.deadline, batch.signature) = _seal(at);
        _send(batch);
        VM.assertEq(receipts.lastRootId(), 1, "issue refused");
    }

    /// @dev Opening of a receipt under root 1, with the SDK's path.
    function _openingAt(string memory at, string memory issue, uint8 mode)
        private
        view
        returns (IReceiptTypes.Opening memory opening)
    {
        opening.rootId = 1;
        opening.header = IReceiptTypes.Header({
            unit: unitA,
            range: uint32(_uint(issue, ".range")),
            mode: mode,
            first: uint40(_uint(issue, ".first")),
            count: uint32(_uint(issue, ".count")),
            issueDay: uint32(_uint(issue, ".issueDay")),
            totalFen: uint64(_uint(issue, ".totalFen")),
            catalogVersion: uint32(_uint(issue, ".catalogVersion")),
            unitRoot: _word32(issue, ".unitRoot")
        });
        opening.number = uint40(_uint(at, ".number"));
        opening.unitPath = VM.parseJsonBytes32Array(_json, string.concat(at, ".unitPath"));
        opening.amount = _word32(at, ".amount");
        (opening.documentDigest, opening.fieldsRoot) = (_word32(at, ".documentDigest"), _word32(at, ".fieldsRoot"));
        opening.bookingKey = VM.parseJsonAddress(_json, string.concat(at, ".bookingKey"));
    }

    // --- reading

    function _seal(string memory at) private view returns (uint64 deadline, bytes memory signature) {
        return (uint64(_uint(at, ".deadline")), _bytes(at, ".signature"));
    }

    function _uint(string memory at, string memory name) private view returns (uint256) {
        return VM.parseJsonUint(_json, string.concat(at, name));
    }

    function _word32(string memory at, string memory name) private view returns (bytes32) {
        return VM.parseJsonBytes32(_json, string.concat(at, name));
    }

    function _bytes(string memory at, string memory name) private view returns (bytes memory) {
        return VM.parseJsonBytes(_json, string.concat(at, name));
    }
}
