"""Sign and verify one request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import http_sf
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.errors import ErrorCode, VerificationError
from piaolian_sdk.requests.algorithms import BY_SUITE
from piaolian_sdk.signing import DocumentCertificate, DocumentSigner

# How far the clocks of caller and node may be apart, and how long a request may live.
WINDOW_SECONDS = 300
_COVERED = ("@method", "@authority", "@path", "@query", "content-digest")
_PARAMETERS = {"keyid", "created", "expires", "nonce", "alg"}
_LABEL = "piaolian"
_NONCE_LENGTHS = range(16, 129)


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """What a verified request proves.

    Attributes:
        key_id: SHA-256 of the caller's certificate, hex.
        nonce: To be remembered until ``expires``.
        created: Unix seconds.
        expires: Unix seconds.
    """

    key_id: str
    nonce: str
    created: int
    expires: int


@dataclass
class _Message:
    """The shape of a request that the library reads."""

    method: str
    url: str
    headers: Mapping[str, str]


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: DocumentCertificate | DocumentSigner) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:  # noqa: ANN401, ARG002 # The library's signature.
        return self._key

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ANN401, ARG002 # The library's signature.
        return self._key


class _Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: object, max_age: object = None) -> None:
        """Leave times to ``_check_times``: the library would read the clock itself."""


def sign_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    signer: DocumentSigner,
    *,
    nonce: str,
    created: int,
    expires: int,
) -> dict[str, str]:
    """Return ``headers`` with Content-Digest, Signature-Input and Signature added.

    Args:
        method: Upper case.
        url: Absolute, as it will be sent.
        headers: Headers of the request; an Idempotency-Key among them is covered.
        body: Exact bytes of the body, empty without one.
        signer: The caller's document key.
        nonce: Fresh for each request, 16 to 128 characters.
        created: Unix seconds now.
        expires: Unix seconds, at most ``WINDOW_SECONDS`` later.

    Raises:
        SignerError: The key could not sign.
    """
    message = _Message(method, url, dict(headers))
    handler = HTTPMessageSigner(signature_algorithm=BY_SUITE[signer.suite], key_resolver=_OneKey(signer))
    handler.sign(
        message,
        key_id=signer.certificate.digest.hex(),
        created=datetime.fromtimestamp(created, tz=BEIJING),
        expires=datetime.fromtimestamp(expires, tz=BEIJING),
        nonce=nonce,
        label=_LABEL,
        covered_component_ids=_components(headers),
        body=body,
    )
    return dict(message.headers)


def verify_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    resolve_certificate: Callable[[str], DocumentCertificate | None],
    *,
    now: int,
    window_seconds: int = WINDOW_SECONDS,
) -> VerifiedRequest:
    """Check the signature of a request against the certificate that its key id names.

    Not checked: that the nonce is new, that the certificate is valid and trusted (``resolve_certificate`` must return
    trusted ones alone), and what the caller may do.

    Args:
        method: Upper case.
        url: Absolute, with the authority that the caller used.
        headers: All headers of the request.
        body: Exact bytes as received.
        resolve_certificate: Certificate for a key id (SHA-256, hex), or None when unknown.
        now: Unix seconds on the server.
        window_seconds: Accepted difference of the clocks.

    Raises:
        VerificationError: ``request-signature-missing``, ``request-signature-wrong``, ``request-expired`` or
            ``content-digest-wrong``.
    """
    # 1. There is one signature, with every parameter that we demand.
    parameters = _parameters(headers)
    # 2. The request is of now. This comes before any cryptography: it is cheap, and it tells a caller with a wrong
    #    clock what is wrong.
    _check_times(parameters, now, window_seconds)
    # 3. The key is known and fits the algorithm.
    certificate = resolve_certificate(parameters["keyid"])
    if certificate is None:
        raise _error("request-signature-wrong", "no certificate is registered for the key id", "密钥标识未登记证书")
    # 4. The signature covers everything and is of that key.
    message = _Message(method, url, headers)
    verifier = _Verifier(signature_algorithm=BY_SUITE[certificate.suite], key_resolver=_OneKey(certificate))
    try:
        results = verifier.verify(message, max_age=None, require_components=_components(headers))
    except (HTTPMessageSignaturesException, UnicodeError) as exc:
        raise _error("request-signature-wrong", "the request signature does not verify", "请求签名验证不通过") from exc
    # 5. The body is the one whose digest was signed.
    try:
        verifier.verify_body(message, results, body)
    except (HTTPMessageSignaturesException, InvalidSignature) as exc:
        raise _error("content-digest-wrong", "the body does not match its digest", "请求正文与摘要不符") from exc
    return VerifiedRequest(
        key_id=parameters["keyid"],
        nonce=parameters["nonce"],
        created=parameters["created"],
        expires=parameters["expires"],
    )


def _components(headers: Mapping[str, str]) -> tuple[str, ...]:
    has_key = any(name.lower() == "idempotency-key" for name in headers)
    return (*_COVERED, "idempotency-key") if has_key else _COVERED


def _parameters(headers: Mapping[str, str]) -> dict[str, Any]:
    values = [value for name, value in headers.items() if name.lower() == "signature-input"]
    if not values or not any(name.lower() == "signature" for name in headers):
        raise _error("request-signature-missing", "the request carries no signature", "请求没有签名")
    try:
        parsed: Any = http_sf.parse(", ".join(values).encode("ascii"), tltype="dictionary")
    except (ValueError, UnicodeError) as exc:
        raise _error("request-signature-wrong", "Signature-Input is malformed", "Signature-Input 格式有误") from exc
    if len(parsed) != 1:
        raise _error("request-signature-wrong", "there must be exactly one signature", "必须恰有一个签名")
    (member,) = parsed.values()
    parameters = dict(member[1])
    missing = sorted(_PARAMETERS - parameters.keys())
    if missing:
        raise _error(
            "request-signature-wrong",
            f"the signature lacks the parameters {', '.join(missing)}",
            f"签名缺少参数 {'、'.join(missing)}",
        )
    if type(parameters["created"]) is not int or type(parameters["expires"]) is not int:
        raise _error("request-signature-wrong", "created and expires must be integers", "created 与 expires 必须是整数")
    texts = [parameters["keyid"], parameters["nonce"], parameters["alg"]]
    if not all(isinstance(text, str) for text in texts) or len(parameters["nonce"]) not in _NONCE_LENGTHS:
        raise _error(
            "request-signature-wrong",
            "keyid, alg and nonce must be strings, the nonce of 16 to 128 characters",
            "keyid、alg、nonce 必须是字符串，nonce 长度为 16 至 128",
        )
    return parameters


def _check_times(parameters: Mapping[str, Any], now: int, window_seconds: int) -> None:
    created, expires = parameters["created"], parameters["expires"]
    if abs(now - created) <= window_seconds and now <= expires <= created + window_seconds:
        return
    server_time = datetime.fromtimestamp(now, tz=BEIJING).isoformat()
    raise VerificationError(
        "request-expired",
        f"the request is not of now: the server's time is {server_time}, the window is {window_seconds} seconds",
        f"请求已过期或时钟不准：服务器时间为 {server_time}，允许误差 {window_seconds} 秒",
        step="request times",
        remedy="set the clock by a time server and sign again",
    )


def _error(code: ErrorCode, message: str, message_zh: str) -> VerificationError:
    return VerificationError(code, message, message_zh, step="request signature")
