"""What people read when a contract refuses: English, Chinese and, where one can act, a remedy."""

from typing import NamedTuple


class ErrorText(NamedTuple):
    """Templates over the error's values."""

    english: str
    chinese: str
    remedy: str | None = None


_SHARED = {
    "NotYourArea": ErrorText(
        "the account of area {accountArea} may not act in area {area}",
        "账户所属区划 {accountArea} 无权在区划 {area} 办理",
        "send the act through the node of the unit's area",
    ),
    "UnknownUnit": ErrorText("no unit has the number {unit}", "没有编号为 {unit} 的单位"),
    "UnitIsRestricted": ErrorText(
        "unit {unit} is restricted for reason {reason}",
        "单位 {unit} 已被限制（原因 {reason}）",
        "ask the finance department to lift the restriction",
    ),
    "SignatureExpired": ErrorText(
        "the signature could be mined until {deadline} only", "签名的有效期 {deadline} 已过", "sign the act again"
    ),
    "WrongSigner": ErrorText(
        "the act must be signed by {expected}, it is signed by {recovered}",
        "应由 {expected} 签名，实际签名为 {recovered}",
        "sign with the key that the Registry holds for the unit",
    ),
    "OnlyFor": ErrorText("only {expected} may call this, not {caller}", "只有 {expected} 可以调用，{caller} 不可以"),
    "ZeroAddress": ErrorText("an address is zero", "地址为零"),
    "WrongLength": ErrorText("the length {given} does not fit {allowed}", "长度 {given} 与要求的 {allowed} 不符"),
    "InsufficientGas": ErrorText(
        "too little gas was sent: {left} left, {needed} needed", "燃料不足：剩余 {left}，需要 {needed}"
    ),
    "SameMakerAndChecker": ErrorText(
        "maker and checker must be two accounts, both are {account}", "经办与复核必须是两个账户，现均为 {account}"
    ),
}

