// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {FourEyes} from "../base/FourEyes.sol";
import {IReceiptActs} from "../interfaces/IReceiptActs.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Months} from "./Months.sol";

/// @title Reversal and exchange to paper
/// @notice A receipt is replaced once: by a red receipt of the same amount, or by a paper original until it returns.
abstract contract Reversals is AccessManagedUpgradeable, FourEyes, Months, IReceiptActs {
    bytes32 private constant REVERSE_TYPEHASH = keccak256(
        "Reverse(uint32 unit,uint32 range,uint40 number,uint32 redRange,uint40 redNumber,uint32 issueDay,uint48 amountFen,uint32 catalogVersion,bytes32 redRoot,uint16 reason,uint64 deadline)"
    );
    bytes32 private constant EXCHANGE_TYPEHASH = keccak256(
        "Exchange(uint32 unit,uint32 range,uint40 number,uint32 paperRange,uint40 paperNumber,uint64 deadline)"
    );
    bytes32 private constant RETURN_TYPEHASH = keccak256(
        "ReturnPaper(uint32 unit,uint32 range,uint40 number,uint32 paperRange,uint40 paperNumber,uint64 deadline)"
    );

    /// @inheritdoc IReceiptActs
    function reverse(ReverseAct calldata act) external restricted {
        Header calldata blue = act.original.header;
        uint40 number = act.original.number;
        // 1. The receipt exists and can be replaced; a booked one only when two supervisors have let it through.
        _open(act.original);
        uint32 share = _requireAlive(blue, number).share;
        if (share != 0 && !_layout().reversalsAllowed[blue.range][number]) {
            revert ReceiptIsBooked(blue.range, number, share);
        }
        // 2. The red number is next in a range of the same unit, kind and mode; the day may be written on it.
        (IRegistry.Range memory used, address signer, uint32 catalog) =
            REGISTRY.consume(msg.sender, blue.unit, act.redRange, act.redNumber, 1, IRegistry.RangeClass.Receipt, false);
        if (uint8(used.mode) != blue.mode) revert OpeningDoesNotMatch("mode");
        if (act.redRange != blue.range && REGISTRY.rangeOf(blue.range).kind != used.kind) {
            revert OpeningDoesNotMatch("kind");
        }
        uint32 month = _requireDay(used.prefix, act.issueDay);
        if (act.catalogVersion > catalog) revert CatalogVersionUnknown(act.catalogVersion, catalog);
        // 3. The amount is the original's, and the unit signed exactly this red leaf.
        _requireAmount(act, used.mode);
        Header memory red = _redHeader(act, _redLeaf(act));
        _requireSigned(signer, _hashReverse(act, red.unitRoot), act.deadline, act.signature);
        // 4. By code, the payment ends with its receipt.
        if (used.mode == IRegistry.ControlMode.ByCode) {
            PAYMENT_LEDGER.endPayment(blue.unit, act.paymentRange, act.original.paymentCode);
        }
        // 5. Write.
        _count(blue.unit, used.kind, month, Totals(0, 0, 1, 0, act.amountFen));
        uint64 rootId = _redRootId(blue.range, number);
        _layout().roots[rootId] = _hashHeader(red);
        _emitReversed(act, red, rootId);
    }

    /// @inheritdoc IReceiptActs
    function allowReversal(uint32 unit, uint32 range, uint40 number, uint16 reason)
        external
        restricted
        returns (bool decided)
    {
        REGISTRY.authorize(msg.sender, unit);
        uint32 owner = REGISTRY.rangeOf(range).unit;
        if (owner != unit) revert IRegistry.NotYourRange(range, owner, unit);
        if (!_approve()) return false;
        _layout().reversalsAllowed[range][number] = true;
        emit ReversalAllowed(range, number, reason);
        return true;
    }

    /// @inheritdoc IReceiptActs
    function exchange(ExchangeAct calldata act) external restricted {
        Header calldata header = act.original.header;
        uint40 number = act.original.number;
        _open(act.original);
        Hold memory hold = _requireAlive(header, number);
        if (hold.share != 0) revert ReceiptIsBooked(header.range, number, hold.share);
        (, address signer,) = REGISTRY.consume(
            msg.sender, header.unit, act.paperRange, act.paperNumber, 1, IRegistry.RangeClass.Paper, true
        );
        uint160 paper = _packPaper(act.paperRange, act.paperNumber, header.unit);
        bytes32 structHash = _hashPaper(EXCHANGE_TYPEHASH, header.range, number, paper, act.deadline);
        _requireSigned(signer, structHash, act.deadline, act.signature);
        _hold(header.range, number, hold, Holding.Paper, paper);
        emit Exchanged(header.unit, header.range, number, act.paperRange, act.paperNumber);
    }

    /// @inheritdoc IReceiptActs
    function returnPaper(ReturnAct calldata act) external restricted {
        address signer = REGISTRY.authorize(msg.sender, act.unit);
        Hold memory hold = _layout().holds[act.range][act.number];
        // A paper original is one unit's: another unit has none there.
        uint160 paper = _packPaper(act.paperRange, act.paperNumber, act.unit);
        if (hold.holding != Holding.Paper || hold.holder != paper) {
            revert ReceiptNotOnPaper(act.range, act.number, act.paperRange, act.paperNumber);
        }
        bytes32 structHash = _hashPaper(RETURN_TYPEHASH, act.range, act.number, paper, act.deadline);
        _requireSigned(signer, structHash, act.deadline, act.signature);
        _hold(act.range, act.number, hold, Holding.Single, 0);
        emit PaperReturned(act.unit, act.range, act.number, act.paperRange, act.paperNumber);
    }

    /// @dev Writes who holds a receipt of which nothing is booked.
    function _hold(uint32 range, uint40 number, Hold memory hold, Holding holding, uint160 holder) private {
        hold.holding = holding;
        hold.holder = holder;
        hold.time = uint40(block.timestamp);
        _layout().holds[range][number] = hold;
    }

    /// @dev Reverts unless the stated amount is the original's: readable by code, opened with its salt by list.
    function _requireAmount(ReverseAct calldata act, IRegistry.ControlMode mode) private pure {
        bytes32 amount = mode == IRegistry.ControlMode.ByCode
            ? bytes32(uint256(act.amountFen))
            : keccak256(abi.encode(act.amountFen, act.amountSalt));
        if (amount != act.original.amount) revert OpeningDoesNotMatch("amount");
    }

    /// @dev The red receipt copies everything of the original but range, number and body.
    function _redLeaf(ReverseAct calldata act) private pure returns (bytes32) {
        return _hashLeaf(
            Leaf({
                range: act.redRange,
                number: act.redNumber,
                amount: act.original.amount,
                paymentCode: act.original.paymentCode,
                linesHash: act.original.linesHash,
                bodyHash: act.redBodyHash
            })
        );
    }

    function _redHeader(ReverseAct calldata act, bytes32 redRoot) private pure returns (Header memory) {
        return Header({
            unit: act.original.header.unit,
            range: act.redRange,
            mode: act.original.header.mode + RED_MODES,
            first: act.redNumber,
            count: 1,
            issueDay: act.issueDay,
            totalFen: act.amountFen,
            catalogVersion: act.catalogVersion,
            unitRoot: redRoot
        });
    }

    function _hashReverse(ReverseAct calldata act, bytes32 redRoot) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                REVERSE_TYPEHASH,
                act.original.header.unit,
                act.original.header.range,
                act.original.number,
                act.redRange,
                act.redNumber,
                act.issueDay,
                act.amountFen,
                act.catalogVersion,
                redRoot,
                act.reason,
                act.deadline
            )
        );
    }

    /// @dev Exchange and ReturnPaper have the same members.
    function _hashPaper(bytes32 typeHash, uint32 range, uint40 number, uint160 paper, uint64 deadline)
        private
        pure
        returns (bytes32)
    {
        (uint32 paperRange, uint40 paperNumber, uint32 unit) = _unpackPaper(paper);
        return keccak256(abi.encode(typeHash, unit, range, number, paperRange, paperNumber, deadline));
    }

    function _emitReversed(ReverseAct calldata act, Header memory red, uint64 rootId) private {
        emit Reversed(
            rootId,
            red.unit,
            act.original.header.range,
            act.original.number,
            red.range,
            red.first,
            red.mode,
            red.issueDay,
            act.amountFen,
            red.catalogVersion,
            red.unitRoot,
            act.reason,
            act.bodies
        );
    }
}
