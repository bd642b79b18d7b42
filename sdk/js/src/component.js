// The exports of a component, from an adapter's class. Called by the entry that `ordergate-build` makes; nothing else needs it.

import { Failure } from "./failure.js";
import { connect, log } from "./host.js";
import { Running } from "./running.js";

/** `{ lifecycle, descriptor, availability, … }` for `Adapter`. `imports`: the contract's. `contract`: its shapes. */
export function component(Adapter, imports, contract) {
  connect(imports);
  const running = new Running(Adapter, contract);
  const exports = {
    lifecycle: { configure: () => answer("configure", () => void running.configure()) },
    descriptor: { describe: () => running.describe() },
  };
  for (const [operation, { isBatch, interfaceName, functionName }] of Object.entries(contract.operations)) {
    const run = (...args) => answer(operation, () => running.call(operation, args));
    exports[interfaceName] ??= {};
    exports[interfaceName][functionName] = isBatch ? (...args) => run(...args).map(result) : run;
  }
  return exports;
}

function result(answer) {
  return answer instanceof Failure ? { tag: "err", val: answer.toRecord() } : { tag: "ok", val: answer };
}

/** A `Failure` is an answer. Anything else is a mistake of the adapter: its place is logged, and the instance ends. */
function answer(operation, run) {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) {
      throw error.toRecord();
    }
    log.error("the adapter has a mistake", { operation, error, stack: error?.stack ?? "" });
    throw error;
  }
}