_REGISTRY = {
    "MalformedArea": ErrorText("{area} is no area prefix", "{area} 不是有效的区划"),
    "UnitExists": ErrorText("the credit code belongs to unit {unit} already", "该信用代码已登记为单位 {unit}"),
    "UnitHasSuccessor": ErrorText(
        "unit {successor} has succeeded unit {unit}", "单位 {unit} 已由单位 {successor} 承接"
    ),
    "SuccessorNotAllowed": ErrorText(
        "unit {successor} cannot succeed unit {unit}", "单位 {successor} 不能承接单位 {unit}"
    ),
    "UnitNotRestricted": ErrorText("unit {unit} is not restricted", "单位 {unit} 未被限制"),
    "ReasonMissing": ErrorText("a reason other than 0 is needed", "必须填写原因"),
    "SignerNotScheduled": ErrorText("no new key is announced for unit {unit}", "单位 {unit} 没有待生效的新密钥"),
    "SignerDelayRunning": ErrorText(
        "the new key of unit {unit} takes effect at {executableAt}", "单位 {unit} 的新密钥须到 {executableAt} 才生效"
    ),
    "UnknownItem": ErrorText("no item has the number {item}", "没有编号为 {item} 的收费项目"),
    "ItemDisabled": ErrorText(
        "item {item} is not in force now", "收费项目 {item} 当前未启用", "use an item that the catalogue enables"
    ),
    "ItemAmountOutOfBounds": ErrorText(
        "item {item}: {amountFen} fen lies outside {minFen} to {maxFen}",
        "收费项目 {item} 的金额 {amountFen} 分超出 {minFen} 至 {maxFen} 分",
        "charge within the bounds of the catalogue",
    ),
    "ItemNotPermitted": ErrorText("unit {unit} may not charge item {item}", "单位 {unit} 无权收取项目 {item}"),
    "ItemNotForKind": ErrorText(
        "item {item} is for kind {itemKind}, not {kind}", "收费项目 {item} 属于票据种类 {itemKind}，不能用于 {kind}"
    ),
    "MalformedItem": ErrorText("the version of item {code} is malformed", "收费项目 {code} 的版本无效"),
    "UnknownPool": ErrorText("no pool has the number {pool}", "没有编号为 {pool} 的号池"),
    "UnknownRange": ErrorText("no range has the number {range}", "没有编号为 {range} 的号段"),
    "PrefixNotInArea": ErrorText("the prefix {prefix} is not of area {area}", "前缀 {prefix} 不属于区划 {area}"),
    "NumbersAlreadyOpened": ErrorText(
        "numbers of {prefix} are open up to {openedTo}", "{prefix} 的号码已启用至 {openedTo}"
    ),
    "PoolExhausted": ErrorText(
        "pool {pool} has {left} numbers, {needed} are needed", "号池 {pool} 剩余 {left}，需要 {needed}"
    ),
    "KindMismatch": ErrorText("kind {kind} does not fit the prefix {prefix}", "票据种类 {kind} 与前缀 {prefix} 不符"),
    "WrongRangeClass": ErrorText(
        "range {range} counts something else: class {actual}, not {expected}",
        "号段 {range} 的类别为 {actual}，应为 {expected}",
    ),
    "NotYourRange": ErrorText(
        "range {range} belongs to unit {owner}, not to unit {unit}", "号段 {range} 属于单位 {owner}，不属于单位 {unit}"
    ),
    "NumberNotNext": ErrorText(
        "range {range} goes on with {expected}, not with {given}", "号段 {range} 的下一号码为 {expected}，不是 {given}"
    ),
    "TooManyRanges": ErrorText(
        "all {max} numbers of ranges are taken",
        "号段编号已用完（上限 {max}）",
        "ask the network's administrator for an upgrade of the Registry",
    ),
    "RangeExhausted": ErrorText(
        "range {range} ends at {to}, {needed} is needed",
        "号段 {range} 止于 {to}，需要到 {needed}",
        "ask the finance department for an allotment",
    ),
    "MalformedRange": ErrorText("{from} to {to} is no range", "{from} 至 {to} 不是有效号段"),
    "TopUpNotDue": ErrorText(
        "range {range} has {left} numbers left, above the threshold {threshold}",
        "号段 {range} 剩余 {left}，高于补号阈值 {threshold}",
    ),
    "MalformedCheckpointKey": ErrorText("the checkpoint key of {member} is malformed", "{member} 的检查点密钥无效"),
}

