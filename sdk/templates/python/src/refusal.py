"""The back end's own words for what went wrong."""

from ordergate_sdk import Failure

CODES = {
    "BAD_KEY": "auth",
    "NOT_LOCAL": "auth",
    "BAD_REQUEST": "invalid-request",
    "BAD_METHOD": "invalid-request",
    "NOT_FOUND": "invalid-request",
    "UNKNOWN_ORDER": "not-found",
    "REF_TAKEN": "conflict",
}


def refusal(reply):
    """The failure that a reply tells; None where its status says enough: then nobody knows whether a write was taken."""
    told = reply.json_or_none()
    error = told.get("error") if isinstance(told, dict) else None
    if not isinstance(error, dict) or reply.status == 429 or reply.status >= 500:
        return None
    code = error.get("code", "")
    # Of an order that is there already: its number.
    detail = error.get("no") if code == "REF_TAKEN" else code
    return Failure(CODES.get(code, "rejected"), error.get("text", ""), detail=detail, line=error.get("position"))


def refused_position(error):
    """What is wrong with one position of a price inquiry."""
    # Of a single article it means that there is none.
    code = "not-found" if error["code"] == "UNKNOWN_ARTICLE" else CODES.get(error["code"], "rejected")
    return Failure(code, error["text"], detail=error["code"])
