"""``python -m demo.sandbox``: a small network for integrators, with a clock that can be moved and faults to switch on.

::

    python -m demo.sandbox                      start it, or go on with the one that is there
    python -m demo.sandbox --move-clock 40      the chain's clock 40 days ahead; also a date, 2027-01-15
    python -m demo.sandbox --fault kubo         stop a part: kubo, node-worker or chain
    python -m demo.sandbox --heal               start again whatever was stopped

What moves with the clock is the chain alone: grace periods, deadlines and days as the contracts judge them. The node
and the SDK go by the machine's clock; for them a block ahead of it lies in the future, so that there are proof bundles
only while the clock has not been moved.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from demo.errors import StoryError, StoryFailedError
from demo.report import StoryReport
from demo.sandbox_example import EXAMPLE, shown_lines
from demo.sandbox_setup import CARD, UNITS, build
from demo.world import stop_network
from piaolian_network import Network, NetworkError
from piaolian_network.rpc import ChainRPC
from piaolian_sdk.beijing import BEIJING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECKOUT: Final = Path(__file__).resolve().parents[1]
_DAY_SECONDS: Final = 86_400
# Further ahead no certificate of the sandbox is valid, and no rule looks.
_FURTHEST_SECONDS: Final = 20 * 366 * _DAY_SECONDS
_READY_WITHIN_SECONDS: Final = 40.0

FAULTS: Final = ("kubo", "node-worker", "chain")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that was built.

    Attributes:
        directory: its folder.
        network: its network, with the node under the same supervisor.
        card: what was written down of it.
    """

    directory: Path
    network: Network
    card: dict[str, Any]

    @classmethod
    def open(cls, directory: Path) -> Sandbox:
        """Open the sandbox in a folder.

        Raises:
            StoryFailedError: there is none.
        """
        path = directory / CARD
        if not path.exists():
            raise StoryFailedError("没有沙箱，先运行 make sandbox / there is no sandbox here; run make sandbox")
        return cls(directory, Network(directory / "network"), json.loads(path.read_text(encoding="utf-8")))

    @property
    def chain(self) -> ChainRPC:
        """The chain's JSON-RPC."""
        return ChainRPC(self.network.rpc_urls[0])

    @property
    def clock_offset_seconds(self) -> int:
        """How far the chain's clock is ahead of the machine's."""
        return int(self.card["clock_offset_seconds"])

    def program(self, fault: str) -> str:
        """Return the supervisor's name of the program that a fault stops."""
        return {
            "kubo": self.network.kubo_programs[0],
            "node-worker": f"{self.card['node_program']}-worker",
            "chain": self.network.validator_programs[0],
        }[fault]

    def require_running(self) -> None:
        """Check that the supervisor runs.

        Raises:
            StoryFailedError: it does not.
        """
        if not self.network.processes:
            raise StoryFailedError("沙箱未在运行，先运行 make sandbox / the sandbox does not run; run make sandbox")

    def start(self) -> None:
        """Start every program that does not run, the chain before the worker that writes to it.

        A chain that starts again counts from where its first block was; its clock is put right before the worker, the
        one writer, may send anything.
        """
        self.network.up()
        self.set_clock(int(time.time()) + self.clock_offset_seconds)
        _wait_ready(self.card["node"])

    def heal(self) -> None:
        """Start again what was stopped."""
        worker = self.program("node-worker")
        if self.program("chain") not in self.network.processes and worker in self.network.processes:
            self.network.stop(worker)
        if self.program("chain") not in self.network.processes:
            self.network.start(self.program("chain"))
            _wait_block(self.chain)
            self.set_clock(int(time.time()) + self.clock_offset_seconds)
        self.start()

    def move_clock(self, to_unix: int) -> None:
        """Move the chain's clock, and remember how far.

        Args:
            to_unix: Unix seconds; later than the head block.

        Raises:
            StoryFailedError: the time is past on the chain, or too far ahead.
        """
        head = self.head_unix()
        if to_unix <= head:
            raise StoryFailedError(
                f"链上时间不能倒退，现为 {_beijing(head)} / the chain's clock only goes ahead; "
                "回到今天请用 --fresh 重建 / --fresh makes a new sandbox"
            )
        if to_unix > time.time() + _FURTHEST_SECONDS:
            raise StoryFailedError("最多向前 20 年 / at most 20 years ahead")
        self.set_clock(to_unix)
        self.card["clock_offset_seconds"] = to_unix - int(time.time())
        (self.directory / CARD).write_text(json.dumps(self.card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def set_clock(self, to_unix: int) -> None:
        """Mine a block at a time, from which the clock goes on; never before the head block."""
        self.chain.call("evm_setNextBlockTimestamp", [max(to_unix, self.head_unix() + 1)])
        self.chain.call("evm_mine")

    def head_unix(self) -> int:
        """Time of the head block, Unix seconds."""
        return int(self.chain.block("latest")["timestamp"], 16)


def start(directory: Path, *, fresh: bool = False) -> Sandbox:
    """Start the sandbox in a folder, or make one.

    Raises:
        StoryError: it could not be made; what was started is stopped.
        NetworkError: a program did not start.
    """
    if not fresh and (directory / CARD).exists():
        sandbox = Sandbox.open(directory)
        sandbox.heal() if sandbox.network.processes else sandbox.start()
        return sandbox
    _clear(directory)
    report = StoryReport(directory / "setup.json")
    try:
        build(directory, report)
    except BaseException:
        stop_network(directory / "network")
        raise
    finally:
        report.close()
    return Sandbox.open(directory)


def moment(text: str, head_unix: int) -> int:
    """Read ``--move-clock``: days ahead of the chain's present time, or a Beijing date, at noon.

    Raises:
        StoryFailedError: it is neither.
    """
    try:
        if text.isascii() and text.isdigit():
            return head_unix + int(text) * _DAY_SECONDS
        noon = datetime.combine(date.fromisoformat(text), clock_time(12), tzinfo=BEIJING)
    except ValueError as exc:
        raise StoryFailedError(f"{text} 不是天数也不是日期（2027-01-15）/ neither a number of days nor a date") from exc
    return int(noon.timestamp())


def describe(sandbox: Sandbox) -> str:
    """Say where everything is, and how to use it."""
    folder, network = sandbox.directory, sandbox.network
    accounts = network.accounts
    lines = [
        "",
        "沙箱运行中 / the sandbox runs. 停止 / stop it with: make down",
        f"  财政节点 / node         {sandbox.card['node']}/api/v1  账户 / account {sandbox.card['node_account']}",
        f"  公众查验 / verification {sandbox.card['node']}/verify",
        f"  链 / chain              {network.rpc_urls[0]}  chain id {network.chain_id}",
        f"  链上时间 / chain time   {_beijing(sandbox.head_unix())}",
        f"  密文存储 / kubo         {network.kubo_api_urls[0]}",
        f"  地址簿 / address book   {network.address_book_path}",
        f"  信任文件 / trust file   {network.directory / 'trust.json'}（沙箱 / sandbox）",
        *(f"    {name} {address}" for name, address in sandbox.card["contracts"].items()),
        f"  监管 / supervisor       {accounts.supervisor.address}  {network.directory / 'keys'}",
        "单位 / units:",
    ]
    for name in UNITS:
        unit = json.loads((folder / "units" / name / "unit.json").read_text(encoding="utf-8"))
        ranges = ", ".join(f"{kind}: {held['range']}" for kind, held in unit["ranges"].items())
        lines.append(f"  {unit['unit']} {unit['name']}（{unit['suite']}） 号段 / ranges {ranges}")
        lines.append(f"    {folder / 'units' / name}")
    lines += [f"\n示例 / example: .venv/bin/python {folder / EXAMPLE}", ""]
    lines += [f"  {line}" for line in shown_lines(folder / EXAMPLE)]
    lines += [
        "",
        "时钟与故障 / clock and faults (.venv/bin/python -m demo.sandbox …):",
        "  --move-clock 40 | --move-clock 2027-01-15   只动链上时间 / moves the chain's clock alone",
        f"  --fault {'|'.join(FAULTS)}   停一部分 / stop a part;   --heal   恢复 / start it again",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; 0 when what was asked for was done."""
    options = _parser().parse_args(arguments)
    try:
        _do(options)
    except StoryError as exc:
        print(exc, file=sys.stderr)
        return 1
    except NetworkError as exc:
        print(f"{exc.message_zh} {exc.remedy} / {exc}", file=sys.stderr)
        return 1
    return 0


def _do(options: argparse.Namespace) -> None:
    directory: Path = options.directory.resolve()
    if not (options.move_clock or options.fault or options.heal):
        print(describe(start(directory, fresh=options.fresh)))
        return
    sandbox = Sandbox.open(directory)
    sandbox.require_running()
    if options.heal:
        sandbox.heal()
        print("各程序均在运行 / everything runs again")
    if options.move_clock:
        sandbox.move_clock(moment(options.move_clock, sandbox.head_unix()))
        print(
            f"链上时间 / chain time {_beijing(sandbox.head_unix())}；节点与 SDK 仍按本机时间 / node and SDK do not move"
        )
    if options.fault:
        sandbox.network.stop(sandbox.program(options.fault))
        print(f"已停止 / stopped: {options.fault}。恢复 / start it again with --heal")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo.sandbox", description="沙箱 / a small network for integrators")
    parser.add_argument("--directory", type=Path, default=_CHECKOUT / "var" / "sandbox", help="文件夹 / its folder")
    parser.add_argument("--fresh", action="store_true", help="重建 / make it anew, whatever is there")
    parser.add_argument("--move-clock", metavar="DAYS|DATE", help="链上时间前移 / move the chain's clock ahead")
    parser.add_argument("--fault", choices=FAULTS, help="停一部分 / stop a part")
    parser.add_argument("--heal", action="store_true", help="恢复 / start again what was stopped")
    return parser


def _clear(directory: Path) -> None:
    """Remove an earlier sandbox.

    Raises:
        StoryFailedError: the folder holds something else.
    """
    if not directory.exists() or not any(directory.iterdir()):
        return
    if not (directory / "setup.json").exists():
        raise StoryFailedError(
            f"{directory.name} 中有别的文件，请换一个文件夹 / holds other files; give another folder"
        )
    stop_network(directory / "network")
    shutil.rmtree(directory)


def _wait_block(chain: ChainRPC) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while True:
        try:
            chain.block_number()
        except NetworkError:
            if time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(0.1)


def _wait_ready(base_url: str) -> None:
    """Wait until the node says that it is ready.

    Raises:
        StoryFailedError: it does not in time.
    """
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{base_url}/readyz", timeout=5, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            # Not listening yet; the deadline ends the wait.
            pass
        time.sleep(0.2)
    raise StoryFailedError("节点未能按时就绪 / the node was not ready in time; see network/logs")


def _beijing(unix: int) -> str:
    return datetime.fromtimestamp(unix, tz=BEIJING).strftime("%Y-%m-%d %H:%M:%S +08:00")


if __name__ == "__main__":
    sys.exit(main())
