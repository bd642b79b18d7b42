// Which failure a status stands for when the back end says nothing better. Reads and writes differ (RFC 9110, section 15).

import { Failure } from "./failure.js";

/** The failure for a status that is no success. Never `unavailable` for a write that may have been processed. */
export function forStatus(isWrite, response) {
  const { status } = response;
  const failure =
    isWrite && isOfSomebodyBetween(response)
      ? new Failure("outcome-unknown", `A page in HTML came instead of an answer of the interface (${status}).`)
      : new Failure(codeFor(isWrite, status), messageFor(status));
  const wait = retryAfterMs(response);
  return wait === null ? failure : failure.retryAfter(wait);
}

// A page for people is no answer of an interface. A gateway or a firewall has judged, perhaps the reply to a write that was done. Who turns away for
// want of a login or for too many requests does so before.
function isOfSomebodyBetween(response) {
  const isPage = (response.header("content-type") ?? "").trim().toLowerCase().startsWith("text/html");
  return isPage && response.status >= 400 && response.status < 500 && ![401, 407, 429].includes(response.status);
}

const REFUSED = { 401: "auth", 403: "auth", 407: "auth", 404: "not-found", 410: "not-found", 409: "conflict", 429: "throttled", 501: "unsupported" };
// The request cannot be sent as it is.
const NEVER_FIT = [405, 406, 411, 413, 414, 415, 431];
// Locked, or too early: nothing was done, the same request may pass later.
const LATER = [423, 425];

function codeFor(isWrite, status) {
  if (REFUSED[status] !== undefined) {
    return REFUSED[status];
  }
  if (NEVER_FIT.includes(status) || (status === 400 && !isWrite)) {
    return "invalid-request";
  }
  if (LATER.includes(status)) {
    return "unavailable";
  }
  if (status >= 400 && status < 500 && status !== 408) {
    return "rejected";
  }
  // Gateways answer 502 to 504, some of them 500, after the request went through; a redirect is no promise either way.
  return isWrite ? "outcome-unknown" : codeForLostRead(status);
}

function codeForLostRead(status) {
  if (status === 408 || status === 504) {
    return "timeout";
  }
  return status >= 500 && status < 600 ? "unavailable" : "invalid-response";
}

function messageFor(status) {
  const kind = Math.floor(status / 100);
  if (kind === 3) {
    return `The back end answered with a redirect (${status}); redirects are never followed.`;
  }
  switch (REFUSED[status]) {
    case "auth":
      return `The back end does not accept the credentials of this endpoint (${status}).`;
    case "not-found":
      return "The back end does not know it.";
    case "throttled":
      return "The back end asks for fewer requests.";
    default:
      return kind === 5 ? `The back end has a problem (${status}).` : `The back end refused the request (${status}).`;
  }
}

/** Seconds only (RFC 9110, section 10.2.3): the date form would need a clock that the back end shares. */
function retryAfterMs(response) {
  const seconds = response.header("retry-after")?.trim();
  return seconds !== undefined && /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : null;
}
