// What an adapter is written with, for editors and type checkers.

import type * as availability from "./records/availability.js";
import type * as checkout from "./records/checkout.js";
import type * as descriptor from "./records/descriptor.js";
import type * as inbound from "./records/inbound.js";
import type * as orders from "./records/orders.js";
import type * as pricing from "./records/pricing.js";
import type * as quotes from "./records/quotes.js";
import type * as types from "./records/types.js";

export type { availability, checkout, descriptor, inbound, orders, pricing, quotes, types };

type MayBeLeftOut<T> = { [K in keyof T]: null extends T[K] ? K : T[K] extends boolean | readonly unknown[] ? K : never }[keyof T];

/** A record as an adapter answers it: what may be absent, lists and `false` may be left out. */
export type Answer<T> = T extends [string, string]
  ? T
  : T extends readonly (infer Element)[]
    ? Answer<Element>[]
    : T extends object
      ? { [K in Exclude<keyof T, MayBeLeftOut<T>>]: Answer<T[K]> } & { [K in MayBeLeftOut<T>]?: Answer<T[K]> | null }
      : T;

/** What the adapter says of itself; what is left out has the safest answer. Capabilities are the operations that it has methods for. */
export type Description = Partial<Answer<descriptor.Description>> & Pick<descriptor.Description, "name" | "version">;

type Context = types.Context;

/** The methods of an adapter. One that is not there answers `unsupported`. */
export interface Operations {
  describe(): Description;
  checkAvailability?(context: Context, query: availability.Query): (Answer<availability.Availability> | Failure)[];
  offerPrices?(context: Context, query: pricing.Query): (Answer<pricing.OfferPrice> | Failure)[];
  /** Holds stock for the cart; a shortage is `rejected` with its line. */
  reserve?(context: Context, request: checkout.ReservationRequest): Answer<checkout.Reservation>;
  /** Releasing what is not held any more is no failure. */
  release?(context: Context, reservation: string): void;
  calculate?(context: Context, cart: checkout.Cart): Answer<checkout.Calculation>;
  /** The reference is ours, unique, and the same in every attempt. */
  submitOrder?(context: Context, order: orders.Order, reference: string): Answer<orders.Accepted>;
  /** null only when the back end certainly does not have the order; a failure when it cannot tell. */
  findOrder?(context: Context, account: string, reference: string): Answer<orders.OrderDocument> | null;
  getOrder?(context: Context, account: string, number: string): Answer<orders.OrderDocument>;
  /** Orders from every channel, newest first. */
  listOrders?(context: Context, account: string, filter: types.DocumentFilter, page: types.PageRequest): Answer<orders.OrderPage>;
  cancelOrder?(context: Context, account: string, number: string, reason: string): Answer<orders.OrderDocument>;
  /** A counter-offer comes this way too, with `counters` set. */
  submitQuote?(context: Context, request: quotes.QuoteRequest, reference: string): Answer<quotes.Received>;
  /** null only when the back end certainly does not have the quote; a failure when it cannot tell. */
  findQuote?(context: Context, account: string, reference: string): Answer<quotes.QuoteDocument> | null;
  getQuote?(context: Context, account: string, number: string): Answer<quotes.QuoteDocument>;
  listQuotes?(context: Context, account: string, filter: types.DocumentFilter, page: types.PageRequest): Answer<quotes.QuotePage>;
  /** A stale revision is `rejected`. */
  acceptQuote?(context: Context, acceptance: quotes.Acceptance): Answer<orders.Accepted>;
  declineQuote?(context: Context, account: string, number: string, revision: string, reason: string | null): Answer<quotes.QuoteDocument>;
  cancelQuote?(context: Context, account: string, number: string, reason: string | null): Answer<quotes.QuoteDocument>;
  /** Turns one message that the back end pushed into events. The host has checked the sender. */
  translate?(context: Context, headers: [string, string][], body: Uint8Array): Answer<inbound.Event>[];
  /** `side` is `read` or `write`. Must be cheap and must change nothing. */
  probe?(context: Context, side: string): void;
}

/** The default export of an adapter's file. Its constructor must not use requests, the session, time or randomness. */
export interface AdapterClass {
  new (settings: any): Operations;
  /** JSON Schema (2020-12) of the settings; the host checks them before the constructor sees them. */
  settingsSchema?: object;
}

