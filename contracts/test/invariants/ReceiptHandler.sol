// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {IssueHandler} from "./IssueHandler.sol";

/// @notice Acts on receipts that exist: reversal, paper, booking.
abstract contract ReceiptHandler is IssueHandler {
    uint256 private constant FIRST_BOOKER = BOOKER_KEY;
    uint256 private constant SECOND_BOOKER = OTHER_BOOKER_KEY;

    function _keyOfBooker(uint256 place) private pure returns (uint256) {
        return place == 0 ? FIRST_BOOKER : SECOND_BOOKER;
    }

    function _rangeOf(Receipt storage receipt) internal view returns (uint32) {
        return batches[receipt.batch].header.range;
    }

    function _open(Receipt storage receipt) internal view returns (IReceiptTypes.Opening memory opening) {
        Batch storage batch = batches[receipt.batch];
        opening.rootId = batch.rootId;
        opening.position = batch.position;
        opening.rootPath = _pathOf(headersOf[batch.rootId], batch.position);
        opening.header = batch.header;
        opening.number = receipt.number;
        opening.unitPath = _pathOf(batch.leaves, receipt.number - batch.header.first);
        opening.amount = receipt.amount;
        opening.paymentCode = receipt.paymentCode;
        opening.linesHash = receipt.linesHash;
        opening.documentDigest = _documentDigest(receipt.number);
        opening.fieldsRoot = _fieldsRoot(receipt.number);
        opening.bookingKey = VM.addr(BOOKING_KEY);
    }

    /// @dev The error that meets any act on a receipt that is red, reversed or on paper.
    function _deadWith(Receipt storage receipt) private view returns (bytes memory) {
        bytes4 selector;
        if (receipt.paperNumber != 0) selector = IReceiptTypes.ReceiptIsOnPaper.selector;
        if (receipt.reversed) selector = IReceiptTypes.ReceiptIsReversed.selector;
        if (receipt.red) selector = IReceiptTypes.ReceiptIsRed.selector;
        return selector == 0 ? bytes("") : abi.encodeWithSelector(selector, _rangeOf(receipt), receipt.number);
    }

    function _share(Receipt storage receipt) private view returns (uint32) {
        return receipt.shares[0] + receipt.shares[1];
    }

    function _bookedWith(Receipt storage receipt) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IReceiptTypes.ReceiptIsBooked.selector, _rangeOf(receipt), receipt.number, _share(receipt)
        );
    }

    // --- reversal

    /// @notice Reverses a receipt; one that is red, reversed, on paper or booked refuses.
    function reverse(uint256 seed) external timed {
        if (booklets.length == 0) return;
        Receipt storage receipt = booklets[seed % booklets.length];
        bytes memory refusal = _deadWith(receipt);
        if (refusal.length == 0 && _share(receipt) != 0) refusal = _bookedWith(receipt);
        _reverse(receipt, refusal);
        _done(refusal.length == 0 ? "reverse" : "reverse refused");
    }

    /// @notice Reverses a booked receipt that two supervisors have let through.
    function reverseBooked(uint256 seed) external timed {
        for (uint256 i = 0; i < booklets.length; ++i) {
            Receipt storage receipt = booklets[addmod(seed, i, booklets.length)];
            if (_share(receipt) == 0 || _deadWith(receipt).length != 0) continue;
            Desk storage desk = desks[receipt.desk];
            uint16 reason = uint16(_fresh());
            VM.prank(desk.maker);
            VM.assertFalse(receipts.allowReversal(desk.unit, _rangeOf(receipt), receipt.number, reason));
            VM.prank(desk.checker);
            VM.assertTrue(receipts.allowReversal(desk.unit, _rangeOf(receipt), receipt.number, reason));
            _reverse(receipt, "");
            return _done("reverse booked");
        }
    }

    function _reverse(Receipt storage receipt, bytes memory refusal) private {
        Desk storage desk = desks[receipt.desk];
        IReceiptTypes.ReverseAct memory act;
        act.original = _open(receipt);
        bool byCode = act.original.header.mode == 1;
        act.redRange = byCode ? desk.codeRange : desk.listRange;
        act.redNumber = registry.rangeOf(act.redRange).next;
        act.issueDay = _today();
        act.amountFen = receipt.amountFen;
        if (!byCode) act.amountSalt = _salt(receipt.number);
        act.redBodyHash = _bodyHash(act.redNumber);
        act.catalogVersion = registry.catalogVersion();
        act.reason = 3;
        if (byCode) act.paymentRange = desk.payRange;
        act.deadline = _soon();
        _signReverse(desk.key, act);
        VM.prank(desk.node);
        if (refusal.length != 0) VM.expectRevert(refusal);
        receipts.reverse(act);
        if (refusal.length == 0) _noteRed(receipt, act, byCode);
    }

    function _noteRed(Receipt storage receipt, IReceiptTypes.ReverseAct memory act, bool byCode) private {
        uint256 deskAt = receipt.desk;
        receipt.reversed = true;
        if (byCode) codes[receipt.code].ended = true;
        IReceiptTypes.Opening memory opening = _redOpening(act);
        Batch storage batch = batches.push();
        (batch.rootId, batch.header) = (opening.rootId, opening.header);
        batch.leaves.push(opening.header.unitRoot);
        headersOf[opening.rootId].push(_headerHash(opening.header));
        Receipt storage red = booklets.push();
        (red.desk, red.batch, red.number, red.red) = (deskAt, batches.length - 1, act.redNumber, true);
        (red.amountFen, red.amount) = (act.amountFen, act.original.amount);
        (red.linesHash, red.paymentCode) = (act.original.linesHash, act.original.paymentCode);
        _claim(registry.rangeOf(act.redRange).prefix, act.redRange, act.redNumber);
        IReceiptTypes.Totals storage totals =
        _monthOfDesk(deskAt, byCode ? KIND_CODE : KIND_LIST, _monthOfDay(act.issueDay)).totals;
        totals.red += 1;
        totals.reversedFen += act.amountFen;
    }

    // --- paper

    /// @notice Puts a paper original in a receipt's place; one that is dead or booked refuses.
    function exchange(uint256 seed) external timed {
        if (booklets.length == 0) return;
        Receipt storage receipt = booklets[seed % booklets.length];
        Desk storage desk = desks[receipt.desk];
        bytes memory refusal = _deadWith(receipt);
        if (refusal.length == 0 && _share(receipt) != 0) refusal = _bookedWith(receipt);
        IReceiptTypes.ExchangeAct memory act;
        act.original = _open(receipt);
        act.paperRange = desk.paperRange;
        act.paperNumber = registry.rangeOf(desk.paperRange).next;
        act.deadline = _soon();
        act.signature = _signPaper(
            desk.key,
            "Exchange",
            abi.encode(desk.unit, _rangeOf(receipt), receipt.number, act.paperRange, act.paperNumber, act.deadline)
        );
        VM.prank(desk.node);
        if (refusal.length != 0) VM.expectRevert(refusal);
        receipts.exchange(act);
        if (refusal.length != 0) return _done("exchange refused");
        (receipt.paperRange, receipt.paperNumber) = (act.paperRange, act.paperNumber);
        VM.assertFalse(papersUsed[act.paperRange][act.paperNumber], "a paper was used twice");
        papersUsed[act.paperRange][act.paperNumber] = true;
        _done("exchange");
    }

    /// @notice Takes a paper original back.
    function returnPaper(uint256 seed) external timed {
        for (uint256 i = 0; i < booklets.length; ++i) {
            Receipt storage receipt = booklets[addmod(seed, i, booklets.length)];
            if (receipt.paperNumber == 0) continue;
            Desk storage desk = desks[receipt.desk];
            IReceiptTypes.ReturnAct memory act;
            (act.unit, act.range, act.number) = (desk.unit, _rangeOf(receipt), receipt.number);
            (act.paperRange, act.paperNumber, act.deadline) = (receipt.paperRange, receipt.paperNumber, _soon());
            act.signature = _signPaper(
                desk.key,
                "ReturnPaper",
                abi.encode(act.unit, act.range, act.number, act.paperRange, act.paperNumber, act.deadline)
            );
            VM.prank(desk.node);
            receipts.returnPaper(act);
            (receipt.paperRange, receipt.paperNumber) = (0, 0);
            return _done("return");
        }
    }

    // --- booking

    /// @notice Books a share for one of two bookers; what is dead or would pass one refuses.
    function book(uint256 seed, uint256 shareSeed) external timed {
        if (booklets.length == 0) return;
        Receipt storage receipt = booklets[seed % booklets.length];
        uint256 booker = shareSeed % 2;
        uint32 share = uint32(1 + (shareSeed >> 1) % (WHOLE / 2));
        if (shareSeed % 5 == 0) share = WHOLE - _share(receipt); // all that is left, 0 when nothing is
        IReceiptTypes.BookAct memory act;
        act.receipt = _open(receipt);
        (act.booker, act.counter, act.share) = (VM.addr(_keyOfBooker(booker)), receipt.counter, share);
        act.deadline = _soon();
        _signBook(BOOKING_KEY, act);
        bytes memory refusal = _deadWith(receipt);
        if (refusal.length == 0 && (share == 0 || _share(receipt) + share > WHOLE)) {
            refusal = abi.encodeWithSelector(IReceiptTypes.ShareExceeded.selector, _share(receipt), share);
        }
        VM.prank(desks[receipt.desk].node);
        if (refusal.length != 0) VM.expectRevert(refusal);
        receipts.book(act);
        if (refusal.length != 0) return _done("book refused");
        receipt.shares[booker] += share;
        ++receipt.counter;
        _done("book");
    }

    /// @notice Withdraws a booker's share; who has none is refused.
    function unbook(uint256 seed, uint256 bookerSeed) external timed {
        if (booklets.length == 0) return;
        Receipt storage receipt = booklets[seed % booklets.length];
        for (uint256 i = 0; i < booklets.length && _share(receipt) == 0; ++i) {
            receipt = booklets[addmod(seed, i, booklets.length)];
        }
        uint256 booker = bookerSeed % 2;
        IReceiptTypes.UnbookAct memory act;
        (act.range, act.number) = (_rangeOf(receipt), receipt.number);
        (act.booker, act.counter, act.deadline) = (VM.addr(_keyOfBooker(booker)), receipt.counter, _soon());
        _signUnbook(_keyOfBooker(booker), act);
        bool allowed = receipt.shares[booker] != 0;
        VM.prank(desks[receipt.desk].node);
        if (!allowed) {
            VM.expectRevert(
                abi.encodeWithSelector(IReceiptTypes.NothingBooked.selector, act.range, act.number, act.booker)
            );
        }
        receipts.unbook(act);
        if (!allowed) return _done("unbook refused");
        receipt.shares[booker] = 0;
        ++receipt.counter;
        _done("unbook");
    }

    // --- what must hold

    /// @notice Marks, shares and links of every receipt are what was done; red and void stay untouched.
    function checkReceipts() external timed {
        for (uint256 i = 0; i < booklets.length; ++i) {
            _checkReceipt(booklets[i]);
        }
        for (uint256 i = 0; i < voidRuns.length; ++i) {
            (uint32 range, uint40 first) = (uint32(voidRuns[i][0]), voidRuns[i][1]);
            for (uint40 number = first; voided[range][number]; ++number) {
                VM.assertEq(receipts.markOf(range, number), 8, "a void number was touched");
                (uint32 share,,,) = receipts.bookingOf(range, number);
                VM.assertEq(share, 0, "a void number is booked");
            }
        }
        _checkNumbers();
    }

    function _checkReceipt(Receipt storage receipt) private view {
        uint32 range = _rangeOf(receipt);
        uint256 mark = receipt.reversed ? 2 : 0;
        if (receipt.paperNumber != 0) mark |= 1;
        VM.assertEq(receipts.markOf(range, receipt.number), mark, "mark");
        (uint32 share,,, uint32 counter) = receipts.bookingOf(range, receipt.number);
        uint32 first = receipts.shareOf(range, receipt.number, VM.addr(FIRST_BOOKER));
        uint32 second = receipts.shareOf(range, receipt.number, VM.addr(SECOND_BOOKER));
        VM.assertLe(share, WHOLE, "booked more than one");
        VM.assertEq(share, uint256(first) + second, "sum of shares");
        VM.assertEq(first, receipt.shares[0], "share");
        VM.assertEq(second, receipt.shares[1], "share");
        VM.assertEq(counter, receipt.counter, "counter");
        if (receipt.red) VM.assertEq(uint256(share) + counter, 0, "a red receipt was booked");
        bool reversed = receipts.rootOf(receipts.redRootIdOf(range, receipt.number)) != 0;
        VM.assertTrue(reversed == receipt.reversed, "reversed");
        VM.assertFalse(receipt.red && reversed, "a red receipt was reversed");
    }

    /// @dev Every number below `next` is one that was claimed, and no other.
    function _checkNumbers() private view {
        for (uint256 i = 0; i < ranges.length; ++i) {
            IRegistry.Range memory range = registry.rangeOf(ranges[i]);
            VM.assertEq(claims[ranges[i]], range.next - range.from, "numbers of a range");
            VM.assertLe(range.next, uint256(range.to) + 1, "past the range's end");
            VM.assertFalse(claimed[range.prefix][range.next] && range.next <= range.to, "the next number is gone");
        }
    }
}
