// The only place that calls the host's imports. In a component they are connected by its entry, in tests by `testing`.

let host;

/** Says who answers: `{ transport, settings, log, session }`, shaped as the contract's imports. */
export function connect(imports) {
  host = imports;
}

/** The imports that are connected. */
export function connected() {
  if (host === undefined) {
    throw new Error("no host is connected: tests begin with `new Backend()` of ordergate-sdk/testing");
  }
  return host;
}

/** Looks `key` up in the operator's value map `map` (units, carriers, status codes); null when it is not there. */
export function lookup(map, key) {
  return connected().settings.lookup(map, key) ?? null;
}

/** A small memory that outlives the call. It may be emptied at any time; never put a customer's data there. */
export const session = {
  get: (key) => connected().session.get(key) ?? null,
  put: (key, value, ttlMs) => connected().session.put(key, value, ttlMs),
};

/** Lines in the host's log. `fields` is an object. Never log names, addresses or tokens. */
export const log = {
  debug: (message, fields) => write("debug", message, fields),
  info: (message, fields) => write("info", message, fields),
  warn: (message, fields) => write("warn", message, fields),
  error: (message, fields) => write("error", message, fields),
};

function write(level, message, fields = {}) {
  const pairs = Object.entries(fields).map(([name, value]) => [name, String(value)]);
  connected().log.write(level, message, pairs);
}
