"""Batches: one answer per item, and one bad item spoils only itself."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from .failure import Failure

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def each(items: Iterable[Item], answer: Callable[[Item], Answer]) -> list[Answer | Failure]:
    """Answers item by item. A `Failure` that `answer` raises is the answer for its item; anything else is a mistake of the adapter and goes on."""
    return [_one(item, answer) for item in items]


def _one(item: Item, answer: Callable[[Item], Answer]) -> Answer | Failure:
    try:
        return answer(item)
    except Failure as failure:
        return failure
