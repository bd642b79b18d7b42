"""Tests of adapters: a scripted back end, with settings, value maps, session and log. The same code runs as in a component.

`backend = Backend(); backend.reply(200, {})` … `backend.load(Adapter).get_order("C1", "7")` … `backend.requests`
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .adapter import Adapter
from .failure import Failure
from .host import connect
from .http import RawRequest
from .operations import OPERATIONS
from .records.descriptor import Description
from .records.types import Context
from .running import Running


@dataclass
class Reply:
    """The contract's record."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class Backend:
    """The scripted surroundings of an adapter. The one that was made last counts."""

    def __init__(self, settings: dict[str, Any] | None = None, maps: dict[str, dict[str, str]] | None = None) -> None:
        """`settings` and `maps` are what the operator configured."""
        self._settings = settings or {}
        self._maps = maps or {}
        self._replies: deque[Reply | Failure] = deque()
        # All requests so far, in the order sent.
        self.requests: list[RawRequest] = []
        # The session as it is now.
        self.kept: dict[str, str] = {}
        # Log lines so far: level, message, fields.
        self.lines: list[tuple[str, str, dict[str, str]]] = []
        connect(self)

    def reply(self, status: int, body: Any = b"", **headers: str) -> Backend:
        """Answers the next request that has no answer yet: with bytes, with a text, or with anything else as JSON."""
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self._replies.append(Reply(status, [(name.replace("_", "-"), value) for name, value in headers.items()], data))
        return self

    def lose(self, failure: Failure) -> Backend:
        """No reply to the next request."""
        self._replies.append(failure)
        return self

    def load(self, kind: type[Adapter]) -> Loaded:
        """The adapter, configured."""
        running = Running(kind)
        running.configure()
        return Loaded(running)

    def send(self, request: RawRequest) -> Reply:
        """What the adapter calls."""
        reply = self._next(request)
        if isinstance(reply, Failure):
            raise reply
        return reply

    def send_many(self, requests: list[RawRequest]) -> list[Reply | Failure]:
        """What the adapter calls."""
        return [self._next(request) for request in requests]

    def _next(self, request: RawRequest) -> Reply | Failure:
        self.requests.append(request)
        if self._replies:
            return self._replies.popleft()
        return Failure.unavailable(f"the test scripted no reply to {request.method} {request.path}")

    def settings(self) -> str:
        """What the adapter calls."""
        return json.dumps(self._settings)

    def lookup(self, map_name: str, key: str) -> str | None:
        """What the adapter calls."""
        return self._maps.get(map_name, {}).get(key)

    def session_get(self, key: str) -> str | None:
        """What the adapter calls."""
        return self.kept.get(key)

    def session_put(self, key: str, value: str, ttl_ms: int) -> None:
        """What the adapter calls."""
        self.kept[key] = value

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None:
        """What the adapter calls."""
        self.lines.append((level, message, dict(fields)))


class Loaded:
    """An adapter whose methods take the same arguments without the context, answer what the host would get, and raise `Failure`s."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def describe(self) -> Description:
        """What it says of itself."""
        return self._running.describe()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        names = [name for name, operation in OPERATIONS.items() if operation.method == method]
        if not names:
            raise AttributeError(method)
        ctx = Context(store="main", channel="web", locale="en", request_id="test", remaining_ms=30_000, purpose="browse")
        return lambda *args: self._running.call(names[0], ctx, *args)
