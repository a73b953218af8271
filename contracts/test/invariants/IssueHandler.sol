// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {Cheats} from "../support/Cheats.sol";
import {DecisionHandler} from "./DecisionHandler.sol";

/// @notice Issue and void, as units sign them and nodes relay them.
abstract contract IssueHandler is DecisionHandler {
    /// @dev A batch on its way, and the error that must meet it (0: it must be issued).
    struct Sent {
        uint256 desk;
        IReceiptTypes.IssueBatch batch;
        bytes4 refusal;
    }

    // --- issue

    /// @notice One transaction with a batch by list, by code or both, of every unit; some are spoilt.
    function issue(uint256 seed) external timed {
        Sent[] memory sent = new Sent[](6);
        uint256 count = 0;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            if (random % 2 == 0) sent[count++] = _list(i, random >> 8);
            if (random % 4 < 3) {
                uint256[] memory places = _paidCodes(i, 1 + (random >> 4) % 3, random);
                if (places.length != 0) sent[count++] = _byCode(i, places, random >> 8);
            }
        }
        if (count == 0) return;
        IReceiptTypes.IssueBatch[] memory all = new IReceiptTypes.IssueBatch[](count);
        for (uint256 i = 0; i < count; ++i) {
            all[i] = sent[i].batch;
        }
        _relay(all, sent, NODE_32);
        _done("issue");
    }

    /// @dev Nodes relay for their own region only: what the other region sent is refused, and sent again by its node.
    function _relay(IReceiptTypes.IssueBatch[] memory all, Sent[] memory sent, address node) private {
        VM.recordLogs();
        VM.prank(node);
        receipts.issue(all);
        Cheats.Log[] memory logs = VM.getRecordedLogs();
        uint256 at = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            bool foreign = desks[sent[i].desk].node != node;
            // Codes that an earlier batch of the call has used are refused for a later one: desks are apart.
            if (foreign || sent[i].refusal != 0) {
                at = _expectRefusal(logs, at, i, foreign ? IActErrors.NotYourArea.selector : sent[i].refusal);
            } else {
                at = _expectIssue(logs, at, sent[i]);
            }
        }
        _noteRoot(logs);
        if (node == NODE_32) _relayForeign(all, sent);
    }

    function _relayForeign(IReceiptTypes.IssueBatch[] memory all, Sent[] memory sent) private {
        for (uint256 i = 0; i < all.length; ++i) {
            if (desks[sent[i].desk].node == NODE_32) continue;
            Sent[] memory alone = new Sent[](1);
            alone[0] = sent[i];
            _relay(_one(all[i]), alone, desks[sent[i].desk].node);
        }
    }

    function _expectRefusal(Cheats.Log[] memory logs, uint256 at, uint256 position, bytes4 selector)
        private
        returns (uint256)
    {
        while (logs[at].topics[0] != IReceiptTypes.BatchRefused.selector) ++at;
        (, uint16 given, bytes memory error) = abi.decode(logs[at].data, (uint40, uint16, bytes));
        VM.assertEq(given, position, "position of the refusal");
        VM.assertEq(bytes32(bytes4(error)), bytes32(selector), "error of the refusal");
        _done("refused");
        return at + 1;
    }

    function _expectIssue(Cheats.Log[] memory logs, uint256 at, Sent memory sent) private returns (uint256) {
        while (logs[at].topics[0] != IReceiptTypes.BatchIssued.selector) ++at;
        IReceiptTypes.Header memory header;
        (header.unit, header.range) = (uint32(uint256(logs[at].topics[2])), uint32(uint256(logs[at].topics[3])));
        uint16 position;
        (
            position,
            header.mode,
            header.first,
            header.count,
            header.issueDay,
            header.totalFen,
            header.catalogVersion,
            header.unitRoot,
        ) = abi.decode(logs[at].data, (uint16, uint8, uint40, uint32, uint32, uint64, uint32, bytes32, bytes32));
        VM.assertEq(header.unit, sent.batch.unit, "unit");
        VM.assertEq(header.first, sent.batch.first, "first");
        _noteBatch(sent, uint64(uint256(logs[at].topics[1])), position, header);
        return at + 1;
    }

    /// @dev Writes down what an event says was issued.
    function _noteBatch(Sent memory sent, uint64 rootId, uint16 position, IReceiptTypes.Header memory header) private {
        bool byCode = header.mode == 1;
        bytes32[] memory leaves = byCode ? _codeLeavesOf(sent) : _listLeaves(header.range, header.first, header.count);
        Batch storage batch = batches.push();
        (batch.rootId, batch.position, batch.header, batch.leaves) = (rootId, position, header, leaves);
        headersOf[rootId].push(_headerHash(header));
        VM.assertEq(headersOf[rootId].length, position + 1, "position");
        for (uint32 i = 0; i < header.count; ++i) {
            _noteReceipt(sent, header, i, byCode);
        }
        IReceiptTypes.Totals storage totals =
        _monthOfDesk(sent.desk, byCode ? KIND_CODE : KIND_LIST, _monthOfDay(header.issueDay)).totals;
        totals.issued += header.count;
        totals.issuedFen += header.totalFen;
        _done(byCode ? "issued by code" : "issued by list");
    }

    function _noteReceipt(Sent memory sent, IReceiptTypes.Header memory header, uint32 i, bool byCode) private {
        Receipt storage receipt = booklets.push();
        (receipt.desk, receipt.batch, receipt.number) = (sent.desk, batches.length - 1, header.first + i);
        receipt.amountFen = _fenOf(receipt.number);
        receipt.amount = _listAmount(receipt.number);
        if (byCode) {
            receipt.code = codeAt[sent.batch.paymentRange][_sequenceOf(sent.batch.paymentSequences, i)] - 1;
            Code storage code = codes[receipt.code];
            VM.assertTrue(code.paid && !code.used && !code.ended, "a code was used that may not be");
            code.used = true;
            receipt.amountFen = code.amountFen;
            receipt.amount = bytes32(uint256(code.amountFen));
            receipt.linesHash = code.linesHash;
            receipt.paymentCode = _fullCode(code);
        }
        _claim(registry.rangeOf(header.range).prefix, header.range, receipt.number);
    }

    function _noteRoot(Cheats.Log[] memory logs) private view {
        Cheats.Log[] memory roots = _filter(logs, IReceiptTypes.RootRegistered.selector);
        if (roots.length == 0) return;
        (bytes32 root, uint16 count) = abi.decode(roots[0].data, (bytes32, uint16));
        bytes32[] memory headers = headersOf[uint64(uint256(roots[0].topics[1]))];
        VM.assertEq(count, headers.length, "headers");
        VM.assertEq(root, _rootOf(headers), "root");
    }

    function _fullCode(Code storage code) internal view returns (uint128) {
        return uint128(desks[code.desk].payPrefix) * 10_000_000_000 + code.sequence;
    }

    // --- batches

    function _frame(uint256 deskAt, uint32 range, uint32 count, uint256 seed)
        private
        view
        returns (IReceiptTypes.IssueBatch memory batch)
    {
        batch.unit = desks[deskAt].unit;
        batch.range = range;
        batch.first = registry.rangeOf(range).next;
        batch.count = count;
        batch.issueDay = _today() - uint32(seed % 3);
        batch.catalogVersion = registry.catalogVersion();
        batch.bodies = keccak256("bodies");
        batch.deadline = _soon();
    }

    function _list(uint256 deskAt, uint256 seed) private view returns (Sent memory sent) {
        sent.desk = deskAt;
        sent.batch = _frame(deskAt, desks[deskAt].listRange, uint32(1 + seed % 4), seed >> 4);
        for (uint40 i = 0; i < sent.batch.count; ++i) {
            sent.batch.totalFen += _fenOf(sent.batch.first + i);
        }
        sent.batch.unitRoot = _rootOf(_listLeaves(sent.batch.range, sent.batch.first, sent.batch.count));
        _sign(sent, 2, seed >> 8);
    }

    /// @dev Receipts for codes that are paid and not used.
    function _byCode(uint256 deskAt, uint256[] memory places, uint256 seed) private view returns (Sent memory sent) {
        sent.desk = deskAt;
        sent.batch = _frame(deskAt, desks[deskAt].codeRange, uint32(places.length), seed >> 4);
        sent.batch.paymentRange = desks[deskAt].payRange;
        sent.batch.bodyHashes = new bytes32[](places.length);
        for (uint256 i = 0; i < places.length; ++i) {
            Code storage code = codes[places[i]];
            sent.batch.paymentSequences = bytes.concat(sent.batch.paymentSequences, bytes5(code.sequence));
            sent.batch.bodyHashes[i] = _bodyHash(sent.batch.first + uint40(i));
            sent.batch.totalFen += code.amountFen;
        }
        sent.batch.unitRoot = _rootOf(_codeLeavesOf(sent));
        _sign(sent, 1, seed >> 8);
    }

    /// @dev Leaves from what was noticed and paid as the campaign knows it, not as the ledger says.
    function _codeLeavesOf(Sent memory sent) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](sent.batch.count);
        for (uint256 i = 0; i < leaves.length; ++i) {
            Code storage code = codes[codeAt[sent.batch.paymentRange][_sequenceOf(sent.batch.paymentSequences, i)] - 1];
            leaves[i] = _leaf(
                sent.batch.range,
                sent.batch.first + uint40(i),
                bytes32(uint256(code.amountFen)),
                _fullCode(code),
                code.linesHash,
                sent.batch.bodyHashes[i]
            );
        }
    }

    /// @dev Signs, and spoils every eighth batch; an overdue kind is refused whatever the batch says.
    function _sign(Sent memory sent, uint8 mode, uint256 seed) private view {
        uint256 spoilt = seed % 32;
        if (spoilt == 1) sent.batch.deadline = uint64(clock - 1);
        _signIssue(desks[sent.desk].key, sent.batch, mode);
        if (spoilt == 1) sent.refusal = IActErrors.SignatureExpired.selector;
        if (spoilt == 2) {
            sent.batch.bodies = keccak256("other bodies"); // not signed: the bodies speak for themselves
            sent.batch.totalFen += 1;
            sent.refusal = mode == 1 ? IReceiptTypes.TotalMismatch.selector : IActErrors.WrongSigner.selector;
        }
        if (_isOverdue(sent.desk, mode == 1 ? KIND_CODE : KIND_LIST)) {
            sent.refusal = IReceiptTypes.UnitOverdue.selector;
        }
        if (spoilt == 3) {
            sent.batch.first -= 1; // a number that is gone, or before the range
            sent.refusal = IRegistry.NumberNotNext.selector;
        }
    }

    /// @dev Places of codes of a desk that may be receipted, at most `wanted`; pays one when none is there.
    function _paidCodes(uint256 deskAt, uint256 wanted, uint256 seed) private returns (uint256[] memory places) {
        uint256[] memory found = new uint256[](wanted);
        uint256 count = 0;
        for (uint256 i = 0; i < codes.length && count < wanted; ++i) {
            uint256 place = addmod(seed, i, codes.length);
            Code storage code = codes[place];
            if (code.desk == deskAt && code.paid && !code.used) found[count++] = place;
        }
        if (count == 0) {
            _notice(deskAt, 1, seed);
            Code storage born = codes[codes.length - 1];
            settled[_entryKey(born.range, born.sequence, 1)] = true;
            (born.paid, received) = (true, received + born.amountFen);
            _settle(bytes32(_fresh()), _group(born.range, _entry(born.sequence, born.amountFen, born.dueDay, 1)));
            found[count++] = codes.length - 1;
        }
        places = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            places[i] = found[i];
        }
    }

    /// @notice A code that is not paid, used before, or reversed, under a batch that is otherwise good.
    function issueUnpaid(uint256 seed) external timed {
        if (codes.length == 0) return;
        uint256[] memory places = new uint256[](1);
        places[0] = seed % codes.length;
        Code storage code = codes[places[0]];
        if (code.paid && !code.used) return;
        Sent memory sent = _byCode(code.desk, places, 0);
        if (sent.refusal == 0) {
            sent.refusal = IPaymentTypes.PaymentNotPaid.selector;
            if (code.used) sent.refusal = IPaymentTypes.PaymentAlreadyUsed.selector;
            if (code.ended) sent.refusal = IPaymentTypes.PaymentHasEnded.selector;
        }
        VM.recordLogs();
        VM.prank(desks[code.desk].node);
        receipts.issue(_one(sent.batch));
        _expectRefusal(VM.getRecordedLogs(), 0, 0, sent.refusal);
        _done("unpaid refused");
    }

    // --- void

    /// @notice Voids 1 to 40 numbers, across the borders of slots.
    function voidNumbers(uint256 deskSeed, uint256 seed) external timed {
        uint256 deskAt = deskSeed % desks.length;
        Desk storage desk = desks[deskAt];
        bool byCode = seed % 2 == 0;
        IReceiptTypes.VoidAct memory act;
        act.unit = desk.unit;
        act.range = byCode ? desk.codeRange : desk.listRange;
        act.first = registry.rangeOf(act.range).next;
        act.count = uint32(1 + (seed >> 8) % 40);
        act.reason = 3;
        act.deadline = _soon();
        _signVoid(desk.key, act);
        VM.prank(desk.node);
        receipts.voidNumbers(act);
        for (uint40 i = 0; i < act.count; ++i) {
            _claim(registry.rangeOf(act.range).prefix, act.range, act.first + i);
            voided[act.range][act.first + i] = true;
        }
        voidRuns.push([uint40(act.range), act.first]);
        _monthOfDesk(deskAt, byCode ? KIND_CODE : KIND_LIST, _monthOfDay(_today())).totals.voided += act.count;
        _done("void");
    }
}
