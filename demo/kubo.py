"""Reading blocks from one kubo daemon's own store.

Every call carries ``offline=true``: the daemon answers from what it keeps and never fetches from the other one, so that
an answer proves a second copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from demo.errors import StoryFailedError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


@dataclass(slots=True)
class KuboStore:
    """What one daemon keeps.

    Attributes:
        api_url: RPC address of the daemon.
    """

    api_url: str
    _http: httpx.Client

    @classmethod
    def open(cls, api_url: str) -> KuboStore:
        """Connect to a daemon."""
        return cls(api_url, httpx.Client(base_url=f"{api_url}/api/v0/", timeout=10, trust_env=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def block(self, cid: str) -> bytes:
        """Return one block that the daemon keeps.

        Raises:
            StoryFailedError: it does not keep it, or does not answer.
        """
        try:
            response = self._http.post("block/get", params={"arg": cid, "offline": "true"})
        except httpx.HTTPError as exc:
            raise StoryFailedError(f"kubo at {self.api_url} does not answer: {type(exc).__name__}") from exc
        if response.status_code != httpx.codes.OK:
            raise StoryFailedError(f"kubo at {self.api_url} does not keep {cid}: {response.text[:120]}")
        return response.content

    def is_pinned(self, cid: str) -> bool:
        """Whether the daemon has pinned everything under a root, so that no collection removes it."""
        response = self._http.post("pin/ls", params={"arg": cid, "type": "recursive"})
        return response.status_code == httpx.codes.OK
