"""Verification against a chain: the good receipt, and every way in which it must not verify."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.client.issuing import ReceiptSecrets, numbered, sign_receipt
from piaolian_sdk.contracts import BlockStamp, Mark
from piaolian_sdk.contracts.events_receipts import Reversed
from piaolian_sdk.contracts.registry import credit_code_digest
from piaolian_sdk.errors import RemoteError, VerificationError
from piaolian_sdk.receipt import write_unsigned
from piaolian_sdk.signing import SUITE_P256, CertificateTrust, SoftwareSigner, sign_receipt_as_supervisor
from piaolian_sdk.testing import ChainState, FakeChain
from piaolian_sdk.tree import Header, LeafByList, keccak256, positional_path, positional_root, red_root_id
from piaolian_sdk.verify import VerifiedReceipt, leaf_of_proof, opening_of_proof, verify_receipt_online
from piaolian_sdk.wire import ReceiptProof
from support.fake_node import ADDRESS_BOOK, NOW, authority, sample

ROOT = authority()
UNIT = SoftwareSigner.from_pem(*ROOT.issue("测试医院", SUITE_P256))
FINANCE = SoftwareSigner.from_pem(*ROOT.issue("测试财政", SUITE_P256))
TRUST = CertificateTrust([ROOT.certificate])
CODE, NUMBER, RANGE, ROOT_ID = "32060126", "0000000012", 3, 5
SECRETS = ReceiptSecrets(b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)
LATER = NOW + timedelta(minutes=2)
REVERSAL = Reversed(
    red_root_id(RANGE, int(NUMBER)), 1, RANGE, int(NUMBER), RANGE, 77, 4, 20579, 1, 4, bytes(32), 3, bytes(32)
)


@dataclass
class Case:
    """A receipt, its proof and a chain that agree."""

    document: bytes
    proof: ReceiptProof
    chain: FakeChain

    def verify(self) -> VerifiedReceipt:
        return verify_receipt_online(self.document, self.proof, self.chain, TRUST)

    def change(self, **members: Any) -> None:
        self.proof = self.proof.model_copy(update=members)

    def change_header(self, **members: Any) -> None:
        self.change(header=self.proof.header.model_copy(update=members))


def signed_document(**changes: Any) -> tuple[bytes, Any]:
    model = numbered(sample(), CODE, NUMBER, "Ab12cD", NOW)
    model = model.model_copy(update={"main": model.main.model_copy(update=changes)})
    signed = sign_receipt(write_unsigned(model), NUMBER, "Ab12cD", UNIT, SECRETS, NOW)
    return sign_receipt_as_supervisor(signed.document, FINANCE, NOW), signed


def good_case(**changes: Any) -> Case:
    document, signed = signed_document(**changes)
    leaf = LeafByList(RANGE, int(NUMBER), signed.amount_fen, SECRETS.amount_salt, signed.body_hash).hash
    leaves = [keccak256(b"a"), leaf, keccak256(b"b")]
    header = Header(1, RANGE, 2, int(NUMBER) - 1, 3, 20579, 300000, 4, positional_root(leaves))
    headers = [keccak256(b"other"), header.hash]
    proof = ReceiptProof.model_validate(
        {
            "chain_id": ADDRESS_BOOK.chain_id,
            "receipt_ledger": ADDRESS_BOOK.address_of("ReceiptLedger"),
            "code": CODE,
            "number": NUMBER,
            "root_id": ROOT_ID,
            "position": 1,
            "headers": 2,
            "root_path": positional_path(headers, 1),
            "header": {
                "unit": 1,
                "range": RANGE,
                "mode": "list",
                "first": header.first,
                "count": 3,
                "issue_day": header.issue_day,
                "total_fen": header.total_fen,
                "catalog_version": 4,
                "unit_root": header.unit_root,
            },
            "unit_path": positional_path(leaves, 1),
            "amount_fen": signed.amount_fen,
            "amount_salt": SECRETS.amount_salt,
            "lines_hash": bytes(32),
            "document_digest": signed.digest,
            "fields_seed": SECRETS.fields_seed,
            "fields_root": signed.fields_root,
            "booking_address": signed.booking_address,
        }
    )
    party = sample().main.invoicing_party
    state = ChainState(
        head=BlockStamp(40, b"\x40" * 32, int(LATER.timestamp())),
        roots={ROOT_ID: positional_root(headers)},
        root_blocks={ROOT_ID: BlockStamp(30, b"\x30" * 32, int(LATER.timestamp()))},
        units={
            1: (
                "0x" + "00" * 20,
                1320600,
                0,
                0,
                0,
                credit_code_digest(party.invoicing_party_code),
                UNIT.certificate.digest,
            )
        },
        ranges={RANGE: (1, int(CODE), 1, 1000, 14, 1, 2, 601)},
    )
    return Case(document, proof, FakeChain(state, ADDRESS_BOOK))


@pytest.fixture
def case() -> Case:
    return good_case()


def test_verify__good_receipt__says_what_was_proven_and_when(case: Case) -> None:
    verified = case.verify()

    assert verified.unit == 1
    assert verified.state_zh == "已上链"
    assert verified.block.number == 40
    assert verified.stamped_at == LATER
    assert verified.document.unit_signer.certificate.digest == UNIT.certificate.digest
    assert "逐项字段与上链存证一致" in verified.proven
    assert verified.not_proven == ("查验之后的状态变化",)


def test_verify__without_fields_seed__says_that_fields_are_not_proven(case: Case) -> None:
    case.change(fields_seed=None)

    assert any("逐项字段" in words for words in case.verify().not_proven)


def test_verify__certificate_replaced_since__says_so(case: Case) -> None:
    unit = case.chain.state.units[1]
    case.chain.state.units[1] = (*unit[:6], bytes(32))

    assert any("登记证书已更换" in words for words in case.verify().not_proven)


@pytest.mark.parametrize(
    ("mark", "words"), [(Mark.REVERSED, "已冲红"), (Mark.EXCHANGED, "已换开纸质")], ids=["reversed", "exchanged"]
)
def test_verify__marked__is_authentic_with_its_state(case: Case, mark: Mark, words: str) -> None:
    key = (RANGE, int(NUMBER))
    case.chain.state.marks[key] = int(mark)
    case.chain.state.reversals[key] = REVERSAL

    verified = case.verify()

    assert words in verified.state_zh
    assert verified.reversed_by == ((RANGE, 77) if mark is Mark.REVERSED else None)


@pytest.mark.parametrize(("share", "words"), [(1_000_000_000, "已入账"), (1, "部分入账")])
def test_verify__booked__tells_the_share(case: Case, share: int, words: str) -> None:
    case.chain.state.bookings[(RANGE, int(NUMBER))] = (share, "0x" + "11" * 20, 1, 1)

    verified = case.verify()

    assert (verified.booked_share, verified.state_zh) == (share, words)


def test_verify__receipt_for_arrears__says_that_it_may_not_circulate() -> None:
    extension = sample().main.main_ext.model_copy(update={"is_arrears": "0", "arrears_reason": "未结清"})

    assert good_case(main_ext=extension).verify().state_zh == "已上链·欠费·不可流通"


def other_amount(case: Case) -> None:
    case.document = case.document.replace(b"993.54", b"993.55")


def resigned_with_other_amount(case: Case) -> None:
    """Unit and finance together sign another document for the same number: the chain alone can tell."""
    case.document, signed = signed_document(remark="changed")
    assert signed.digest != case.proof.document_digest


def finance_signature_dropped(case: Case) -> None:
    start = case.document.rindex(b"<Signature>")
    end = case.document.rindex(b"</Signature>") + len(b"</Signature>")
    case.document = case.document[:start] + case.document[end:]


def set_state(table: str, key: Any, value: Any) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        getattr(case.chain.state, table)[key] = value

    return change


def header_says_red(case: Case) -> None:
    """The header alone is a red receipt's, and the chain has it so."""
    case.change_header(mode="red-list")
    headers = [keccak256(b"other"), case.proof.header.to_header().hash]
    case.chain.state.roots[ROOT_ID] = positional_root(headers)


