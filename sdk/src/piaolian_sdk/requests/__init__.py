"""Signed requests (RFC 9421): the caller proves who it is over exactly what it asks.

Covered are ``@method``, ``@authority``, ``@path``, ``@query``, ``content-digest`` and, where the request has one,
``idempotency-key``. Parameters are ``keyid`` (SHA-256 of the certificate, hex), ``created``, ``expires``, ``nonce`` and
``alg`` (``sm2-sm3`` or ``ecdsa-p256-sha256``). That a nonce is used once is the node's to check: it keeps them.
"""

from piaolian_sdk.requests.signed import (
    WINDOW_SECONDS,
    VerifiedRequest,
    sign_request,
    verify_request,
)

__all__ = ["WINDOW_SECONDS", "VerifiedRequest", "sign_request", "verify_request"]
