"""How many can be had, where, when: `wit/availability.wit`, as Python has it."""

from dataclasses import dataclass, field

from .types import Buyer, Date, Decimal, Extensions, Instant, ScheduleLine


@dataclass(kw_only=True)
class Item:
    """`availability.item`"""

    sku: str
    # A warehouse, plant or shop; absent for the location that the back end picks.
    location: str | None = None
    # UN/ECE Recommendation 20 code in which the answer is wanted; absent for the item's sales unit.
    unit: str | None = None
    # How many are wanted, for back ends that promise by quantity.
    quantity: Decimal | None = None
    # When they are wanted.
    requested_date: Date | None = None
    ext: Extensions = field(default_factory=list)


@dataclass(kw_only=True)
class Query:
    """`availability.query`"""

    # Filled when the description declares availability dimensions.
    buyer: Buyer | None = None
    items: list[Item] = field(default_factory=list)


@dataclass(kw_only=True)
class Availability:
    """`availability.availability`"""

    sku: str
    location: str | None = None
    # How many can be promised now. Never negative.
    available: Decimal
    unit: str
    # The back end promises any quantity (made to order, digital).
    unlimited: bool = False
    # What is to come, when the back end says so.
    schedule: list[ScheduleLine] = field(default_factory=list)
    # Days until it can be had when it is not available.
    lead_time_days: int | None = None
    # When the back end determined the value; absent for now.
    as_of: Instant | None = None
    ext: Extensions = field(default_factory=list)
