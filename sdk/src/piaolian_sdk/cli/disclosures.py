"""Files that show single fields of a receipt: write one, and check one against what the chain commits to."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.tree import DisclosedField, verify_disclosure, verify_path
from piaolian_sdk.verify import leaf_of_proof
from piaolian_sdk.wire import ReceiptProof

_HEX_32 = "^[0-9a-f]{64}$"
# A receipt of 1 MiB has fewer leaves than this; a path then has at most 20 siblings.
_MAX_FIELDS = 1 << 20


class _Shown(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    index: int = Field(ge=0, lt=_MAX_FIELDS)
    count: int = Field(ge=1, le=_MAX_FIELDS)
    path: str = Field(max_length=200)
    text: str
    salt: str = Field(pattern=_HEX_32)
    siblings: list[str] = Field(max_length=20)


class _Disclosure(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    fields_root: str = Field(pattern=_HEX_32)
    fields: list[_Shown] = Field(min_length=1, max_length=10_000)


def write_disclosure(root: bytes, shown: Sequence[DisclosedField]) -> bytes:
    """Return the file: the root, and each field with its salt and path."""
    content: dict[str, Any] = {"fields_root": root.hex(), "fields": [asdict(field) for field in shown]}
    return json.dumps(content, ensure_ascii=False, indent=2, default=lambda value: value.hex()).encode()


def check_disclosure(data: bytes, proof: ReceiptProof | None, expected_root: str | None) -> list[str]:
    """Check a file against a proof or a root that the reader knows, and return the lines to show.

    Args:
        data: The file.
        proof: Of the receipt, as the holder or a node gave it; leaf and header are computed from it.
        expected_root: The fields root in hexadecimal, where there is no proof.

    Raises:
        InputError: Neither was given.
        VerificationError: The file is malformed, or a field is not in the receipt.
    """
    disclosure = _read(data)
    root = bytes.fromhex(disclosure.fields_root)
    lines = []
    # 1. The root is the one that the receipt's leaf commits to: a file alone proves nothing.
    if proof is not None:
        if proof.fields_root != root:
            raise _mismatch("the proof commits to other fields", "证明所存证的字段根与披露文件不同")
        _check_leaf(proof)
        lines.append(f"披露自：{proof.code} {proof.number}（存证编号 {proof.evidence_number}）")
    elif expected_root is not None:
        if expected_root.removeprefix("0x").lower() != disclosure.fields_root:
            raise _mismatch("the file has another fields root", "披露文件的字段根与给出的不同")
    else:
        raise _without_root()
    # 2. Each field stands at its place under this root.
    for one in disclosure.fields:
        siblings = tuple(_siblings(one.siblings))
        verify_disclosure(
            root, DisclosedField(one.index, one.count, one.path, one.text, bytes.fromhex(one.salt), siblings)
        )
        lines.append(f"已证明：{one.path} = {one.text}")
    if proof is not None and proof.fields_seed is not None:
        lines.append("注意：该证明含字段种子，未披露的字段可被猜出；转交前应去掉 fields_seed")
    lines.append("未证明：链上状态与签名（请用 piaolian verify 查验整张票据）")
    return lines


def is_disclosure(data: bytes) -> bool:
    """Say whether a file is one of these and no XML."""
    return data.lstrip()[:1] == b"{"


def proof_from_file(path: Path) -> ReceiptProof:
    """Read a proof.

    Raises:
        VerificationError: It is malformed.
    """
    try:
        return ReceiptProof.model_validate_json(path.read_bytes())
    except ValidationError as exc:
        raise _malformed(exc, "proof", "the proof", "证明文件") from exc


def _check_leaf(proof: ReceiptProof) -> None:
    header = proof.header.to_header()
    place = int(proof.number) - header.first
    if not 0 <= place < header.count:
        raise _mismatch("the header does not hold the number", "批次不包含该票据号码")
    verify_path(header.unit_root, leaf_of_proof(proof), place, header.count, proof.unit_path)


def _read(data: bytes) -> _Disclosure:
    try:
        return _Disclosure.model_validate_json(data)
    except ValidationError as exc:
        raise _malformed(exc, "disclosure", "the disclosure", "披露文件") from exc


def _siblings(texts: Sequence[str]) -> list[bytes]:
    try:
        return [bytes.fromhex(text) for text in texts]
    except ValueError:
        return [b""]  # Refused as a node that has not 32 bytes.


def _malformed(exc: ValidationError, step: str, what: str, what_zh: str) -> VerificationError:
    where = ".".join(str(part) for part in exc.errors(include_input=False)[0]["loc"]) or "file"
    return VerificationError(
        "proof-malformed",
        f"{what} is malformed at {where}",
        f"{what_zh}格式有误：{where}",
        step=step,
        field=where,
        remedy="use the file as it was given",
    )


def _mismatch(message: str, message_zh: str) -> VerificationError:
    return VerificationError(
        "proof-mismatch", message, message_zh, step="disclosure", remedy="ask the holder for the proof of this receipt"
    )


def _without_root() -> InputError:
    return InputError(
        "proof-mismatch",
        "a disclosure proves nothing without the root that the receipt's leaf commits to",
        "披露文件须与存证核对：请用 --proof 给出证明文件，或用 --fields-root 给出字段根",
        field="proof",
        rule="proof or fields root",
        remedy="give --proof or --fields-root",
    )
