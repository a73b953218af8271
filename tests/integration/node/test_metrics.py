"""What a running node tells Prometheus, and whom it tells."""

import re

import httpx

from support.node import NodeWorld


def samples(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"^(piaolian_\S+) (\S+)$", text, re.MULTILINE)}


def test_metrics__running_node__tells_chain_outbox_hsm_and_ipfs(node_world: NodeWorld) -> None:
    with httpx.Client(base_url=node_world.site.base_url, timeout=30, trust_env=False) as client:
        client.get("/api/v1/nothing")
        answer = client.get("/metrics")
    found = samples(answer.text)
    assert answer.status_code == 200
    assert found["piaolian_chain_up"] == 1
    assert 0 <= found["piaolian_chain_block_age_seconds"] < 60
    assert found["piaolian_chain_final_block"] <= found["piaolian_chain_head_block"]
    assert 0 <= found["piaolian_index_lag_blocks"] < 60
    assert found["piaolian_relayer_nonce_gap"] == 0
    assert found["piaolian_hsm_ready"] == 1
    assert found['piaolian_ipfs_up{daemon="own"}'] == 1
    assert found['piaolian_ipfs_pins{daemon="second"}'] >= 0
    assert found['piaolian_refusals_total{code="address-unknown"}'] >= 1
    assert 'piaolian_outbox_rows{state="accepted"}' in found


def test_metrics__through_a_proxy__nothing_at_this_address(node_world: NodeWorld) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        answer = httpx.get(
            f"{node_world.site.base_url}/metrics", headers={header: "127.0.0.1"}, timeout=30, trust_env=False
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "address-unknown"), header
