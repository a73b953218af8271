"""Errors of the node.

::

    NodeError
    ├── ConfigError          a setting is absent, malformed or unsafe
    ├── RefusedError         a caller asked for what the rules do not allow; becomes a problem document (RFC 9457)
    ├── UnavailableError     a service of ours does not answer: chain, HSM, IPFS, database
    └── RecordError          a record of ours contradicts another one: nothing is done, a person must look

What a contract would refuse is raised as the SDK's class of that contract error, so that a refusal reads the same
whoever decided it. ``CATALOGUE`` is the closed list of our own codes: status, title and whether a retry can help.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from piaolian_sdk.errors import PiaolianError, Retry


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What every error of one code has in common.

    Attributes:
        status: HTTP status.
        title_zh: Short Chinese title.
        retry: ``never``, ``same`` (the same request again) or ``after`` (``Retry-After``).
    """

    status: int
    title_zh: str
    retry: Retry = "never"


CATALOGUE: dict[str, CatalogueEntry] = {
    # Who asks.
    "request-signature-missing": CatalogueEntry(401, "请求未签名"),
    "request-signature-wrong": CatalogueEntry(401, "请求签名无效"),
    "request-expired": CatalogueEntry(401, "请求已过期"),
    "request-replayed": CatalogueEntry(401, "重复的请求"),
    "content-digest-wrong": CatalogueEntry(401, "正文摘要不符"),
    "host-unknown": CatalogueEntry(421, "请求的主机名不属于本节点"),
    "caller-certificate-refused": CatalogueEntry(403, "调用方证书已失效"),
    "role-not-allowed": CatalogueEntry(403, "无权执行此操作"),
    # What is asked.
    "request-malformed": CatalogueEntry(422, "请求格式有误"),
    "request-too-large": CatalogueEntry(413, "请求过大"),
    "request-headers-too-large": CatalogueEntry(431, "请求头过大"),
    "request-too-slow": CatalogueEntry(408, "请求正文传输过慢", "same"),
    "address-unknown": CatalogueEntry(404, "无此地址"),
    "method-not-allowed": CatalogueEntry(405, "不支持的请求方法"),
    "idempotency-key-missing": CatalogueEntry(400, "缺少幂等键"),
    "idempotency-conflict": CatalogueEntry(409, "幂等键已用于其他内容"),
    "rate-limited": CatalogueEntry(429, "请求过于频繁", "after"),
    "overloaded": CatalogueEntry(429, "待处理过多", "after"),
    "submission-unknown": CatalogueEntry(404, "无此提交"),
    # Leases.
    "lease-unknown": CatalogueEntry(404, "无此预留"),
    "lease-expired": CatalogueEntry(409, "预留已过期"),
    "lease-submitted": CatalogueEntry(409, "预留已提交"),
    "lease-not-next": CatalogueEntry(409, "前面还有未提交的预留", "after"),
    "lease-mismatch": CatalogueEntry(422, "内容与预留不符"),
    "range-needs-void": CatalogueEntry(409, "号段中有被拒号码待作废"),
    "business-number-repeated": CatalogueEntry(422, "同一批内业务流水号重复"),
    "business-number-leased": CatalogueEntry(409, "业务流水号正在办理", "after"),
    # What the contracts do not know.
    "certificate-not-registered": CatalogueEntry(403, "证书与链上登记不符"),
    "deadline-too-far": CatalogueEntry(422, "签名期限过长"),
    "deadline-too-soon": CatalogueEntry(422, "签名期限过短"),
    "payment-code-missing": CatalogueEntry(422, "缺少缴款码"),
    "payment-code-unexpected": CatalogueEntry(422, "不应带缴款码"),
    "payment-range-mixed": CatalogueEntry(422, "一批缴款码须属同一号段"),
    "unknown-payment": CatalogueEntry(404, "缴款码不存在"),
    "unknown-receipt": CatalogueEntry(404, "查无此票"),
    "receipt-not-stamped": CatalogueEntry(409, "票据尚未上链", "after"),
    "receipt-refused": CatalogueEntry(409, "票据上链被拒"),
    "receipt-erased": CatalogueEntry(410, "票据密钥已依规销毁"),
    "erasure-impossible": CatalogueEntry(409, "不能销毁"),
    "receipt-busy": CatalogueEntry(409, "票据正在办理其他业务", "after"),
    # Checkpoints and proof bundles.
    "checkpoints-off": CatalogueEntry(404, "本节点不签署检查点"),
    "block-not-final": CatalogueEntry(409, "区块尚未最终确认", "after"),
    "checkpoint-conflict": CatalogueEntry(409, "同一高度已签署另一区块"),
    "checkpoint-behind": CatalogueEntry(409, "已签署更高的区块"),
    "checkpoint-not-descendant": CatalogueEntry(409, "区块不是已签署区块的后代"),
    "checkpoint-quorum-missing": CatalogueEntry(503, "检查点签名不足", "after"),
    "holder-unproven": CatalogueEntry(403, "未证明持有该票据"),
    # Our own services.
    "hsm-unavailable": CatalogueEntry(503, "签名设备不可用", "after"),
    "chain-unreachable": CatalogueEntry(503, "链节点不可用", "after"),
    "bodies-unavailable": CatalogueEntry(503, "票据存储不可用", "after"),
    "records-unavailable": CatalogueEntry(503, "数据库暂不可写", "after"),
    "replica-unavailable": CatalogueEntry(503, "记录副本不可写", "after"),
    "record-contradiction": CatalogueEntry(500, "记录不一致"),
    "internal-error": CatalogueEntry(500, "系统内部错误", "same"),
    "config-wrong": CatalogueEntry(500, "配置有误"),
}


class NodeError(PiaolianError):
    """Base of all errors of the node: an error of the SDK's shape whose code stands in ``CATALOGUE``.

    Attributes:
        values: Further public members of the problem document.
    """

    def __init__(
        self,
        code: str,
        message: str,
        message_zh: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        remedy: str | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        entry = CATALOGUE[code]
        super().__init__(code, message, message_zh, field=field, rule=rule, remedy=remedy, retry=entry.retry)
        self.values = dict(values or {})


class ConfigError(NodeError):
    """A setting is absent, malformed or unsafe."""

    def __init__(self, message: str, message_zh: str, *, field: str | None = None, remedy: str | None = None) -> None:
        super().__init__("config-wrong", message, message_zh, field=field, remedy=remedy)


class RefusedError(NodeError):
    """A caller asked for what the rules do not allow."""


class UnavailableError(NodeError):
    """A service of ours does not answer."""


class RecordError(NodeError):
    """A record of ours contradicts another one."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(
            "record-contradiction", message, message_zh, remedy="look into the node's log, then ask support"
        )