def root_says_red(case: Case) -> None:
    """The root is one under which red receipts stand alone."""
    root_id = red_root_id(RANGE, 77)
    case.chain.state.roots[root_id] = case.chain.state.roots[ROOT_ID]
    case.change(root_id=root_id)


ATTACKS: list[tuple[str, Callable[[Case], None], str]] = [
    ("no-xml", lambda c: setattr(c, "document", b"<a/>"), "structure"),
    ("amount-altered", other_amount, "signature"),
    ("other-document-both-signed", resigned_with_other_amount, "document digest"),
    ("finance-signature-dropped", finance_signature_dropped, "signature"),
    ("other-chain-id", lambda c: c.change(chain_id=8), "network"),
    ("other-ledger", lambda c: c.change(receipt_ledger="0x" + "09" * 20), "network"),
    ("other-number", lambda c: c.change(number="0000000011"), "identity"),
    ("other-code", lambda c: c.change(code="32060226"), "identity"),
    ("other-day", lambda c: c.change_header(issue_day=20580), "header"),
    ("number-outside-header", lambda c: c.change_header(first=13), "header"),
    ("other-digest", lambda c: c.change(document_digest=bytes(32)), "document digest"),
    ("other-fields-root", lambda c: c.change(fields_root=bytes(32)), "fields root"),
    ("other-seed", lambda c: c.change(fields_seed=bytes(32)), "fields root"),
    ("other-amount-in-proof", lambda c: c.change(amount_fen=1), "amount"),
    ("no-salt", lambda c: c.change(amount_salt=None), "amount"),
    ("other-salt", lambda c: c.change(amount_salt=bytes(32)), "path"),
    ("other-booking-key", lambda c: c.change(booking_address="0x" + "07" * 20), "path"),
    ("other-lines", lambda c: c.change(lines_hash=b"\x01" * 32), "path"),
    ("unit-path-swapped", lambda c: c.change(unit_path=c.proof.unit_path[::-1]), "path"),
    ("unit-path-short", lambda c: c.change(unit_path=c.proof.unit_path[:1]), "path"),
    ("other-total", lambda c: c.change_header(total_fen=1), "path"),
    ("other-unit-in-header", lambda c: c.change_header(unit=2), "path"),
    ("other-position", lambda c: c.change(position=0), "path"),
    ("root-unknown", lambda c: c.change(root_id=6), "root"),
    ("root-other", set_state("roots", ROOT_ID, b"\x01" * 32), "path"),
    ("unit-unregistered", lambda c: c.chain.state.units.clear(), "registry"),
    ("unit-of-another-name", set_state("units", 1, ("0x" + "00" * 20, 1, 0, 0, 0, bytes(32), bytes(32))), "unit"),
    ("range-of-another-unit", set_state("ranges", RANGE, (2, int(CODE), 1, 1000, 14, 1, 2, 601)), "range"),
    ("range-of-another-code", set_state("ranges", RANGE, (1, 32060226, 1, 1000, 14, 1, 2, 601)), "range"),
    ("range-elsewhere", set_state("ranges", RANGE, (1, int(CODE), 100, 1000, 114, 1, 2, 601)), "range"),
    ("chain-says-red", header_says_red, "red"),
    ("root-of-a-red-receipt", root_says_red, "red"),
    (
        "stamped-years-later",
        set_state("root_blocks", ROOT_ID, BlockStamp(30, bytes(32), int((NOW + timedelta(days=900)).timestamp()))),
        "signature time",
    ),
]


