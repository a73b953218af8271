"""Names and meanings of all metrics.

Labels are from closed lists (codes, states, address templates, parts of the node): none can hold a name, a number or a
key of anybody. ``node/ops`` holds the dashboard and the alert rules over them.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_REQUEST_SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_HSM_SECONDS: Final = (0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 15)


class Metrics:
    """The metrics of one process. Each process has a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(name, what, labels, registry=registry)

        def gauge(name: str, what: str, *labels: str) -> Gauge:
            return Gauge(name, what, labels, registry=registry)

        self.requests = counter("piaolian_requests", "Answered requests", "method", "path", "status")
        self.request_seconds = Histogram(
            "piaolian_request_seconds",
            "Time from the request line to the head of the answer",
            ["method", "path"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self.refusals = counter("piaolian_refusals", "Problem documents by code", "code")
        self.hsm_seconds = Histogram(
            "piaolian_hsm_seconds", "Time that one call holds the token", buckets=_HSM_SECONDS, registry=registry
        )
        self.hsm_errors = counter("piaolian_hsm_errors", "Calls in which the token failed")
        self.hsm_ready = gauge("piaolian_hsm_ready", "1 while the token is there and answers")
        self.round_failures = counter("piaolian_worker_round_failures", "Rounds of the worker that failed", "part")
        self.rounds = counter("piaolian_worker_rounds", "Rounds of the worker", "part")

        self.chain_up = gauge("piaolian_chain_up", "1 while a chain node answers")
        self.chain_head = gauge("piaolian_chain_head_block", "Number of the newest block")
        self.chain_final = gauge("piaolian_chain_final_block", "Number of the newest final block")
        self.block_age = gauge("piaolian_chain_block_age_seconds", "Time since the newest block")
        self.index_lag = gauge("piaolian_index_lag_blocks", "Final blocks that the index has not read")
        self.outbox_rows = gauge("piaolian_outbox_rows", "Rows of the outbox on their way, and refused ones", "state")
        self.outbox_age = gauge("piaolian_outbox_oldest_seconds", "Age of the oldest row on its way")
        self.in_flight = gauge("piaolian_relayer_in_flight", "Transactions signed or sent and not mined")
        self.unmined_age = gauge("piaolian_relayer_oldest_unmined_seconds", "Age of the oldest of these")
        self.nonce_gap = gauge("piaolian_relayer_nonce_gap", "Nonces between chain and ledger that no transaction has")
        self.bodies_waiting = gauge("piaolian_bodies_without_second_copy", "Batches that one IPFS daemon alone keeps")
        self.ipfs_up = gauge("piaolian_ipfs_up", "1 while the daemon answers", "daemon")
        self.ipfs_pins = gauge("piaolian_ipfs_pins", "Batches that the daemon has pinned", "daemon")
        self.revocations_overdue = gauge("piaolian_revocation_lists_overdue", "Authorities whose next list is overdue")

    def observe_hsm(self, seconds: float, is_failure: bool) -> None:  # noqa: FBT001 # The token's signature.
        """Count one use of the token."""
        self.hsm_seconds.observe(seconds)
        if is_failure:
            self.hsm_errors.inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text form."""
        return generate_latest(self.registry)
