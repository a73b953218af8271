"""Votes of validators on who seals blocks; both engines take a majority of the present validators.

A vote is cast on the validator's own machine, through its own RPC. On a local network one call casts all of them.
"""

import time
from collections.abc import Mapping
from typing import Final

from piaolian_network.errors import MembersError, ServiceError
from piaolian_network.members import Members
from piaolian_network.rpc import ChainRPC

_POLL_SECONDS: Final = 0.2
_PROPOSE: Final[Mapping[str, str]] = {"clique": "clique_propose", "qbft": "qbft_proposeValidatorVote"}
_DISCARD: Final[Mapping[str, str]] = {"clique": "clique_discard", "qbft": "qbft_discardValidatorVote"}
_LIST: Final[Mapping[str, str]] = {"clique": "clique_getSigners", "qbft": "qbft_getValidatorsByBlockNumber"}


def current_validators(members: Members) -> list[str]:
    """Return the validators (lower case addresses) as the first reachable one names them.

    Raises:
        ServiceError: None answers.
    """
    engine = _engine(members)
    last: ServiceError | None = None
    for member in members.validators:
        try:
            found = ChainRPC(member.rpc_url).call(_LIST[engine], ["latest"])
            return sorted(str(address).lower() for address in found)
        except ServiceError as exc:
            last = exc
    raise last or ServiceError("service-unreachable", "no validator is known", "没有已知的验证节点")


def vote(members: Members, address: str, *, is_added: bool, timeout_seconds: float = 60.0) -> list[str]:
    """Cast the votes of all reachable validators and wait until the chain took the decision.

    Args:
        members: The network, as it is before the decision.
        address: Whom the vote is about.
        is_added: True to add, False to remove.
        timeout_seconds: How long to wait.

    Returns:
        The validators afterwards, lower case.

    Raises:
        ServiceError: The decision was not taken in time (`chain-halted`); the votes are withdrawn then.
    """
    engine = _engine(members)
    asked = [ChainRPC(member.rpc_url) for member in members.validators]
    _call_each(asked, _PROPOSE[engine], [address, is_added])
    deadline = time.monotonic() + timeout_seconds
    try:
        while True:
            validators = current_validators(members)
            if (address.lower() in validators) == is_added:
                return validators
            if time.monotonic() > deadline:
                raise ServiceError(
                    "chain-halted",
                    f"the vote on {address} was not decided within {timeout_seconds:.0f} s",
                    f"关于 {address} 的表决在 {timeout_seconds:.0f} 秒内没有结果",
                    "过半数的验证节点须投同样的票；查看 piaolian-network status。",
                )
            time.sleep(_POLL_SECONDS)
    finally:
        # A vote that stays would be cast again after the opposite decision.
        _call_each(asked, _DISCARD[engine], [address])


def _call_each(endpoints: list[ChainRPC], method: str, parameters: list[object]) -> None:
    for rpc in endpoints:
        try:
            rpc.call(method, parameters)
        except ServiceError:
            # Fewer votes may do; the caller waits for the decision and says when there is none.
            continue


def _engine(members: Members) -> str:
    if members.chain.engine not in _PROPOSE:
        raise MembersError(
            "members-invalid",
            f"engine {members.chain.engine} has no validators to vote on",
            f"引擎 {members.chain.engine} 没有可表决的验证节点",
            field="chain.engine",
        )
    return members.chain.engine
