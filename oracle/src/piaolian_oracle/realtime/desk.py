"""Judges confirmations before anything is kept, and keeps them before anybody is told so."""

import logging
import time
from collections.abc import Callable, Sequence

from piaolian_oracle.errors import ConfirmationError
from piaolian_oracle.realtime.model import Confirmation
from piaolian_oracle.state.confirmations import ConfirmationStore, Taken
from piaolian_oracle.statements.elements import MAX_AMOUNT_FEN

_logger = logging.getLogger(__name__)

# Whether a code is noticed: None when the chain cannot be asked at present.
CodeQuestion = Callable[[str], bool | None]


class ConfirmationDesk:
    """Takes confirmations of every channel.

    Args:
        store: Where they are kept.
        accounts: Accounts of the treasury that this oracle watches.
        is_noticed: Asks whether a code is registered.
        now: Clock, seconds since epoch.
    """

    def __init__(
        self,
        store: ConfirmationStore,
        accounts: frozenset[str],
        is_noticed: CodeQuestion,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._is_noticed = is_noticed
        self._now = now

    def take(self, confirmations: Sequence[Confirmation]) -> list[Taken]:
        """Judge and keep confirmations, all or none; durable when this returns.

        A wrong amount is taken: the ledger puts the money to suspense. An unknown code is refused, so that whoever
        confirms tells again later; the statement brings the payment in any case.

        Raises:
            ConfirmationError: One of them cannot be taken.
        """
        for confirmation in confirmations:
            self._judge(confirmation)
        try:
            taken = self._store.take(confirmations, int(self._now()))
        except ConfirmationError as error:
            _logger.critical("confirmation refused", extra={"code": error.code})
            raise
        _logger.info("confirmations taken", extra={"count": len(taken), "new": taken.count("taken")})
        return taken

    def _judge(self, confirmation: Confirmation) -> None:
        if confirmation.account not in self._accounts:
            raise ConfirmationError(
                "account-not-configured",
                "the account is none that this oracle watches",
                "收款账户不在监视名单内",
                "核实收款账户; 确为财政账户的, 加入 PIAOLIAN_ORACLE_ACCOUNTS 后重启",
                field="account",
            )
        if not 0 < confirmation.amount_fen <= MAX_AMOUNT_FEN:
            raise _invalid("amount", "an amount is above zero and below 2^48 fen", "金额应大于零且不超过账本上限")
        if not confirmation.reference or len(confirmation.reference) > _MAX_REFERENCE:
            raise _invalid("reference", "a bank reference has 1 to 64 characters", "银行流水号应为 1 至 64 个字符")
        if self._is_noticed(confirmation.code) is False:
            raise _invalid("code", "no notice is registered for this payment code", "缴款码未登记")


_MAX_REFERENCE = 64


def _invalid(field: str, message: str, message_zh: str) -> ConfirmationError:
    return ConfirmationError("confirmation-invalid", message, message_zh, "核对后重发", field=field)
