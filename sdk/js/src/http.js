// Requests to the back end, through endpoints that the operator bound.
//
// `Request.get("api", "/orders").query("customer", "C1").send().success().json()`
//
// Every request is a read or a write, and failures differ: when a write may have been taken, its failure is `outcome-unknown`.
// GET and HEAD read, everything else writes, unless `reading()` says otherwise.

import { Failure } from "./failure.js";
import { connected } from "./host.js";
import { exact } from "./json.js";
import { forStatus } from "./status.js";
import { decode, encode } from "./utf8.js";

/** A request that is being put together. */
export class Request {
  #raw;
  #isWrite;

  /** `path` is appended to the endpoint's base URL; encode its variable segments with `segment`. */
  constructor(method, endpoint, path) {
    this.#raw = { endpoint, method, path, query: [], headers: [], body: null, timeoutMs: null };
    this.#isWrite = method !== "GET" && method !== "HEAD";
  }

  static get = (endpoint, path) => new Request("GET", endpoint, path);
  static post = (endpoint, path) => new Request("POST", endpoint, path);
  static put = (endpoint, path) => new Request("PUT", endpoint, path);
  static patch = (endpoint, path) => new Request("PATCH", endpoint, path);
  static delete = (endpoint, path) => new Request("DELETE", endpoint, path);

  /** Changes nothing, whatever the method: a price inquiry by POST. */
  reading() {
    this.#isWrite = false;
    return this;
  }

  /** Adds a query parameter, which the host percent-encodes; nothing for null or undefined. */
  query(name, value) {
    if (value !== null && value !== undefined) {
      this.#raw.query.push([name, String(value)]);
    }
    return this;
  }

  header(name, value) {
    this.#raw.headers.push([name, value]);
    return this;
  }

  /** The body as JSON, with its content type. */
  json(value) {
    return this.body(encode(JSON.stringify(value)), "application/json");
  }

  /** The body as it is. A content type that was set as a header before stays. */
  body(bytes, contentType) {
    this.#raw.body = bytes;
    const isTyped = this.#raw.headers.some(([name]) => name.toLowerCase() === "content-type");
    return isTyped ? this : this.header("content-type", contentType);
  }

  /** Shorter than what remains of the call. */
  timeout(milliseconds) {
    this.#raw.timeoutMs = milliseconds;
    return this;
  }

  /** Sends it and waits. Any status is a `Response`; a thrown `Failure` means that there is none. */
  send() {
    let response;
    try {
      response = connected().transport.send(this.#raw);
    } catch (error) {
      throw this.#lost(error);
    }
    return new Response(response, this.#isWrite);
  }

  /** Sends several requests at once. Replies come in the order of the requests, each a `Response` or a `Failure`. */
  static sendMany(requests) {
    const replies = connected().transport.sendMany(requests.map((request) => request.#raw));
    return requests.map((request, index) => {
      const { tag, val } = replies[index];
      return tag === "ok" ? new Response(val, request.#isWrite) : request.#told(val);
    });
  }

  #lost(error) {
    // A component gets the record as `payload`. Anything without one is no answer of the host.
    return error?.payload?.code === undefined ? error : this.#told(error.payload);
  }

  /** The host does not know what a request means: it cannot tell a late read from a write in doubt. */
  #told(record) {
    const failure = Failure.of(record);
    if (this.#isWrite && failure.code === "timeout") {
      failure.code = "outcome-unknown";
    } else if (!this.#isWrite && failure.code === "outcome-unknown") {
      failure.code = "timeout";
    }
    return failure;
  }
}

/** Sends several requests at once: see `Request.sendMany`. */
export const sendMany = (requests) => Request.sendMany(requests);

/** A whole reply, of any status. */
export class Response {
  #isWrite;

  constructor({ status, headers, body }, isWrite) {
    this.status = status;
    /** Names in lower case. */
    this.headers = headers;
    this.body = body;
    this.#isWrite = isWrite;
  }

  /** The first header of that name, or undefined. */
  header(name) {
    return this.headers.find(([key]) => key === name.toLowerCase())?.[1];
  }

  /** The body as text; bytes that are no UTF-8 become U+FFFD. */
  text() {
    return decode(this.body);
  }

  /** Itself for 2xx, else throws what `explain` finds, or the failure that the status stands for. */
  success(explain) {
    if (this.status >= 200 && this.status < 300) {
      return this;
    }
    throw explain?.(this) ?? forStatus(this.#isWrite, this);
  }

  /**
   * What `read` makes of the body as JSON, in which every number is text with all its digits. Unreadable, or of a shape that `read` trips over:
   * `invalid-response`, of a write `outcome-unknown`.
   */
  json(read = (body) => body) {
    try {
      return read(exact(this.text()));
    } catch (error) {
      throw error instanceof Failure ? error : this.unreadable(`the reply is not the expected JSON: ${error.message}`);
    }
  }

  /** The same, but null for what is no JSON: for replies of errors. */
  jsonOrNull() {
    try {
      return exact(this.text());
    } catch {
      return null;
    }
  }

  /** The failure for a reply of 2xx that cannot be understood: a write has probably been taken. */
  unreadable(message) {
    return this.#isWrite ? Failure.outcomeUnknown(message) : Failure.invalidResponse(message);
  }
}
