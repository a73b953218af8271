"""What a unit's documents are judged against now, from chain, index and catalogue."""

from sqlalchemy.ext.asyncio import AsyncConnection

from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_node.receipts.judging import ItemTerms, Terms
from piaolian_node.registry.catalogue import Item, catalogue_for, permitted_items
from piaolian_node.registry.facts import RangeFacts
from piaolian_node.registry.parties import Party
from piaolian_sdk.contracts.records import UnitRecord


async def items_for(
    context: NodeContext, connection: AsyncConnection, unit: int, record: UnitRecord
) -> dict[str, tuple[Item, bool]]:
    """Return the items that a unit sees, by code, and whether it may charge each."""
    catalogue = await catalogue_for(connection, record.area, int(context.now()))
    permitted = await permitted_items(connection, unit)
    return {code: (item, not item.is_listed_only or item.item in permitted) for code, item in catalogue.items()}


async def terms_for(context: NodeContext, connection: AsyncConnection, facts: RangeFacts) -> Terms:
    """Return what documents of a range are judged against."""
    items = await items_for(context, connection, facts.unit, facts.record)
    return Terms(
        unit=facts.unit,
        code=facts.prefix_text,
        kind=facts.numbers.kind,
        credit_code_digest=facts.record.credit_code_digest,
        beijing_now=context.beijing_now(),
        items={
            code: ItemTerms(
                code=code,
                name=item.name,
                item=item.item,
                min_fen=item.min_fen,
                max_fen=item.max_fen,
                is_enabled=item.is_enabled,
                kind=item.kind,
                is_permitted=is_permitted,
                is_rounding=item.is_rounding,
            )
            for code, (item, is_permitted) in items.items()
        },
    )


def require_registered(party: Party, record: UnitRecord) -> None:
    """Refuse a certificate that is not the one registered on the chain for the unit.

    Raises:
        RefusedError: ``certificate-not-registered``.
    """
    if party.certificate.digest != record.certificate_digest:
        raise RefusedError(
            "certificate-not-registered",
            "the certificate is not the one that the Registry holds for the unit",
            "证书与链上登记的单位证书不符",
            field="keyid",
            remedy="sign with the registered certificate, or have the new one registered",
        )
