// What a reply, or its absence, means for a read and for a write.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, Request, sendMany } from "../src/index.js";
import { Backend, body, json, lost } from "../src/testing.js";

function failure(run) {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof Failure, error);
    return error;
  }
  assert.fail("it did not fail");
}

function failed(request, reply) {
  new Backend().reply(reply);
  return failure(() => request.send().success());
}

const read = () => Request.get("api", "/orders");
const write = () => Request.post("api", "/orders");

test("a write that may have been taken is outcome-unknown", () => {
  for (const status of [302, 408, 500, 502, 503, 504]) {
    assert.equal(failed(write(), body(status, "")).code, "outcome-unknown", status);
  }
});

test("a read never has an unknown outcome", () => {
  const codes = { 500: "unavailable", 503: "unavailable", 504: "timeout", 408: "timeout", 302: "invalid-response", 400: "invalid-request" };
  for (const [status, code] of Object.entries(codes)) {
    assert.equal(failed(read(), body(Number(status), "")).code, code, status);
  }
  assert.equal(failed(write().reading(), body(502, "")).code, "unavailable");
});

test("refusals are told apart", () => {
  const codes = [400, 422, 401, 403, 404, 409, 423, 501, 415].map((status) => failed(write(), body(status, "")).code);
  const expected = ["rejected", "rejected", "auth", "auth", "not-found", "conflict", "unavailable", "unsupported", "invalid-request"];
  assert.deepEqual(codes, expected);
});

test("a page of somebody between leaves a write open", () => {
  const page = (status) => body(status, "<html>Blocked</html>", { "content-type": "text/html; charset=utf-8" });
  const codes = [400, 403, 404, 409, 422, 401, 429].map((status) => failed(write(), page(status)).code);
  assert.deepEqual(codes, [...Array(5).fill("outcome-unknown"), "auth", "throttled"]);
  assert.equal(failed(read(), page(404)).code, "not-found");
});

test("too many requests carries the wait", () => {
  const { code, retryAfterMs } = failed(write(), body(429, "", { "retry-after": " 7" }));
  assert.deepEqual([code, retryAfterMs], ["throttled", 7000]);
  assert.equal(failed(write(), body(429, "", { "retry-after": "Fri, 31 Dec 2027 23:59:59 GMT" })).retryAfterMs, null);
});

test("a lost reply is a timeout for reads and unknown for writes", () => {
  assert.equal(failed(read(), lost("outcome-unknown", "reset")).code, "timeout");
  assert.equal(failed(write(), lost("timeout", "late")).code, "outcome-unknown");
  assert.equal(failed(write(), lost("unavailable", "refused")).code, "unavailable");
});

test("a reply of another shape than its reader expects is no answer", () => {
  const items = (request) => request.send().success().json(({ items }) => items.map(({ no }) => no));
  new Backend().reply(json(200, { items: [{ no: 7 }] })).reply(json(200, {})).reply(json(201, []));
  assert.deepEqual(items(read()), ["7"]);
  assert.equal(failure(() => items(read())).code, "invalid-response");
  assert.equal(failure(() => items(write())).code, "outcome-unknown");
  new Backend().reply(json(200, {}));
  const refused = (request) => request.send().success().json(() => {
    throw Failure.notFound("there is no such item");
  });
  assert.equal(failure(() => refused(read())).code, "not-found");
});

test("an unreadable success of a write is in doubt", () => {
  new Backend().reply(body(200, "<html>")).reply(body(201, "<html>"));
  assert.equal(failure(() => read().send().success().json()).code, "invalid-response");
  assert.equal(failure(() => write().send().success().json()).code, "outcome-unknown");
});

test("the back end's own words come before the status", () => {
  new Backend().reply(json(409, { error: "SHORT" })).reply(json(500, {}));
  const explain = (reply) => (reply.jsonOrNull()?.error === "SHORT" ? Failure.rejected("Not enough") : undefined);
  assert.equal(failure(() => write().send().success(explain)).code, "rejected");
  assert.equal(failure(() => write().send().success(explain)).code, "outcome-unknown");
});

test("requests are sent as they were put together", () => {
  const backend = new Backend().reply(body(200, ""));
  write().query("a", "1").query("b", null).header("Content-Type", "application/x+json").json({ ü: "1" }).timeout(50).send();
  const { body: sent, ...request } = backend.requests[0];
  assert.deepEqual(request, {
    endpoint: "api",
    method: "POST",
    path: "/orders",
    query: [["a", "1"]],
    headers: [["Content-Type", "application/x+json"]],
    timeoutMs: 50,
  });
  assert.equal(new TextDecoder().decode(sent), '{"ü":"1"}');
});

test("replies of several requests come in their order, each by its own meaning", () => {
  new Backend().reply(lost("timeout", "late")).reply(json(200, { n: 1 })).reply(lost("timeout", "late"));
  const [first, second, third] = sendMany([read(), read(), write()]);
  assert.deepEqual([first.code, second.json(), third.code], ["timeout", { n: "1" }, "outcome-unknown"]);
});
