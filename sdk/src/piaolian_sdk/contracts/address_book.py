"""Where the contracts of one network are: the file that a deployment writes."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from piaolian_sdk.errors import InputError
from piaolian_sdk.wire.base import Address, Hex32


class DeployedContract(BaseModel):
    """One contract.

    Attributes:
        address: What callers use; the proxy, where there is one.
        implementation: Behind the proxy, or null.
        code_hash: keccak256 of the runtime code of the implementation, or of the contract itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Address
    implementation: Address | None = None
    code_hash: Hex32


class AddressBook(BaseModel):
    """All contracts of one network.

    Attributes:
        chain_id: Of the chain (EIP-155).
        genesis_hash: Hash of block 0, so that a chain with the same id is not taken for this one.
        contracts: By name: AccessManager, Registry, PaymentLedger, ReceiptLedger.
        deployed_block: First block worth reading.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int
    genesis_hash: Hex32
    contracts: dict[str, DeployedContract]
    deployed_block: int

    @classmethod
    def from_json(cls, text: str | bytes) -> "AddressBook":
        """Read the file's text.

        Raises:
            InputError: It is no address book.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as exc:
            where = ".".join(str(part) for part in exc.errors()[0]["loc"]) or "file"
            raise InputError(
                "address-book-malformed",
                f"the address book is malformed at {where}",
                f"合约地址簿格式有误：{where}",
                field=where,
                rule="chain_id, genesis_hash, contracts, deployed_block",
                remedy="use the file that piaolian-network deploy wrote",
            ) from exc

    @classmethod
    def from_file(cls, path: Path) -> "AddressBook":
        """Read the file at ``path``.

        Raises:
            InputError: It cannot be read or is no address book.
        """
        try:
            return cls.from_json(path.read_bytes())
        except OSError as exc:
            raise InputError(
                "address-book-malformed",
                f"the address book {path.name} cannot be read",
                f"无法读取合约地址簿 {path.name}",
                field="address_book",
                rule="a readable file",
                remedy="run piaolian-network deploy, or give the right path",
            ) from exc

    def address_of(self, contract: str) -> str:
        """Return the address that callers of ``contract`` use.

        Raises:
            InputError: The book has no contract of that name.
        """
        try:
            return self.contracts[contract].address
        except KeyError as exc:
            raise InputError(
                "address-book-malformed",
                f"the address book has no contract {contract}",
                f"合约地址簿中没有 {contract}",
                field=f"contracts.{contract}",
                rule="AccessManager, Registry, PaymentLedger, ReceiptLedger",
                remedy="use the file that piaolian-network deploy wrote",
            ) from exc

    def to_json(self) -> str:
        """Return the file's text."""
        return self.model_dump_json(indent=2) + "\n"
