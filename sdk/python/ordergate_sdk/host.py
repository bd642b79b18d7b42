"""The only place that calls the host's imports. In a component they are connected by `component`, in tests by `testing`."""

from __future__ import annotations

from typing import Any, Protocol


class Host(Protocol):
    """What an adapter can reach: the contract's imports."""

    def send(self, request: Any) -> Any:
        """The reply, or a raised `Failure`."""

    def send_many(self, requests: list[Any]) -> list[Any]:
        """Replies and `Failure`s, in the order of the requests."""

    def settings(self) -> str:
        """The settings as JSON."""

    def lookup(self, map_name: str, key: str) -> str | None:
        """An entry of a value map."""

    def session_get(self, key: str) -> str | None:
        """What was kept under that key."""

    def session_put(self, key: str, value: str, ttl_ms: int) -> None:
        """Keeps a value."""

    def log(self, level: str, message: str, fields: list[tuple[str, str]]) -> None:
        """Writes a line."""


_connected: Host | None = None


def connect(host: Host) -> None:
    """Says who answers."""
    global _connected
    _connected = host


def connected() -> Host:
    """Who answers."""
    if _connected is None:
        raise RuntimeError("no host is connected: tests begin with `Backend()` of ordergate_sdk.testing")
    return _connected


def lookup(map_name: str, key: str) -> str | None:
    """Looks `key` up in one of the operator's value maps (units, carriers, status codes)."""
    return connected().lookup(map_name, key)


class _Session:
    """A small memory that outlives the call. It may be emptied at any time; never put a customer's data there."""

    def get(self, key: str) -> str | None:
        """What was kept under that key."""
        return connected().session_get(key)

    def put(self, key: str, value: str, ttl_ms: int) -> None:
        """Keeps a value, for at most so long."""
        connected().session_put(key, value, ttl_ms)


class _Log:
    """Lines in the host's log. Never log names, addresses or tokens."""

    def debug(self, message: str, **fields: object) -> None:
        """For the author."""
        self._write("debug", message, fields)

    def info(self, message: str, **fields: object) -> None:
        """For the operator."""
        self._write("info", message, fields)

    def warn(self, message: str, **fields: object) -> None:
        """Something is not as it should be."""
        self._write("warn", message, fields)

    def error(self, message: str, **fields: object) -> None:
        """Something does not work."""
        self._write("error", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        connected().log(level, message, [(name, str(value)) for name, value in fields.items()])


session = _Session()
log = _Log()
