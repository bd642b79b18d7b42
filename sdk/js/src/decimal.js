// Decimals as text, as the contract carries them. Never a float: 0.1 + 0.2 is not 0.3 there.

import { Failure } from "./failure.js";

const PARTS = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** The contract's text of a number that the back end sent as text: "1.5E+2" becomes "150"; "12.50" stays as it is. */
export function decimal(text) {
  const parts = typeof text === "string" ? PARTS.exec(text) : null;
  if (parts === null) {
    throw Failure.invalidResponse("an amount or quantity is not a decimal number").because(String(text).slice(0, 40));
  }
  const [, sign, whole, fraction = "", exponent = "0"] = parts;
  const moved = moveThePoint(whole, fraction, Number(exponent));
  return sign === "-" ? `-${moved}` : moved;
}

function moveThePoint(whole, fraction, by) {
  const digits = whole + fraction + "0".repeat(Math.max(0, by - fraction.length));
  const point = whole.length + by;
  const padded = point > 0 ? digits : "0".repeat(1 - point) + digits;
  const cut = Math.max(point, 1);
  const before = padded.slice(0, cut).replace(/^0+(?=\d)/, "");
  return padded.length > cut ? `${before}.${padded.slice(cut)}` : before;
}

/** Whether two decimal texts mean the same number: "1.50" and "1.5" do. */
export function isSame(one, other) {
  return shortest(one) === shortest(other);
}

function shortest(text) {
  const plain = decimal(text);
  const short = plain.includes(".") ? plain.replace(/\.?0+$/, "") : plain;
  return short === "-0" ? "0" : short;
}
