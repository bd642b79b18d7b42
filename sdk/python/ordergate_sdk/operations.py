"""The operations of the contract, and the methods of an adapter that answer them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from .records import availability, checkout, inbound, orders, pricing, quotes


class Operation(NamedTuple):
    """How an operation is answered."""

    method: str
    # What it answers, of a batch for each item.
    answer: Any
    is_batch: bool = False


OPERATIONS = {
    "availability.check": Operation("check_availability", availability.Availability, is_batch=True),
    "pricing.offer-prices": Operation("offer_prices", pricing.OfferPrice, is_batch=True),
    "checkout.reserve": Operation("reserve", checkout.Reservation),
    "checkout.release": Operation("release", None),
    "checkout.calculate": Operation("calculate", checkout.Calculation),
    "orders.submit": Operation("submit_order", orders.Accepted),
    "orders.find-by-reference": Operation("find_order", orders.OrderDocument | None),
    "orders.get": Operation("get_order", orders.OrderDocument),
    "orders.list": Operation("list_orders", orders.OrderPage),
    "orders.cancel": Operation("cancel_order", orders.OrderDocument),
    "quotes.submit": Operation("submit_quote", quotes.Received),
    "quotes.find-by-reference": Operation("find_quote", quotes.QuoteDocument | None),
    "quotes.get": Operation("get_quote", quotes.QuoteDocument),
    "quotes.list": Operation("list_quotes", quotes.QuotePage),
    "quotes.accept": Operation("accept_quote", orders.Accepted),
    "quotes.decline": Operation("decline_quote", quotes.QuoteDocument),
    "quotes.cancel": Operation("cancel_quote", quotes.QuoteDocument),
    "inbound.translate": Operation("translate", list[inbound.Event]),
    "health.probe": Operation("probe", None),
}


def is_implemented(method: Callable[..., Any]) -> bool:
    """Whether an adapter's method is its own, and not the one that answers `unsupported`."""
    return not getattr(method, "is_unsupported", False)