/** Thrown by an operation, or put among the answers of a batch. The adapter says what happened; only the host decides what follows. */
export class Failure extends Error {
  constructor(code: string, message: string);
  code: string;
  detail: string | null;
  line: string | null;
  retryAfterMs: number | null;
  ext: [string, string][];
  /** The request was certainly not processed. */
  static unavailable(message: string): Failure;
  /** A read took too long. */
  static timeout(message: string): Failure;
  /** A write may or may not have been taken. */
  static outcomeUnknown(message: string): Failure;
  /** The back end asked us to slow down; it did not process the request. */
  static throttled(message: string): Failure;
  /** The back end does not accept the operator's credentials. */
  static auth(message: string): Failure;
  /** A business refusal; the message may be shown to the customer. */
  static rejected(message: string): Failure;
  static notFound(message: string): Failure;
  /** The document exists already; `number` is the back end's number of it. */
  static conflict(message: string, number: string): Failure;
  /** The back end answered nonsense. Not for writes that were answered with success: those are `outcomeUnknown`. */
  static invalidResponse(message: string): Failure;
  /** The request cannot be sent as it is. */
  static invalidRequest(message: string): Failure;
  static unsupported(message: string): Failure;
  static of(record: types.Failure): Failure;
  /** For operators: the back end's own code and text. */
  because(detail: string | null): this;
  /** The line that it concerns. */
  atLine(line: string | null): this;
  /** How long the back end asked us to wait. */
  retryAfter(milliseconds: number): this;
  /** For a request that carried nothing of the operation: nothing is in doubt. */
  ofARead(): this;
  toRecord(): types.Failure;
}

/** A request that is being put together. */
export class Request {
  /** `path` is appended to the endpoint's base URL; encode its variable segments with `segment`. */
  constructor(method: string, endpoint: string, path: string);
  static get(endpoint: string, path: string): Request;
  static post(endpoint: string, path: string): Request;
  static put(endpoint: string, path: string): Request;
  static patch(endpoint: string, path: string): Request;
  static delete(endpoint: string, path: string): Request;
  /** Changes nothing, whatever the method: a price inquiry by POST. */
  reading(): this;
  /** Adds a query parameter, which the host percent-encodes; nothing for null or undefined. */
  query(name: string, value: string | number | null | undefined): this;
  header(name: string, value: string): this;
  /** The body as JSON, with its content type. */
  json(value: unknown): this;
  body(bytes: Uint8Array, contentType: string): this;
  /** Shorter than what remains of the call. */
  timeout(milliseconds: number): this;
  /** Any status is a `Response`; a thrown `Failure` means that there is none. */
  send(): Response;
}

/** Sends several requests at once. Replies come in the order of the requests. */
export function sendMany(requests: Request[]): (Response | Failure)[];

/** A whole reply, of any status. */
export class Response {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: [string, string][];
  readonly body: Uint8Array;
  header(name: string): string | undefined;
  text(): string;
  /** Itself for 2xx, else throws what `explain` finds, or the failure that the status stands for. */
  success(explain?: (response: Response) => Failure | undefined): this;
  /** What `read` makes of the body as JSON, in which every number is text with all its digits. A shape that it trips over fails as unreadable. */
  json<T = any>(read?: (body: any) => T): T;
  /** The same, but null for what is no JSON: for replies of errors. */
  jsonOrNull(): any;
  /** The failure for a reply of 2xx that cannot be understood: a write has probably been taken. */
  unreadable(message: string): Failure;
}

/** Answers item by item. A `Failure` that `answer` throws is the answer for its item. */
export function each<Item, Result>(items: readonly Item[], answer: (item: Item, index: number) => Result): (Result | Failure)[];

/** The contract's text of a number that the back end sent as text: "1.5E+2" becomes "150"; "12.50" stays as it is. */
export function decimal(text: string): string;
/** Whether two decimal texts mean the same number. */
export function isSame(one: string, other: string): boolean;
/** A JSON document in which every number has become text, with exactly the digits that were sent. */
export function exact(text: string): any;
/** One path segment, percent-encoded. */
export function segment(text: string): string;
/** Looks `key` up in one of the operator's value maps. */
export function lookup(map: string, key: string): string | null;
/** A small memory that outlives the call. It may be emptied at any time; never put a customer's data there. */
export const session: { get(key: string): string | null; put(key: string, value: string, ttlMs: number): void };

type Write = (message: string, fields?: Record<string, unknown>) => void;
/** Lines in the host's log. Never log names, addresses or tokens. */
export const log: { debug: Write; info: Write; warn: Write; error: Write };
