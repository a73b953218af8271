"""Who may use a node's database at a time: the API as often as it likes, maintenance alone.

``serve.lock`` is shared by the processes of the API and held alone by maintenance; ``worker.lock`` is the only
worker's. Both are locks of the operating system: they end with their process, however that ends.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from piaolian_node.errors import ConfigError
from piaolian_node.outbox.worker import lock_worker


@contextmanager
def while_serving(data_dir: Path) -> Iterator[None]:
    """Hold the API's lock.

    Raises:
        ConfigError: Maintenance is going on.
    """
    with _locked(data_dir, fcntl.LOCK_SH, "maintenance of this node is going on", "本节点正在维护"):
        yield


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Keep API and worker out.

    Raises:
        ConfigError: One of them runs.
    """
    with (
        lock_worker(data_dir),
        _locked(data_dir, fcntl.LOCK_EX, "the API of this node is running", "本节点的接口进程正在运行"),
    ):
        yield


@contextmanager
def _locked(data_dir: Path, kind: int, message: str, message_zh: str) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "serve.lock").open("ab") as handle:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except OSError as exc:
            raise ConfigError(
                message, message_zh, field="data_dir", remedy="stop it first, or wait until it ends"
            ) from exc
        yield
