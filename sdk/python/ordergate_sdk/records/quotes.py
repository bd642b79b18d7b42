"""Quotes: a binding price request and its answer: `wit/quotes.wit`, as Python has it."""

from dataclasses import dataclass, field

from .orders import Order
from .types import Date, Decimal, Extensions, Instant, Money, Note, Party, Quantity, SalesArea, Totals


@dataclass(kw_only=True)
class QuoteLine:
    """`quotes.quote-line`"""

    id: str
    sku: str | None = None
    buyer_sku: str | None = None
    description: str | None = None
    quantity: Quantity
    # What the customer hopes to pay for `per` units (request, counter-offer) or is offered (answer).
    unit_price: Money | None = None
    per: Decimal | None = None
    amount: Money | None = None
    requested_date: Date | None = None
    location: str | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class QuoteRequest:
    """A request for a binding price, or a counter-offer to an offered one."""

    account: str
    currency: str
    purchase_order: str | None = None
    placed_at: Instant
    requested_date: Date | None = None
    contract: str | None = None
    sales_area: SalesArea | None = None
    # Set for a counter-offer: the back end's number of the quote that it answers.
    counters: str | None = None
    # Set for a counter-offer: the revision that it answers.
    counters_revision: str | None = None
    parties: list[Party] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    lines: list[QuoteLine] = field(default_factory=list)
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Received:
    """`quotes.received`"""

    # The back end's number.
    number: str
    revision: str | None = None
    status: str
    raw_status: str | None = None
    as_of: Instant | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class QuoteDocument:
    """`quotes.quote-document`"""

    number: str
    # Our reference, when the request came through us.
    reference: str | None = None
    account: str
    channel: str | None = None
    # Names one immutable state of the offer.
    revision: str
    purchase_order: str | None = None
    placed_at: Instant
    changed_at: Instant | None = None
    # `requested`, `in-review`, `offered`, `accepted`, `ordered`, `declined`, `countered`, `withdrawn`, `expired`, `cancelled` or `unknown`.
    status: str
    raw_status: str | None = None
    currency: str
    totals: Totals | None = None
    # Last day on which an offered quote can be accepted, in the seller's time zone.
    valid_until: Date | None = None
    # Number of the order that it became.
    order_number: str | None = None
    parties: list[Party] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    lines: list[QuoteLine] = field(default_factory=list)
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class QuotePage:
    """`quotes.quote-page`"""

    quotes: list[QuoteDocument] = field(default_factory=list)
    next: str | None = None


@dataclass(kw_only=True)
class Acceptance:
    """Acceptance of one revision. The order carries what to deliver; prices are those of the quote."""

    number: str
    revision: str
    order: Order
    # Our reference of the order that comes of it.
    reference: str
