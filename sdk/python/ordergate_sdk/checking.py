"""Whether an answer is what the contract wants: texts are text, decimals are decimals. What does not fit is told by its path."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?")


def check(kind: Any, value: Any, path: str) -> Any:
    """The value itself. Raises a TypeError that names the field: that is a mistake of the adapter, not of the back end."""
    if kind is None or kind is type(None):
        return _expect(value is None, value, path, "None")
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return value if value is None else check(get_args(kind)[0], value, path)
    if origin is list:
        return _check_list(get_args(kind)[0], value, path)
    if origin is tuple:
        return _expect(_is_pair_of_texts(value), value, path, "two texts")
    if origin is Annotated:
        return _expect(_is_decimal(value), value, path, 'a decimal as text, such as "12.50"')
    if is_dataclass(kind):
        return _check_record(kind, value, path)
    return _expect(type(value) is kind, value, path, _NAMES[kind])


_NAMES = {str: "text", bool: "True or False", int: "a whole number", bytes: "bytes"}


def _check_list(kind: Any, value: Any, path: str) -> Any:
    _expect(isinstance(value, list), value, path, "a list")
    for index, element in enumerate(value):
        check(kind, element, f"{path}[{index}]")
    return value


def _check_record(kind: Any, value: Any, path: str) -> Any:
    _expect(type(value) is kind, value, path, f"a {kind.__name__}")
    for name, type_of_field in shape(kind):
        check(type_of_field, getattr(value, name), f"{path}.{name}")
    return value


@lru_cache(maxsize=None)
def shape(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a record and their types."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple((field.name, hints[field.name]) for field in fields(kind))


def _is_pair_of_texts(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(text, str) for text in value)


def _is_decimal(value: Any) -> bool:
    return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None


def _expect(fits: bool, value: Any, path: str, wanted: str) -> Any:
    if fits:
        return value
    raise TypeError(f"{path} must be {wanted}, but is {_shown(value)}")


def _shown(value: Any) -> str:
    """Never a text or what has texts in it: it may be a customer's name, and this goes into a log."""
    return repr(value) if value is None or isinstance(value, (bool, int, float)) else f"a value of the type {type(value).__name__}"
