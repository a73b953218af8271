"""``piaolian verify``: bundles, documents and codes without a network, one or many; or against a chain node.

Exit codes: 0 everything given is proven on the chain; 1 something was refused, or stands twice; 4 nothing was refused,
and something is countersigned and not proven on the chain.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from piaolian_sdk.beijing import BEIJING, moment_from_iso
from piaolian_sdk.cli.commands import verify_online
from piaolian_sdk.cli.elements import Elements, read_list
from piaolian_sdk.errors import InputError, PiaolianError
from piaolian_sdk.money import fen_from_decimal, text_from_fen
from piaolian_sdk.proof import Trust, VerifiedReceipt, verify_bundle, verify_countersigned
from piaolian_sdk.qr import read_qr_image, read_qr_text, verify_short_qr
from piaolian_sdk.wording import RESULTS

Outcome = tuple[list[str], int]
PROVEN, REFUSED, NOT_PROVEN = 0, 1, 4
_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one file.

    Attributes:
        source: Name of the file, or the text of a code.
        exit_code: ``PROVEN``, ``REFUSED`` or ``NOT_PROVEN``.
        elements: Code, number, amount (fen) and day, where they are known.
        words: In Chinese, for people.
        members: For programs.
        receipt: The proven receipt.
    """

    source: str
    exit_code: int
    elements: Elements | None
    words: str
    members: dict[str, Any]
    receipt: VerifiedReceipt | None = None


def verify(arguments: argparse.Namespace) -> Outcome:
    """Verify what was given; which way is decided by ``--rpc``."""
    if arguments.rpc is not None:
        lines, in_order = verify_online(arguments)
        return lines, PROVEN if in_order else REFUSED
    if len(arguments.trust) != 1 or arguments.node or arguments.proof or arguments.address_book:
        raise InputError(
            "trust-malformed",
            "without --rpc one trust file is taken, and neither --node, --proof nor --address-book",
            "不联网查验只需一个信任文件；--node、--proof、--address-book 须与 --rpc 同用",
            field="trust",
            remedy="give the trust file (JSON) of the network, or add --rpc",
        )
    trust = Trust.from_file(arguments.trust[0])
    at_unix = int(moment_from_iso(arguments.at, "--at").timestamp() if arguments.at else time.time())
    sources = _sources(arguments.file, arguments.trust[0])
    findings = [_judge(source, trust, at_unix) for source in sources]
    if arguments.list is not None:
        known = {one.elements.key: one for one in findings if one.elements is not None}
        findings = [_listed(line, known.get(line.key)) for line in read_list(arguments.list.read_bytes())]
    twice = _twice(findings)
    code = REFUSED if twice or any(one.exit_code == REFUSED for one in findings) else PROVEN
    if code == PROVEN and any(one.exit_code == NOT_PROVEN for one in findings):
        code = NOT_PROVEN
    if arguments.json:
        members = [
            one.members | {"file": one.source, "duplicate_of": twice.get(place)} for place, one in enumerate(findings)
        ]
        return [json.dumps(members, ensure_ascii=False, indent=1)], code
    if len(findings) == 1 and arguments.list is None:
        return _detailed(findings[0], trust), code
    return _table(findings, twice, trust), code


