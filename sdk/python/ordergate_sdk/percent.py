"""Percent-encoding of path segments (RFC 3986, section 2.3: only unreserved characters stay)."""

from urllib.parse import quote


def segment(text: str) -> str:
    """One path segment: `A/7 ü` becomes `A%2F7%20%C3%BC`. Query parameters need none of this, the host encodes them."""
    return quote(text, safe="")
