"""``python -m demo.story``: live the whole story, write ``var/story.json``, and exit 0 only if every step was ok."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from demo import cast
from demo.chapters import (
    bodies,
    bookings,
    ending,
    institutions,
    medical,
    nontax,
    opening,
    paper,
    periods,
    proofs,
    realtime,
    refusals,
    reversal,
    stopped,
    verification,
)
from demo.errors import NetworkMissingError, StoryError
from demo.report import StoryReport
from demo.world import World, fresh_network, missing_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHECKOUT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the story."""

    title: str
    tell: Callable[[World], None]


CHAPTERS: Final[tuple[Chapter, ...]] = (
    Chapter("网络启动 · the network comes up", opening.tell),
    Chapter("建制 · contracts, catalogue, units, ranges, nodes, oracles", institutions.tell),
    Chapter("医院按清单开票 · a hospital issues by list", medical.tell),
    Chapter("以码控收 · payment notices, the bank's word, receipts by code", nontax.tell),
    Chapter("实时缴款 · CFX at once, the statement afterwards, an oracle stopped and one lying", realtime.tell),
    Chapter("冲红 · a red receipt", reversal.tell),
    Chapter("换开纸质 · exchange to paper", paper.tell),
    Chapter("入账 · booking, and a second booking", bookings.tell),
    Chapter("拒绝 · what is refused, by whom and why", refusals.tell),
    Chapter("核销 · write-off, and an overdue unit", periods.tell),
    Chapter("票面密文 · bodies in the second store", bodies.tell),
    Chapter("查验 · verification", verification.tell),
    Chapter("证明包 · proof bundles", proofs.tell),
    Chapter("清点 · what is final", ending.tell),
)
# Told last, and not when the network is to go on running.
STOPPED: Final = Chapter("断网 · with the network stopped", stopped.tell)


@dataclass(frozen=True, slots=True)
class Options:
    """How to run the story.

    Attributes:
        directory: folder of the run; what an earlier run left there is stopped and removed.
        report: where the JSON goes.
        stop: programs to stop once the network is up, to see that the story notices.
        keep: leave everything running at the end.
    """

    directory: Path = _CHECKOUT / "var" / "story"
    report: Path = _CHECKOUT / "var" / "story.json"
    stop: tuple[str, ...] = ()
    keep: bool = False


def run(options: Options) -> World | None:
    """Live the story.

    Returns:
        The world when every step was ok, else None. With ``keep`` its connections are open and its network runs.
    """
    report = StoryReport(options.report)
    world: World | None = None
    try:
        world = World(
            directory=options.directory,
            report=report,
            network=fresh_network(options.directory / "network"),
            cast=cast.assemble(),
            stopped=options.stop,
        )
        for chapter in CHAPTERS:
            report.chapter(chapter.title)
            chapter.tell(world)
            world.require_whole()
        if not options.keep:
            report.chapter(STOPPED.title)
            STOPPED.tell(world)
    except StoryError as exc:
        _explain(report, world, exc)
    finally:
        report.close()
        if world is not None and not (options.keep and report.ok):
            world.close()
            world.network.down()
    return world if report.ok else None


def _explain(report: StoryReport, world: World | None, error: StoryError) -> None:
    """Say what stopped the story, and what of the network is missing, since that is the likeliest reason."""
    if isinstance(error, NetworkMissingError):
        report.missing = error.missing
    elif world is not None and "is_stopped" not in world.facts:
        report.missing = missing_parts(world.network)
    report.say(f"\n故事中断 / the story stopped: {error}")
    for part in report.missing:
        report.say(f"  缺少 / missing: {part}")


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    defaults = Options()
    parser = argparse.ArgumentParser(prog="demo.story", description="live the story and write var/story.json")
    parser.add_argument("--directory", type=Path, default=defaults.directory, help="folder of the run")
    parser.add_argument("--report", type=Path, default=defaults.report, help="where the JSON goes")
    parser.add_argument(
        "--stop",
        action="append",
        default=[],
        metavar="PROGRAM",
        help="stop this program once the network is up (kubo-1, kubo-2, validator-1 …); may be repeated",
    )
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    given = parser.parse_args(arguments)
    return Options(
        directory=given.directory.resolve(), report=given.report.resolve(), stop=tuple(given.stop), keep=given.keep
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; 0 when every step was ok."""
    options = parse_options(arguments)
    world = run(options)
    if world is None:
        print(f"故事未完成，见 {options.report}")
        return 1
    print(f"\n全部步骤通过，见 {options.report}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
