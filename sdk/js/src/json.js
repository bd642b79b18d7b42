// JSON documents whose numbers must stay as they are: identifiers of eighteen digits, amounts of any length.

// A whole text, so that what looks like a number in it is left alone; or a number.
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** A JSON document in which every number has become text, with exactly the digits that were sent. Throws a SyntaxError. */
export function exact(text) {
  return JSON.parse(text.replace(TEXT_OR_NUMBER, (found) => (found[0] === '"' ? found : `"${found}"`)));
}
