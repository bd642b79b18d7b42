// Numbers, texts and paths keep what was sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, decimal, exact, isSame, segment } from "../src/index.js";
import { decode, encode } from "../src/utf8.js";

test("every digit of a number in JSON survives, and texts are left alone", () => {
  assert.deepEqual(exact('{"id": 300000012345678901, "a": -12.50, "b": [1e3, 0], "t": "1 \\" 2 \\\\", "n": null, "v": true}'), {
    id: "300000012345678901",
    a: "-12.50",
    b: ["1e3", "0"],
    t: '1 " 2 \\',
    n: null,
    v: true,
  });
});

test("what is no JSON is refused", () => {
  for (const wrong of ["", "{", '{"a": 01}', '{"a": .5}', '{"a": 1.}', '{"a": --1}', "<html>", "{} x", '{"a": NaN}']) {
    assert.throws(() => exact(wrong), SyntaxError, wrong);
  }
});

test("a decimal keeps its digits and loses its exponent", () => {
  const pairs = { "12.50": "12.50", "+7": "7", "-0.005": "-0.005", "1.5E+2": "150", "12e-3": "0.012", "1.25e1": "12.5", "007": "7" };
  for (const [sent, expected] of Object.entries(pairs)) {
    assert.equal(decimal(sent), expected, sent);
  }
});

test("what is no decimal is the back end's nonsense", () => {
  for (const wrong of ["", "abc", "1,000", "1.2.3", "NaN", 12.5, null]) {
    assert.throws(() => decimal(wrong), (error) => error instanceof Failure && error.code === "invalid-response", String(wrong));
  }
});

test("decimals are compared by what they mean", () => {
  assert.ok(isSame("1.50", "1.5") && isSame("100", "1e2") && isSame("-0.0", "0") && isSame("10", "10.00"));
  assert.ok(!isSame("1.5", "1.51") && !isSame("1", "-1") && !isSame("10", "1"));
});

test("bytes and text are as everybody else has them", () => {
  for (const text of ["", "abc", "Müller", "日本", "😀 x", "\u0000\u007f\u0080\u07ff\u0800\uffff", "ü".repeat(9000)]) {
    assert.deepEqual(encode(text), new TextEncoder().encode(text));
    assert.equal(decode(new TextEncoder().encode(text)), text);
  }
  assert.deepEqual(encode("a\ud800b"), new TextEncoder().encode("a\ud800b"));
});

test("bytes that are no UTF-8 become replacement letters, and the others stay", () => {
  for (const wrong of [[0xff], [0xc0], [0x80], [0xf5]]) {
    assert.equal(decode(new Uint8Array([0x61, ...wrong, 0xc3, 0xbc])), "a\ufffdü");
  }
  assert.match(decode(new Uint8Array([0x61, 0xed, 0xa0, 0x80, 0x62])), /^a\ufffd+b$/);
});

test("a slash cannot make a second segment", () => {
  assert.equal(segment("A/7 ü?#%!'()*"), "A%2F7%20%C3%BC%3F%23%25%21%27%28%29%2A");
  assert.equal(segment("a-b_c.d~e"), "a-b_c.d~e");
});
