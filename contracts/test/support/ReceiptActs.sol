// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {Acts} from "./Acts.sol";

/// @notice Builds signed acts on receipts that exist.
abstract contract ReceiptActsTest is Acts {
    uint32 internal constant WHOLE = 1_000_000_000;

    function _voidAct(uint32 range, uint40 first, uint32 count)
        internal
        view
        returns (IReceiptTypes.VoidAct memory act)
    {
        act = IReceiptTypes.VoidAct(unitA, range, first, count, 7, DEADLINE, "");
        _signVoid(KEY_A, act);
    }

    function _signVoid(uint256 key, IReceiptTypes.VoidAct memory act) internal view {
        bytes32 typeHash =
            keccak256("Void(uint32 unit,uint32 range,uint40 first,uint32 count,uint16 reason,uint64 deadline)");
        act.signature = _sign(
            key,
            address(receipts),
            keccak256(abi.encode(typeHash, act.unit, act.range, act.first, act.count, act.reason, act.deadline))
        );
    }

    /// @dev Red receipt at the next number of the original's own range.
    function _reverseAct(IReceiptTypes.Opening memory original, uint32 redRange, uint40 redNumber, uint48 amountFen)
        internal
        view
        returns (IReceiptTypes.ReverseAct memory act)
    {
        act.original = original;
        act.redRange = redRange;
        act.redNumber = redNumber;
        act.issueDay = TODAY;
        act.amountFen = amountFen;
        if (original.header.mode == 2) act.amountSalt = _salt(original.number);
        act.redBodyHash = _bodyHash(redNumber);
        act.catalogVersion = registry.catalogVersion();
        act.reason = 3;
        if (original.header.mode == 1) act.paymentRange = payRange;
        act.bodies = keccak256("red body");
        act.deadline = DEADLINE;
        _signReverse(KEY_A, act);
    }

    function _redLeaf(IReceiptTypes.ReverseAct memory act) internal pure returns (bytes32) {
        return _leaf(
            act.redRange,
            act.redNumber,
            act.original.amount,
            act.original.paymentCode,
            act.original.linesHash,
            act.redBodyHash
        );
    }

    function _signReverse(uint256 key, IReceiptTypes.ReverseAct memory act) internal view {
        bytes32 typeHash = keccak256(
            "Reverse(uint32 unit,uint32 range,uint40 number,uint32 redRange,uint40 redNumber,uint32 issueDay,uint48 amountFen,uint32 catalogVersion,bytes32 redRoot,uint16 reason,uint64 deadline)"
        );
        act.signature = _sign(
            key,
            address(receipts),
            keccak256(
                bytes.concat(
                    abi.encode(
                        typeHash,
                        act.original.header.unit,
                        act.original.header.range,
                        act.original.number,
                        act.redRange,
                        act.redNumber
                    ),
                    abi.encode(act.issueDay, act.amountFen, act.catalogVersion, _redLeaf(act), act.reason, act.deadline)
                )
            )
        );
    }

    function _reverse(IReceiptTypes.ReverseAct memory act) internal {
        VM.prank(NODE_32);
        receipts.reverse(act);
    }

    /// @dev Opening of the red receipt that an act has issued under a root of its own.
    function _redOpening(IReceiptTypes.ReverseAct memory act)
        internal
        view
        returns (IReceiptTypes.Opening memory opening)
    {
        opening.rootId = receipts.redRootIdOf(act.original.header.range, act.original.number);
        opening.header = IReceiptTypes.Header({
            unit: act.original.header.unit,
            range: act.redRange,
            mode: act.original.header.mode + 2,
            first: act.redNumber,
            count: 1,
            issueDay: act.issueDay,
            totalFen: act.amountFen,
            catalogVersion: act.catalogVersion,
            unitRoot: _redLeaf(act)
        });
        opening.number = act.redNumber;
        opening.amount = act.original.amount;
        opening.paymentCode = act.original.paymentCode;
        opening.linesHash = act.original.linesHash;
        opening.documentDigest = _documentDigest(act.redNumber);
        opening.fieldsRoot = _fieldsRoot(act.redNumber);
        opening.bookingKey = VM.addr(BOOKING_KEY);
    }

    function _exchangeAct(IReceiptTypes.Opening memory original, uint40 paperNumber)
        internal
        view
        returns (IReceiptTypes.ExchangeAct memory act)
    {
        act = IReceiptTypes.ExchangeAct(original, paperRange, paperNumber, DEADLINE, "");
        act.signature = _signPaper(KEY_A, "Exchange", unitA, original.header.range, original.number, paperNumber);
    }

    function _returnAct(uint32 range, uint40 number, uint40 paperNumber)
        internal
        view
        returns (IReceiptTypes.ReturnAct memory act)
    {
        act = IReceiptTypes.ReturnAct(unitA, range, number, paperRange, paperNumber, DEADLINE, "");
        act.signature = _signPaper(KEY_A, "ReturnPaper", unitA, range, number, paperNumber);
    }

    function _signPaper(uint256 key, string memory name, uint32 unit, uint32 range, uint40 number, uint40 paperNumber)
        internal
        view
        returns (bytes memory)
    {
        return _signPaper(key, name, abi.encode(unit, range, number, paperRange, paperNumber, DEADLINE));
    }

    /// @param members Members of the act, each in a word: unit, range, number, paper range, paper number, deadline
    function _signPaper(uint256 key, string memory name, bytes memory members) internal view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            bytes(
                string.concat(
                    name,
                    "(uint32 unit,uint32 range,uint40 number,uint32 paperRange,uint40 paperNumber,uint64 deadline)"
                )
            )
        );
        return _sign(key, address(receipts), keccak256(bytes.concat(typeHash, members)));
    }

    function _exchange(IReceiptTypes.ExchangeAct memory act) internal {
        VM.prank(NODE_32);
        receipts.exchange(act);
    }

    function _leafOf(IReceiptTypes.Opening memory o) internal pure returns (bytes32) {
        bytes32 bodyHash = keccak256(abi.encode(o.documentDigest, o.fieldsRoot, o.bookingKey));
        return _leaf(o.header.range, o.number, o.amount, o.paymentCode, o.linesHash, bodyHash);
    }

    function _bookAct(IReceiptTypes.Opening memory receipt, address booker, uint32 counter, uint32 share)
        internal
        view
        returns (IReceiptTypes.BookAct memory act)
    {
        act = IReceiptTypes.BookAct(receipt, booker, counter, share, DEADLINE, "");
        _signBook(BOOKING_KEY, act);
    }

    function _signBook(uint256 key, IReceiptTypes.BookAct memory act) internal view {
        bytes32 typeHash = keccak256("Book(bytes32 leaf,address booker,uint32 counter,uint32 share,uint64 deadline)");
        act.signature = _sign(
            key,
            address(receipts),
            keccak256(abi.encode(typeHash, _leafOf(act.receipt), act.booker, act.counter, act.share, act.deadline))
        );
    }

    function _book(IReceiptTypes.BookAct memory act) internal {
        VM.prank(NODE_32);
        receipts.book(act);
    }

    function _unbookAct(uint256 key, uint32 range, uint40 number, uint32 counter)
        internal
        view
        returns (IReceiptTypes.UnbookAct memory act)
    {
        act = IReceiptTypes.UnbookAct(range, number, VM.addr(key), counter, DEADLINE, "");
        _signUnbook(key, act);
    }

    function _signUnbook(uint256 key, IReceiptTypes.UnbookAct memory act) internal view {
        bytes32 typeHash = keccak256("Unbook(uint32 range,uint40 number,address booker,uint32 counter,uint64 deadline)");
        bytes memory members = abi.encode(typeHash, act.range, act.number, act.booker, act.counter, act.deadline);
        act.signature = _sign(key, address(receipts), keccak256(members));
    }

    function _writeOffAct(string memory name, uint16 kind, uint32 month, IReceiptTypes.Totals memory totals)
        internal
        view
        returns (IReceiptTypes.WriteOffAct memory act)
    {
        act = IReceiptTypes.WriteOffAct(unitA, kind, month, totals, uint64(block.timestamp + 1 hours), "");
        _signTotals(KEY_A, name, act);
    }

    function _signTotals(uint256 key, string memory name, IReceiptTypes.WriteOffAct memory act) internal view {
        bytes32 typeHash = keccak256(
            bytes(
                string.concat(
                    name,
                    "(uint32 unit,uint16 kind,uint32 month,uint32 issued,uint32 voided,uint32 red,uint64 issuedFen,uint64 reversedFen,uint64 deadline)"
                )
            )
        );
        act.signature = _sign(
            key,
            address(receipts),
            keccak256(
                bytes.concat(
                    abi.encode(typeHash, act.unit, act.kind, act.month),
                    abi.encode(
                        act.totals.issued,
                        act.totals.voided,
                        act.totals.red,
                        act.totals.issuedFen,
                        act.totals.reversedFen,
                        act.deadline
                    )
                )
            )
        );
    }

    /// @dev Reports the chain's own totals of a month.
    function _writeOff(uint16 kind, uint32 month) internal {
        (IReceiptTypes.Totals memory totals,) = receipts.periodOf(unitA, kind, month);
        receipts.writeOff(_writeOffAct("WriteOff", kind, month, totals));
    }
}
