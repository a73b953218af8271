"""The commands: each takes parsed arguments and returns lines to write and whether all is in order."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.cli.disclosures import proof_from_file
from piaolian_sdk.cli.trust import read_trust
from piaolian_sdk.client import PublicClient
from piaolian_sdk.contracts import AddressBook, ChainReader, FinalityPolicy
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import MAX_AMOUNT_FEN, fen_from_decimal, text_from_fen
from piaolian_sdk.receipt import ParsedReceipt, parse_receipt
from piaolian_sdk.rules import RULES, CatalogueItem, PaidNotice, RuleContext, kind_of, violations
from piaolian_sdk.signing import CertificateTrust, verify_supervision_signature, verify_unit_signature
from piaolian_sdk.verify import verify_receipt_online
from piaolian_sdk.wire import ReceiptProof
from piaolian_sdk.wording import RESULTS

Outcome = tuple[list[str], bool]


def check_file(arguments: argparse.Namespace) -> Outcome:
    """Check a document by the rules that need neither a node nor the catalogue."""
    parsed = parse_receipt(arguments.file.read_bytes())
    main = parsed.model.main
    kind = kind_of(main.einvoice_code)
    issued_at = parsed.model.issued_at.replace(tzinfo=BEIJING)
    now = datetime.now(BEIJING) if arguments.today else issued_at
    total_fen = fen_from_decimal(main.total_amount)
    code = main.main_ext.pay_code
    context = RuleContext(
        beijing_now=now,
        # Without a catalogue every item passes as it is written; the last line says so.
        catalogue={
            item.item_code: CatalogueItem(item.item_name, -MAX_AMOUNT_FEN, MAX_AMOUNT_FEN)
            for item in parsed.model.items
        },
        kind=kind,
        payment=PaidNotice(code, total_fen) if code else None,
    )
    lines = [f"{kind.name_zh} {main.einvoice_code} {main.einvoice_number} 金额 {text_from_fen(total_fen)}"]
    broken = violations(parsed, context)
    lines += [f"{violation.rule_id} {violation.message_zh}" for violation in broken]
    if arguments.trust:
        lines += _signature_lines(parsed, _trust(arguments.trust), issued_at)
    lines.append(f"违反 {len(broken)} 条规则" if broken else "符合全部编号规则")
    lines.append("未检查：收费目录、缴款状态、链上状态")
    return lines, not broken


def verify_online(arguments: argparse.Namespace) -> Outcome:
    """Verify one document against a chain node."""
    is_whole = len(arguments.file) == 1 and arguments.address_book and bool(arguments.proof) != bool(arguments.node)
    if not is_whole or arguments.list:
        raise InputError(
            "value-out-of-range",
            "against a chain node one document is verified, with --address-book and either --proof or --node",
            "联网查验一次一张票据，须给出 --address-book，并给出 --proof 或 --node 之一",
            field="rpc",
            remedy="give these options, or leave --rpc out and give bundles and a trust file",
        )
    document = Path(arguments.file[0]).read_bytes()
    book = AddressBook.from_file(arguments.address_book)
    proof = _proof_from_node(document, arguments.node) if arguments.node else proof_from_file(arguments.proof)
    reader = ChainReader(arguments.rpc, book, FinalityPolicy(arguments.finality_depth))
    verified = verify_receipt_online(document, proof, reader, _trust(arguments.trust))
    main = verified.document.parsed.model.main
    read_at = datetime.fromtimestamp(verified.block.timestamp, tz=BEIJING)
    amount = text_from_fen(fen_from_decimal(main.total_amount))
    lines = [
        f"{RESULTS['match']}：{main.einvoice_code} {main.einvoice_number} 金额 {amount}",
        f"状态：{verified.state_zh}",
        f"上链时间：{verified.stamped_at:%Y-%m-%d %H:%M:%S}  存证编号：{proof.evidence_number}",
        f"单位签名证书：{verified.document.unit_signer.certificate.subject}",
        f"监制签名证书：{verified.document.supervision_signer.certificate.subject}",
        *(f"已证明：{words}" for words in verified.proven),
        *(f"未证明：{words}" for words in verified.not_proven),
        f"依据：{read_at:%Y-%m-%d %H:%M:%S} 的最终状态（第 {verified.block.number} 块）",
    ]
    return lines, True


def list_rules(_arguments: argparse.Namespace) -> Outcome:
    """List the numbered rules with their sources."""
    return [f"{rule.rule_id} {rule.message_zh}（{rule.source}）{rule.code}" for rule in RULES], True


def _trust(bundles: list[Path]) -> CertificateTrust:
    return read_trust(bundles)[0]


def _signature_lines(parsed: ParsedReceipt, trust: CertificateTrust, at: datetime) -> list[str]:
    unit = verify_unit_signature(parsed, trust, at)
    supervision = verify_supervision_signature(parsed, trust, at)
    return [f"单位签名有效：{unit.certificate.subject}", f"监制签名有效：{supervision.certificate.subject}"]


def _proof_from_node(document: bytes, base_url: str) -> ReceiptProof:
    main = parse_receipt(document).model.main
    client = PublicClient(base_url)
    try:
        return client.receipt_proof(main.einvoice_code, main.einvoice_number, main.random_number)
    finally:
        client.close()


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "receipt check": check_file,
    "rules": list_rules,
}
