"""How often one key, one address and one receipt may be asked for."""

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from piaolian_node.errors import RefusedError

# Wrong elements for one receipt: more tries than a person needs, fewer than guessing needs.
_MISSES_PER_MINUTE = 10


class Limits:
    """Counts requests within a moving minute, in the memory of this process.

    Args:
        per_key: Requests a minute of one certificate.
        per_address: Public requests a minute of one network address.
    """

    def __init__(self, per_key: int, per_address: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_key = RateLimitItemPerMinute(per_key)
        self._per_address = RateLimitItemPerMinute(per_address)
        self._misses = RateLimitItemPerMinute(_MISSES_PER_MINUTE)

    async def use_key(self, key_id: str) -> None:
        """Count a signed request.

        Raises:
            RefusedError: ``rate-limited``.
        """
        if not await self._limiter.hit(self._per_key, "key", key_id):
            raise _limited()

    async def use_address(self, address: str) -> None:
        """Count a public request.

        Raises:
            RefusedError: ``rate-limited``.
        """
        if not await self._limiter.hit(self._per_address, "address", address):
            raise _limited()

    async def require_tries(self, receipt_key: str) -> None:
        """Refuse when too many wrong elements were given for a receipt.

        Raises:
            RefusedError: ``rate-limited``.
        """
        if not await self._limiter.test(self._misses, "miss", receipt_key):
            raise _limited()

    async def count_miss(self, receipt_key: str) -> None:
        """Count wrong elements for a receipt."""
        await self._limiter.hit(self._misses, "miss", receipt_key)


def _limited() -> RefusedError:
    return RefusedError(
        "rate-limited",
        "too many requests within a minute",
        "一分钟内请求过多，请稍后再试",
        remedy="wait as Retry-After says",
        values={"retry_after_seconds": 20},
    )
