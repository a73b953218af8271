// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReceiptTypes} from "../../src/interfaces/IReceiptTypes.sol";
import {Acts} from "../support/Acts.sol";

contract IssueTest is Acts {
    function test_issue_registersRootOfHeaders() public {
        IReceiptTypes.IssueBatch[] memory batches = new IReceiptTypes.IssueBatch[](2);
        batches[0] = _listBatch(KEY_A, unitA, listRange, 1, 5);
        batches[1] = _listBatch(KEY_B, unitB, listRangeB, 100_001, 3);
        VM.prank(NODE_32);
        receipts.issue(batches);
        bytes32[] memory headers = new bytes32[](2);
        headers[0] = _headerHash(_headerOf(batches[0], 2));
        headers[1] = _headerHash(_headerOf(batches[1], 2));
        VM.assertEq(receipts.rootOf(1), _rootOf(headers));
        VM.assertEq(receipts.lastRootId(), 1);
    }

    function test_issue_byCodeComputesLeavesAndUsesPayments() public {
        IReceiptTypes.IssueBatch memory batch = _issueCode(1, 1, 5);
        VM.assertTrue(payments.noticeOf(payRange, 5).used);
        receipts.openLeaf(_opening(batch, 1, 3));
    }
}
