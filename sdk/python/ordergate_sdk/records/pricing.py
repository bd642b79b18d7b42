"""Price for this buyer and quantity: `wit/pricing.wit`, as Python has it."""

from dataclasses import dataclass, field

from .types import Buyer, Date, Decimal, Extensions, Instant, Money, PriceComponent, Quantity


@dataclass(kw_only=True)
class Item:
    """`pricing.item`"""

    sku: str
    quantity: Quantity
    location: str | None = None
    # The day for which the price is asked; absent for today.
    date: Date | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Query:
    """`pricing.query`"""

    buyer: Buyer
    items: list[Item] = field(default_factory=list)


@dataclass(kw_only=True)
class QuantityBreak:
    """From this quantity on (inclusive, in the price's unit), one price unit costs `unit-price`."""

    from_: Decimal
    unit_price: Money


@dataclass(kw_only=True)
class OfferPrice:
    """`pricing.offer-price`"""

    sku: str
    # The quantity that was priced.
    quantity: Quantity
    # Net price of `per` units.
    unit_price: Money
    # Price before this buyer's conditions.
    list_price: Money | None = None
    # The price is for so many units ("price per 100"); "1" when absent.
    per: Decimal | None = None
    # All breaks that hold for this buyer, ascending; empty when the price does not depend on the quantity, or when the back end prices only
    # the asked quantity (then `quantity` is in `price-dimensions`).
    breaks: list[QuantityBreak] = field(default_factory=list)
    # How the price came about.
    components: list[PriceComponent] = field(default_factory=list)
    valid_until: Instant | None = None
    as_of: Instant | None = None
    ext: Extensions = field(default_factory=list)
