// An adapter at work: it is configured once, its operations are called, and their answers are checked against the contract.

import { Failure } from "./failure.js";
import { connected } from "./host.js";
import { METHODS, operationsOf } from "./operations.js";
import { fill } from "./shape.js";

/** Runs an adapter's class. `contract`: its shapes. */
export class Running {
  #Adapter;
  #contract;
  #adapter;

  constructor(Adapter, contract) {
    this.#Adapter = Adapter;
    this.#contract = contract;
  }

  /** Makes the adapter from its settings. */
  configure() {
    this.#adapter = new this.#Adapter(JSON.parse(connected().settings.get()));
    return this.#adapter;
  }

  /** What the adapter says of itself; the safest answers for what it does not say. */
  describe() {
    const { settingsSchema } = this.#Adapter;
    const known = { settingsSchema: settingsSchema === undefined ? "" : JSON.stringify(settingsSchema) };
    return fill(this.#contract, { record: "descriptor.description" }, { ...SAFEST, ...known, ...this.#said() }, "description");
  }

  /** When the settings are refused, only the schema is asked. */
  #said() {
    try {
      const adapter = this.#configured();
      return { capabilities: operationsOf(adapter), ...adapter.describe() };
    } catch (error) {
      return notConfigured(error);
    }
  }

  /** Calls an operation: its checked answer, or a thrown `Failure`. In a batch every item has an answer or a `Failure`. */
  call(operation, args) {
    const { answer, isBatch } = this.#contract.operations[operation];
    if (isBatch) {
      return this.#callBatch(operation, args, answer);
    }
    return fill(this.#contract, answer, this.#run(operation, args), operation);
  }

  #callBatch(operation, args, type) {
    const [, { items }] = args;
    const answers = this.#runBatch(operation, args, items);
    if (answers?.length !== items.length) {
      throw new TypeError(`${operation} must answer one result per item: ${items.length} were asked`);
    }
    const checked = (answer, index) => (answer instanceof Failure ? answer : fill(this.#contract, type, answer, `${operation}[${index}]`));
    return answers.map(checked);
  }

  /** What fails as a whole has failed for every item. */
  #runBatch(operation, args, items) {
    try {
      return this.#run(operation, args);
    } catch (error) {
      if (error instanceof Failure) {
        return items.map(() => error);
      }
      throw error;
    }
  }

  #run(operation, args) {
    const adapter = this.#ready();
    const method = METHODS[operation];
    if (typeof adapter[method] !== "function") {
      throw Failure.unsupported(`this adapter does not have ${operation}`);
    }
    return adapter[method](...args);
  }

  /** Settings that do not fit are not the caller's fault, and nothing was sent. */
  #ready() {
    try {
      return this.#configured();
    } catch (error) {
      if (error instanceof Failure) {
        error.code = "unavailable";
      }
      throw error;
    }
  }

  #configured() {
    return this.#adapter ?? this.configure();
  }
}

const SAFEST = { vendor: "", capabilities: [], priceDimensions: ["account", "currency"], deduplication: "none" };

function notConfigured(error) {
  if (error instanceof Failure) {
    return { name: "", version: "" };
  }
  throw error;
}
