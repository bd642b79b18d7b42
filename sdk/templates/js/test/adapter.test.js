// The adapter before a scripted back end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Backend, json } from "ordergate-sdk/testing";
import Adapter from "../src/adapter.js";

const ORDER = {
  no: "SO-7",
  your_ref: "O1",
  customer: "C-1",
  channel: "WEB",
  po: null,
  entered_at: "2026-01-02T03:04:05Z",
  changed_at: "2026-01-02T03:04:05Z",
  state: "OPN",
  currency: "EUR",
  goods: "10.00",
  freight: "0.00",
  vat: [{ rate: "19", amount: "1.90", code: "V19" }],
  total: "11.90",
  wanted_on: null,
  remarks: null,
  positions: [
    {
      pos: "1",
      article: "NW-1",
      text: "Pliers",
      qty: "4",
      asked_qty: "5",
      uom: "PCE",
      net: "2.50",
      asked_net: "2.5",
      per: "1",
      value: "10.00",
      site: "BER",
      state: "OPN",
      shipped: "0",
      promised: [],
      tracking: [],
    },
  ],
};

const TO_ORDER = { account: "C-1", currency: "EUR", parties: [], notes: [], lines: [] };

function failure(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail("it did not fail");
}

test("each site is asked once, and an unknown article spoils only itself", () => {
  const line = { article: "A", site: "BER", free: "7", uom: "PCE", made_to_order: false, lead_days: null, inbound: [] };
  const backend = new Backend().reply(json(200, { stock: [line], unknown: ["B"] }));
  const items = ["A", "B"].map((sku) => ({ sku, location: "BER" }));
  const [found, unknown] = backend.load(Adapter).checkAvailability({ buyer: null, items });
  assert.deepEqual([found.available, found.unit, unknown.code], ["7", "C62", "not-found"]);
  assert.deepEqual(backend.requests.map(({ query }) => query), [[["sku", "A,B"], ["site", "BER"]]]);
});

test("what the back end changed is told, and what only looks changed is not", () => {
  const backend = new Backend().reply(json(201, ORDER));
  const { number, amendments } = backend.load(Adapter).submitOrder(TO_ORDER, "O1");
  assert.deepEqual([number, amendments.map(({ kind }) => kind)], ["SO-7", ["quantity"]]);
  assert.equal(JSON.parse(new TextDecoder().decode(backend.requests[0].body)).your_ref, "O1");
});

test("an order whose reply is an error of the server may have been taken", () => {
  const adapter = new Backend().reply(json(500, { error: { code: "INTERNAL", text: "sorry" } })).load(Adapter);
  assert.equal(failure(() => adapter.submitOrder(TO_ORDER, "O1")).code, "outcome-unknown");
});

test("an order is found by its reference alone", () => {
  const page = json(200, { items: [ORDER], page: 1, pages: 1 });
  const adapter = new Backend().reply(page).reply(page).load(Adapter);
  assert.equal(adapter.findOrder("C-1", "O1").number, "SO-7");
  assert.equal(adapter.findOrder("C-1", "O2"), null);
});

test("a business refusal names its line", () => {
  const adapter = new Backend().reply(json(409, { error: { code: "SHORT", text: "Not enough", position: "10" } })).load(Adapter);
  const { code, line, detail } = failure(() => adapter.submitOrder(TO_ORDER, "O1"));
  assert.deepEqual([code, line, detail], ["rejected", "10", "SHORT"]);
});
