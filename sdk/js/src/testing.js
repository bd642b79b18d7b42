// Tests of adapters: a scripted back end, with settings, value maps, session and log. The same code runs as in a component.
//
// `const backend = new Backend().reply(json(200, {}))` … `backend.load(Adapter).getOrder("C1", "7")` … `backend.requests`

import { contract } from "../build/contract.js";
import { connect } from "./host.js";
import { METHODS } from "./operations.js";
import { Running } from "./running.js";
import { encode } from "./utf8.js";

/** The scripted surroundings of an adapter. The one that was made last counts. */
export class Backend {
  #settings = {};
  #maps = {};
  #replies = [];

  constructor() {
    /** All requests so far, in the order sent. */
    this.requests = [];
    /** The session as it is now. */
    this.session = {};
    /** Log lines so far: `{ level, message, fields }`. */
    this.lines = [];
    connect(this.#imports());
  }

  /** What the operator configured. */
  settings(settings) {
    this.#settings = settings;
    return this;
  }

  /** One of the operator's value maps. */
  map(name, entries) {
    this.#maps[name] = entries;
    return this;
  }

  /** Answers the next request that has no answer yet: see `json`, `body` and `lost`. */
  reply(reply) {
    this.#replies.push(reply);
    return this;
  }

  /** The adapter, configured. Its methods take the same arguments without the context, answer what the host would get, and throw `Failure`s. */
  load(Adapter, context = {}) {
    const running = new Running(Adapter, contract());
    running.configure();
    const loaded = { describe: () => running.describe() };
    for (const [operation, method] of Object.entries(METHODS)) {
      loaded[method] = (...args) => running.call(operation, [{ ...CONTEXT, ...context }, ...args]);
    }
    return loaded;
  }

  #imports() {
    return {
      transport: { send: (request) => this.#send(request), sendMany: (requests) => requests.map((request) => this.#sendOne(request)) },
      settings: { get: () => JSON.stringify(this.#settings), lookup: (map, key) => this.#maps[map]?.[key] ?? null },
      session: { get: (key) => this.session[key] ?? null, put: (key, value) => void (this.session[key] = value) },
      log: { write: (level, message, fields) => void this.lines.push({ level, message, fields: Object.fromEntries(fields) }) },
    };
  }

  #send(request) {
    const { tag, val } = this.#sendOne(request);
    if (tag === "ok") {
      return val;
    }
    throw Object.assign(new Error(val.message), { payload: val });
  }

  #sendOne(request) {
    this.requests.push(request);
    return this.#replies.shift() ?? lost("unavailable", `the test scripted no reply to ${request.method} ${request.path}`);
  }
}

const CONTEXT = {
  store: "main",
  channel: "web",
  locale: "en",
  requestId: "test",
  traceParent: null,
  remainingMs: 30_000,
  purpose: "browse",
  ext: [],
};

/** A reply with a JSON body, or with what claims to be one. */
export function json(status, value, headers = {}) {
  return body(status, typeof value === "string" ? value : JSON.stringify(value), { "content-type": "application/json", ...headers });
}

/** A reply with any text as its body. */
export function body(status, text, headers = {}) {
  return { tag: "ok", val: { status, headers: Object.entries(headers), body: encode(text) } };
}

/** No reply at all. */
export function lost(code, message) {
  return { tag: "err", val: { code, message, detail: null, line: null, retryAfterMs: null, ext: [] } };
}
