"""The acts of acts.json, which the forge tests send to the contracts, recomputed with eth-account alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from piaolian_sdk.acts import ALL_ACTS

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "acts.json").read_text(encoding="utf-8"))
ACTS = {name: act for name, act in VECTORS["acts"].items() if "type" in act}


def members(type_string: str) -> list[dict[str, str]]:
    inner = type_string[type_string.index("(") + 1 : -1]
    return [{"type": kind, "name": name} for kind, name in (member.split(" ") for member in inner.split(","))]


def value(kind: str, given: Any) -> Any:
    if kind.startswith("bytes"):
        return bytes.fromhex(given.removeprefix("0x"))
    return int(given) if kind.startswith("uint") else given


@pytest.mark.parametrize("name", ACTS)
def test_act__vector__is_signed_for_the_proxy_that_takes_it(name: str) -> None:
    act = ACTS[name]
    fields = members(act["type"])
    signable = encode_typed_data(
        domain_data={
            "name": "Piaolian",
            "version": "1",
            "chainId": VECTORS["chain_id"],
            "verifyingContract": VECTORS["contracts"][act["contract"]],
        },
        message_types={act["type"].split("(")[0]: fields},
        message_data={field["name"]: value(field["type"], act[field["name"]]) for field in fields},
    )

    assert Account.recover_message(signable, signature=act["signature"]) == act["signer"]


def test_acts__vectors__hold_every_act_of_the_network() -> None:
    assert {act["type"] for act in ACTS.values()} == {act.TYPE for act in ALL_ACTS}