_PAYMENTS = {
    "MalformedLanes": ErrorText("{length} bytes are no lanes of 1 to 2,000 notices", "通知书数据 {length} 字节无效"),
    "AmountMissing": ErrorText("notice {sequence} has no amount", "缴款通知书 {sequence} 没有金额"),
    "LinesMismatch": ErrorText(
        "the lines of notice {sequence} make {sum} fen, not {amountFen}",
        "缴款通知书 {sequence} 的明细合计 {sum} 分，与金额 {amountFen} 分不符",
    ),
    "DueDayOutOfWindow": ErrorText(
        "the due day {dueDay} lies outside the window from day {today}",
        "限缴日期 {dueDay} 不在允许范围（今日 {today}）",
    ),
    "UnknownNotice": ErrorText("range {range} has no notice {sequence}", "号段 {range} 没有缴款通知书 {sequence}"),
    "NoticeIsCancelled": ErrorText("notice {sequence} is cancelled", "缴款通知书 {sequence} 已撤销"),
    "NoticeIsPaid": ErrorText("notice {sequence} is paid", "缴款通知书 {sequence} 已缴款"),
    "PaymentNotPaid": ErrorText(
        "no money has arrived for {sequence} of range {range}",
        "号段 {range} 的缴款码 {sequence} 尚未到账",
        "issue the receipt when the payment is settled",
    ),
    "PaymentAlreadyUsed": ErrorText(
        "a receipt was issued for {sequence} of range {range} already", "号段 {range} 的缴款码 {sequence} 已开具票据"
    ),
    "PaymentHasEnded": ErrorText(
        "the receipt of {sequence} of range {range} was reversed", "号段 {range} 的缴款码 {sequence} 的票据已冲红"
    ),
    "NotYourPayment": ErrorText(
        "payment range {range} belongs to unit {owner}, not {unit}",
        "缴款码号段 {range} 属于单位 {owner}，不属于 {unit}",
    ),
    "PaymentKindMismatch": ErrorText(
        "payments of range {range} are for kind {paymentKind}, not {kind}",
        "缴款码号段 {range} 用于票据种类 {paymentKind}，不是 {kind}",
    ),
    "MalformedSequences": ErrorText("{length} bytes are no payment sequences", "缴款码序号数据 {length} 字节无效"),
    "NotThatPayment": ErrorText(
        "{paymentCode} is not a used payment of range {range}", "{paymentCode} 不是号段 {range} 已用的缴款码"
    ),
    "MalformedCommittee": ErrorText("the committee of oracles is malformed", "预言机委员会设置无效"),
    "WrongEpoch": ErrorText("the committee's epoch is {current}, not {epoch}", "委员会届次为 {current}，不是 {epoch}"),
    "NotInCommittee": ErrorText("{oracle} does not speak for source {source}", "{oracle} 不是数据源 {source} 的预言机"),
    "WrongSerial": ErrorText(
        "source {source} goes on with serial {expected}, not {given}",
        "数据源 {source} 的下一序号为 {expected}，不是 {given}",
    ),
    "AlreadyVoted": ErrorText("source {source} has vouched for this report", "数据源 {source} 已确认此报告"),
    "ReportNotApproved": ErrorText(
        "{votes} of {threshold} sources vouch for the report", "报告仅获 {votes} 个数据源确认，需 {threshold} 个"
    ),
    "MalformedEntries": ErrorText("{length} bytes are no settlement entries", "到账数据 {length} 字节无效"),
    "EntriesNotAscending": ErrorText("entry {position} does not ascend", "到账数据第 {position} 条未按序排列"),
    "UnknownSuspense": ErrorText("no money is suspended under {suspense}", "没有编号为 {suspense} 的待处理款项"),
    "SuspenseIsResolved": ErrorText("{suspense} was decided before", "待处理款项 {suspense} 已处理"),
    "ResolutionNotAllowed": ErrorText(
        "resolution {resolution} does not fit reason {reason}", "处理方式 {resolution} 不适用于原因 {reason}"
    ),
    "ReinstatementTooSmall": ErrorText(
        "{givenFen} fen do not reach the {dueFen} fen due", "款项合计 {givenFen} 分，不足应缴 {dueFen} 分"
    ),
    "RefundMismatch": ErrorText(
        "refund and remainder are {givenFen} fen, {paidFen} were paid",
        "退款与余额合计 {givenFen} 分，与已缴 {paidFen} 分不符",
    ),
    "AlreadyRefunded": ErrorText("{sequence} of range {range} was refunded", "号段 {range} 的缴款码 {sequence} 已退款"),
}

