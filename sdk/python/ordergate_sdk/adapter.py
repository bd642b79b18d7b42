"""The class that an adapter derives from. Every operation that it does not have answers `unsupported`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .failure import Failure
from .records import availability, checkout, inbound, orders, pricing, quotes
from .records.descriptor import Description
from .records.types import Context, DocumentFilter, PageRequest

Method = TypeVar("Method", bound=Callable[..., Any])


def _unsupported(method: Method) -> Method:
    method.is_unsupported = True  # type: ignore[attr-defined]
    return method


def _failure(operation: str) -> Failure:
    return Failure.unsupported(f"this adapter does not have {operation}")


class Adapter:
    """One kind of back end. An instance serves one call; `__init__` may have run long before, in a snapshot.

    Batch operations answer one result per item, in the order asked. Failures say what happened; the host decides what follows.
    """

    # JSON Schema (2020-12) of the settings; the host checks them before `__init__` sees them.
    settings_schema: dict[str, Any] | None = None

    def __init__(self, settings: dict[str, Any]) -> None:
        """Prepares everything that does not change. Must not use requests, the session, time or randomness."""

    def describe(self) -> Description:
        """What this adapter is and can do. Capabilities that are left out are the operations that it has."""
        raise NotImplementedError("an adapter describes itself: def describe(self) -> Description")

    @_unsupported
    def check_availability(self, ctx: Context, query: availability.Query) -> list[availability.Availability | Failure]:
        """How many can be had, where, when."""
        raise _failure("availability.check")

    @_unsupported
    def offer_prices(self, ctx: Context, query: pricing.Query) -> list[pricing.OfferPrice | Failure]:
        """What the items cost this buyer."""
        raise _failure("pricing.offer-prices")

    @_unsupported
    def reserve(self, ctx: Context, request: checkout.ReservationRequest) -> checkout.Reservation:
        """Holds stock for the cart; a shortage is `rejected` with its line."""
        raise _failure("checkout.reserve")

    @_unsupported
    def release(self, ctx: Context, reservation: str) -> None:
        """Releasing what is not held any more is no failure."""
        raise _failure("checkout.release")

    @_unsupported
    def calculate(self, ctx: Context, cart: checkout.Cart) -> checkout.Calculation:
        """Prices and promises the whole cart, live."""
        raise _failure("checkout.calculate")

    @_unsupported
    def submit_order(self, ctx: Context, order: orders.Order, reference: str) -> orders.Accepted:
        """The reference is ours, unique, and the same in every attempt."""
        raise _failure("orders.submit")

    @_unsupported
    def find_order(self, ctx: Context, account: str, reference: str) -> orders.OrderDocument | None:
        """None only when the back end certainly does not have the order; a failure when it cannot tell."""
        raise _failure("orders.find-by-reference")

    @_unsupported
    def get_order(self, ctx: Context, account: str, number: str) -> orders.OrderDocument:
        """One order."""
        raise _failure("orders.get")

    @_unsupported
    def list_orders(self, ctx: Context, account: str, filter: DocumentFilter, page: PageRequest) -> orders.OrderPage:
        """Orders from every channel, newest first."""
        raise _failure("orders.list")

    @_unsupported
    def cancel_order(self, ctx: Context, account: str, number: str, reason: str) -> orders.OrderDocument:
        """Cancels what is not yet delivered."""
        raise _failure("orders.cancel")

    @_unsupported
    def submit_quote(self, ctx: Context, request: quotes.QuoteRequest, reference: str) -> quotes.Received:
        """A counter-offer comes this way too, with `counters` set."""
        raise _failure("quotes.submit")

    @_unsupported
    def find_quote(self, ctx: Context, account: str, reference: str) -> quotes.QuoteDocument | None:
        """None only when the back end certainly does not have the quote; a failure when it cannot tell."""
        raise _failure("quotes.find-by-reference")

    @_unsupported
    def get_quote(self, ctx: Context, account: str, number: str) -> quotes.QuoteDocument:
        """One quote."""
        raise _failure("quotes.get")

    @_unsupported
    def list_quotes(self, ctx: Context, account: str, filter: DocumentFilter, page: PageRequest) -> quotes.QuotePage:
        """Quotes from every channel, newest first."""
        raise _failure("quotes.list")

    @_unsupported
    def accept_quote(self, ctx: Context, acceptance: quotes.Acceptance) -> orders.Accepted:
        """A stale revision is `rejected`."""
        raise _failure("quotes.accept")

    @_unsupported
    def decline_quote(self, ctx: Context, account: str, number: str, revision: str, reason: str | None) -> quotes.QuoteDocument:
        """Refuses an offer."""
        raise _failure("quotes.decline")

    @_unsupported
    def cancel_quote(self, ctx: Context, account: str, number: str, reason: str | None) -> quotes.QuoteDocument:
        """Withdraws the customer's own request."""
        raise _failure("quotes.cancel")

    @_unsupported
    def translate(self, ctx: Context, headers: list[tuple[str, str]], body: bytes) -> list[inbound.Event]:
        """Turns one message that the back end pushed into events. The host has checked the sender."""
        raise _failure("inbound.translate")

    @_unsupported
    def probe(self, ctx: Context, side: str) -> None:
        """`side` is `read` or `write`. Must be cheap and must change nothing."""
        raise _failure("health.probe")
