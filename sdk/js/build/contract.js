// The contract's shapes, read from `wit/`: which fields a record has, and what each operation answers. Only what Ordergate's contract uses of
// the language is understood; anything else is an error, so that nothing is guessed.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the contract lies: beside the SDK, in Ordergate and in every adapter that was made by `ordergate adapter new`. */
export const WIT = fileURLToPath(new URL("../../../wit/", import.meta.url));

/** `{ version: "1.0.0", records: { "orders.order": { placedAt: "text", … } }, operations: { "orders.get": { answer, isBatch, … } } }` */
export function contract(folder = WIT) {
  const texts = readdirSync(folder)
    .filter((file) => file.endsWith(".wit"))
    .map((file) => readFileSync(`${folder}/${file}`, "utf8"));
  const interfaces = texts.flatMap(interfacesOf);
  const [, version] = /^package ordergate:adapter@([\d.]+);/m.exec(texts.join("\n"));
  return { version, records: recordsOf(interfaces), operations: operationsOf(interfaces) };
}

function interfacesOf(text) {
  const plain = text.replace(/\/\/.*$/gm, "");
  return [...plain.matchAll(/^interface ([\w-]+) \{\n([^]*?)^\}/gm)].map(([, name, body]) => ({ name, body, types: typesOf(name, body) }));
}

/** What a type's name means in an interface. */
function typesOf(interfaceName, body) {
  const types = {};
  for (const [, from, names] of body.matchAll(/use ([\w-]+)\.\{([^}]*)\}/g)) {
    for (const name of names.split(",").map((name) => name.trim())) {
      types[name] = { from, name };
    }
  }
  for (const [, , name] of body.matchAll(/^ {4}(record|enum) ([\w-]+) /gm)) {
    types[name] = { record: `${interfaceName}.${name}` };
  }
  for (const [, name, type] of body.matchAll(/type ([\w-]+) = ([^;]+);/g)) {
    // The one alias that says more than its type.
    types[name] = name === "decimal" ? "decimal" : { alias: type };
  }
  return types;
}

function recordsOf(interfaces) {
  const records = {};
  for (const { name, body, types } of interfaces) {
    for (const [, record, fields] of body.matchAll(/record ([\w-]+) \{([^}]*)\}/g)) {
      const typed = [...fields.matchAll(/^ +%?([\w-]+): (.+),$/gm)];
      records[`${name}.${record}`] = Object.fromEntries(typed.map(([, field, type]) => [camel(field), typeOf(interfaces, types, type)]));
    }
  }
  return records;
}

const EXPORTED = ["availability", "pricing", "checkout", "orders", "quotes", "inbound", "health"];

function operationsOf(interfaces) {
  const operations = {};
  for (const { name, body, types } of interfaces.filter(({ name }) => EXPORTED.includes(name))) {
    for (const [, func, result] of body.matchAll(/([\w-]+): func\([^)]*\) -> ([^;]+);/g)) {
      const [, list, answer] = /^(list<)?result<(.+), failure>>?$/.exec(result);
      const type = answer === "_" ? "nothing" : typeOf(interfaces, types, answer);
      operations[`${name}.${func}`] = { interfaceName: name, functionName: camel(func), isBatch: list !== undefined, answer: type };
    }
  }
  return operations;
}

const PLAIN = { string: "text", bool: "bool", u16: "number", u32: "number", u64: "number" };

function typeOf(interfaces, types, text) {
  const [, outer, inner] = /^(option|list|tuple)<(.*)>$/.exec(text) ?? [];
  switch (outer) {
    case undefined:
      return PLAIN[text] ?? named(interfaces, types, text);
    case "tuple":
      return { tuple: inner.split(",").map((part) => typeOf(interfaces, types, part.trim())) };
    default:
      return text === "list<u8>" ? "bytes" : { [outer]: typeOf(interfaces, types, inner) };
  }
}

function named(interfaces, types, text) {
  const found = types[text];
  if (found === undefined) {
    throw new Error(`the contract has no type ${text}`);
  }
  if (found.alias !== undefined) {
    return typeOf(interfaces, types, found.alias);
  }
  return found.from === undefined ? found : named(interfaces, interfaces.find(({ name }) => name === found.from).types, found.name);
}

/** A name of the contract as JavaScript writes it. */
export function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
