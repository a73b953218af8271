// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BoundedCall} from "../libraries/BoundedCall.sol";
import {IReceiptActs} from "../interfaces/IReceiptActs.sol";
import {Reversals} from "./Reversals.sol";

/// @title Bookings
/// @notice Employers, insurers and funds book shares of a receipt; together never more than one receipt.
/// @dev The receipt's one-time key signs over the booker's address, so a copied transaction helps no other booker, and
/// over a counter, so none is ever repeated.
abstract contract Bookings is Reversals {
    uint256 private constant WHOLE = 1_000_000_000; // billionths
    uint256 private constant MAX_BOOKINGS = 200;
    uint256 private constant BOOKING_GAS = 250_000;
    uint256 private constant RESERVE_GAS = 50_000;

    bytes32 private constant BOOK_TYPEHASH =
        keccak256("Book(bytes32 leaf,address booker,uint32 counter,uint32 share,uint64 deadline)");
    bytes32 private constant UNBOOK_TYPEHASH =
        keccak256("Unbook(uint32 range,uint40 number,address booker,uint32 counter,uint64 deadline)");

    /// @inheritdoc IReceiptActs
    function book(BookAct calldata act) external {
        _book(act);
    }

    /// @inheritdoc IReceiptActs
    function bookMany(BookAct[] calldata acts) external {
        if (acts.length == 0 || acts.length > MAX_BOOKINGS) revert WrongLength(acts.length, MAX_BOOKINGS);
        uint256 needed = BOOKING_GAS * 64 / 63 + RESERVE_GAS;
        for (uint256 i = 0; i < acts.length; ++i) {
            if (gasleft() < needed) revert InsufficientGas(needed, gasleft());
            (bool success, bytes memory error) =
                BoundedCall.call(address(this), BOOKING_GAS, abi.encodeCall(this.bookOne, (acts[i])));
            if (success) continue;
            Opening calldata receipt = acts[i].receipt;
            emit BookingRefused(receipt.header.range, receipt.number, acts[i].booker, uint16(i), error);
        }
    }

    /// @inheritdoc IReceiptActs
    function bookOne(BookAct calldata act) external {
        if (msg.sender != address(this)) revert OnlyFor(address(this), msg.sender);
        _book(act);
    }

    /// @inheritdoc IReceiptActs
    function unbook(UnbookAct calldata act) external {
        Hold memory hold = _layout().holds[act.range][act.number];
        uint32 share = _shareOf(hold, act.range, act.number, act.booker);
        if (share == 0) revert NothingBooked(act.range, act.number, act.booker);
        if (act.counter != hold.counter) revert WrongCounter(hold.counter, act.counter);
        bytes32 structHash =
            keccak256(abi.encode(UNBOOK_TYPEHASH, act.range, act.number, act.booker, act.counter, act.deadline));
        _requireSigned(act.booker, structHash, act.deadline, act.signature);
        if (hold.holding == Holding.Spread) delete _layout().shares[act.range][act.number][act.booker];
        hold.share -= share;
        _store(act.range, act.number, hold);
        emit Unbooked(act.range, act.number, act.booker, share, hold.share, hold.counter);
    }

    function _book(BookAct calldata act) private {
        // 1. The receipt exists, and nothing has taken its place.
        bytes32 leaf = _open(act.receipt);
        (uint32 range, uint40 number) = (act.receipt.header.range, act.receipt.number);
        Hold memory hold = _requireAlive(act.receipt.header, number);
        // 2. The act is the next, and the shares stay within one.
        if (act.counter != hold.counter) revert WrongCounter(hold.counter, act.counter);
        if (act.share == 0 || uint256(hold.share) + act.share > WHOLE) revert ShareExceeded(hold.share, act.share);
        // 3. The holder of the receipt's key wants this booker to have it.
        if (act.booker == address(0)) revert ZeroAddress();
        bytes32 structHash =
            keccak256(abi.encode(BOOK_TYPEHASH, leaf, act.booker, act.counter, act.share, act.deadline));
        _requireSigned(act.receipt.bookingKey, structHash, act.deadline, act.signature);
        // 4. Write.
        _addShare(hold, range, number, act.booker, act.share);
        hold.holder = uint160(act.booker);
        hold.share += act.share;
        _store(range, number, hold);
        emit Booked(range, number, act.booker, act.share, hold.share, hold.counter);
    }

    /// @dev While one booker has everything that is booked, the receipt's own slot suffices.
    function _addShare(Hold memory hold, uint32 range, uint40 number, address booker, uint32 share) private {
        mapping(address => uint32) storage shares = _layout().shares[range][number];
        if (hold.holding == Holding.Single && hold.share != 0 && address(hold.holder) != booker) {
            hold.holding = Holding.Spread;
            shares[address(hold.holder)] = hold.share;
        }
        if (hold.holding == Holding.Spread) shares[booker] += share;
    }

    function _store(uint32 range, uint40 number, Hold memory hold) private {
        // 65,535 acts on one receipt are all it can have: then the counter stops it.
        if (hold.counter == type(uint16).max) revert WrongCounter(hold.counter, hold.counter);
        ++hold.counter;
        hold.time = uint40(block.timestamp);
        _layout().holds[range][number] = hold;
    }
}
