// An adapter's class as the component that the host meets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { contract } from "../build/contract.js";
import { component } from "../src/component.js";
import { Failure, each, log, lookup, session } from "../src/index.js";
import { Backend } from "../src/testing.js";

const CONTEXT = { store: "main" };
const PRICE = { sku: "A", quantity: { value: "1", unit: "C62" }, unitPrice: { amount: "9.90", currency: "EUR" } };

class Strict {
  static settingsSchema = { required: ["customer"] };

  constructor({ customer }) {
    if (customer === undefined) {
      throw Failure.invalidRequest("settings: customer is missing");
    }
  }

  describe() {
    return { name: "strict", version: "1.0.0" };
  }

  offerPrices(_context, { items }) {
    return each(items, ({ sku }) => {
      if (sku === "B") {
        throw Failure.notFound("no B");
      }
      return { ...PRICE, sku };
    });
  }

  getOrder(_context, account, number) {
    return { ...ORDER, account, number };
  }

  cancelOrder() {
    return { ...ORDER, totls: null };
  }

  submitOrder() {
    throw Failure.conflict("it is there", "SO-1");
  }

  findOrder() {
    return null;
  }

  release() {}
}

const ORDER = { number: "1", account: "C", placedAt: "2026-01-02T03:04:05Z", status: "open", currency: "EUR" };

/** The exports of an adapter whose host has these settings, and the host. */
function exports(Adapter, settings = { customer: "C1" }) {
  const host = { lines: [] };
  const imports = {
    settings: { get: () => JSON.stringify(settings), lookup: () => null },
    log: { write: (level, message, fields) => host.lines.push({ level, message, fields: Object.fromEntries(fields) }) },
  };
  return { ...component(Adapter, imports, contract()), host };
}

const items = (...skus) => ({ buyer: {}, items: skus.map((sku) => ({ sku })) });
const thrown = (run) => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail("it threw nothing");
};

test("a call configures the adapter when nobody did", () => {
  assert.equal(exports(Strict).orders.get(CONTEXT, "C1", "7").number, "7");
});

test("capabilities are the operations that the adapter has", () => {
  const { capabilities, priceDimensions, deduplication, batchCaps } = exports(Strict).descriptor.describe();
  assert.deepEqual(capabilities.sort(), [
    "checkout.release",
    "orders.cancel",
    "orders.find-by-reference",
    "orders.get",
    "orders.submit",
    "pricing.offer-prices",
  ]);
  assert.deepEqual([priceDimensions, deduplication, batchCaps], [["account", "currency"], "none", []]);
});

test("the schema of the settings is told whether or not they fit it", () => {
  for (const settings of [{}, { customer: "C1" }]) {
    assert.equal(exports(Strict, settings).descriptor.describe().settingsSchema, '{"required":["customer"]}');
  }
});

test("settings that do not fit refuse the load, and a call is unavailable", () => {
  const { lifecycle, orders } = exports(Strict, {});
  assert.deepEqual([thrown(() => lifecycle.configure()).code, thrown(() => orders.get(CONTEXT, "C1", "7")).code], ["invalid-request", "unavailable"]);
});

test("one bad item spoils only itself", () => {
  const [good, bad] = exports(Strict).pricing.offerPrices(CONTEXT, items("A", "B"));
  assert.deepEqual([good.tag, good.val.sku, bad.tag, bad.val.code], ["ok", "A", "err", "not-found"]);
});

test("what fails as a whole has failed for every item", () => {
  const answers = exports(Strict).availability.check(CONTEXT, items("A", "B", "C"));
  assert.deepEqual(answers.map(({ tag, val }) => [tag, val.code]), Array(3).fill(["err", "unsupported"]));
});

test("a failure is thrown as the contract's record, which is no Error", () => {
  const failure = thrown(() => exports(Strict).orders.submit(CONTEXT, {}, "R"));
  assert.ok(!(failure instanceof Error));
  assert.deepEqual(failure, { code: "conflict", message: "it is there", detail: "SO-1", line: null, retryAfterMs: null, ext: [] });
});

test("what an answer leaves out is filled in", () => {
  const order = exports(Strict).orders.get(CONTEXT, "C1", "7");
  assert.deepEqual([order.lines, order.totals, order.ext, order.reference], [[], null, [], null]);
  assert.equal(exports(Strict).orders.findByReference(CONTEXT, "C1", "R"), null);
  assert.equal(exports(Strict).checkout.release(CONTEXT, "R"), undefined);
});

test("a mistyped field is a mistake that is logged with its name and ends the instance", () => {
  const { orders, host } = exports(Strict);
  const error = thrown(() => orders.cancel(CONTEXT, "C1", "7", ""));
  assert.ok(error instanceof TypeError);
  assert.match(error.message, /^orders.cancel has no field totls: it has number, reference/);
  assert.equal(host.lines[0].level, "error");
  assert.match(host.lines[0].fields.error, /no field totls/);
});

test("what does not fit is named by its path, without what may be personal", () => {
  const answer = (price) => {
    const Adapter = class extends Strict {
      offerPrices() {
        return [price];
      }
    };
    return thrown(() => exports(Adapter).pricing.offerPrices(CONTEXT, items("A"))).message;
  };
  const float = { ...PRICE, unitPrice: { amount: 9.9, currency: "EUR" } };
  assert.equal(answer(float), 'pricing.offer-prices[0].unitPrice.amount must be a decimal as text, such as "12.50", but is 9.9');
  assert.equal(answer({ ...PRICE, sku: undefined }), "pricing.offer-prices[0].sku is missing");
  const text = answer({ ...PRICE, unitPrice: "Hans Meier" });
  assert.equal(text, "pricing.offer-prices[0].unitPrice must be an object with amount, currency, but is a value of the type string");
  assert.match(answer({ ...PRICE, breaks: [{ from: "1e3", unitPrice: PRICE.unitPrice }] }), /breaks\[0\]\.from must be a decimal/);
});

test("another number of answers than items is a mistake", () => {
  const Adapter = class extends Strict {
    offerPrices() {
      return [];
    }
  };
  assert.match(thrown(() => exports(Adapter).pricing.offerPrices(CONTEXT, items("A"))).message, /one result per item: 1 were asked/);
});

test("a scripted host keeps the session, the maps and the log", () => {
  const backend = new Backend().map("units", { PCE: "C62" });
  session.put("token", "t", 1000);
  log.warn("slow", { ms: 5 });
  assert.deepEqual([lookup("units", "PCE"), lookup("units", "X"), lookup("other", "X"), session.get("token"), session.get("none")], ["C62", null, null, "t", null]);
  assert.deepEqual(backend.lines, [{ level: "warn", message: "slow", fields: { ms: "5" } }]);
});
