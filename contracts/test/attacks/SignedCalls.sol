// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {AttackTest} from "./Attack.sol";

/// @dev Puts the chain back to what it was.
interface StateCheats {
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool success);
}

/// @notice Every signed act of the network, each ready to be sent: what holds for one signature must hold for all.
abstract contract SignedCalls is AttackTest {
    enum Act {
        Issue,
        Notice,
        Exchange,
        Book,
        Cancel,
        Void,
        Reverse,
        ReturnPaper,
        Unbook,
        WriteOff,
        BringForward,
        RotateSigner
    }

    struct Call {
        address sender;
        address target;
        bytes data;
        address signer; // whose signature is needed
    }

    uint256 internal constant ACTS = uint256(type(Act).max) + 1;
    StateCheats internal constant STATE = StateCheats(address(VM));

    IReceiptTypes.IssueBatch private _batch;
    IReceiptTypes.Totals private _former = IReceiptTypes.Totals(7, 1, 0, 70_000, 0);

    /// @dev Receipts 1 to 5, of which 3 is on paper 1 and 4 is booked; notices 1 and 2; a former month to write off.
    function setUp() public virtual override {
        super.setUp();
        _batch = _issueList(1, 5);
        _exchange(_exchangeAct(_opening(_batch, 1, 3), 1));
        _book(_bookAct(_opening(_batch, 1, 4), VM.addr(BOOKER_KEY), 0, 1));
        _notify(1, 2);
        VM.prank(SUPER);
        receipts.bringForward(_writeOffAct("BringForward", KIND_CODE, MONTH - 1, _former));
    }

    /// @dev The act, signed now, for the ledgers that `receipts`, `payments` and `registry` name.
    function _callOf(Act act) internal view returns (Call memory) {
        if (act == Act.Book) return _bookCall();
        if (act == Act.Unbook) {
            IReceiptTypes.UnbookAct memory unbook = _unbookAct(BOOKER_KEY, listRange, 4, 1);
            return Call(NODE_32, address(receipts), abi.encodeCall(receipts.unbook, (unbook)), VM.addr(BOOKER_KEY));
        }
        if (act == Act.RotateSigner) return Call(STRANGER, address(registry), _rotation(), VM.addr(KEY_A));
        if (act == Act.Notice || act == Act.Cancel) {
            return Call(NODE_32, address(payments), _paymentData(act), VM.addr(KEY_A));
        }
        address sender = act == Act.BringForward ? SUPER : act == Act.WriteOff ? STRANGER : NODE_32;
        return Call(sender, address(receipts), _receiptData(act), VM.addr(KEY_A));
    }

    function _bookCall() private view returns (Call memory) {
        IReceiptTypes.BookAct memory book = _bookAct(_opening(_batch, 1, 5), VM.addr(BOOKER_KEY), 0, WHOLE);
        return Call(NODE_32, address(receipts), abi.encodeCall(receipts.book, (book)), VM.addr(BOOKING_KEY));
    }

    function _paymentData(Act act) private view returns (bytes memory) {
        if (act == Act.Notice) {
            return abi.encodeCall(payments.notice, (_one(_noticeBatch(KEY_A, unitA, payRange, 3, _lanes(2)))));
        }
        bytes32 typeHash = keccak256("Cancel(uint32 unit,uint32 range,uint40 sequence,uint64 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, unitA, payRange, uint40(1), DEADLINE));
        bytes memory signature = _sign(KEY_A, address(payments), structHash);
        return abi.encodeCall(payments.cancel, (unitA, payRange, 1, DEADLINE, signature));
    }

    function _receiptData(Act act) private view returns (bytes memory) {
        if (act == Act.Issue) {
            return abi.encodeCall(receipts.issue, (_one(_listBatch(KEY_A, unitA, listRange, 6, 2))));
        }
        if (act == Act.Exchange) {
            return abi.encodeCall(receipts.exchange, (_exchangeAct(_opening(_batch, 1, 2), 2)));
        }
        if (act == Act.Void) return abi.encodeCall(receipts.voidNumbers, (_voidAct(listRange, 6, 1)));
        if (act == Act.Reverse) {
            IReceiptTypes.Opening memory original = _opening(_batch, 1, 1);
            return abi.encodeCall(receipts.reverse, (_reverseAct(original, listRange, 6, _fenOf(1))));
        }
        if (act == Act.ReturnPaper) return abi.encodeCall(receipts.returnPaper, (_returnAct(listRange, 3, 1)));
        if (act == Act.WriteOff) {
            return abi.encodeCall(receipts.writeOff, (_writeOffAct("WriteOff", KIND_CODE, MONTH - 1, _former)));
        }
        return abi.encodeCall(receipts.bringForward, (_writeOffAct("BringForward", 602, MONTH - 1, _former)));
    }

    function _rotation() private view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            "RotateSigner(uint32 unit,address newSigner,bytes32 certificateDigest,uint64 nonce,uint64 deadline)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typeHash, unitA, VM.addr(KEY_C), bytes32("cert C"), uint64(0), DEADLINE));
        bytes memory signature = _sign(KEY_A, address(registry), structHash);
        return abi.encodeCall(registry.rotateSigner, (unitA, VM.addr(KEY_C), "cert C", DEADLINE, signature));
    }

    function _attempt(Call memory call) internal returns (bytes memory error) {
        return _attempt(call.sender, call.target, call.data);
    }
}