@pytest.mark.parametrize(("attack", "step"), [a[1:] for a in ATTACKS], ids=[a[0] for a in ATTACKS])
def test_verify__anything_changed__is_refused_at_its_step(
    case: Case, attack: Callable[[Case], None], step: str
) -> None:
    attack(case)

    with pytest.raises(VerificationError) as refused:
        case.verify()

    assert refused.value.step.startswith(step)


def test_verify__root_of_another_trust__is_refused(case: Case) -> None:
    stranger = CertificateTrust([authority().certificate])

    with pytest.raises(VerificationError) as refused:
        verify_receipt_online(case.document, case.proof, case.chain, stranger)

    assert refused.value.code == "certificate-not-trusted"


def test_verify__other_chain__is_no_verdict_on_the_receipt(case: Case) -> None:
    other = FakeChain(case.chain.state, ADDRESS_BOOK, chain_id=8)

    with pytest.raises(RemoteError) as refused:
        verify_receipt_online(case.document, case.proof, other, TRUST)

    assert refused.value.code == "chain-other"


def test_opening_of_proof__never_holds_salt_or_seed(case: Case) -> None:
    shown = repr(opening_of_proof(case.proof))

    assert SECRETS.amount_salt.hex() not in shown
    assert repr(SECRETS.amount_salt) not in shown
    assert repr(SECRETS.fields_seed) not in shown


def test_leaf_of_proof__is_the_leaf_that_verifies(case: Case) -> None:
    assert leaf_of_proof(case.proof) == case.verify().document.leaf


def test_proof__never_holds_the_booking_secret(case: Case) -> None:
    text = case.proof.model_dump_json()

    assert SECRETS.booking_secret.hex() not in text
    assert SoftwareChainSigner(SECRETS.booking_secret).address in text
