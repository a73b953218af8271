// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {NetworkTest} from "../support/NetworkTest.sol";

/// @notice Terms of a network and stamps.
contract TermRulesTest is NetworkTest {
    function test_terms_ofANewNetwork() public view {
        VM.assertEq(abi.encode(receipts.terms()), abi.encode(IReceiptTypes.Terms(30, 3, 2)));
    }

    function test_setTerms_withinBoundsIsSetAndSaid() public {
        IReceiptTypes.Terms[5] memory good = [
            IReceiptTypes.Terms(5, 3, 2),
            IReceiptTypes.Terms(366, 3, 2),
            IReceiptTypes.Terms(30, 20, 10),
            IReceiptTypes.Terms(30, 1, 0),
            IReceiptTypes.Terms(30, 11, 10)
        ];
        for (uint256 i = 0; i < good.length; ++i) {
            VM.expectEmit(address(receipts));
            emit IReceiptTypes.TermsSet(good[i]);
            VM.prank(ADMIN);
            receipts.setTerms(good[i]);
            VM.assertEq(abi.encode(receipts.terms()), abi.encode(good[i]));
        }
    }

    function test_setTerms_outsideABound_reverts() public {
        IReceiptTypes.Terms[6] memory bad = [
            IReceiptTypes.Terms(4, 3, 2),
            IReceiptTypes.Terms(367, 3, 2),
            IReceiptTypes.Terms(30, 21, 10),
            IReceiptTypes.Terms(30, 20, 11),
            IReceiptTypes.Terms(30, 2, 2),
            IReceiptTypes.Terms(30, 2, 3)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            VM.prank(ADMIN);
            VM.expectRevert(IReceiptTypes.TermsOutOfBounds.selector);
            receipts.setTerms(bad[i]);
        }
    }

    function test_stamp_oneOfThreeSteps() public {
        for (uint8 step = 0; step <= 4; ++step) {
            if (step == 0 || step == 4) {
                VM.expectRevert(abi.encodeWithSelector(IReceiptTypes.UnknownStep.selector, step));
            } else {
                VM.expectEmit(address(receipts));
                emit IReceiptTypes.Stamped(step, listRange, "root", 9, NODE_32);
            }
            VM.prank(NODE_32);
            receipts.stamp(step, listRange, "root", 9);
        }
    }
}
