// What the SDK knows of the contract is what the contract says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { contract } from "../build/contract.js";
import { METHODS } from "../src/operations.js";

const INTERFACES = ["types", "availability", "pricing", "checkout", "orders", "quotes", "inbound", "descriptor"];
const read = (file) => readFileSync(new URL(file, import.meta.url), "utf8");

/** `OrderLine.unitPrice?` for each field of the declared records; `?` where it may be absent. */
function declared(name) {
  const found = [];
  for (const [, record, body] of read(`../src/records/${name}.d.ts`).matchAll(/export interface (\w+) \{\n([^}]*)\}/g)) {
    for (const [, field, type] of body.matchAll(/^ {2}(\w+): (.+);$/gm)) {
      found.push(`${record}.${field}${type.endsWith("| null") ? "?" : ""}`);
    }
  }
  return found.sort();
}

function specified(name) {
  const pascal = (text) => text.replace(/(^|-)(\w)/g, (_, _dash, letter) => letter.toUpperCase());
  const records = Object.entries(contract().records).filter(([record]) => record.startsWith(`${name}.`));
  const fields = records.flatMap(([record, types]) =>
    Object.entries(types).map(([field, type]) => `${pascal(record.slice(name.length + 1))}.${field}${type.option === undefined ? "" : "?"}`),
  );
  return fields.sort();
}

for (const name of INTERFACES) {
  test(`the records of ${name} are declared field by field`, () => {
    assert.ok(specified(name).length > 0);
    assert.deepEqual(declared(name), specified(name));
  });
}

test("every operation of the contract has a method, and no other", () => {
  assert.deepEqual(Object.keys(METHODS).sort(), Object.keys(contract().operations).sort());
  for (const method of Object.values(METHODS)) {
    assert.match(read("../src/index.d.ts"), new RegExp(`^  ${method}\\?\\(context: Context`, "m"));
  }
});

test("decimals, lists, options and batches are told apart", () => {
  const { records, operations, version } = contract();
  assert.equal(version, "1.0.0");
  assert.deepEqual(records["types.money"], { amount: "decimal", currency: "text" });
  assert.deepEqual(records["types.buyer"].salesArea, { option: { record: "types.sales-area" } });
  assert.deepEqual(records["pricing.offer-price"].ext, { list: { tuple: ["text", "text"] } });
  assert.equal(operations["availability.check"].isBatch, true);
  assert.deepEqual(operations["orders.find-by-reference"].answer, { option: { record: "orders.order-document" } });
  assert.equal(operations["checkout.release"].answer, "nothing");
});
