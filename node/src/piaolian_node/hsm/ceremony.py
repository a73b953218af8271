"""The key ceremony: make a token where it is SoftHSM, and the node's three keys inside it.

``transactions`` signs on secp256k1 what the relayer sends; ``supervision`` signs on P-256 what the department
countersigns; ``checkpoint`` signs on P-256 which blocks are final. All are made in the token, never leave it, and are
never replaced by this command.
"""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from asn1crypto import core, csr, keys, x509
from pkcs11 import Attribute, Mechanism, ObjectClass, PublicKey, Session
from pkcs11.exceptions import PKCS11Error
from pkcs11.util.ec import encode_ec_public_key, encode_ecdsa_signature

from piaolian_node.errors import ConfigError
from piaolian_node.hsm.token import find_token, log_in
from piaolian_sdk.acts.pkcs11 import Pkcs11ChainSigner, generate_chain_key
from piaolian_sdk.errors import SignerError
from piaolian_sdk.signing.pkcs11 import generate_document_key
from piaolian_sdk.token_key import read_public_point

_SOFTHSM_TOOL = "softhsm2-util"


@dataclass(frozen=True, slots=True)
class MadeKeys:
    """The public halves.

    Attributes:
        address: Account of the transaction key.
        supervision_public_key: SubjectPublicKeyInfo, DER.
        checkpoint_point: Public point of the checkpoint key, 65 bytes.
        request: Certificate request (PKCS#10) signed by the supervision key, DER.
    """

    address: str
    supervision_public_key: bytes
    checkpoint_point: bytes
    request: bytes


def init_softhsm_token(module: Path, label: str, pin: str, so_pin: str) -> bool:
    """Make a SoftHSM token unless there is one with this label.

    The tool takes PINs as options and nothing else: the same user's ``ps`` could see them for a moment.

    Returns:
        Whether one was made.

    Raises:
        ConfigError: The tool is absent or failed.
    """
    try:
        find_token(module, label)
    except ConfigError:
        pass
    else:
        return False
    tool = shutil.which(_SOFTHSM_TOOL)
    if tool is None:
        raise ConfigError(f"{_SOFTHSM_TOOL} is not installed", f"未安装 {_SOFTHSM_TOOL}", remedy="apt install softhsm2")
    command = [tool, "--module", str(module), "--init-token", "--free", "--label", label, "--pin", pin]
    done = subprocess.run([*command, "--so-pin", so_pin], check=False, capture_output=True, timeout=60, env=os.environ)
    if done.returncode != 0:
        raise ConfigError(
            f"{_SOFTHSM_TOOL} ended with {done.returncode}",
            f"{_SOFTHSM_TOOL} 执行失败（返回 {done.returncode}）",
            remedy="check that the token folder of SOFTHSM2_CONF exists and is writable",
        )
    return True


def make_keys(
    module: Path,
    label: str,
    pin: str,
    *,
    chain_label: str,
    supervision_label: str,
    checkpoint_label: str,
    subject: str,
) -> MadeKeys:
    """Make the key pairs that are absent, and return the public halves.

    Args:
        module: PKCS#11 library.
        label: Label of the token.
        pin: User PIN.
        chain_label: Label of the secp256k1 key.
        supervision_label: Label of the P-256 key.
        checkpoint_label: Label of the P-256 key of checkpoints.
        subject: Name of the department in the certificate request.

    Raises:
        ConfigError: The token is absent or refused.
    """
    token = find_token(module, label)
    try:
        with log_in(token, pin, rw=True) as session:
            if not _has_key(session, chain_label):
                generate_chain_key(session, chain_label)
            for document_label in (supervision_label, checkpoint_label):
                if not _has_key(session, document_label):
                    generate_document_key(session, document_label)
            public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=supervision_label)
            spki = bytes(encode_ec_public_key(cast("PublicKey", public)))
            request = _certificate_request(session, supervision_label, spki, subject)
            point = read_public_point(session, checkpoint_label)
            address = Pkcs11ChainSigner(lambda: _Lent(session), chain_label).address
    except (PKCS11Error, SignerError) as exc:
        raise ConfigError(
            f"the token refused: {type(exc).__name__}",
            f"密码设备拒绝：{type(exc).__name__}",
            field="token_label",
            remedy="check PIN, label and free space of the token",
        ) from exc
    return MadeKeys(address, spki, point, request)


class _Lent:
    """Lends a session that somebody else closes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, *_: object) -> None:
        return None


def _has_key(session: Session, label: str) -> bool:
    found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label})
    return next(iter(found), None) is not None


def _certificate_request(session: Session, label: str, spki: bytes, subject: str) -> bytes:
    information = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": x509.Name.build({"country_name": "CN", "common_name": subject}),
            "subject_pk_info": keys.PublicKeyInfo.load(spki),
            "attributes": [],
        }
    )
    private: Any = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
    digest = hashlib.sha256(information.dump()).digest()
    signature = encode_ecdsa_signature(private.sign(digest, mechanism=Mechanism.ECDSA))
    request = csr.CertificationRequest(
        {
            "certification_request_info": information,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": core.OctetBitString(signature),
        }
    )
    return bytes(request.dump())
