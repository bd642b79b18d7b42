// The back end's own words for what went wrong.

import { Failure } from "ordergate-sdk";

const CODES = {
  BAD_KEY: "auth",
  NOT_LOCAL: "auth",
  BAD_REQUEST: "invalid-request",
  BAD_METHOD: "invalid-request",
  NOT_FOUND: "invalid-request",
  UNKNOWN_ORDER: "not-found",
  REF_TAKEN: "conflict",
};

/** The failure that a reply tells; undefined where its status says enough: then nobody knows whether a write was taken. */
export function refusal(reply) {
  const error = reply.jsonOrNull()?.error;
  if (typeof error?.code !== "string" || reply.status === 429 || reply.status >= 500) {
    return undefined;
  }
  const failure = new Failure(CODES[error.code] ?? "rejected", error.text);
  // Of an order that is there already: its number.
  failure.because(error.code === "REF_TAKEN" ? error.no : error.code);
  return failure.atLine(error.position ?? null);
}

/** What is wrong with one position of a price inquiry. */
export function refusedPosition({ code, text }) {
  // Of a single article it means that there is none.
  return new Failure(code === "UNKNOWN_ARTICLE" ? "not-found" : (CODES[code] ?? "rejected"), text).because(code);
}
