"""The command line of a node: what is there, what is missing, and what to do about it."""

import pytest

from support.node import NodeWorld


def test_check__running_node__everything_ok(node_world: NodeWorld) -> None:
    printed = node_world.site.command("check")
    assert "失败" not in printed
    assert node_world.site.account in printed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"TOKEN_PIN": "00000000"}, ("PIN",), id="wrong pin"),
        pytest.param(
            {
                "KUBO_API": "http://127.0.0.1:9",
                "RPC_URLS": '["http://127.0.0.1:9"]',
                "DATABASE_URL": "sqlite+aiosqlite:////tmp/absent-folder/x.sqlite",
            },
            ("IPFS", "链节点没有应答", "数据库无法打开"),
            id="no kubo, chain and database",
        ),
    ],
)
def test_check__things_missing__each_named(
    node_world: NodeWorld, settings: dict[str, str], words: tuple[str, ...]
) -> None:
    kept = dict(node_world.site.environment)
    node_world.site.environment.update({f"PIAOLIAN_NODE_{name}": value for name, value in settings.items()})
    try:
        printed = node_world.site.command("check", check=False)
    finally:
        node_world.site.environment.clear()
        node_world.site.environment.update(kept)
    assert all(word in printed for word in words), printed
    assert "Traceback" not in printed


def test_worker__second_one__refused(node_world: NodeWorld) -> None:
    printed = node_world.site.command("worker", check=False)
    assert "本节点已有一个工作进程在运行" in printed


def test_keys_init__keys_are_there__not_replaced(node_world: NodeWorld) -> None:
    assert node_world.site.account in node_world.site.command("keys", "init")