def add_parser(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``verify``."""
    parser = groups.add_parser("verify", help="查验票据：用证明包离线查验，或向自选的链节点查验")
    parser.add_argument(
        "file", nargs="+", metavar="文件|文件夹|二维码", help="证明包（JSON）、票据 XML、二维码图片或文本；可给多个"
    )
    parser.add_argument(
        "--trust", required=True, type=Path, nargs="+", metavar="文件", help="信任文件；与 --rpc 同用时为根证书（PEM）"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    parser.add_argument("--at", metavar="时刻", help="按此时刻查验（ISO 8601）；缺省为现在")
    parser.add_argument("--list", type=Path, metavar="CSV", help="五要素清单：代码,号码,校验码,金额,开票日期；逐行核对")
    online = parser.add_argument_group("联网查验")
    online.add_argument("--rpc", metavar="网址", help="自选的链节点")
    online.add_argument("--address-book", type=Path, metavar="JSON", help="合约地址簿")
    online.add_argument("--proof", type=Path, metavar="JSON", help="证明文件")
    online.add_argument("--node", metavar="网址", help="财政节点；向它索取证明（证明不作为依据，逐项核对）")
    online.add_argument("--finality-depth", type=int, default=2, metavar="N", help="最终确认所需的区块数（缺省 2）")
    parser.set_defaults(command="verify")


def _sources(given: Sequence[str], trust: Path) -> list[str]:
    """Return the files, a folder by its bundles, documents and pictures in the order of their names."""
    found: list[str] = []
    for text in given:
        path = Path(text)
        if path.is_dir():
            inside = [one for one in sorted(path.iterdir()) if one.suffix.lower() in {".json", ".xml", *_PICTURES}]
            found += [str(one) for one in inside if not one.samefile(trust)]
        else:
            found.append(text)
    return found


def _judge(source: str, trust: Trust, at_unix: int) -> Finding:
    name = source if "://" in source else Path(source).name
    try:
        return _found(name, source, trust, at_unix)
    except PiaolianError as error:
        step = getattr(error, "step", None)
        words = f"{RESULTS['mismatch']}：{error.message_zh}（{error.code}）" + (f"，步骤 {step}" if step else "")
        return Finding(name, REFUSED, None, words, {"result": "refused", "step": step, **error.to_problem()})


def _found(name: str, source: str, trust: Trust, at_unix: int) -> Finding:
    if "://" in source:
        return _code(name, source, trust, at_unix)
    data = Path(source).read_bytes()
    if Path(source).suffix.lower() in _PICTURES:
        (text,) = read_qr_image(data)[:1] or [""]
        return _code(name, text, trust, at_unix)
    if data.lstrip()[:1] == b"<":
        signed = verify_countersigned(data, trust, at_unix)
        main = signed.parsed.model.main
        elements = Elements.of_document(main)
        members = {"result": "countersigned", "code": main.einvoice_code, "number": main.einvoice_number}
        members |= {"amount": text_from_fen(fen_from_decimal(main.total_amount))}
        return Finding(name, NOT_PROVEN, elements, "已监制签名，未上链证明", members)
    receipt = verify_bundle(data, trust, at_unix)
    elements = Elements.of_document(receipt.parsed.model.main)
    words = f"{RESULTS['match']}：{receipt.state_zh}"
    return Finding(name, PROVEN, elements, words, {"result": "proven", **receipt.to_json_members()}, receipt)


def _code(name: str, text: str, trust: Trust, at_unix: int) -> Finding:
    reading = read_qr_text(text)
    moment = datetime.fromtimestamp(at_unix, tz=BEIJING)
    certificate = verify_short_qr(reading, trust.supervisors, trust.certificates, moment)
    elements = Elements(str(reading.code), str(reading.number), str(reading.check_code), reading.amount_fen)
    members = {"result": "countersigned", "code": elements.code, "number": elements.number}
    members |= {"supervision_certificate": certificate.subject}
    return Finding(name, NOT_PROVEN, elements, "监制签名有效，链上状态未查", members)


def _listed(elements: Elements, finding: Finding | None) -> Finding:
    """Return the verdict on one line of a list, by the bundle that has its code and number."""
    name = f"{elements.code} {elements.number}"
    if finding is None:
        return Finding(name, NOT_PROVEN, elements, "没有该票的证明包", {"result": "without-bundle"})
    different = elements.differences(finding.elements)
    if different:
        words = f"{RESULTS['mismatch']}：" + "、".join(different)
        return Finding(name, REFUSED, elements, words, {"result": "mismatch", "different": different})
    return Finding(name, finding.exit_code, elements, finding.words, finding.members, finding.receipt)


def _twice(findings: Sequence[Finding]) -> dict[int, str]:
    """Return the places of findings whose code and number an earlier one has, with that one's name."""
    first: dict[tuple[str, str], str] = {}
    found: dict[int, str] = {}
    for place, one in enumerate(findings):
        if one.elements is None:
            continue
        if one.elements.key in first:
            found[place] = first[one.elements.key]
        first.setdefault(one.elements.key, one.source)
    return found


def _detailed(finding: Finding, trust: Trust) -> list[str]:
    lines = [*_sandbox(trust), f"{finding.source}：{finding.words}"]
    receipt = finding.receipt
    if receipt is None:
        remedy = finding.members.get("remedy")
        return [*lines, f"remedy: {remedy}"] if remedy else lines
    return [
        *lines,
        f"票据：{receipt.code} {receipt.number} 金额 {text_from_fen(receipt.amount_fen)} 开票日期 {receipt.issue_date}",
        *(["注意：该票据已不能报销"] if not receipt.is_reimbursable else []),
        f"存证编号：{receipt.evidence_number}",
        f"单位签名证书：{receipt.unit_signer.certificate.subject}",
        f"监制签名证书：{receipt.supervision_signer.certificate.subject}",
        *(f"已证明：{words}" for words in receipt.proven),
        *(f"未证明：{words}" for words in receipt.not_proven),
        f"依据：{receipt.block_time:%Y-%m-%d %H:%M:%S} 的最终状态（第 {receipt.block_number} 块）",
        f"检查点成员：{'、'.join(receipt.members)}  距查验时刻 {receipt.age_seconds} 秒",
    ]


def _table(findings: Sequence[Finding], twice: dict[int, str], trust: Trust) -> list[str]:
    rows = [("文件", "代码", "号码", "金额", "结果", "重复")]
    for place, one in enumerate(findings):
        known = one.elements
        amount = text_from_fen(known.amount_fen) if known and known.amount_fen is not None else ""
        repeated = f"与 {twice[place]} 重复" if place in twice else ""
        rows.append(
            (one.source, known.code if known else "", known.number if known else "", amount, one.words, repeated)
        )
    counts = [sum(one.exit_code == code for one in findings) for code in (PROVEN, NOT_PROVEN, REFUSED)]
    total = sum(one.elements.amount_fen or 0 for one in findings if one.exit_code == PROVEN and one.elements)
    summary = f"共 {len(findings)}：已证明 {counts[0]}（合计 {text_from_fen(total)}），未证明 {counts[1]}，"
    return [*_sandbox(trust), *("\t".join(row) for row in rows), f"{summary}不一致 {counts[2]}，重复 {len(twice)}"]


def _sandbox(trust: Trust) -> list[str]:
    return ["注意：信任文件属于沙箱（测试环境），其中的票据不是正式票据"] if trust.file.sandbox else []


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {"verify": verify}
