"""Requests to the back end, through endpoints that the operator bound.

`Request.get("api", "/orders").query("customer", "C1").send().success().json()`

Every request is a read or a write, and failures differ: when a write may have been taken, its failure is `outcome-unknown`. GET and HEAD read,
everything else writes, unless `reading` says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .failure import Failure
from .host import connected
from .status import failure_for


@dataclass
class RawRequest:
    """The contract's record."""

    endpoint: str
    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | None = None
    timeout_ms: int | None = None


class Request:
    """A request that is being put together."""

    def __init__(self, method: str, endpoint: str, path: str) -> None:
        """`path` is appended to the endpoint's base URL; encode its variable segments with `segment`."""
        self.raw = RawRequest(endpoint, method, path)
        self.is_write = method not in ("GET", "HEAD")

    @classmethod
    def get(cls, endpoint: str, path: str) -> Request:
        """A read."""
        return cls("GET", endpoint, path)

    @classmethod
    def post(cls, endpoint: str, path: str) -> Request:
        """A write, unless it is `reading`."""
        return cls("POST", endpoint, path)

    @classmethod
    def put(cls, endpoint: str, path: str) -> Request:
        """A write."""
        return cls("PUT", endpoint, path)

    @classmethod
    def patch(cls, endpoint: str, path: str) -> Request:
        """A write."""
        return cls("PATCH", endpoint, path)

    @classmethod
    def delete(cls, endpoint: str, path: str) -> Request:
        """A write."""
        return cls("DELETE", endpoint, path)

    def reading(self) -> Request:
        """Changes nothing, whatever the method: a price inquiry by POST."""
        self.is_write = False
        return self

    def query(self, name: str, value: object | None) -> Request:
        """Adds a query parameter, which the host percent-encodes; nothing for None."""
        if value is not None:
            self.raw.query.append((name, str(value)))
        return self

    def header(self, name: str, value: str) -> Request:
        """Adds a header."""
        self.raw.headers.append((name, value))
        return self

    def json(self, value: Any) -> Request:
        """The body as JSON, with its content type. Floats are refused: they do not keep amounts."""
        _refuse_floats(value, "body")
        return self.body(json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def body(self, data: bytes, content_type: str) -> Request:
        """The body as it is. A content type that was set as a header before stays."""
        self.raw.body = data
        is_typed = any(name.lower() == "content-type" for name, _ in self.raw.headers)
        return self if is_typed else self.header("content-type", content_type)

    def timeout(self, milliseconds: int) -> Request:
        """Shorter than what remains of the call."""
        self.raw.timeout_ms = milliseconds
        return self

    def send(self) -> Response:
        """Sends it and waits. Any status is a `Response`; a raised `Failure` means that there is none."""
        try:
            return Response(connected().send(self.raw), is_write=self.is_write)
        except Failure as failure:
            raise self._told(failure) from None

    def received(self, reply: Any) -> Response | Failure:
        """What came of it when it was sent with others."""
        return self._told(reply) if isinstance(reply, Failure) else Response(reply, is_write=self.is_write)

    def _told(self, failure: Failure) -> Failure:
        """The host does not know what a request means: it cannot tell a late read from a write in doubt."""
        if self.is_write and failure.code == "timeout":
            failure.code = "outcome-unknown"
        elif not self.is_write and failure.code == "outcome-unknown":
            failure.code = "timeout"
        return failure


def send_many(requests: Sequence[Request]) -> list[Response | Failure]:
    """Sends several requests at once. Replies come in the order of the requests."""
    replies = connected().send_many([request.raw for request in requests])
    return [request.received(reply) for request, reply in zip(requests, replies, strict=True)]


class Response:
    """A whole reply, of any status."""

    def __init__(self, raw: Any, *, is_write: bool) -> None:
        self.status: int = raw.status
        # Names in lower case.
        self.headers: list[tuple[str, str]] = raw.headers
        self.body: bytes = raw.body
        self._is_write = is_write

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 become U+FFFD."""
        return self.body.decode(errors="replace")

    def success(self, explain: Callable[[Response], Failure | None] | None = None) -> Response:
        """Itself for 2xx, else raises what `explain` finds, or the failure that the status stands for."""
        if 200 <= self.status < 300:
            return self
        explained = explain(self) if explain is not None else None
        raise explained or failure_for(self.status, self.header("retry-after"), self.header("content-type"), is_write=self._is_write)

    def json(self, read: Callable[[Any], Any] = lambda body: body) -> Any:
        """What `read` makes of the body as JSON, in which every number is text with all its digits.

        Unreadable, or of a shape that `read` trips over: `invalid-response`, of a write `outcome-unknown`.
        """
        try:
            return read(_exact(self.text()))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise self.unreadable(f"the reply is not the expected JSON: {error!r}") from None

    def json_or_none(self) -> Any:
        """The same, but None for what is no JSON: for replies of errors."""
        try:
            return _exact(self.text())
        except ValueError:
            return None

    def unreadable(self, message: str) -> Failure:
        """The failure for a reply of 2xx that cannot be understood: a write has probably been taken."""
        return Failure.outcome_unknown(message) if self._is_write else Failure.invalid_response(message)


def _exact(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=_no_number)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _refuse_floats(value: Any, path: str) -> None:
    if isinstance(value, float):
        raise TypeError(f"{path} is a float: amounts and quantities are text")
    if isinstance(value, dict):
        for key, element in value.items():
            _refuse_floats(element, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, element in enumerate(value):
            _refuse_floats(element, f"{path}[{index}]")
