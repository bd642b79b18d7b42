"""The exports of a component, from an adapter's class. Imported by the entry that `ordergate-build` makes; nothing else needs it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from componentize_py_types import Err, Ok
from wit_world.imports import log, session, settings, transport
from wit_world.imports import types as wit

from .adapter import Adapter
from .checking import check, shape
from .failure import Failure
from .host import connect
from .host import log as lines
from .operations import OPERATIONS
from .records.descriptor import Description
from .running import Running


class _Imports:
    def send(self, request: Any) -> Any:
        try:
            return transport.send(request)
        except Err as error:
            raise Failure.of(error.value) from None

    def send_many(self, requests: list[Any]) -> list[Any]:
        return [reply.value if isinstance(reply, Ok) else Failure.of(reply.value) for reply in transport.send_many(requests)]

    def settings(self) -> str:
        return settings.get()

    def lookup(self, map_name: str, key: str) -> str | None:
        return settings.lookup(map_name, key)

    def session_get(self, key: str) -> str | None:
        return session.get(key)

    def session_put(self, key: str, value: str, ttl_ms: int) -> None:
        session.put(key, value, ttl_ms)

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None:
        log.write(log.Level[level.upper()], message, fields)


def component(kind: type[Adapter]) -> dict[str, type]:
    """The classes that the component exports, by their names."""
    connect(_Imports())
    running = Running(kind)
    classes: dict[str, dict[str, Any]] = {
        "Lifecycle": {"configure": _answer("configure", lambda: running.configure() and None)},
        "Descriptor": {"describe": _answer("describe", running.describe)},
    }
    for name, operation in OPERATIONS.items():
        interface, function = name.split(".")
        run = _answer(name, _call(running, name))
        method = _batch(run) if operation.is_batch else run
        classes.setdefault(interface.capitalize(), {})[function.replace("-", "_")] = method
    _warm()
    return {name: type(name, (), methods) for name, methods in classes.items()}


def _call(running: Running, name: str) -> Callable[..., Any]:
    return lambda *args: running.call(name, *args)


def _answer(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """A `Failure` is an answer. Anything else is a mistake of the adapter: its place is logged, and the instance ends."""

    def method(_self: Any, *args: Any) -> Any:
        try:
            return run(*args)
        except Failure as failure:
            raise Err(_record(failure)) from None
        except Exception as error:
            lines.error("the adapter has a mistake", operation=name, error=repr(error), stack=traceback.format_exc())
            raise

    return method


def _batch(run: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any) -> Any:
        return [Err(_record(answer)) if isinstance(answer, Failure) else Ok(answer) for answer in run(self, *args)]

    return method


def _record(failure: Failure) -> Any:
    return wit.Failure(failure.code, failure.message, failure.detail, failure.line, failure.retry_after_ms, failure.ext)


def _warm() -> None:
    """What is worked out once is worked out while the component is built, not in each call."""
    check(Description, Description(name="", version=""), "description")
    kinds = [operation.answer for operation in OPERATIONS.values()]
    while kinds:
        kind = kinds.pop()
        inner = getattr(kind, "__args__", None)
        if inner:
            kinds.extend(inner)
        elif hasattr(kind, "__dataclass_fields__"):
            kinds.extend(type_of_field for _, type_of_field in shape(kind))
