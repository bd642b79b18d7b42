// What went wrong: one constructor per code of the contract. `throw Failure.rejected("Not enough in stock").atLine("10").because("SHORT")`

/** Thrown by an operation, or put among the answers of a batch. The adapter says what happened; only the host decides what follows. */
export class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.name = "Failure";
    this.code = code;
    this.detail = null;
    this.line = null;
    this.retryAfterMs = null;
    this.ext = [];
  }

  /** The request was certainly not processed. */
  static unavailable = (message) => new Failure("unavailable", message);
  /** A read took too long. */
  static timeout = (message) => new Failure("timeout", message);
  /** A write may or may not have been taken. */
  static outcomeUnknown = (message) => new Failure("outcome-unknown", message);
  /** The back end asked us to slow down; it did not process the request. */
  static throttled = (message) => new Failure("throttled", message);
  /** The back end does not accept the operator's credentials. */
  static auth = (message) => new Failure("auth", message);
  /** A business refusal; the message may be shown to the customer. */
  static rejected = (message) => new Failure("rejected", message);
  static notFound = (message) => new Failure("not-found", message);
  /** The document exists already; `number` is the back end's number of it. */
  static conflict = (message, number) => new Failure("conflict", message).because(number);
  /** The back end answered nonsense. Not for writes that were answered with success: those are `outcomeUnknown`. */
  static invalidResponse = (message) => new Failure("invalid-response", message);
  /** The request cannot be sent as it is. */
  static invalidRequest = (message) => new Failure("invalid-request", message);
  static unsupported = (message) => new Failure("unsupported", message);

  /** For operators: the back end's own code and text. */
  because(detail) {
    this.detail = detail;
    return this;
  }

  /** The line that it concerns. */
  atLine(line) {
    this.line = line;
    return this;
  }

  /** How long the back end asked us to wait. */
  retryAfter(milliseconds) {
    this.retryAfterMs = milliseconds;
    return this;
  }

  /** For a request that carried nothing of the operation: what failed is not the operation itself, so nothing is in doubt. */
  ofARead() {
    if (this.code === "outcome-unknown") {
      this.code = "unavailable";
    }
    return this;
  }

  /** The contract's record. */
  toRecord() {
    const { code, message, detail, line, retryAfterMs, ext } = this;
    return { code, message, detail, line, retryAfterMs, ext };
  }

  /** From the contract's record, as the host tells it. */
  static of(record) {
    return Object.assign(new Failure(record.code, record.message), {
      detail: record.detail ?? null,
      line: record.line ?? null,
      retryAfterMs: record.retryAfterMs ?? null,
      ext: record.ext ?? [],
    });
  }
}
