"""Which failure a status stands for when the back end says nothing better. Reads and writes differ (RFC 9110, section 15)."""

from __future__ import annotations

from .failure import Failure

_REFUSED = {
    401: "auth",
    403: "auth",
    407: "auth",
    404: "not-found",
    410: "not-found",
    409: "conflict",
    429: "throttled",
    501: "unsupported",
}
# The request cannot be sent as it is.
_NEVER_FIT = {405, 406, 411, 413, 414, 415, 431}
# Locked, or too early: nothing was done, the same request may pass later.
_LATER = {423, 425}


def failure_for(status: int, retry_after: str | None, content_type: str | None, *, is_write: bool) -> Failure:
    """The failure for a status that is no success. Never `unavailable` for a write that may have been processed."""
    if is_write and _is_of_somebody_between(status, content_type):
        code, message = "outcome-unknown", f"A page in HTML came instead of an answer of the interface ({status})."
    else:
        code, message = _code(status, is_write), _message(status)
    return Failure(code, message, retry_after_ms=_milliseconds(retry_after))


def _is_of_somebody_between(status: int, content_type: str | None) -> bool:
    # A page for people is no answer of an interface. A gateway or a firewall has judged, perhaps the reply to a write that was done. Who turns
    # away for want of a login or for too many requests does so before.
    is_page = (content_type or "").strip().lower().startswith("text/html")
    return is_page and 400 <= status < 500 and status not in (401, 407, 429)


def _code(status: int, is_write: bool) -> str:
    if status in _REFUSED:
        return _REFUSED[status]
    if status in _NEVER_FIT or (status == 400 and not is_write):
        return "invalid-request"
    if status in _LATER:
        return "unavailable"
    if 400 <= status < 500 and status != 408:
        return "rejected"
    # Gateways answer 502 to 504, some of them 500, after the request went through; a redirect is no promise either way.
    return "outcome-unknown" if is_write else _code_of_lost_read(status)


def _code_of_lost_read(status: int) -> str:
    if status in (408, 504):
        return "timeout"
    return "unavailable" if 500 <= status < 600 else "invalid-response"


def _message(status: int) -> str:
    if 300 <= status < 400:
        return f"The back end answered with a redirect ({status}); redirects are never followed."
    match _REFUSED.get(status):
        case "auth":
            return f"The back end does not accept the credentials of this endpoint ({status})."
        case "not-found":
            return "The back end does not know it."
        case "throttled":
            return "The back end asks for fewer requests."
    if 500 <= status < 600:
        return f"The back end has a problem ({status})."
    return f"The back end refused the request ({status})."


def _milliseconds(retry_after: str | None) -> int | None:
    """Seconds only (RFC 9110, section 10.2.3): the date form would need a clock that the back end shares."""
    seconds = (retry_after or "").strip()
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) < 10 else None
