"""The live check of a whole cart before billing: `wit/checkout.wit`, as Python has it."""

from dataclasses import dataclass, field

from .types import Buyer, Date, Decimal, Extensions, Instant, Money, Party, PriceComponent, Quantity, ScheduleLine, Totals


@dataclass(kw_only=True)
class CartLine:
    """`checkout.cart-line`"""

    # Stable within the cart; results refer to it.
    id: str
    sku: str
    quantity: Quantity
    location: str | None = None
    requested_date: Date | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Cart:
    """`checkout.cart`"""

    buyer: Buyer
    parties: list[Party] = field(default_factory=list)
    delivery_method: str | None = None
    payment_terms: str | None = None
    requested_date: Date | None = None
    lines: list[CartLine] = field(default_factory=list)
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class ReservationRequest:
    """`checkout.reservation-request`"""

    cart: Cart
    # Set when an existing reservation is extended.
    extends: str | None = None
    # How long it should hold.
    hold_ms: int = 0


@dataclass(kw_only=True)
class Reservation:
    """`checkout.reservation`"""

    # The back end's id, for `release` and for the order.
    id: str
    expires_at: Instant
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class CalculatedLine:
    """`checkout.calculated-line`"""

    # The cart line, or a new id for a line that the back end adds (freight, deposit, free goods).
    id: str
    # `product`, `charge`, `discount` or `tax`.
    kind: str
    # For an added line: the cart line that it belongs to.
    parent: str | None = None
    sku: str | None = None
    description: str | None = None
    quantity: Quantity
    # Net price of `per` units.
    unit_price: Money
    per: Decimal | None = None
    # Net amount of the line, as the back end rounds it.
    amount: Money
    components: list[PriceComponent] = field(default_factory=list)
    # What can be promised for this line.
    schedule: list[ScheduleLine] = field(default_factory=list)
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Calculation:
    """`checkout.calculation`"""

    lines: list[CalculatedLine] = field(default_factory=list)
    totals: Totals
    # Until when the back end keeps to these amounts; absent when it does not say.
    valid_until: Instant | None = None
    # Things that the customer should know (credit limit near, long lead time).
    messages: list[str] = field(default_factory=list)
    ext: Extensions = field(default_factory=list)
