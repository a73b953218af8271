"""Commands on a document alone: show, sign, verify its signatures, disclose single fields. None needs a network."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from piaolian_sdk.beijing import BEIJING, moment_from_iso
from piaolian_sdk.cli.disclosures import check_disclosure, is_disclosure, proof_from_file, write_disclosure
from piaolian_sdk.cli.trust import list_lines, read_trust
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import capital_words, fen_from_decimal, text_from_fen
from piaolian_sdk.receipt import ParsedReceipt, fields_of, parse_receipt
from piaolian_sdk.rules import kind_of
from piaolian_sdk.signing import (
    SoftwareSigner,
    known_answer,
    sign_receipt_as_supervisor,
    sign_receipt_as_unit,
    verify_supervision_signature,
    verify_unit_signature,
)
from piaolian_sdk.tree import disclose, fields_root
from piaolian_sdk.wording import NOT_CIRCULABLE

Outcome = tuple[list[str], bool]
_SEED_BYTES = 32


def show_file(arguments: argparse.Namespace) -> Outcome:
    """Show a receipt as a person reads it. Neither rules nor signatures are checked, and the last line says so."""
    parsed = parse_receipt(arguments.file.read_bytes())
    receipt, main = parsed.model, parsed.model.main
    total = fen_from_decimal(main.total_amount)
    kind = kind_of(main.einvoice_code)
    lines = [
        f"{main.einvoice_name}（{kind.name_zh}）",
        f"票据代码：{main.einvoice_code}  票据号码：{main.einvoice_number}  校验码：{main.random_number}",
        f"开票日期：{main.issue_date:%Y-%m-%d} {main.issue_time:%H:%M:%S}",
        f"交款人：{main.payer_party.payer_party_name or '（未填）'}",
        *(
            f"  {item.item_code} {item.item_name}"
            + (f" {item.item_quantity}{item.item_unit or ''}" if item.item_quantity is not None else "")
            + (f" × {item.item_std}" if item.item_std is not None else "")
            + f" = {item.item_amount}"
            for item in receipt.items
        ),
        f"金额合计：（大写）{capital_words(total)}（小写）{text_from_fen(total)}",
        f"收款单位：{main.invoicing_party.invoicing_party_name}",
        f"复核人：{main.checker}  收款人：{main.handling_person}",
    ]
    if receipt.aux_items:
        lines.append(f"清单：{len(receipt.aux_items)} 行")
    if main.is_red:
        extension = main.main_ext
        lines.append(f"红字票据，原票据：{extension.related_invoice_code} {extension.related_invoice_number}")
    if not main.is_circulable:
        lines.append(f"{NOT_CIRCULABLE}：{main.main_ext.arrears_reason or '（未填原因）'}")
    if main.remark:
        lines.append(f"备注：{main.remark}")
    lines.append(f"签名：{len(receipt.signatures)} 个（未验证，请用 receipt verify 验证）")
    return lines, True


def sign_file(arguments: argparse.Namespace) -> Outcome:
    """Sign as the unit or as the finance department; an existing file is never overwritten."""
    password = arguments.password_file.read_bytes().rstrip(b"\r\n") if arguments.password_file else None
    signer = SoftwareSigner.from_pem(arguments.key.read_bytes(), arguments.certificate.read_bytes(), password)
    # A key that signs wrongly must not put a signature under a document.
    known_answer(signer)
    document = arguments.file.read_bytes()
    parsed = parse_receipt(document)
    now = datetime.now(BEIJING)
    if arguments.role == "finance":
        if not arguments.trust:
            raise _without_trust(
                "the finance department signs after the unit's signature was verified, which needs the trusted roots",
                "财政部门签名前须先验证单位签名，请用 --trust 给出受信任的根证书",
            )
        # Nobody countersigns what the unit did not sign.
        trust, _ = read_trust(arguments.trust)
        verify_unit_signature(parsed, trust, now)
        signed, whose = sign_receipt_as_supervisor(parsed, signer, now), "财政监制签名"
    else:
        signed, whose = sign_receipt_as_unit(document, signer, now), "单位签名"
    _write_new(arguments.output, signed)
    return [
        f"已加{whose}：{parsed.model.main.key}",
        f"证书 {signer.certificate.serial_text}，写入 {arguments.output}",
    ], True


def verify_signatures(arguments: argparse.Namespace) -> Outcome:
    """Verify both signatures of a document at a time, or the fields of a disclosure; says nothing of the chain."""
    data = arguments.file.read_bytes()
    if is_disclosure(data):
        proof = proof_from_file(arguments.proof) if arguments.proof else None
        return check_disclosure(data, proof, arguments.fields_root), True
    if not arguments.trust:
        raise _without_trust("signatures are verified by the trusted roots", "验证签名须用 --trust 给出受信任的根证书")
    parsed = parse_receipt(data)
    trust, lists = read_trust(arguments.trust)
    at = moment_from_iso(arguments.at, "--at") if arguments.at else _issued_at(parsed)
    unit = verify_unit_signature(parsed, trust, at)
    supervision = verify_supervision_signature(parsed, trust, at)
    lines = [
        *(
            f"{whose}签名有效：{signer.certificate.subject}，{signer.suite}，{signer.signed_at:%Y-%m-%d %H:%M:%S}"
            for whose, signer in (("单位", unit), ("监制", supervision))
        ),
        f"证书状态按 {at:%Y-%m-%d %H:%M:%S} 判断",
        *list_lines(lists, at),
        "未检查：链上状态（请用 piaolian verify）",
    ]
    return lines, True


def disclose_file(arguments: argparse.Namespace) -> Outcome:
    """Write the chosen fields with what proves them against the fields root, and nothing of the others."""
    parsed = parse_receipt(arguments.file.read_bytes())
    fields = fields_of(parsed)
    paths = [path for path, _ in fields]
    unknown = [path for path in arguments.field if path not in paths]
    if unknown:
        raise InputError(
            "value-out-of-range",
            f"the receipt has no field {unknown[0]}",
            f"票据中没有字段 {unknown[0]}",
            field="field",
            rule="path of a leaf element, such as Main/TotalAmount",
            remedy=f"the document has {len(paths)} fields; write the path as the specification names the elements",
        )
    seed = _seed(arguments.seed_file.read_text(encoding="ascii", errors="replace"))
    shown = disclose(fields, seed, sorted({paths.index(path) for path in arguments.field}))
    _write_new(arguments.output, write_disclosure(fields_root(fields, seed), shown))
    return [
        *(f"披露：{field.path} = {field.text}" for field in shown),
        f"其余 {len(fields) - len(shown)} 个字段未披露；写入 {arguments.output}",
    ], True


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "receipt show": show_file,
    "receipt sign": sign_file,
    "receipt verify": verify_signatures,
    "receipt disclose": disclose_file,
}


def add_parsers(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the arguments of these commands below ``piaolian receipt``."""
    show = _action(actions, "show", "按人读的方式显示票据")
    show.set_defaults(command="receipt show")

    sign = _action(actions, "sign", "签名：单位先签，财政后签")
    sign.add_argument("--role", required=True, choices=("unit", "finance"), help="以单位或财政部门身份签名")
    sign.add_argument("--key", required=True, type=Path, metavar="PEM", help="私钥（PKCS#8）")
    sign.add_argument("--certificate", required=True, type=Path, metavar="PEM", help="签名证书")
    sign.add_argument("--password-file", type=Path, metavar="文件", help="私钥口令所在文件")
    sign.add_argument("--trust", type=Path, nargs="+", metavar="PEM", help="财政签名时必填：单位证书的受信任根证书")
    sign.add_argument("--output", required=True, type=Path, metavar="文件", help="写入的新文件")
    sign.set_defaults(command="receipt sign")

    verify = _action(actions, "verify", "验证两个签名，或核对披露文件；不联网", "票据 XML 或披露 JSON")
    verify.add_argument(
        "--trust", type=Path, nargs="+", metavar="PEM", help="受信任的根证书与吊销列表（验证签名时必填）"
    )
    verify.add_argument("--proof", type=Path, metavar="JSON", help="证明文件（核对披露文件时）")
    verify.add_argument("--fields-root", metavar="十六进制", help="字段根（核对披露文件时，没有证明文件则用它）")
    verify.add_argument("--at", metavar="时刻", help="判断证书的北京时间，如 2026-03-02T10:15:00；缺省为开票时间")
    verify.set_defaults(command="receipt verify")

    reveal = _action(actions, "disclose", "只披露选定的字段并附证明")
    reveal.add_argument("--field", required=True, nargs="+", metavar="字段", help="如 Main/TotalAmount")
    reveal.add_argument("--seed-file", required=True, type=Path, metavar="文件", help="随票据交付的字段种子")
    reveal.add_argument("--output", required=True, type=Path, metavar="JSON", help="写入的新文件")
    reveal.set_defaults(command="receipt disclose")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    words: str,
    words_for_file: str = "票据 XML",
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=words)
    parser.add_argument("file", type=Path, metavar="文件", help=words_for_file)
    return parser


def _issued_at(parsed: ParsedReceipt) -> datetime:
    return parsed.model.issued_at.replace(tzinfo=BEIJING)


def _without_trust(message: str, message_zh: str) -> InputError:
    return InputError(
        "certificate-not-trusted",
        message,
        message_zh,
        field="trust",
        rule="trusted roots",
        remedy="give the root certificates with --trust",
    )


def _seed(text: str) -> bytes:
    try:
        seed = bytes.fromhex(text.strip())
    except ValueError:
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise InputError(
            "key-malformed",
            "the seed of the fields is not 64 hexadecimal digits",
            "字段种子应为 64 位十六进制",
            field="seed-file",
            rule="32 bytes in hexadecimal",
            remedy="use the seed that was delivered with the receipt",
        )
    return seed


def _write_new(path: Path, content: bytes) -> None:
    # Exclusive creation: a signed document that exists already is not replaced by another one.
    with path.open("xb") as file:
        file.write(content)
