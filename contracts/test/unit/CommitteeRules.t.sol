// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentLedger} from "../../src/interfaces/IPaymentLedger.sol";
import {IPaymentTypes} from "../../src/interfaces/IPaymentTypes.sol";
import {Acts} from "../support/Acts.sol";
import {IDeployed} from "../support/NetworkTest.sol";

/// @notice Who may sit in a committee, and what its votes are.
contract CommitteeRulesTest is Acts {
    function _oracles(uint256 count) private pure returns (address[] memory oracles, uint32[] memory sources) {
        oracles = new address[](count);
        sources = new uint32[](count);
        for (uint256 i = 0; i < count; ++i) {
            (oracles[i], sources[i]) = (address(uint160(0x9000 + i)), uint32(21 + i));
        }
    }

    function _set(address[] memory oracles, uint32[] memory sources, uint8 threshold) private {
        VM.prank(ADMIN);
        payments.setCommittee(oracles, sources, threshold);
    }

    function _refuses(address[] memory oracles, uint32[] memory sources, uint8 threshold) private {
        VM.prank(ADMIN);
        VM.expectRevert(IPaymentTypes.MalformedCommittee.selector);
        payments.setCommittee(oracles, sources, threshold);
    }

    function test_setCommittee_fromOneToThirtyTwoOracles() public {
        for (uint256 count = 0; count <= 33; count += 11) {
            (address[] memory oracles, uint32[] memory sources) = _oracles(count);
            if (count == 0 || count == 33) _refuses(oracles, sources, 1);
            else _set(oracles, sources, 1);
        }
        (address[] memory most, uint32[] memory ofMost) = _oracles(32);
        _set(most, ofMost, 32);
        (address[] memory one, uint32[] memory ofOne) = _oracles(1);
        _set(one, ofOne, 1);
    }

    function test_setCommittee_oneSourceForEachOracle() public {
        (address[] memory oracles,) = _oracles(2);
        (, uint32[] memory sources) = _oracles(3);
        _refuses(oracles, sources, 1);
        (oracles,) = _oracles(3);
        (, sources) = _oracles(2);
        _refuses(oracles, sources, 1);
    }

    function test_setCommittee_nobodyAndNobodyTwice() public {
        (address[] memory oracles, uint32[] memory sources) = _oracles(3);
        oracles[2] = address(0);
        _refuses(oracles, sources, 1);
        oracles[2] = oracles[0];
        _refuses(oracles, sources, 1);
    }

    function test_setCommittee_thresholdFromOneToTheDistinctSources() public {
        (address[] memory oracles, uint32[] memory sources) = _oracles(3);
        _refuses(oracles, sources, 0);
        _refuses(oracles, sources, 4);
        _set(oracles, sources, 3);
        // Two of them read the same source: they are one voice.
        sources[2] = sources[0];
        _refuses(oracles, sources, 3);
        _set(oracles, sources, 2);
    }

    function test_setCommittee_eventAndReadingSayWhoSits() public {
        (address[] memory oracles, uint32[] memory sources) = _oracles(2);
        VM.expectEmit(address(payments));
        emit IPaymentTypes.CommitteeSet(2, oracles, sources, 2);
        _set(oracles, sources, 2);
        (uint32 epoch, uint8 threshold, address[] memory found, uint32[] memory foundSources) = payments.committee();
        VM.assertEq(epoch, 2);
        VM.assertEq(threshold, 2);
        VM.assertEq(abi.encode(found, foundSources), abi.encode(oracles, sources));
    }

    function test_vote_eventSaysHowManyVouch() public {
        VM.expectEmit(address(payments));
        emit IPaymentTypes.Voted("digest", ORACLE_1, 11, 1, 1);
        _vote(ORACLE_1, 11, "digest");
        VM.expectEmit(address(payments));
        emit IPaymentTypes.Voted("digest", ORACLE_3, 13, 1, 2);
        _vote(ORACLE_3, 13, "digest");
        VM.assertEq(payments.votesOf("digest"), 2);
        VM.assertEq(payments.lastSerialOf(11), 1);
        VM.assertEq(payments.lastSerialOf(12), 0);
    }

    function test_vote_inACommitteeThatIsNoMore_reverts() public {
        (address[] memory oracles, uint32[] memory sources) = _oracles(2);
        _set(oracles, sources, 2);
        VM.prank(ORACLE_1);
        VM.expectRevert(abi.encodeWithSelector(IPaymentTypes.WrongEpoch.selector, 1, 2));
        payments.vote(1, 11, 1, "digest");
    }

    function test_settle_beforeTheFirstCommittee_nothingIsApproved() public {
        address code = _create("PaymentLedger", abi.encode(registry, receipts));
        bytes memory init = abi.encodeCall(IDeployed.initialize, (address(manager)));
        IPaymentLedger fresh = IPaymentLedger(_create("ERC1967Proxy", abi.encode(code, init)));
        IPaymentTypes.SettlementGroup[] memory groups = _group(payRange, _entry(1, 10_000, TODAY, 1));
        VM.expectRevert(
            abi.encodeWithSelector(IPaymentTypes.ReportNotApproved.selector, _digest("report", groups), 0, 0)
        );
        fresh.settle(0, "report", groups);
    }
}
