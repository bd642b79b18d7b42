"""Decimals as text, as the contract carries them. For arithmetic use `decimal.Decimal`, never a float: 0.1 + 0.2 is not 0.3 there."""

import re
from decimal import Decimal, localcontext

from .failure import Failure

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?")


def decimal(value: str | int | Decimal) -> str:
    """The contract's text of a number: "1.5E+2" becomes "150"; "12.50" stays as it is."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)) or not _NUMBER.fullmatch(str(value)):
        raise Failure.invalid_response("an amount or quantity is not a decimal number", detail=str(value)[:40])
    return format(Decimal(str(value)), "f")


def is_same(one: str, other: str) -> bool:
    """Whether two decimal texts mean the same number: "1.50" and "1.5" do."""
    with localcontext() as context:
        context.prec = 2000
        return Decimal(decimal(one)) == Decimal(decimal(other))
