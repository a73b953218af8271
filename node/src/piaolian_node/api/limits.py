"""How often one key, one address and one receipt may be asked for."""

import math
import time
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from piaolian_node.errors import RefusedError

# Wrong elements for one receipt by one asker: more tries than a person needs, fewer than guessing needs.
_TRIES = RateLimitItemPerMinute(10, 10)
# By everybody together. One asker alone cannot use it up, so nobody keeps the holder of a receipt out from one place;
# and whoever asks from many places would need 36^6 / 300 hours for all check codes.
_TRIES_OF_ALL = RateLimitItemPerHour(300)
# A home or a machine has a whole network of this size (RFC 6177): its addresses are one asker.
_IPV6_PREFIX = 64


class Limits:
    """Counts requests within a moving window, in the memory of this process.

    Args:
        per_key: Requests a minute of one certificate.
        per_address: Public requests a minute of one network address.
    """

    def __init__(self, per_key: int, per_address: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_key = RateLimitItemPerMinute(per_key)
        self._per_address = RateLimitItemPerMinute(per_address)

    async def use_key(self, key_id: str) -> None:
        """Count a signed request.

        Raises:
            RefusedError: ``rate-limited``.
        """
        await self._use(self._per_key, "key", key_id)

    async def use_address(self, address: str) -> None:
        """Count a public request.

        Args:
            address: As ``asker_of`` returns it.

        Raises:
            RefusedError: ``rate-limited``.
        """
        await self._use(self._per_address, "address", address)

    async def require_tries(self, asker: str, receipt_key: str) -> None:
        """Refuse when too many wrong elements were given for a receipt, by this asker or by all together.

        Args:
            asker: Key id of who signed, or address as ``asker_of`` returns it.
            receipt_key: Code and number.

        Raises:
            RefusedError: ``rate-limited``.
        """
        for item, names in _tries_of(asker, receipt_key):
            if not await self._limiter.test(item, *names):
                raise await self._limited(item, *names)

    async def count_miss(self, asker: str, receipt_key: str) -> None:
        """Count wrong elements for a receipt."""
        for item, names in _tries_of(asker, receipt_key):
            await self._limiter.hit(item, *names)

    async def _use(self, item: RateLimitItem, *names: str) -> None:
        if not await self._limiter.hit(item, *names):
            raise await self._limited(item, *names)

    async def _limited(self, item: RateLimitItem, *names: str) -> RefusedError:
        stats = await self._limiter.get_window_stats(item, *names)
        return RefusedError(
            "rate-limited",
            f"more than {item.amount} requests or wrong tries within {item.get_expiry()} seconds",
            "请求或错误尝试过多，请稍后再试",
            remedy="wait as Retry-After says",
            values={"retry_after_seconds": max(1, math.ceil(stats.reset_time - time.time()))},
        )


def asker_of(host: str) -> str:
    """Return the name under which an address is counted: IPv6 by its network, IPv4 as it is."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def seconds_to_wait(refusal: RefusedError) -> int:
    """Return after how many seconds a refused asker may ask again; any other refusal is raised again.

    Raises:
        RefusedError: It is not ``rate-limited``.
    """
    if refusal.code != "rate-limited":
        raise refusal
    return int(str(refusal.values["retry_after_seconds"]))


def _tries_of(asker: str, receipt_key: str) -> tuple[tuple[RateLimitItem, tuple[str, ...]], ...]:
    return (_TRIES, ("miss", asker, receipt_key)), (_TRIES_OF_ALL, ("miss", receipt_key))