_RECEIPTS = {
    "UnitOverdue": ErrorText(
        "month {month} of kind {kind} of unit {unit} should have been written off by {deadline}",
        "单位 {unit} 票据种类 {kind} 的月份 {month} 逾期未核销（期限 {deadline}）",
        "write the month off, or ask the finance department for an extension",
    ),
    "MalformedCount": ErrorText("a batch cannot hold {count} receipts", "批次不能包含 {count} 张票据"),
    "IssueDayOutOfWindow": ErrorText(
        "the issue day {issueDay} is not within {daysBack} days up to {today}",
        "开票日期 {issueDay} 不在允许范围（今日 {today}，可回溯 {daysBack} 天）",
        "issue with today's date",
    ),
    "YearMismatch": ErrorText(
        "the receipt code {prefix} is not of the year {year}", "票据代码 {prefix} 与年份 {year} 不符"
    ),
    "MonthClosed": ErrorText(
        "month {month} of kind {kind} is closed for unit {unit}", "单位 {unit} 票据种类 {kind} 的月份 {month} 已关闭"
    ),
    "CatalogVersionUnknown": ErrorText(
        "the catalogue is at version {current}, not {given}", "收费目录版本为 {current}，不是 {given}"
    ),
    "TotalMismatch": ErrorText(
        "the payments make {computed} fen, the batch says {given}",
        "缴款合计 {computed} 分，与批次总额 {given} 分不符",
    ),
    "TotalTooLarge": ErrorText("the month's counts or sums do not fit any more", "当月计数或合计超出可记录范围"),
    "UnitRootMismatch": ErrorText("the receipts make another root than the one signed", "票据与已签名的批次根不符"),
    "PaymentsDoNotFit": ErrorText(
        "payments and bodies do not fit {count} receipts", "缴款码和正文摘要与 {count} 张票据不符"
    ),
    "OpeningDoesNotMatch": ErrorText(
        "the receipt is not what was issued: {step}",
        "与已上链的票据不符：{step}",
        "use the proof of exactly this receipt",
    ),
    "ReceiptIsRed": ErrorText("receipt {number} is red", "票据 {number} 是红票"),
    "ReceiptIsReversed": ErrorText("receipt {number} is reversed", "票据 {number} 已冲红"),
    "ReceiptIsOnPaper": ErrorText("receipt {number} is exchanged to paper", "票据 {number} 已换开纸质票据"),
    "ReceiptNotOnPaper": ErrorText(
        "receipt {number} is not on paper {paperNumber}", "票据 {number} 未换开为纸质票据 {paperNumber}"
    ),
    "ReceiptIsBooked": ErrorText(
        "receipt {number} is booked with {share} billionths", "票据 {number} 已入账（份额 {share}/十亿）"
    ),
    "ShareExceeded": ErrorText(
        "{booked} billionths are booked, {share} more pass the whole",
        "已入账份额 {booked}/十亿，再入账 {share} 超出全额",
    ),
    "WrongCounter": ErrorText(
        "the next act has counter {expected}, not {given}", "下一次操作的序号为 {expected}，不是 {given}"
    ),
    "NothingBooked": ErrorText("{booker} has booked nothing of receipt {number}", "{booker} 未对票据 {number} 入账"),
    "WriteOffMismatch": ErrorText(
        "{field}: the chain counts {onChain}, the unit reports {reported}",
        "核销数据不符（{field}）：链上 {onChain}，上报 {reported}",
        "compare the month's receipts with the node's export",
    ),
    "MonthNotEnded": ErrorText(
        "month {month} may be written off from {startsAt}", "月份 {month} 须到 {startsAt} 之后才能核销"
    ),
    "MonthOutOfOrder": ErrorText("month {expected} comes before {given}", "应先核销月份 {expected}，再核销 {given}"),
    "MonthNotOpen": ErrorText(
        "month {month} of kind {kind} is not open for unit {unit}",
        "单位 {unit} 票据种类 {kind} 的月份 {month} 无需核销或已核销",
    ),
    "UnitHasIssued": ErrorText(
        "unit {unit} has issued kind {kind} here already", "单位 {unit} 已在本网络开具种类 {kind} 的票据"
    ),
    "ExtensionOutOfWindow": ErrorText("{until} is no time to extend to", "{until} 不是允许的展期时间"),
    "TermsOutOfBounds": ErrorText("the terms are out of bounds", "条款参数超出允许范围"),
    "UnknownStep": ErrorText("there is no step {step}", "没有步骤 {step}"),
}

