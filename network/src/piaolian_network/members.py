"""members.toml: the one file that describes a network.

It holds public parts only: names, areas, addresses, enodes, peer ids, roles. Genesis files, static
peers, kubo configurations, supervisor programs and docker-compose.yml follow from it.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from eth_utils.address import is_checksum_address
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from piaolian_network.errors import MembersError

Engine = Literal["clique", "qbft", "anvil"]
Role = Literal["validator", "ipfs", "node", "witness"]

_AREA: Final = re.compile(r"\d{2}(\d{2}(\d{2})?)?")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
_ENODE: Final = re.compile(r"enode://[0-9a-f]{128}@[A-Za-z0-9.:\[\]-]+:\d{1,5}")
_URL: Final = re.compile(r"https?://[^\s\"\\]+")
_PEER: Final = re.compile(r"/(ip4|ip6|dns4|dns6|dns)/[^/]+/tcp/\d{1,5}/p2p/[1-9A-HJ-NP-Za-km-z]{46,59}")


def _check_address(value: str) -> str:
    if not is_checksum_address(value):
        raise ValueError("must be an address with its EIP-55 checksum")
    return value


def _check_area(value: str) -> str:
    if not _AREA.fullmatch(value):
        raise ValueError("must be 2, 4 or 6 digits of the administrative division code (GB/T 2260)")
    return value


def _check_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("must start with a small letter and hold small letters, digits and hyphens, at most 32")
    return value


def _check_url(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be an http:// or https:// address without blanks and quotes")
    return value


Address = Annotated[str, AfterValidator(_check_address)]
Area = Annotated[str, AfterValidator(_check_area)]
Name = Annotated[str, AfterValidator(_check_name)]
Url = Annotated[str, AfterValidator(_check_url)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ChainSection(_Strict):
    """What all members must agree on about the chain itself.

    Attributes:
        id: EIP-155 chain id.
        engine: `clique` (development only), `qbft` (production) or `anvil` (a unit's sandbox).
        period_seconds: Seconds between blocks.
        base_port: First port of the local layout, see `ports`.
        genesis_unix: Time of the genesis block; 0 until it is fixed at the first start.
        gas_limit: Gas limit of a block.
    """

    id: Annotated[int, Field(ge=1, lt=2**53)]
    engine: Engine = "clique"
    period_seconds: Annotated[int, Field(ge=1, le=60)] = 1
    base_port: Annotated[int, Field(ge=1024, le=65_000)]
    genesis_unix: Annotated[int, Field(ge=0, lt=2**40)] = 0
    gas_limit: Annotated[int, Field(ge=5_000_000, le=2**40)] = 60_000_000


class Member(_Strict):
    """One member: a finance department or a witness.

    Attributes:
        name: Short name, also the name of its folder and services.
        area: Administrative division prefix that it is responsible for.
        roles: What it runs.
        validator: Sealing address; empty when it is no validator.
        enode: Peer address of its validator, with the host and port that others reach.
        rpc_url: JSON-RPC of its validator, reachable by itself only.
        ipfs_peer: Multiaddress of its kubo daemon.
        ipfs_api_url: RPC API of its kubo daemon, reachable by itself only.
        node_url: Address of its node's API for units and payers.
    """

    name: Name
    area: Area
    roles: tuple[Role, ...] = Field(min_length=1, strict=False)
    validator: Address | Literal[""] = ""
    enode: str = ""
    rpc_url: Url | Literal[""] = ""
    ipfs_peer: str = ""
    ipfs_api_url: Url | Literal[""] = ""
    node_url: Url | Literal[""] = ""

    @model_validator(mode="after")
    def _check_roles(self) -> Self:
        if "validator" in self.roles and not (self.validator and self.rpc_url):
            raise ValueError("a validator needs `validator` and `rpc_url`")
        if "ipfs" in self.roles and not (self.ipfs_peer and self.ipfs_api_url):
            raise ValueError("a member with role ipfs needs `ipfs_peer` and `ipfs_api_url`")
        if self.enode and not _ENODE.fullmatch(self.enode):
            raise ValueError("enode must look like enode://<128 hex digits>@host:port")
        if self.ipfs_peer and not _PEER.fullmatch(self.ipfs_peer):
            raise ValueError("ipfs_peer must look like /ip4/<address>/tcp/<port>/p2p/<peer id>")
        return self


class Oracle(_Strict):
    """One payment oracle of the committee.

    Attributes:
        name: Short name.
        address: Account that votes.
        source: Name of the payment source that it watches; distinct sources count at the threshold.
    """

    name: Name
    address: Address
    source: Annotated[int, Field(ge=1, lt=2**16)]


class Committee(_Strict):
    """The oracle committee.

    Attributes:
        threshold: How many distinct oracles (and sources) must agree.
    """

    threshold: Annotated[int, Field(ge=1, le=100)] = 2


class AccountsSection(_Strict):
    """Accounts with a task of their own, funded in genesis.

    Attributes:
        administrator: Deploys and administers contracts.
        supervisor: Registers units, items and ranges.
        checker: A second supervisor, for acts that need a maker and a checker.
        node: The relayer of the first node.
        funded: Further addresses that genesis funds.
    """

    administrator: Address
    supervisor: Address
    checker: Address
    node: Address
    funded: tuple[Address, ...] = Field(default=(), strict=False)


class Transition(_Strict):
    """A change of a QBFT network that all members fix in genesis beforehand; votes need none.

    Attributes:
        block: From this block on.
        validators: The validators from then on; empty leaves them.
        period_seconds: Seconds between blocks from then on; 0 leaves them.
    """

    block: Annotated[int, Field(ge=1, lt=2**63)]
    validators: tuple[Address, ...] = Field(default=(), strict=False)
    period_seconds: Annotated[int, Field(ge=0, le=60)] = 0

    @model_validator(mode="after")
    def _check_change(self) -> Self:
        if not self.validators and not self.period_seconds:
            raise ValueError("a transition changes validators or period_seconds")
        return self


class Members(_Strict):
    """A whole members.toml."""

    chain: ChainSection
    accounts: AccountsSection
    committee: Committee = Committee()
    members: tuple[Member, ...] = Field(min_length=1, strict=False)
    oracles: tuple[Oracle, ...] = Field(default=(), strict=False)
    transitions: tuple[Transition, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        for what, values in (
            ("member names", [member.name for member in self.members]),
            ("validators", [member.validator for member in self.members if member.validator]),
            ("enodes", [member.enode for member in self.members if member.enode]),
            ("oracle names", [oracle.name for oracle in self.oracles]),
            ("oracle addresses", [oracle.address for oracle in self.oracles]),
        ):
            if len(set(values)) != len(values):
                raise ValueError(f"{what} must be distinct")
        if self.chain.engine != "anvil" and not self.validators:
            raise ValueError("at least one member must be a validator")
        if self.chain.engine == "anvil" and (self.validators or not self.members[0].rpc_url):
            raise ValueError("with engine anvil the first member has `rpc_url`, and none is a validator")
        if self.transitions and self.chain.engine != "qbft":
            raise ValueError("transitions are for engine qbft only")
        if self.oracles and self.committee.threshold > len({oracle.source for oracle in self.oracles}):
            raise ValueError("committee.threshold is above the number of distinct payment sources")
        return self

    @property
    def validators(self) -> list[Member]:
        """Members that seal blocks, in the order of the file."""
        return [member for member in self.members if "validator" in member.roles]

    @property
    def chain_members(self) -> list[Member]:
        """Members that run a client of the chain: the validators, or the first member of a sandbox."""
        return list(self.members[:1]) if self.chain.engine == "anvil" else self.validators

    @property
    def ipfs_members(self) -> list[Member]:
        """Members that keep bodies, in the order of the file."""
        return [member for member in self.members if "ipfs" in member.roles]

    @property
    def funded_addresses(self) -> list[str]:
        """Addresses that genesis gives ether to, without repetition."""
        accounts = self.accounts
        wanted = [accounts.administrator, accounts.supervisor, accounts.checker, accounts.node, *accounts.funded]
        wanted += [oracle.address for oracle in self.oracles]
        return list(dict.fromkeys(wanted))


def parse_members(text: str) -> Members:
    """Parse the text of a members.toml.

    Raises:
        MembersError: It is not TOML, or breaks a rule (`members-invalid`); the message names each field.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise MembersError(
            "members-invalid", f"members.toml is not TOML: {exc}", f"members.toml 不是合法的 TOML：{exc}"
        ) from exc
    try:
        return Members.model_validate(raw)
    except ValidationError as exc:
        details = [(".".join(str(part) for part in error["loc"]) or "(file)", error["msg"]) for error in exc.errors()]
        listed = "; ".join(f"{field}: {message}" for field, message in details)
        raise MembersError(
            "members-invalid",
            f"members.toml breaks a rule: {listed}",
            f"members.toml 不符合规则：{listed}",
            "按提示修改该字段后重试。",
            field=details[0][0],
        ) from exc


def read_members(path: Path) -> Members:
    """Read a members.toml.

    Raises:
        MembersError: The file is absent (`members-file-missing`) or invalid (`members-invalid`).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise MembersError(
            "members-file-missing",
            f"there is no {path.name} in {path.parent}",
            f"{path.parent} 里没有 {path.name}",
            "先运行 piaolian-network init。",
        ) from exc
    return parse_members(text)


def render_members(members: Members) -> str:
    """Write a members.toml; `parse_members` of the result gives the same value."""
    sections = ["# Public description of the network. It holds no private key."]
    sections += [_table(f"[{title}]", getattr(members, title)) for title in ("chain", "accounts", "committee")]
    sections += [_table("[[members]]", member) for member in members.members]
    sections += [_table("[[oracles]]", oracle) for oracle in members.oracles]
    sections += [_table("[[transitions]]", transition) for transition in members.transitions]
    return "\n\n".join(sections) + "\n"


def _table(title: str, section: BaseModel) -> str:
    lines = [title]
    for key, value in section.model_dump().items():
        lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines)


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, int):
        return str(value)
    # Every text was checked by a pattern or a URL rule; quotes and backslashes are escaped all the same.
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
