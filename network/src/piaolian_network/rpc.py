"""JSON-RPC to a chain and the RPC API of kubo, as little as the network tools need."""

from collections.abc import Sequence
from typing import Any

import httpx

from piaolian_network.errors import ServiceError

_TIMEOUT_SECONDS = 5.0


class ChainRPC:
    """A JSON-RPC endpoint of an Ethereum client.

    Args:
        url: Address, such as `http://127.0.0.1:8545`.
        timeout_seconds: Limit of one call.
    """

    def __init__(self, url: str, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self.url = url
        self._timeout_seconds = timeout_seconds

    def call(self, method: str, parameters: Sequence[object] = ()) -> Any:  # noqa: ANN401 - any JSON value
        """Call a method and return its result.

        Raises:
            ServiceError: No answer (`service-unreachable`), or an error as answer (`service-refused`).
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        try:
            response = httpx.post(self.url, json=request, timeout=self._timeout_seconds, trust_env=False)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise ServiceError(
                "service-unreachable",
                f"no answer from {self.url} to {method}",
                f"{self.url} 未响应 {method}",
                "查看该程序是否在运行：piaolian-network status。",
            ) from exc
        if "error" in answer:
            reason = str(answer["error"].get("message", "unknown"))
            raise ServiceError(
                "service-refused", f"{self.url} refused {method}: {reason}", f"{self.url} 拒绝了 {method}：{reason}"
            )
        return answer["result"]

    def block_number(self) -> int:
        """Return the number of the head block."""
        return int(self.call("eth_blockNumber"), 16)

    def block(self, number: int | str) -> dict[str, Any]:
        """Return a block without its transactions, by number or tag."""
        tag = hex(number) if isinstance(number, int) else number
        block: dict[str, Any] = self.call("eth_getBlockByNumber", [tag, False])
        return block


class KuboRPC:
    """The RPC API of a kubo daemon.

    Args:
        url: Address, such as `http://127.0.0.1:5001`.
        timeout_seconds: Limit of one call.
    """

    def __init__(self, url: str, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self.url = url
        self._timeout_seconds = timeout_seconds

    def call(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - any JSON value
        """Call `/api/v0/<path>` and return its JSON answer.

        Raises:
            ServiceError: No answer (`service-unreachable`), or an error as answer (`service-refused`).
        """
        address = f"{self.url}/api/v0/{path}"
        try:
            response = httpx.post(address, params=parameters, timeout=self._timeout_seconds, trust_env=False)
        except httpx.HTTPError as exc:
            raise ServiceError(
                "service-unreachable",
                f"no answer from {address}",
                f"{address} 未响应",
                "查看 kubo 是否在运行：piaolian-network status。",
            ) from exc
        if response.status_code != httpx.codes.OK:
            raise ServiceError(
                "service-refused",
                f"{address} answered {response.status_code}",
                f"{address} 返回 {response.status_code}",
            )
        return response.json()

    def peer_ids(self) -> list[str]:
        """List the peers that the daemon is connected to."""
        answer = self.call("swarm/peers")
        return [peer["Peer"] for peer in answer.get("Peers") or []]
