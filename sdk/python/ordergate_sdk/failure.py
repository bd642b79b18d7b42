"""What went wrong: one constructor per code of the contract. `raise Failure.rejected("Not enough in stock", line="10", detail="SHORT")`"""

from __future__ import annotations

from typing import Any


class Failure(Exception):
    """Raised by an operation, or put among the answers of a batch. The adapter says what happened; only the host decides what follows."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        detail: str | None = None,
        line: str | None = None,
        retry_after_ms: int | None = None,
        ext: list[tuple[str, str]] | None = None,
    ) -> None:
        """`detail`: the back end's own code and text, for operators. `line`: the one that it concerns."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail
        self.line = line
        self.retry_after_ms = retry_after_ms
        self.ext = ext or []

    @classmethod
    def unavailable(cls, message: str, **more: Any) -> Failure:
        """The request was certainly not processed."""
        return cls("unavailable", message, **more)

    @classmethod
    def timeout(cls, message: str, **more: Any) -> Failure:
        """A read took too long."""
        return cls("timeout", message, **more)

    @classmethod
    def outcome_unknown(cls, message: str, **more: Any) -> Failure:
        """A write may or may not have been taken."""
        return cls("outcome-unknown", message, **more)

    @classmethod
    def throttled(cls, message: str, **more: Any) -> Failure:
        """The back end asked us to slow down; it did not process the request."""
        return cls("throttled", message, **more)

    @classmethod
    def auth(cls, message: str, **more: Any) -> Failure:
        """The back end does not accept the operator's credentials."""
        return cls("auth", message, **more)

    @classmethod
    def rejected(cls, message: str, **more: Any) -> Failure:
        """A business refusal; the message may be shown to the customer."""
        return cls("rejected", message, **more)

    @classmethod
    def not_found(cls, message: str, **more: Any) -> Failure:
        """The back end certainly does not have it."""
        return cls("not-found", message, **more)

    @classmethod
    def conflict(cls, message: str, number: str, **more: Any) -> Failure:
        """The document exists already; `number` is the back end's number of it."""
        return cls("conflict", message, detail=number, **more)

    @classmethod
    def invalid_response(cls, message: str, **more: Any) -> Failure:
        """The back end answered nonsense. Not for writes that were answered with success: those are `outcome_unknown`."""
        return cls("invalid-response", message, **more)

    @classmethod
    def invalid_request(cls, message: str, **more: Any) -> Failure:
        """The request cannot be sent as it is."""
        return cls("invalid-request", message, **more)

    @classmethod
    def unsupported(cls, message: str, **more: Any) -> Failure:
        """This adapter does not have that operation."""
        return cls("unsupported", message, **more)

    def of_a_read(self) -> Failure:
        """For a request that carried nothing of the operation: what failed is not the operation itself, so nothing is in doubt."""
        if self.code == "outcome-unknown":
            self.code = "unavailable"
        return self

    @classmethod
    def of(cls, record: Any) -> Failure:
        """From the contract's record, as the host tells it."""
        more = {"detail": record.detail, "line": record.line, "retry_after_ms": record.retry_after_ms, "ext": record.ext}
        return cls(record.code, record.message, **more)
