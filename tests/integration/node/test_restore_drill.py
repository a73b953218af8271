"""The drill: the disk with the records is lost after the answer.

From the replica nothing is missing; from a backup, what was done since is recognised and not done again.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.sm2 import Sm2PrivateKey
from support.exactly_once import Checker, check_told_again
from support.kill import Records, Till
from support.node import NodeSite, NodeWorld
from support.remembering import export_of, records_of, wait_final

_URL = "PIAOLIAN_NODE_DATABASE_URL"
_REPLICA = "PIAOLIAN_NODE_REPLICA"


@pytest.fixture
def other_disk(node_world: NodeWorld, tmp_path: Path) -> Iterator[Path]:
    """A folder with the replica of the running node; the node is as it was before when the test ends."""
    site, usual = node_world.site, dict(node_world.site.environment)
    site.stop()
    site.environment[_REPLICA] = str(tmp_path / "replica.sqlite")
    site.command("replica", "init")
    site.start()
    yield tmp_path
    site.stop()
    site.environment.clear()
    site.environment |= usual
    site.start()


@pytest.fixture
def till(node_world: NodeWorld, tmp_path: Path) -> Iterator[Till]:
    made = Till(node_world, node_world.province.units["second_hospital"], tmp_path / "journal", 7200)
    yield made
    made.close()


def lose_disk(site: NodeSite, grave: Path) -> None:
    """End the node as a power cut would, and take its database away."""
    for name in list(site.processes):
        site.kill(name)
    grave.mkdir()
    for file in site.directory.glob("node.sqlite*"):
        file.rename(grave / file.name)


def code_of_refusal(till: Till) -> str:
    """Return why a batch is refused now."""
    with pytest.raises(PiaolianError) as refused:
        till.client.issue(till.range_id, till.drafts(1), idempotency_key="while the replica is away")
    return refused.value.code


@pytest.mark.timeout(400)
def test_c104_c105_drill__disk_lost_after_the_answer__replica_and_backup_agree_with_the_chain(
    node_world: NodeWorld, other_disk: Path, till: Till
) -> None:
    site, replica = node_world.site, other_disk / "replica.sqlite"
    first = till.next_number()
    wait_final(node_world, "second_hospital", till.send(9).result.submission_id)

    replica.rename(other_disk / "away")
    refused = code_of_refusal(till)
    (other_disk / "away").rename(replica)

    # In the backup the second batch waits; on the chain it is final before the disk is lost. Of the third, chain and
    # backup know nothing: it was answered a moment ago.
    site.kill("worker")
    waiting = till.send(4).result.submission_id
    key = Sm2PrivateKey.generate(os.urandom)
    (other_disk / "backups").mkdir()
    made = site.command("backup", str(other_disk / "backups"), "--recipient", f"04{key.public_key.point.hex()}")
    site.start("worker")
    wait_final(node_world, "second_hospital", waiting)
    Records(site).wait(lambda: not Records(site).holds("o.replicated_at IS NULL AND o.kind = 'issue'"), "second copies")
    site.kill("worker")
    till.send(3)
    lose_disk(site, other_disk / "grave")

    # From the backup, beside the place where the node will be.
    (backup,) = (other_disk / "backups").glob("*.backup")
    (other_disk / "key").write_text(key.scalar.hex(), encoding="ascii")
    usual = site.environment[_URL]
    site.environment[_URL] = f"sqlite+aiosqlite:///{other_disk / 'drill.sqlite'}"
    del site.environment[_REPLICA]
    site.command("restore", str(backup), "--key-file", str(other_disk / "key"))
    rebuilt = site.command("rebuild")
    from_backup = export_of(site)

    # From the replica, in its place.
    site.environment |= {_URL: usual, _REPLICA: str(replica)}
    site.command("restore", str(replica), "--from-replica")
    site.command("rebuild", "--index-only")
    from_replica = export_of(site, at=int(from_backup.split(b'"block":')[1].split(b",")[0]))
    site.start()

    assert refused == "replica-unavailable"
    assert f"SHA-256: {_sha256(backup)}" in made
    assert "链上已办 / already done on the chain: 1" in rebuilt
    assert "继续办理 / on their way: 0" in rebuilt
    assert "FAULT" not in rebuilt
    assert from_replica == from_backup
    for batch in till.sent:
        wait_final(node_world, "second_hospital", batch.result.submission_id)
        check_told_again(till, batch)
    Records(site).wait(lambda: not Records(site).holds("o.replicated_at IS NULL AND o.kind = 'issue'"), "second copies")
    Checker(node_world, till, first).check()
    with records_of(site) as connection:
        assert connection.execute("SELECT count(*) FROM replica_marks WHERE name = 'restored'").fetchone() == (0,)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
