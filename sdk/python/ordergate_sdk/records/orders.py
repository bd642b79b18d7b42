"""Orders: handing them over, finding them again, showing them: `wit/orders.wit`, as Python has it."""

from dataclasses import dataclass, field

from .types import Date, Decimal, Extensions, Instant, Money, Note, Party, Quantity, SalesArea, ScheduleLine, Totals


@dataclass(kw_only=True)
class QuoteLink:
    """The quote that an order line or a whole order comes from."""

    number: str
    revision: str | None = None
    line: str | None = None


@dataclass(kw_only=True)
class OrderLine:
    """`orders.order-line`"""

    # Stable: the same in every attempt and in every answer.
    id: str
    parent: str | None = None
    # `product`, `charge`, `discount` or `tax`.
    kind: str
    sku: str | None = None
    buyer_sku: str | None = None
    description: str | None = None
    quantity: Quantity
    # What the customer was promised: net price of `per` units.
    unit_price: Money | None = None
    per: Decimal | None = None
    amount: Money | None = None
    requested_date: Date | None = None
    location: str | None = None
    quote: QuoteLink | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Order:
    """An order as the storefront captured it."""

    # Sold-to number.
    account: str
    currency: str
    purchase_order: str | None = None
    placed_at: Instant
    requested_date: Date | None = None
    # Deliver all at once or not at all.
    ship_complete: bool = False
    delivery_method: str | None = None
    payment_terms: str | None = None
    # Token of the payment service; never a card number.
    payment_token: str | None = None
    contract: str | None = None
    sales_area: SalesArea | None = None
    quote: QuoteLink | None = None
    # From `checkout.reserve`.
    reservation: str | None = None
    parties: list[Party] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    # What the customer agreed to pay.
    totals: Totals | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Amendment:
    """A change that the back end made to an order or a line while taking it."""

    # Absent when it concerns the whole order.
    line: str | None = None
    # `quantity`, `price`, `substitution`, `backorder`, `date`, `rejected-line`, `added-line` or another name.
    kind: str
    from_: str | None = None
    to: str | None = None
    message: str | None = None


@dataclass(kw_only=True)
class Accepted:
    """The back end has taken the order."""

    # The back end's number.
    number: str
    # Business status, see `order-document.status`.
    status: str
    raw_status: str | None = None
    amendments: list[Amendment] = field(default_factory=list)
    as_of: Instant | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Delivery:
    """`orders.delivery`"""

    number: str | None = None
    quantity: Quantity | None = None
    shipped_on: Date | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None


@dataclass(kw_only=True)
class DocumentLine:
    """`orders.document-line`"""

    id: str
    # Our line id, when the back end keeps it.
    reference: str | None = None
    parent: str | None = None
    kind: str
    sku: str | None = None
    buyer_sku: str | None = None
    description: str | None = None
    quantity: Quantity
    unit_price: Money | None = None
    per: Decimal | None = None
    amount: Money | None = None
    requested_date: Date | None = None
    location: str | None = None
    # Same vocabulary as `order-document.status`.
    status: str | None = None
    raw_status: str | None = None
    reject_reason: str | None = None
    shipped: Decimal | None = None
    cancelled: Decimal | None = None
    invoiced: Decimal | None = None
    schedule: list[ScheduleLine] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class OrderDocument:
    """An order as the back end has it, from whichever channel it came."""

    number: str
    # Our reference, when the order came through us.
    reference: str | None = None
    # Sold-to number. The host checks it against the caller and drops what is foreign.
    account: str
    # `web`, `telephone`, `counter`, `edi`, `sales-desk` or another name.
    channel: str | None = None
    purchase_order: str | None = None
    placed_at: Instant
    changed_at: Instant | None = None
    # `open`, `in-process`, `on-hold`, `partially-shipped`, `shipped`, `completed`, `cancelled`, `rejected` or `unknown`.
    status: str
    # The back end's own code, always kept.
    raw_status: str | None = None
    currency: str
    totals: Totals | None = None
    requested_date: Date | None = None
    quote: QuoteLink | None = None
    parties: list[Party] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    # May be empty in lists.
    lines: list[DocumentLine] = field(default_factory=list)
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class OrderPage:
    """`orders.order-page`"""

    orders: list[OrderDocument] = field(default_factory=list)
    next: str | None = None
