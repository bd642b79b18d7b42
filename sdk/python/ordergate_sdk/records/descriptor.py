"""What an adapter is and can do: `wit/descriptor.wit`, as Python has it."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Endpoint:
    """`descriptor.endpoint`"""

    # The name that requests use.
    name: str
    # What it is for, for the operator who binds it.
    description: str
    required: bool = False


@dataclass(kw_only=True)
class BatchCap:
    """`descriptor.batch-cap`"""

    # Name of an operation, such as `availability.check`.
    operation: str
    # At most so many items in one call.
    max_items: int = 0


@dataclass(kw_only=True)
class Description:
    """`descriptor.description`"""

    name: str
    version: str
    vendor: str = ""
    # Operations that work, as `interface.function`: `availability.check`, `pricing.offer-prices`, `checkout.reserve`, `checkout.release`,
    # `checkout.calculate`, `orders.submit`, `orders.find-by-reference`, `orders.get`, `orders.list`, `orders.cancel`, `quotes.submit`,
    # `quotes.find-by-reference`, `quotes.get`, `quotes.list`, `quotes.accept`, `quotes.decline`, `quotes.cancel`, `inbound.translate`,
    # `health.probe`. The host never calls one that is not listed.
    capabilities: list[str] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    # JSON Schema (2020-12) of the settings, or an empty text when there are none. The host checks the settings against it, without its own
    # `$source`. It may refer to nothing outside of itself.
    settings_schema: str = ""
    batch_caps: list[BatchCap] = field(default_factory=list)
    # What an offer price depends on: any of `account`, `ship-to`, `contract`, `currency`, `unit`, `quantity`, `location`, `date`, `sales-
    # area`. Prices are never shared across a declared dimension. `account` is always one of them unless `account-independent-prices` is
    # set.
    price_dimensions: list[str] = field(default_factory=lambda: ["account", "currency"])
    # The price of an item is the same for every account.
    account_independent_prices: bool = False
    # What availability depends on besides SKU, location and unit: any of `account`, `ship-to`, `contract`, `date`, `sales-area`.
    availability_dimensions: list[str] = field(default_factory=list)
    # How the back end treats a second submit with the same reference: `native-key` (the back end itself returns the first document),
    # `unique-reference` (it refuses the second), `queryable` (it would take it twice, but a document can be found by its reference),
    # `none`.
    deduplication: str = "none"
    # How long after a commit `find-by-reference` may still not see the document.
    propagation_delay_ms: int = 0
    # `availability.check` and `pricing.offer-prices` cost the back end one request together when asked in one call of the store.
    combined_price_and_availability: bool = False
    # Linear memory that the adapter asks for, per instance; the operator decides. Absent for the default.
    memory_bytes: int | None = None
    ext: list[tuple[str, str]] = field(default_factory=list)
