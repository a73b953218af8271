"""Limits: what one asker does wrong keeps nobody else out, and many askers together cannot guess."""

import pytest

from piaolian_node.api.limits import Limits, asker_of
from piaolian_node.errors import RefusedError

RECEIPT = "320601260000010003"
OTHER = "320601260000010004"


async def spend(limits: Limits, asker: str, misses: int) -> None:
    for _ in range(misses):
        await limits.require_tries(asker, RECEIPT)
        await limits.count_miss(asker, RECEIPT)


async def test_require_tries__one_asker_misses_often__only_that_asker_and_receipt_refused() -> None:
    limits = Limits(10, 10)
    await spend(limits, "198.51.100.7", 10)
    with pytest.raises(RefusedError) as refused:
        await limits.require_tries("198.51.100.7", RECEIPT)
    assert refused.value.code == "rate-limited"
    assert 0 < int(str(refused.value.values["retry_after_seconds"])) <= 600
    await limits.require_tries("198.51.100.8", RECEIPT)
    await limits.require_tries("198.51.100.7", OTHER)


async def test_require_tries__many_askers_miss__receipt_refused_for_all() -> None:
    limits = Limits(10, 10)
    for number in range(30):
        await spend(limits, f"198.51.100.{number}", 10)
    with pytest.raises(RefusedError):
        await limits.require_tries("203.0.113.1", RECEIPT)
    await limits.require_tries("203.0.113.1", OTHER)


async def test_use_address__over_the_limit__refused_with_the_time() -> None:
    limits = Limits(10, 3)
    for _ in range(3):
        await limits.use_address("198.51.100.7")
    with pytest.raises(RefusedError) as refused:
        await limits.use_address("198.51.100.7")
    assert 0 < int(str(refused.value.values["retry_after_seconds"])) <= 60
    await limits.use_address("198.51.100.8")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        pytest.param("198.51.100.7", "198.51.100.7", id="IPv4"),
        pytest.param("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64", id="IPv6 by network"),
        pytest.param("::ffff:198.51.100.7", "198.51.100.7", id="IPv4 within IPv6"),
        pytest.param("", "", id="no address"),
    ],
)
def test_asker_of__address__counted_under(host: str, name: str) -> None:
    assert asker_of(host) == name
