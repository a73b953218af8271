// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IActErrors} from "../../src/interfaces/IActErrors.sol";
import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {IRegistry} from "../../src/interfaces/IRegistry.sol";
import {ReceiptActsTest} from "../support/ReceiptActs.sol";

contract PaperTest is ReceiptActsTest {
    IReceiptTypes.IssueBatch private _batch;

    function setUp() public override {
        super.setUp();
        _batch = _issueList(1, 5);
    }

    function test_exchange_putsPaperInPlace() public {
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.Exchanged(unitA, listRange, 2, paperRange, 1);
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        VM.assertEq(receipts.markOf(listRange, 2), 1);
        (uint32 range, uint40 number) = receipts.paperOf(listRange, 2);
        VM.assertEq(range, paperRange);
        VM.assertEq(number, 1);
    }

    function test_exchange_twice_reverts() public {
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        IReceiptTypes.ExchangeAct memory again = _exchangeAct(_opening(_batch, 1, 2), 2);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsOnPaper.selector, listRange, 2));
        _exchange(again);
    }

    function test_exchange_paperUsedBefore_reverts() public {
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        IReceiptTypes.ExchangeAct memory other = _exchangeAct(_opening(_batch, 1, 3), 1);
        VM.expectRevert(abi.encodeWithSelector(IRegistry.NumberNotNext.selector, paperRange, 2, 1));
        _exchange(other);
    }

    function test_exchange_booked_reverts() public {
        _book(_bookAct(_opening(_batch, 1, 2), VM.addr(BOOKER_KEY), 0, WHOLE));
        IReceiptTypes.ExchangeAct memory act = _exchangeAct(_opening(_batch, 1, 2), 1);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptIsBooked.selector, listRange, 2, WHOLE));
        _exchange(act);
    }

    function test_exchange_rangeOfReceipts_reverts() public {
        IReceiptTypes.ExchangeAct memory act = _exchangeAct(_opening(_batch, 1, 2), 1);
        act.paperRange = listRange;
        VM.expectRevert(
            abi.encodeWithSelector(
                IRegistry.WrongRangeClass.selector, listRange, IRegistry.RangeClass.Paper, IRegistry.RangeClass.Receipt
            )
        );
        _exchange(act);
    }

    function test_exchange_restrictedUnit_reverts() public {
        VM.prank(SUPER);
        registry.restrict(unitA, 4);
        IReceiptTypes.ExchangeAct memory act = _exchangeAct(_opening(_batch, 1, 2), 1);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.UnitIsRestricted.selector, unitA, 4));
        _exchange(act);
    }

    function test_exchange_wrongSigner_reverts() public {
        IReceiptTypes.ExchangeAct memory act = _exchangeAct(_opening(_batch, 1, 2), 1);
        act.signature = _signPaper(KEY_B, "Exchange", unitA, listRange, 2, 1);
        VM.expectRevert(abi.encodeWithSelector(IActErrors.WrongSigner.selector, VM.addr(KEY_A), VM.addr(KEY_B)));
        _exchange(act);
    }

    function test_returnPaper_makesTheReceiptLiveAgain() public {
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        VM.expectEmit(address(receipts));
        emit IReceiptTypes.PaperReturned(unitA, listRange, 2, paperRange, 1);
        VM.prank(NODE_32);
        receipts.returnPaper(_returnAct(listRange, 2, 1));
        VM.assertEq(receipts.markOf(listRange, 2), 0);
        // Again, with the next paper.
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 2));
        (, uint40 number) = receipts.paperOf(listRange, 2);
        VM.assertEq(number, 2);
    }

    function test_returnPaper_otherPaper_reverts() public {
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        IReceiptTypes.ReturnAct memory act = _returnAct(listRange, 2, 2);
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptNotOnPaper.selector, listRange, 2, paperRange, 2));
        receipts.returnPaper(act);
    }

    function test_returnPaper_notOnPaper_reverts() public {
        IReceiptTypes.ReturnAct memory act = _returnAct(listRange, 2, 0);
        act.paperRange = 0;
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptNotOnPaper.selector, listRange, 2, 0, 0));
        receipts.returnPaper(act);
    }

    function test_returnPaper_byAnotherUnit_reverts() public {
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        IReceiptTypes.ReturnAct memory act = _returnAct(listRange, 2, 1);
        act.unit = unitB;
        act.signature = _signPaper(KEY_B, "ReturnPaper", unitB, listRange, 2, 1);
        VM.prank(NODE_32);
        VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.ReceiptNotOnPaper.selector, listRange, 2, paperRange, 1));
        receipts.returnPaper(act);
    }

    function test_returnPaper_wrongSigner_reverts() public {
        _exchange(_exchangeAct(_opening(_batch, 1, 2), 1));
        IReceiptTypes.ReturnAct memory act = _returnAct(listRange, 2, 1);
        // The signature of the exchange says the same members under another name.
        act.signature = _signPaper(KEY_A, "Exchange", unitA, listRange, 2, 1);
        VM.prank(NODE_32);
        VM.expectPartialRevert(IActErrors.WrongSigner.selector);
        receipts.returnPaper(act);
    }
}