_LIBRARY = {
    "AccessManagedInvalidAuthority": ErrorText("{authority} is no authority", "{authority} 不是有效的权限合约"),
    "AccessManagedRequiredDelay": ErrorText(
        "{caller} must schedule the call {delay} seconds ahead", "{caller} 须提前 {delay} 秒预约此操作"
    ),
    "AccessManagedUnauthorized": ErrorText(
        "{caller} may not call this function", "账户 {caller} 没有此权限", "ask the administrator for the role"
    ),
    "AccessManagerAlreadyScheduled": ErrorText("the operation is scheduled already", "该操作已预约"),
    "AccessManagerBadConfirmation": ErrorText("the confirmation is wrong", "确认有误"),
    "AccessManagerExpired": ErrorText("the scheduled operation has expired", "预约的操作已过期"),
    "AccessManagerInvalidInitialAdmin": ErrorText(
        "{initialAdmin} cannot be administrator", "{initialAdmin} 不能作为管理员"
    ),
    "AccessManagerLockedRole": ErrorText("role {roleId} is locked", "角色 {roleId} 已锁定"),
    "AccessManagerNotReady": ErrorText("the scheduled operation may not run yet", "预约的操作尚未到时间"),
    "AccessManagerNotScheduled": ErrorText("the operation is not scheduled", "该操作未预约"),
    "AccessManagerUnauthorizedAccount": ErrorText(
        "{msgsender} lacks role {roleId}", "账户 {msgsender} 没有角色 {roleId}"
    ),
    "AccessManagerUnauthorizedCall": ErrorText("{caller} may not call {target}", "账户 {caller} 无权调用 {target}"),
    "AccessManagerUnauthorizedCancel": ErrorText("{msgsender} may not cancel this", "账户 {msgsender} 无权取消此操作"),
    "AccessManagerUnauthorizedConsume": ErrorText("{target} may not consume this", "{target} 无权执行此预约"),
    "AddressEmptyCode": ErrorText("there is no contract at {target}", "{target} 处没有合约"),
    "ECDSAInvalidSignature": ErrorText("the signature is malformed", "签名格式无效"),
    "ECDSAInvalidSignatureLength": ErrorText("a signature cannot have {length} bytes", "签名长度 {length} 无效"),
    "ECDSAInvalidSignatureS": ErrorText("the signature has the higher s", "签名未使用较小的 s 值"),
    "ERC1967InvalidImplementation": ErrorText(
        "{implementation} is no implementation", "{implementation} 不是有效的实现合约"
    ),
    "ERC1967NonPayable": ErrorText("the proxy takes no ether", "代理合约不接收以太币"),
    "FailedCall": ErrorText("an inner call failed", "内部调用失败"),
    "InsufficientBalance": ErrorText("the balance {balance} is below {needed}", "余额 {balance} 低于 {needed}"),
    "InvalidInitialization": ErrorText("the contract is initialised already", "合约已初始化"),
    "InvalidShortString": ErrorText("the text is too long", "文本过长"),
    "NotInitializing": ErrorText("the contract is not being initialised", "合约不在初始化过程中"),
    "SafeCastOverflowedUintDowncast": ErrorText("{value} does not fit {bits} bits", "{value} 超出 {bits} 位"),
    "StringTooLong": ErrorText("the text is too long", "文本过长"),
    "UUPSUnauthorizedCallContext": ErrorText("an upgrade goes through the proxy only", "升级只能通过代理合约进行"),
    "UUPSUnsupportedProxiableUUID": ErrorText("the new code is not upgradeable", "新的实现合约不可升级"),
}

_BUILT_IN = {
    "Error": ErrorText("the contract refused: {message}", "合约拒绝执行：{message}"),
    "Panic": ErrorText("the contract stopped with panic {code}", "合约内部错误 {code}"),
}

ERROR_TEXTS: dict[str, ErrorText] = {
    **_SHARED,
    **_REGISTRY,
    **_PAYMENTS,
    **_RECEIPTS,
    **_LIBRARY,
    **_BUILT_IN,
}
