"""A network in memory: its state, members and keys can be changed at will, and bundles are made of what is there.

Every attack on a proof is a few lines: change the state or the parts, then ask for a bundle that members sign again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_sdk.beijing import day_number
from piaolian_sdk.money import fen_from_decimal
from piaolian_sdk.proof import Bundle, Checkpoint, Trust, TrustFile, VerifiedReceipt, slots, verify_bundle
from piaolian_sdk.proof.building import AccountProof, ReceiptParts, build_bundle, collect_state
from piaolian_sdk.proof.checkpoint import signature_from_der
from piaolian_sdk.proof.witness import EMPTY_ROOT
from piaolian_sdk.receipt import EInvoice, document_digest, parse_receipt, renumber, write_unsigned
from piaolian_sdk.signing import (
    SUITE_P256,
    CertificateAuthority,
    SoftwareSigner,
    point_of,
    sign_receipt_as_supervisor,
    sign_receipt_as_unit,
)
from piaolian_sdk.tree import (
    Header,
    body_hash,
    keccak256,
    positional_path,
    positional_root,
    red_root_id,
    salted_amount,
)
from piaolian_sdk.tree.keccak import uint_word
from piaolian_sdk.tree.leaves import leaf_hash
from support.documents import NON_TAX, NOW, OUTPATIENT, RED, sample_model
from support.tries import Trie, encode

UNIT: Final = 7
LIST_RANGE, CODE_RANGE, RED_RANGE, PAPER_RANGE = 3, 4, 5, 6
LIST_CODE, NON_TAX_CODE, PAPER_CODE = "32060126", "32010126", "32069926"
PAYMENT_CODE: Final = "32099926300000000001"
LEDGER, REGISTRY = b"\x11" * 20, b"\x22" * 20
LEDGER_CODE, REGISTRY_CODE = b"\xa1" * 20, b"\xa2" * 20
PROXY_HASH, LEDGER_HASH, REGISTRY_HASH = (keccak256(name) for name in (b"proxy", b"ledger", b"registry"))
BLOCK_TIME: Final = int(NOW.timestamp()) + 60
CHECKED_AT: Final = BLOCK_TIME + 3_600
MEMBERS: Final = ("finance-1", "finance-2", "finance-3")


def _range_word(unit: int, code: str, first: int, last: int, following: int, range_class: int, mode: int) -> int:
    word, place = 0, 0
    for value, width in (
        (unit, 32),
        (int(code), 64),
        (first, 40),
        (last, 40),
        (following, 40),
        (range_class, 8),
        (mode, 8),
        (601, 16),
    ):
        word |= value << place
        place += width
    return word


def paper_word(range_id: int, number: int, unit: int = UNIT) -> int:
    """Pack what holds a receipt that is on paper."""
    return (range_id | number << 32 | unit << 72) << 32 | BLOCK_TIME << 192 | 2 << 248


def _storage(entries: dict[int, int]) -> Trie:
    filled = {slot.to_bytes(32, "big"): encode(_minimal(word)) for slot, word in entries.items() if word}
    return Trie(filled)


def _minimal(word: int) -> bytes:
    return word.to_bytes((word.bit_length() + 7) // 8, "big")


def _slot(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


@dataclass
class ProofWorld:
    """The network. Its dictionaries are its state, and everything may be changed."""

    suite: str = SUITE_P256
    chain_id: int = 20_260
    genesis_hash: bytes = keccak256(b"genesis")
    sandbox: bool = False
    block_number: int = 4_711
    block_time: int = BLOCK_TIME
    ledger: dict[int, int] = field(default_factory=dict)
    registry: dict[int, int] = field(default_factory=dict)
    code: dict[bytes, bytes] = field(default_factory=dict)
    absent: set[bytes] = field(default_factory=set)
    roots: int = 0
    red_headers: dict[tuple[int, int], Header] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Deploy, register the unit and allot its ranges."""
        self.code = {
            LEDGER: PROXY_HASH,
            REGISTRY: PROXY_HASH,
            LEDGER_CODE: LEDGER_HASH,
            REGISTRY_CODE: REGISTRY_HASH,
        }
        self.ledger[_slot(slots.IMPLEMENTATION_SLOT)] = int.from_bytes(LEDGER_CODE, "big")
        self.registry[_slot(slots.IMPLEMENTATION_SLOT)] = int.from_bytes(REGISTRY_CODE, "big")
        # Others' entries, so that keys share their way with those of the receipt.
        for number in range(1, 60):
            self.ledger[_slot(keccak256(b"l%d" % number))] = number
            self.registry[_slot(keccak256(b"r%d" % number))] = number
        self.set_unit(sample_model(OUTPATIENT).main.invoicing_party.invoicing_party_code)
        self.set_range(LIST_RANGE, LIST_CODE, mode=2)
        self.set_range(CODE_RANGE, NON_TAX_CODE, mode=1)
        self.set_range(RED_RANGE, LIST_CODE, mode=2, first=501)
        self.set_range(PAPER_RANGE, PAPER_CODE, mode=0, range_class=3)

    def set_unit(self, credit_code: str, unit: int = UNIT) -> None:
        """Register a unit's credit code."""
        self.registry[_slot(slots.credit_code_slot(unit))] = _slot(keccak256(credit_code.encode()))

    def set_range(
        self,
        range_id: int,
        code: str,
        *,
        mode: int,
        unit: int = UNIT,
        range_class: int = 1,
        first: int = 1,
        used: int = 90,
    ) -> None:
        """Allot a range of 100 numbers of which 90 are used."""
        word = _range_word(unit, code, first, first + 99, first + used, range_class, mode)
        self.registry[_slot(slots.range_slot(range_id))] = word

    @cached_property
    def authority(self) -> CertificateAuthority:
        """The authority of units and departments."""
        return CertificateAuthority.create("测试 CA", self.suite, now=lambda: NOW - timedelta(days=1))

    @cached_property
    def unit_signer(self) -> SoftwareSigner:
        """The unit's document key."""
        return SoftwareSigner.from_pem(*self.authority.issue("测试单位", self.suite))

    @cached_property
    def finance_signer(self) -> SoftwareSigner:
        """The department's key."""
        return SoftwareSigner.from_pem(*self.authority.issue("测试财政局", self.suite))

    @cached_property
    def member_keys(self) -> dict[str, ec.EllipticCurvePrivateKey]:
        """Checkpoint keys by member."""
        return {name: ec.derive_private_key(1_000 + place, ec.SECP256R1()) for place, name in enumerate(MEMBERS)}

    def trust_file(self, **changes: Any) -> TrustFile:
        """Return the trust file of the network."""
        contract = {"proxy_code_hashes": [PROXY_HASH]}
        file = {
            "network_name": "测试网络",
            "sandbox": self.sandbox,
            "made_at": BLOCK_TIME,
            "chain_id": self.chain_id,
            "genesis_hash": self.genesis_hash,
            "contracts": {
                "Registry": {**contract, "address": REGISTRY, "implementations": [_allowed(REGISTRY_HASH)]},
                "ReceiptLedger": {**contract, "address": LEDGER, "implementations": [_allowed(LEDGER_HASH)]},
            },
            "checkpoint_members": [self.member(name) for name in MEMBERS],
            "checkpoint_quorums": [{"valid_from": 0, "quorum": 2}],
            "certificate_roots": [self.authority.certificate.pem.decode("ascii")],
            "certificate_intermediates": [],
            "supervisors": [self.finance_signer.certificate.pem.decode("ascii")],
            "revocations": [],
            "suites": [self.suite],
        }
        return TrustFile.model_validate(file | changes)

    def member(self, name: str, valid_from: int = 0, valid_until: int = 0) -> dict[str, Any]:
        """Return a member's entry of the trust file."""
        return {
            "name": name,
            "address": keccak256(name.encode())[:20],
            "public_key": "0x" + point_of(self.member_keys[name].public_key()).hex(),
            "valid_from": valid_from,
            "valid_until": valid_until,
        }

    def document(self, model: EInvoice, code: str, number: int, at: datetime = NOW) -> bytes:
        """Write and sign a document."""
        numbered = renumber(
            model, code=code, number=f"{number:010d}", check_code="Ab12cD", issue_date=at.date(), issue_time=at.time()
        )
        signed = sign_receipt_as_unit(write_unsigned(numbered), self.unit_signer, at)
        return sign_receipt_as_supervisor(signed, self.finance_signer, at + timedelta(seconds=2))

    def issue_by_list(
        self, number: int = 12, range_id: int = LIST_RANGE, model: EInvoice | None = None
    ) -> ReceiptParts:
        """Stamp a receipt under list control as the middle one of a batch of three."""
        document = self.document(model or sample_model(OUTPATIENT), LIST_CODE, number)
        return self.stamp(document, range_id, number, mode=2)

    def issue_by_code(self, number: int = 21) -> ReceiptParts:
        """Stamp a receipt under code control."""
        model = sample_model(NON_TAX)
        party = sample_model(OUTPATIENT).main.invoicing_party
        extension = model.main.main_ext.model_copy(update={"pay_code": PAYMENT_CODE})
        main = model.main.model_copy(update={"main_ext": extension, "invoicing_party": party})
        document = self.document(model.model_copy(update={"main": main}), NON_TAX_CODE, number)
        return self.stamp(document, CODE_RANGE, number, mode=1)

    def issue_for_arrears(self, number: int) -> ReceiptParts:
        """Stamp a receipt under list control that may not circulate."""
        model = sample_model(OUTPATIENT)
        extension = model.main.main_ext.model_copy(update={"is_arrears": "0", "arrears_reason": "门诊费未付"})
        return self.issue_by_list(
            number, model=model.model_copy(update={"main": model.main.model_copy(update={"main_ext": extension})})
        )

    def issue_red(self, original: ReceiptParts, number: int = 501, range_id: int = RED_RANGE) -> ReceiptParts:
        """Reverse a receipt."""
        model = sample_model(RED)
        related = {"related_invoice_code": original.code, "related_invoice_number": f"{original.number:010d}"}
        extension = model.main.main_ext.model_copy(update=related)
        main = model.main.model_copy(update={"main_ext": extension})
        document = self.document(model.model_copy(update={"main": main}), LIST_CODE, number)
        place = (original.header.range, original.number)
        parts = self.stamp(document, range_id, number, mode=4, original=place)
        self.red_headers[place] = parts.header
        return parts

    def exchange(self, parts: ReceiptParts, paper: int = 33, range_id: int = PAPER_RANGE, unit: int = UNIT) -> None:
        """Put a paper original in the place of a receipt."""
        slot = _slot(slots.hold_slot(parts.header.range, parts.number))
        self.ledger[slot] = paper_word(range_id, paper, unit)

    def book(self, parts: ReceiptParts, share: int) -> None:
        """Book a share in billionths."""
        slot = _slot(slots.hold_slot(parts.header.range, parts.number))
        self.ledger[slot] = share | 0xBEEF << 32 | self.block_time << 192 | 1 << 232

    def stamp(
        self,
        document: bytes,
        range_id: int,
        number: int,
        *,
        mode: int,
        original: tuple[int, int] | None = None,
        **header: Any,
    ) -> ReceiptParts:
        """Commit to a document under a new root; members of the header may be given."""
        parsed = parse_receipt(document)
        main = parsed.model.main
        amount_fen, salt = abs(fen_from_decimal(main.total_amount)), keccak256(b"salt")
        payment_code = main.main_ext.pay_code if mode == 1 else None
        parts = ReceiptParts(
            document=document,
            code=main.einvoice_code,
            number=number,
            amount_fen=amount_fen,
            amount_salt=salt if mode != 1 else None,
            payment_code=payment_code,
            lines_hash=keccak256(b"lines") if mode == 1 else bytes(32),
            fields_root=keccak256(b"fields"),
            booking_address=b"\x33" * 20,
            unit_path=[],
            header=Header(
                UNIT, range_id, mode, number - 1, 3, day_number(main.issue_date), 3 * amount_fen, 4, bytes(32)
            ),
            root_id=0,
            position=1,
            root_path=[],
            original=original,
        )
        if original is not None:
            parts = replace(parts, header=replace(parts.header, first=number, count=1, total_fen=amount_fen))
        return self.commit(replace(parts, header=replace(parts.header, **header)))

    def commit(self, parts: ReceiptParts) -> ReceiptParts:
        """Put leaf, header and root of these parts on the chain, whatever they are."""
        header, number = parts.header, parts.number
        amount = uint_word(parts.amount_fen, 48, "amount")
        if parts.amount_salt is not None:
            amount = salted_amount(parts.amount_fen, parts.amount_salt)
        digest = document_digest(parse_receipt(parts.document))
        body = body_hash(digest, parts.fields_root, parts.booking_address)
        leaf = leaf_hash(header.range, number, amount, int(parts.payment_code or 0), parts.lines_hash, body)
        leaves = [keccak256(b"leaf%d" % place) for place in range(header.count)]
        place = number - header.first
        if 0 <= place < header.count:
            leaves[place] = leaf
        header = replace(header, unit_root=positional_root(leaves))
        if parts.original is not None:
            # A red receipt's header is alone, under the root that its original numbers.
            root_id = red_root_id(*parts.original)
            self.ledger[_slot(slots.root_slot(root_id))] = _slot(header.hash)
            return replace(parts, header=header, root_id=root_id, position=0)
        headers = [keccak256(b"other"), header.hash, keccak256(b"third")]
        self.roots += 1
        self.ledger[_slot(slots.root_slot(self.roots))] = _slot(positional_root(headers))
        return replace(
            parts,
            header=header,
            unit_path=positional_path(leaves, place % header.count),
            root_id=self.roots,
            position=1,
            root_path=positional_path(headers, 1),
        )

    def checkpoint(self, state_root: bytes) -> Checkpoint:
        """Return the newest final block."""
        block_hash = keccak256(b"block%d" % self.block_number)
        return Checkpoint(self.chain_id, self.genesis_hash, self.block_number, block_hash, state_root, self.block_time)

    def sign(self, checkpoint: Checkpoint, member: str) -> tuple[str, bytes]:
        """Sign a checkpoint as a member."""
        der = self.member_keys[member].sign(checkpoint.message(), ec.ECDSA(hashes.SHA256()))
        return member, signature_from_der(der)

    def bundle(self, parts: ReceiptParts, members: Sequence[str] = MEMBERS[:2]) -> Bundle:
        """Make a bundle of the state as it is now."""
        storages = {LEDGER: _storage(self.ledger), REGISTRY: _storage(self.registry)}
        accounts = {keccak256(b"other%d" % number)[:20]: (EMPTY_ROOT, keccak256(b"")) for number in range(20)}
        accounts |= {address: (EMPTY_ROOT, code_hash) for address, code_hash in self.code.items()}
        accounts |= {address: (trie.root, self.code[address]) for address, trie in storages.items()}
        for address in self.absent:
            del accounts[address]
        state = Trie({address: encode([b"\x01", b"", *account]) for address, account in accounts.items()})
        entries = {LEDGER: self.ledger, REGISTRY: self.registry}

        def prove(address: bytes, wanted: Sequence[bytes]) -> AccountProof:
            words = entries.get(address, {})
            return AccountProof(
                account=state.proof(address),
                values=[words.get(_slot(slot), 0) for slot in wanted],
                storage=[storages[address].proof(slot) if address in accounts else [] for slot in wanted],
            )

        checkpoint = self.checkpoint(state.root)
        signatures = [self.sign(checkpoint, member) for member in members]
        witness = collect_state(
            prove,
            (LEDGER, REGISTRY),
            parts,
            state.root,
            lambda: self.red_headers[parts.header.range, parts.number],
        )
        return build_bundle(parts, checkpoint, signatures, witness, sandbox=self.sandbox)

    def verify(self, bundle: Bundle | bytes, at: int = CHECKED_AT, **trust: Any) -> VerifiedReceipt:
        """Check a bundle against the network's trust file, with members of it changed."""
        data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
        return verify_bundle(data, Trust(self.trust_file(**trust)), at)


def _allowed(code_hash: bytes) -> dict[str, Any]:
    return {"code_hash": code_hash, "layout": 1}
