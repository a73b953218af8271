"""The command `piaolian-network`.

Exit codes: 0 done, 1 the network is not well or an act was refused, 2 the command line is wrong.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from piaolian_network import membership
from piaolian_network.check import check_chain
from piaolian_network.deploy import read_address_book
from piaolian_network.errors import NetworkError, StateError
from piaolian_network.lifecycle import Network
from piaolian_network.status import NetworkStatus
from piaolian_network.trust import read_trust_file
from piaolian_sdk.beijing import moment_from_iso
from piaolian_sdk.errors import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except NetworkError as exc:
        print(f"错误：{exc.message_zh}", file=sys.stderr)
        print(f"  {exc.code}: {exc.message}", file=sys.stderr)
        if exc.remedy:
            print(f"  处理办法：{exc.remedy}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="piaolian-network", description="票链网络：由 members.toml 生成、启动、查看、停止"
    )
    commands = parser.add_subparsers(required=True, metavar="命令")

    init = commands.add_parser("init", help="建立一个新网络（密钥、members.toml）")
    init.add_argument("directory", type=Path)
    init.add_argument("--validators", type=int, default=3, help="验证节点数（Clique 请用奇数）")
    init.add_argument("--kubo", type=int, default=2, help="kubo 守护进程数")
    init.add_argument("--oracles", type=int, default=3, help="缴款预言机数")
    init.add_argument("--base-port", type=int, default=None, help="起始端口；缺省时自动寻找")
    init.add_argument(
        "--engine",
        choices=("clique", "qbft", "anvil"),
        default="clique",
        help="clique 仅供开发，qbft 用于生产（Besu），anvil 是沙箱",
    )
    init.set_defaults(run=_init)

    up = commands.add_parser("up", help="启动网络并等待其就绪")
    up.add_argument("directory", type=Path)
    up.set_defaults(run=_up)

    status = commands.add_parser("status", help="用一句话说明网络的状况；有问题时退出码为 1")
    status.add_argument("directory", type=Path)
    status.add_argument("--json", action="store_true", help="输出 JSON")
    status.set_defaults(run=_status)

    deploy = commands.add_parser("deploy", help="部署合约并写地址簿 addresses.json；可重复执行")
    deploy.add_argument("directory", type=Path)
    deploy.set_defaults(run=_deploy)

    check = commands.add_parser("check", help="由源码重新编译合约，与链上代码逐字节比较")
    check.add_argument("directory", type=Path)
    check.add_argument("--rpc", default=None, help="链的 JSON-RPC；缺省时用第一个验证节点")
    check.add_argument("--address-book", type=Path, default=None)
    check.set_defaults(run=_check)

    _add_trust(commands)

    vote = commands.add_parser("vote", help="表决增加或移除验证节点")
    vote.add_argument("directory", type=Path)
    vote.add_argument("act", choices=("add", "remove"))
    vote.add_argument("address", help="验证节点地址")
    vote.set_defaults(run=_vote)

    files = commands.add_parser(
        "files", help="由 members.toml 生成创世块、对等节点清单、kubo 仓库与 docker-compose.yml"
    )
    files.add_argument("directory", type=Path)
    files.add_argument("--compose", type=Path, default=None, help="docker-compose.yml 的路径（仅 qbft）")
    files.set_defaults(run=_files)

    down = commands.add_parser("down", help="停止网络的全部程序")
    down.add_argument("directories", type=Path, nargs="*", metavar="directory")
    down.set_defaults(run=_down)
    return parser


def _add_trust(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    trust = commands.add_parser("trust", help="生成验证方使用的信任文件")
    trust.add_argument("directory", type=Path)
    trust.add_argument("--name", required=True, help="网络名称")
    trust.add_argument("--roots", type=Path, nargs="+", required=True, help="单位与财政部门证书的根证书（PEM）")
    trust.add_argument("--supervisors", type=Path, nargs="+", required=True, help="财政部门监制签名证书（PEM）")
    trust.add_argument("--quorum", type=int, default=None, help="检查点法定签名数；缺省为过半数")
    trust.add_argument("--revoked", nargs="*", default=[], metavar="序列号@时刻", help="吊销的证书，时刻为 ISO 8601")
    trust.add_argument("--output", type=Path, required=True, help="信任文件；已有时保留其历史")
    trust.set_defaults(run=_trust)

    member_key = commands.add_parser("checkpoint-key", help="登记成员的检查点公钥；新密钥取代旧密钥")
    member_key.add_argument("directory", type=Path)
    member_key.add_argument("name", help="成员名称，与节点设置 CHECKPOINT_MEMBER 相同")
    member_key.add_argument("address", help="成员账户")
    member_key.add_argument("key", help="公钥：04 与 128 位十六进制，节点 keys init 打印")
    member_key.set_defaults(run=_checkpoint_key)


def _init(options: argparse.Namespace) -> int:
    network = Network.create(
        options.directory,
        validators=options.validators,
        kubo=options.kubo,
        oracles=options.oracles,
        base_port=options.base_port,
        engine=options.engine,
    )
    print(f"已建立网络：{network.directory}（链号 {network.chain_id}，起始端口 {network.members.chain.base_port}）")
    if network.members.chain.engine == "clique":
        print("注意：Clique 是开发引擎，不用于生产；生产网络用 --engine qbft（Besu）。")
    return 0


def _up(options: argparse.Namespace) -> int:
    network = Network(options.directory)
    network.up(print)
    print("JSON-RPC：" + "  ".join(network.rpc_urls))
    print("kubo：" + "  ".join(network.kubo_api_urls))
    return 0


def _deploy(options: argparse.Namespace) -> int:
    network = Network(options.directory)
    network.deploy(print)
    print(f"地址簿：{network.address_book_path}")
    return 0


def _check(options: argparse.Namespace) -> int:
    network = Network(options.directory)
    book = read_address_book(options.address_book or network.address_book_path)
    print("由源码重新编译合约（约半分钟）……")
    for checked in check_chain(options.rpc or network.rpc_urls[0], book):
        print(f"一致：{checked.name} {checked.address} 代码哈希 {checked.code_hash}")
    return 0


def _trust(options: argparse.Namespace) -> int:
    made = Network(options.directory).trust(
        options.name,
        [path.read_text(encoding="ascii") for path in options.roots],
        [path.read_text(encoding="ascii") for path in options.supervisors],
        quorum=options.quorum,
        revocations=[_revocation(text) for text in options.revoked],
        earlier=read_trust_file(options.output),
    )
    options.output.write_text(made.to_json(), encoding="utf-8")
    print(f"信任文件：{options.output}")
    return 0


def _revocation(text: str) -> tuple[str, int]:
    serial, _, moment = text.partition("@")
    try:
        return serial.upper(), int(moment_from_iso(moment).timestamp())
    except InputError as exc:
        raise StateError(
            "members-invalid",
            f"{text} is no revocation",
            f"{text} 不是吊销记录",
            "写作 序列号@2026-03-02T10:00:00+08:00。",
        ) from exc


def _checkpoint_key(options: argparse.Namespace) -> int:
    try:
        point = bytes.fromhex(options.key.removeprefix("0x"))
    except ValueError:
        # Text that is no key is refused by the same rule as a point off the curve.
        point = b""
    try:
        Network(options.directory).set_checkpoint_key(options.name, options.address, point)
    except InputError as exc:
        raise StateError("members-invalid", exc.message, exc.message_zh, "用节点 keys init 打印的公钥。") from exc
    print(f"已登记检查点公钥：{options.name}")
    return 0


def _vote(options: argparse.Namespace) -> int:
    members = Network(options.directory).members
    validators = membership.vote(members, options.address, is_added=options.act == "add")
    print("现有验证节点：" + "  ".join(validators))
    return 0


def _files(options: argparse.Namespace) -> int:
    network = Network(options.directory)
    for path in network.write_files(compose_file=options.compose):
        print(f"已生成：{path}")
    return 0


def _status(options: argparse.Namespace) -> int:
    status = Network(options.directory).status()
    if options.json:
        print(json.dumps(_as_json(status), ensure_ascii=False, indent=1))
    else:
        for line in _in_words(status):
            print(line)
    return 0 if status.ok else 1


def _down(options: argparse.Namespace) -> int:
    for directory in options.directories:
        Network(directory).down()
        print(f"已停止：{directory}")
    return 0


def _in_words(status: NetworkStatus) -> list[str]:
    lines: list[str] = []
    if status.head is not None:
        lines.append(f"链高度 {status.head}，最新块距今 {status.head_age_seconds} 秒")
    for validator in status.validators:
        state = "未响应" if validator.head is None else f"高度 {validator.head}，对等节点 {validator.peers}"
        lines.append(f"验证节点 {validator.name}：{state}")
    for daemon in status.kubo:
        state = "未响应" if daemon.peers is None else f"对等节点 {daemon.peers}"
        lines.append(f"kubo {daemon.name}：{state}")
    lines += [f"程序 {name}：{state}" for name, state in sorted(status.programs.items())]
    lines += [f"问题：{problem}" for problem in status.problems] or ["一切正常"]
    return lines


def _as_json(status: NetworkStatus) -> dict[str, object]:
    return {
        "ok": status.ok,
        "is_running": status.is_running,
        "head": status.head,
        "head_age_seconds": status.head_age_seconds,
        "validators": [{**asdict(view), "recent_sealers": sorted(view.recent_sealers)} for view in status.validators],
        "kubo": [asdict(view) for view in status.kubo],
        "programs": status.programs,
        "findings": [asdict(finding) for finding in status.findings],
    }


if __name__ == "__main__":
    sys.exit(main())
