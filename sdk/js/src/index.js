// What an adapter is written with.

export { decimal, isSame } from "./decimal.js";
export { each } from "./each.js";
export { Failure } from "./failure.js";
export { log, lookup, session } from "./host.js";
export { Request, Response, sendMany } from "./http.js";
export { exact } from "./json.js";
export { segment } from "./percent.js";
