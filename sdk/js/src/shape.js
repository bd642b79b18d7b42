// Answers become the contract's records: what was left out is put in, and what does not fit is told by its path. The shapes are those of
// `wit/`, see `build/contract.js`.

/** `value` as a value of `type`. Throws a TypeError that names the field: that is a mistake of the adapter, not of the back end. */
export function fill(contract, type, value, path) {
  if (typeof type === "string") {
    return PLAIN[type](value, path);
  }
  if (type.option !== undefined) {
    return value === null || value === undefined ? null : fill(contract, type.option, value, path);
  }
  if (type.list !== undefined) {
    return list(contract, type.list, value ?? [], path);
  }
  if (type.tuple !== undefined) {
    return tuple(contract, type.tuple, value, path);
  }
  return record(contract, type.record, value, path);
}

const PLAIN = {
  nothing: () => undefined,
  text: (value, path) => expect(typeof value === "string", value, path, "text"),
  decimal: (value, path) => expect(isDecimal(value), value, path, 'a decimal as text, such as "12.50"'),
  bool: (value, path) => expect(typeof (value ?? false) === "boolean", value ?? false, path, "true or false"),
  number: (value, path) => expect(Number.isSafeInteger(value ?? 0) && (value ?? 0) >= 0, value ?? 0, path, "a whole number"),
  bytes: (value, path) => expect(value instanceof Uint8Array, value, path, "a Uint8Array"),
};

function isDecimal(value) {
  return typeof value === "string" && /^[+-]?\d+(\.\d+)?$/.test(value);
}

function expect(fits, value, path, wanted) {
  if (fits) {
    return value;
  }
  throw new TypeError(value === undefined ? `${path} is missing` : `${path} must be ${wanted}, but is ${shown(value)}`);
}

function list(contract, type, value, path) {
  expect(Array.isArray(value), value, path, "a list");
  return value.map((element, index) => fill(contract, type, element, `${path}[${index}]`));
}

function tuple(contract, types, value, path) {
  expect(Array.isArray(value) && value.length === types.length, value, path, `a list of ${types.length}`);
  return types.map((type, index) => fill(contract, type, value[index], `${path}[${index}]`));
}

function record(contract, name, value, path) {
  const fields = contract.records[name];
  expect(typeof value === "object" && value !== null && !Array.isArray(value), value, path, `an object with ${Object.keys(fields).join(", ")}`);
  for (const key of Object.keys(value)) {
    if (fields[key] === undefined) {
      throw new TypeError(`${path} has no field ${key}: it has ${Object.keys(fields).join(", ")}`);
    }
  }
  const filled = {};
  for (const [key, type] of Object.entries(fields)) {
    filled[key] = fill(contract, type, value[key], `${path}.${key}`);
  }
  return filled;
}

/** Never a text or what has texts in it: it may be a customer's name, and this goes into a log. */
function shown(value) {
  if (Array.isArray(value)) {
    return "a list";
  }
  return value === null || ["number", "boolean"].includes(typeof value) ? String(value) : `a value of the type ${typeof value}`;
}
