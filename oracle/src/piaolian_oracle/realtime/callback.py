"""Takes confirmations over HTTP: `POST /confirmations`, signed by the bank's certificate (RFC 9421).

The body is JSON::

    {"account": "…", "code": "20 digits", "amount": "80.00", "reference": "…", "value_day": "2026-05-12"}

Answers: 200 ``{"result": "taken"}`` or ``{"result": "repeated"}`` once it is on the disk; else a problem document
(RFC 9457). A request that is played again is harmless: the same content is a repeat, so no nonce is kept. TLS is the
business of the proxy in front.
"""

import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from piaolian_oracle.errors import ConfirmationError
from piaolian_oracle.listening import Listening
from piaolian_oracle.realtime.desk import ConfirmationDesk
from piaolian_oracle.realtime.model import Confirmation
from piaolian_sdk.codes import PaymentCode
from piaolian_sdk.errors import InputError, PiaolianError, VerificationError
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.requests import verify_request
from piaolian_sdk.signing import DocumentCertificate

_logger = logging.getLogger(__name__)

PATH = "/confirmations"
MAX_BODY_BYTES = 16 << 10
_REQUEST_SECONDS = 10.0
_FIELDS = frozenset({"account", "amount", "code", "reference", "value_day"})


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """Who may confirm, and under which address.

    Attributes:
        base_url: Address that callers sign, without a path, such as "https://oracle-1.example".
        certificates: Certificates of the banks.
    """

    base_url: str
    certificates: tuple[DocumentCertificate, ...]

    def certificate(self, key_id: str) -> DocumentCertificate | None:
        """Return the certificate with this digest (hex), None when no bank has it."""
        return next((found for found in self.certificates if found.digest.hex() == key_id), None)


class CallbackServer(Listening):
    """A listening HTTP server; a context manager that serves while it is open.

    Args:
        host: Address to listen on.
        port: Port; 0 for any free one.
        desk: Judges and keeps.
        rules: See `CallbackRules`.
        now: Clock, seconds since epoch.
    """

    def __init__(
        self,
        host: str,
        port: int,
        desk: ConfirmationDesk,
        rules: CallbackRules,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(_Server((host, port), desk, rules, now), "callback")


def confirmation_from_json(body: bytes) -> Confirmation:
    """Read the body of a callback.

    Raises:
        ConfirmationError: "confirmation-invalid" with the field.
    """
    try:
        values = json.loads(body)
    except ValueError as exc:
        raise _invalid("body", "the body is no JSON", "正文不是 JSON") from exc
    if not isinstance(values, dict) or values.keys() != _FIELDS:
        raise _invalid("body", f"the body has exactly {', '.join(sorted(_FIELDS))}", "正文字段不符")
    for name, value in values.items():
        if not isinstance(value, str):
            raise _invalid(name, f"{name} is text", f"{name} 应为文本")
    try:
        return Confirmation(
            account=values["account"],
            code=str(PaymentCode(values["code"])),
            amount_fen=fen_from_text(values["amount"]),
            value_day=_day(values["value_day"]),
            reference=values["reference"],
            channel="callback",
        )
    except InputError as exc:
        raise _invalid(exc.field or "body", exc.message, exc.message_zh) from exc


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise _invalid("value_day", "a day is YYYY-MM-DD", "日期应为 YYYY-MM-DD") from exc


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, address: tuple[str, int], desk: ConfirmationDesk, rules: CallbackRules, now: Callable[[], float]
    ) -> None:
        super().__init__(address, _Handler)
        self.desk = desk
        self.rules = rules
        self.now = now

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 # The base's signature.
        """Log a bug in one connection; the others go on."""
        _logger.error("connection failed", extra={"code": "internal"}, exc_info=True)  # noqa: LOG014 # Called while it is handled.


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    connection: socket.socket
    timeout = _REQUEST_SECONDS
    protocol_version = "HTTP/1.1"
    server_version = "piaolian-oracle"
    sys_version = ""

    def do_POST(self) -> None:
        """Take one confirmation."""
        try:
            self._answer(200, {"result": self._take()}, "application/json")
        except VerificationError as error:
            self._refuse(401, error)
        except ConfirmationError as error:
            self._refuse(409 if error.code == "confirmation-conflict" else 422, error)
        except OSError as error:
            self.close_connection = True
            _logger.info("callback lost", extra={"error": type(error).__name__})

    def _take(self) -> str:
        if self.path != PATH:
            raise _invalid("path", f"confirmations are posted to {PATH}", f"确认应发往 {PATH}")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise _invalid("Content-Length", f"a body has at most {MAX_BODY_BYTES} bytes", "正文过大或未注明长度")
        body = self.rfile.read(int(length))
        rules = self.server.rules
        verify_request(
            "POST",
            rules.base_url + self.path,
            dict(self.headers.items()),
            body,
            rules.certificate,
            now=int(self.server.now()),
        )
        (taken,) = self.server.desk.take([confirmation_from_json(body)])
        return taken

    def _refuse(self, status: int, error: PiaolianError) -> None:
        _logger.warning("callback refused", extra={"code": error.code, "field": error.field})
        problem = {"type": "about:blank", "status": status, "code": error.code, "title": error.message}
        self._answer(status, {**problem, "detail_zh": error.message_zh}, "application/problem+json")

    def _answer(self, status: int, values: Mapping[str, object], content_type: str) -> None:
        body = json.dumps(values, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 # The signature of the base class.
        """Log nothing here: the line would hold what the caller sent."""


def _invalid(field: str, message: str, message_zh: str) -> ConfirmationError:
    return ConfirmationError("confirmation-invalid", message, message_zh, "核对后重发", field=field)
