// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPaymentLedger} from "../interfaces/IPaymentLedger.sol";
import {Notices} from "./Notices.sol";

/// @title Oracles and their votes
/// @notice A report counts when enough distinct sources of the present committee vouch for it.
/// @dev Each oracle speaks for one source, so distinct sources are distinct oracles too; counting sources alone is the
/// stricter rule: two oracles at one bank feed are one voice.
abstract contract Votes is Notices {
    uint256 private constant MAX_ORACLES = 32;

    /// @inheritdoc IPaymentLedger
    function setCommittee(address[] calldata oracles, uint32[] calldata sources, uint8 threshold) external restricted {
        if (oracles.length > MAX_ORACLES || oracles.length != sources.length) {
            revert MalformedCommittee();
        }
        Layout storage $ = _layout();
        // Votes are kept by epoch: those for reports that were not settled end here.
        uint32 epoch = ++$.committee.epoch;
        $.committee.threshold = threshold;
        delete $.committee.members;
        uint8 distinct = 0;
        for (uint256 i = 0; i < oracles.length; ++i) {
            if (oracles[i] == address(0) || $.seats[oracles[i]].epoch == epoch) revert MalformedCommittee();
            uint8 index = distinct;
            for (uint256 j = 0; j < i; ++j) {
                if (sources[j] == sources[i]) index = $.seats[oracles[j]].sourceIndex;
            }
            if (index == distinct) ++distinct;
            $.seats[oracles[i]] = Seat({epoch: epoch, source: sources[i], sourceIndex: index});
            $.committee.members.push(Member({oracle: oracles[i], source: sources[i]}));
        }
        if (threshold == 0 || threshold > distinct) revert MalformedCommittee();
        emit CommitteeSet(epoch, oracles, sources, threshold);
    }

    /// @inheritdoc IPaymentLedger
    function vote(uint32 epoch, uint32 source, uint64 serial, bytes32 reportDigest) external restricted {
        Layout storage $ = _layout();
        _requireEpoch(epoch);
        Seat memory seat = $.seats[msg.sender];
        if (seat.epoch != epoch || seat.source != source) revert NotInCommittee(msg.sender, source);
        uint64 expected = $.lastSerials[source] + 1;
        if (serial != expected) revert WrongSerial(source, expected, serial);
        uint256 votes = $.votes[epoch][reportDigest];
        uint256 bit = uint256(1) << seat.sourceIndex;
        if (votes & bit != 0) revert AlreadyVoted(reportDigest, source);
        $.lastSerials[source] = serial;
        $.votes[epoch][reportDigest] = votes | bit;
        emit Voted(reportDigest, msg.sender, source, serial, _count(votes | bit));
    }

    /// @inheritdoc IPaymentLedger
    function committee()
        external
        view
        returns (uint32 epoch, uint8 threshold, address[] memory oracles, uint32[] memory sources)
    {
        Committee storage present = _layout().committee;
        (epoch, threshold) = (present.epoch, present.threshold);
        uint256 count = present.members.length;
        oracles = new address[](count);
        sources = new uint32[](count);
        for (uint256 i = 0; i < count; ++i) {
            (oracles[i], sources[i]) = (present.members[i].oracle, present.members[i].source);
        }
    }

    /// @inheritdoc IPaymentLedger
    function votesOf(bytes32 reportDigest) external view returns (uint8) {
        return _count(_layout().votes[_layout().committee.epoch][reportDigest]);
    }

    /// @inheritdoc IPaymentLedger
    function lastSerialOf(uint32 source) external view returns (uint64) {
        return _layout().lastSerials[source];
    }

    /// @inheritdoc IPaymentLedger
    function payersOf(uint32 range, uint256 word) external view returns (bytes32) {
        return _layout().payers[range][word];
    }

    /// @dev Reverts unless the epoch is the present one and enough sources vouched for the report in it.
    function _requireApproved(uint32 epoch, bytes32 reportDigest) internal view {
        _requireEpoch(epoch);
        uint8 votes = _count(_layout().votes[epoch][reportDigest]);
        uint8 threshold = _layout().committee.threshold;
        // Before the first committee the threshold is 0, and nothing is approved.
        if (threshold == 0 || votes < threshold) revert ReportNotApproved(reportDigest, votes, threshold);
    }

    function _requireEpoch(uint32 epoch) private view {
        uint32 current = _layout().committee.epoch;
        if (epoch != current) revert WrongEpoch(epoch, current);
    }

    function _count(uint256 votes) private pure returns (uint8 count) {
        for (; votes != 0; votes &= votes - 1) {
            ++count;
        }
    }
}
