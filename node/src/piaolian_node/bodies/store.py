"""Where sealed bodies are kept: a protocol, and kubo behind it.

Whole batches go through kubo's RPC as CAR (sixty times faster than single adds); single bodies and pins go through
``ipfshttpclient``.
"""

import asyncio
import json
import warnings
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from piaolian_node.bodies.car import BatchCAR, cid_text, read_blocks, root_cid_text
from piaolian_node.errors import RecordError, UnavailableError

# Import and pin of 1,000 bodies take 0.1 s, over the swarm below 1 s.
_TIMEOUT_SECONDS = 30.0
_SINGLE_TIMEOUT_SECONDS = 10


class BodyStore(Protocol):
    """Keeps sealed bodies by their CIDs."""

    async def put_batch(self, car: BatchCAR) -> None:
        """Store and pin a batch, and read it back.

        Raises:
            UnavailableError: The store does not answer.
            RecordError: What was read back is something else.
        """
        ...

    async def replicate(self, root_digest: bytes) -> bool:
        """Pin a batch in the second store; False when there is none.

        Raises:
            UnavailableError: The second store does not answer or does not get the blocks.
        """
        ...

    async def get(self, cid: str) -> bytes:
        """Return one sealed body.

        Raises:
            UnavailableError: The store does not answer or does not have it.
        """
        ...

    async def get_batch(self, root_digest: bytes) -> dict[str, bytes]:
        """Return the blocks of a batch by CID, each with the hash that its CID says.

        Raises:
            UnavailableError: No store answers or has it.
            RecordError: What came back is cut off or altered.
        """
        ...


class KuboBodyStore:
    """Two kubo daemons: the own one, and one that keeps the second copy.

    Args:
        api: RPC address of the own daemon, ``http://host:port``.
        second_api: RPC address of the other, or None.
    """

    def __init__(self, api: str, second_api: str | None = None) -> None:
        self._api = api.rstrip("/")
        self._second_api = second_api.rstrip("/") if second_api else None
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False)

    async def put_batch(self, car: BatchCAR) -> None:
        """Import the CAR, pin its root, export it again and compare every block."""
        root = root_cid_text(car.root_digest)
        answer = await self._post(self._api, "dag/import", {"pin-roots": "true"}, files={"file": car.data})
        _require_pinned(answer.text, root)
        exported = await self._post(self._api, "dag/export", {"arg": root, "progress": "false"})
        if exported.content == car.data:
            # Byte for byte what was hashed when it was built.
            return
        sent = read_blocks(car.data)
        kept = read_blocks(exported.content)
        if any(kept.get(cid) != block for cid, block in sent.items()):
            raise RecordError("the store gave back another batch than it was given", "存储返回的票据与写入的不一致")

    async def replicate(self, root_digest: bytes) -> bool:
        """Have the second daemon fetch the batch over the swarm and pin it."""
        if self._second_api is None:
            return False
        root = root_cid_text(root_digest)
        await self._post(self._second_api, "pin/add", {"arg": root, "recursive": "true"})
        return True

    async def get(self, cid: str) -> bytes:
        """Return one sealed body from the own daemon, or from the second."""
        try:
            return await asyncio.to_thread(_cat, self._api, cid)
        except UnavailableError:
            if self._second_api is None:
                raise
            return await asyncio.to_thread(_cat, self._second_api, cid)

    async def get_batch(self, root_digest: bytes) -> dict[str, bytes]:
        """Return the blocks of a batch from the own daemon, or from the second."""
        query = {"arg": root_cid_text(root_digest), "progress": "false"}
        try:
            exported = await self._post(self._api, "dag/export", query)
        except UnavailableError:
            if self._second_api is None:
                raise
            exported = await self._post(self._second_api, "dag/export", query)
        return {cid_text(cid): block for cid, block in read_blocks(exported.content).items()}

    async def check(self) -> str:
        """Return the version of the own daemon.

        Raises:
            UnavailableError: It does not answer.
        """
        return str((await self._post(self._api, "version", {})).json()["Version"])

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post(
        self, api: str, command: str, query: dict[str, str], files: dict[str, bytes] | None = None
    ) -> httpx.Response:
        try:
            answer = await self._http.post(f"{api}/api/v0/{command}", params=query, files=files)
        except httpx.HTTPError as exc:
            raise _unavailable(command, type(exc).__name__) from exc
        if answer.status_code != httpx.codes.OK:
            raise _unavailable(command, f"HTTP {answer.status_code}")
        return answer


def _require_pinned(answer: str, root: str) -> None:
    """Check kubo's answer: one JSON object a line, one for each root."""
    for line in answer.splitlines():
        pinned = json.loads(line).get("Root")
        if pinned and pinned["Cid"]["/"] == root and not pinned["PinErrorMsg"]:
            return
    raise _unavailable("dag/import", "the root was not pinned")


def _cat(api: str, cid: str) -> bytes:
    client = _client(api)
    try:
        return bytes(client.cat(cid, timeout=_SINGLE_TIMEOUT_SECONDS))
    except Exception as exc:
        if not type(exc).__module__.startswith("ipfshttpclient"):
            raise
        raise _unavailable("cat", type(exc).__name__) from exc
    finally:
        client.close()


def _client(api: str) -> Any:  # noqa: ANN401 # The library ships no types.
    with warnings.catch_warnings():
        # The library warns that it was not tried with this urllib3; the calls used here were.
        warnings.simplefilter("ignore")
        import ipfshttpclient

    parts = urlsplit(api)
    kind = "ip4" if (parts.hostname or "").replace(".", "").isdigit() else "dns"
    # `connect` refuses today's kubo by its version; the class itself works with it.
    return ipfshttpclient.Client(f"/{kind}/{parts.hostname}/tcp/{parts.port}/{parts.scheme}")


def _unavailable(command: str, why: str) -> UnavailableError:
    return UnavailableError(
        "bodies-unavailable",
        f"the IPFS daemon failed at {command}: {why}",
        f"IPFS 服务执行 {command} 失败：{why}",
        remedy="check that kubo runs and kubo_api is right",
    )
