"""Says in words how a network stands, and why a chain stands still.

Everything here is pure: `judge` gets what was observed (see `observation`) and returns the findings.
"""

from dataclasses import dataclass, field
from typing import Final

from piaolian_network.members import Engine, Members

# A head older than this many periods stands still. Three validators of which one was killed and
# restarted showed gaps of up to 2.5 periods.
_STALE_PERIODS: Final = 5


@dataclass(frozen=True)
class ValidatorView:
    """What one validator says.

    Attributes:
        name: Member's name.
        program_state: The supervisor's word, such as RUNNING; empty when there is no supervisor.
        head: Number of its head block; None when it does not answer.
        head_hash: Hash of its head block.
        head_unix: Time of its head block.
        peers: Number of connected peers.
        recent_sealers: Addresses (lower case) that sealed one of the last blocks.
    """

    name: str
    program_state: str
    head: int | None = None
    head_hash: str = ""
    head_unix: int = 0
    peers: int = 0
    recent_sealers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class KuboView:
    """What one kubo daemon says; `peers` is None when it does not answer."""

    name: str
    program_state: str
    peers: int | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        subject: The program or member that it is about, or `chain`.
        message: English sentence.
        message_zh: Chinese sentence.
        is_fatal: Whether the network cannot do its work; a lesser finding leaves it working.
    """

    subject: str
    message: str
    message_zh: str
    is_fatal: bool = True

    def __str__(self) -> str:
        return f"{self.message_zh}（{self.message}）"


@dataclass(frozen=True)
class NetworkStatus:
    """How a network stands at one moment.

    Attributes:
        is_running: Whether its supervisor answers.
        head: Highest head block; None when no validator answers.
        head_age_seconds: Age of that block.
        validators: What each validator says.
        kubo: What each kubo daemon says.
        programs: State of each further program.
        findings: Everything that is wrong, the gravest first.
    """

    is_running: bool
    head: int | None
    head_age_seconds: int | None
    validators: list[ValidatorView]
    kubo: list[KuboView]
    programs: dict[str, str]
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything runs and the chain grows."""
        return not self.findings

    @property
    def problems(self) -> list[str]:
        """Every finding as a sentence in Chinese with the English one in brackets."""
        return [str(finding) for finding in self.findings]


def judge(
    members: Members,
    validators: list[ValidatorView],
    kubo: list[KuboView],
    programs: dict[str, str],
    *,
    is_running: bool,
    now_unix: int,
) -> NetworkStatus:
    """Draw the conclusions from what was observed."""
    answering = [view for view in validators if view.head is not None]
    best = max(answering, key=lambda view: view.head or 0, default=None)
    age = max(0, now_unix - best.head_unix) if best else None
    if not is_running:
        findings = [Finding("network", "the network is not running", "网络未运行")]
    else:
        findings = [
            *_judge_chain(members, validators, best, age),
            *_judge_validators(members, validators, best),
            *_judge_kubo(kubo),
            *(
                Finding(name, f"program {name} is {state}", f"程序 {name} 的状态是 {state}", is_fatal=False)
                for name, state in sorted(programs.items())
                if state != "RUNNING"
            ),
        ]
    return NetworkStatus(is_running, best.head if best else None, age, validators, kubo, programs, findings)


def _judge_chain(
    members: Members, validators: list[ValidatorView], best: ValidatorView | None, age_seconds: int | None
) -> list[Finding]:
    if best is None or age_seconds is None:
        return [
            Finding("chain", "no validator answers, so the chain stands still", "没有一个验证节点响应，链已停止出块")
        ]
    if members.chain.engine == "anvil" or age_seconds <= _STALE_PERIODS * members.chain.period_seconds + 1:
        # anvil makes a block when there is a transaction, so its head may be of any age.
        return []
    missing = [view.name for view in validators if view.head is None]
    needed = _needed(members.chain.engine, len(validators))
    if len(validators) - len(missing) < needed:
        names = ", ".join(missing)
        return [
            Finding(
                "chain",
                f"the chain stands still at block {best.head} for {age_seconds} s: of {len(validators)} validators"
                f" {needed} must work, but {names} are missing",
                f"链停在第 {best.head} 块已 {age_seconds} 秒：{len(validators)} 个验证节点至少要有 {needed} 个工作，"
                f"现缺少 {'、'.join(missing)}",
            )
        ]
    hashes = {view.head_hash for view in validators if view.head == best.head}
    why, why_zh = ("validators are not connected to each other", "验证节点之间没有连通")
    if all(view.peers > 0 for view in validators if view.head is not None):
        why, why_zh = ("validators are connected but none may seal", "验证节点已连通，但没有节点可以出块")
    if len(hashes) > 1:
        why, why_zh = (f"{len(hashes)} forks of equal height", f"存在 {len(hashes)} 条同高分叉")
    return [
        Finding(
            "chain",
            f"the chain stands still at block {best.head} for {age_seconds} s: {why}",
            f"链停在第 {best.head} 块已 {age_seconds} 秒：{why_zh}",
        )
    ]


def _needed(engine: Engine, count: int) -> int:
    """Return how many validators must work: more than half with Clique, more than two thirds with QBFT."""
    return 2 * count // 3 + 1 if engine == "qbft" else count // 2 + 1


def _judge_validators(members: Members, validators: list[ValidatorView], best: ValidatorView | None) -> list[Finding]:
    findings: list[Finding] = []
    addresses = {member.name: member.validator.lower() for member in members.chain_members}
    for view in validators:
        name = view.name
        if view.head is None:
            state = view.program_state or "unknown"
            findings.append(
                Finding(
                    name,
                    f"validator {name} does not answer (program is {state})",
                    f"验证节点 {name} 未响应（程序状态 {state}）",
                )
            )
            continue
        if len(validators) > 1 and view.peers == 0:
            findings.append(Finding(name, f"validator {name} has no peers", f"验证节点 {name} 没有连上任何对等节点"))
        window = 4 * len(validators)
        if best and (best.head or 0) > window and best.recent_sealers and addresses[name] not in best.recent_sealers:
            findings.append(
                Finding(
                    name,
                    f"validator {name} answers but sealed none of the last blocks",
                    f"验证节点 {name} 有响应，但最近没有出过块",
                    is_fatal=False,
                )
            )
    return findings


def _judge_kubo(kubo: list[KuboView]) -> list[Finding]:
    findings: list[Finding] = []
    for view in kubo:
        if view.peers is None:
            state = view.program_state or "unknown"
            findings.append(
                Finding(
                    view.name,
                    f"kubo of {view.name} does not answer (program is {state})",
                    f"{view.name} 的 kubo 未响应（程序状态 {state}）",
                )
            )
        elif len(kubo) > 1 and view.peers == 0:
            findings.append(
                Finding(view.name, f"kubo of {view.name} has no peers", f"{view.name} 的 kubo 没有连上任何对等节点")
            )
    return findings
