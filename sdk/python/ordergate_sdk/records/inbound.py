"""Messages that the back end pushes to the host: `wit/inbound.wit`, as Python has it."""

from dataclasses import dataclass, field

from .availability import Availability
from .pricing import OfferPrice
from .types import Extensions, Instant


@dataclass(kw_only=True)
class Event:
    """One change. A value is kept only where the event determines everything that the adapter's answers are declared to depend on;
    otherwise, or without a value, the host forgets what it knows of the item and asks again. `ext` may name further dimensions, an
    empty text for none: `ordergate.store` (absent: every store that has the adapter), `ordergate.ship-to`, `ordergate.contract`,
    `ordergate.date`. Orders and quotes are hints: the host looks its document up.
    """

    # `availability-changed`, `price-changed`, `order-changed`, `quote-changed` or `item-uncacheable`.
    kind: str
    # When it happened in the back end; the newest wins.
    as_of: Instant
    account: str | None = None
    sku: str | None = None
    location: str | None = None
    # Back-end number of the order or quote.
    number: str | None = None
    reference: str | None = None
    # The new business status of an order or quote.
    status: str | None = None
    raw_status: str | None = None
    # The new value, when the message carries it; otherwise the host forgets the old one.
    availability: Availability | None = None
    price: OfferPrice | None = None
    # For `item-uncacheable`, `ordergate.until` is the instant at which that ends.
    ext: Extensions = field(default_factory=list)
