"""Records that several interfaces share: `wit/types.wit`, as Python has it."""

from dataclasses import dataclass, field
from typing import Annotated

# A decimal number as text: optional sign, digits, optional fraction. No exponent, no grouping.
Decimal = Annotated[str, "decimal"]
# RFC 3339 full-date, such as "2026-11-22".
Date = str
# RFC 3339 date-time with an offset, such as "2026-11-22T14:36:00Z".
Instant = str
# Free extension fields, by name. Names of the host start with "ordergate."; adapters and back ends use their own prefix.
Extensions = list[tuple[str, str]]


@dataclass(kw_only=True)
class Money:
    """`types.money`"""

    amount: Decimal
    # ISO 4217 code.
    currency: str


@dataclass(kw_only=True)
class Quantity:
    """`types.quantity`"""

    value: Decimal
    # UN/ECE Recommendation 20 code.
    unit: str


@dataclass(kw_only=True)
class Context:
    """The circumstances of one call."""

    # Name of the store that asks, as the operator configured it.
    store: str
    # `web`, `mobile`, `edi`, `desk` or another name that the store uses.
    channel: str
    # BCP 47 language of texts that a customer will see.
    locale: str
    # The same for all that belongs to one request; goes into logs on both sides.
    request_id: str
    # W3C `traceparent`. The host adds it to outgoing requests by itself.
    trace_parent: str | None = None
    # Time left until the host gives up on this call. Do not start work that cannot end in it.
    remaining_ms: int = 0
    # `browse`, `cart`, `checkout`, `commit`, `transfer`, `history`, `probe`, `shadow` or `inbound`.
    purpose: str
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class SalesArea:
    """Where in the seller's organization something is sold."""

    organization: str | None = None
    channel: str | None = None
    division: str | None = None


@dataclass(kw_only=True)
class Buyer:
    """For whom a price or availability is asked. Only dimensions that the adapter declared in its description are filled, besides
    `currency`; the account is filled unless the description says that prices do not depend on it.
    """

    # The customer's number in the back end (sold-to).
    account: str | None = None
    ship_to: str | None = None
    contract: str | None = None
    currency: str
    sales_area: SalesArea | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Address:
    """`types.address`"""

    name: str | None = None
    # Second name line, department or attention.
    name2: str | None = None
    # Street lines in the order in which they are printed.
    lines: list[str] = field(default_factory=list)
    city: str | None = None
    postal_code: str | None = None
    region: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(kw_only=True)
class Party:
    """A party of a document, by its back-end number, by address, or both (the address then overrides what the back end knows)."""

    # `sold-to`, `ship-to`, `bill-to`, `payer` or `contact`.
    role: str
    number: str | None = None
    address: Address | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Note:
    """`types.note`"""

    # `customer`, `delivery`, `internal` or a name that the back end's mapping knows.
    kind: str
    language: str | None = None
    text: str


@dataclass(kw_only=True)
class ScheduleLine:
    """How many by when from where."""

    quantity: Quantity
    # The day on which it can be had; absent when the back end cannot say.
    date: Date | None = None
    location: str | None = None


@dataclass(kw_only=True)
class PriceComponent:
    """An amount that makes up a price or a total."""

    # `base`, `discount`, `surcharge`, `freight`, `charge`, `tax`, `rounding` or another name.
    kind: str
    description: str | None = None
    # Positive amounts add, negative ones reduce.
    amount: Money
    # Percentage, where the amount came from one: "19" is 19 %.
    rate: Decimal | None = None
    # Tax or condition code of the back end.
    code: str | None = None


@dataclass(kw_only=True)
class Totals:
    """Sums of a document. lines + charges + taxes + rounding = payable, in the currency's minor unit; the host checks it."""

    # Sum of the lines' net amounts.
    lines: Money
    charges: list[PriceComponent] = field(default_factory=list)
    taxes: list[PriceComponent] = field(default_factory=list)
    # A rounding difference that the back end applies on purpose.
    rounding: Money | None = None
    payable: Money


@dataclass(kw_only=True)
class PageRequest:
    """One page of a list."""

    # What the previous page returned as `next`; absent for the first page. Opaque to the host.
    cursor: str | None = None
    # At most so many documents. An adapter may return fewer.
    limit: int = 0


@dataclass(kw_only=True)
class DocumentFilter:
    """Narrows a list of documents. An adapter that cannot filter by a field in the back end returns more; the host filters again."""

    # Business statuses, in the host's vocabulary; empty for all.
    statuses: list[str] = field(default_factory=list)
    # Placed on or after.
    from_: Date | None = None
    # Placed on or before.
    to: Date | None = None
    # Free text: document number, reference or purchase order number.
    search: str | None = None
