"""What an adapter is written with: a class, its records, and requests to the back end."""

from .adapter import Adapter
from .decimals import decimal, is_same
from .each import each
from .failure import Failure
from .host import log, lookup, session
from .http import Request, Response, send_many
from .percent import segment
from .records import availability, checkout, descriptor, inbound, orders, pricing, quotes, types
from .records.descriptor import BatchCap, Description, Endpoint
from .records.types import Context, Money, Quantity

__all__ = [
    "Adapter",
    "BatchCap",
    "Context",
    "Description",
    "Endpoint",
    "Failure",
    "Money",
    "Quantity",
    "Request",
    "Response",
    "availability",
    "checkout",
    "decimal",
    "descriptor",
    "each",
    "inbound",
    "is_same",
    "log",
    "lookup",
    "orders",
    "pricing",
    "quotes",
    "segment",
    "send_many",
    "session",
    "types",
]
