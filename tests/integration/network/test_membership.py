"""Validators are voted out and in on a running chain."""

import pytest

from piaolian_network import Network, membership
from piaolian_network.errors import ServiceError


def test_vote__member_removed_and_added__changes_the_sealers(network: Network) -> None:
    members = network.members
    everybody = sorted(member.validator.lower() for member in members.validators)
    leaving = members.validators[2].validator
    assert membership.current_validators(members) == everybody
    try:
        left = membership.vote(members, leaving, is_added=False)
        assert left == [address for address in everybody if address != leaving.lower()]
    finally:
        assert membership.vote(members, leaving, is_added=True) == everybody


def test_vote__without_a_majority__is_not_decided(network: Network) -> None:
    first_alone = network.members.model_copy(update={"members": network.members.members[:1]})
    with pytest.raises(ServiceError) as caught:
        membership.vote(first_alone, network.members.validators[1].validator, is_added=False, timeout_seconds=6)
    assert caught.value.code == "chain-halted"
    assert len(membership.current_validators(network.members)) == 3
