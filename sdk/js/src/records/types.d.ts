// Records that several interfaces share: `wit/types.wit`, as JavaScript has it.

/** A decimal number as text: optional sign, digits, optional fraction. No exponent, no grouping. */
export type Decimal = string;

/** RFC 3339 full-date, such as "2026-11-22". */
export type Date = string;

/** RFC 3339 date-time with an offset, such as "2026-11-22T14:36:00Z". */
export type Instant = string;

/** Free extension fields, by name. Names of the host start with "ordergate."; adapters and back ends use their own prefix. */
export type Extensions = [string, string][];

export interface Money {
  amount: Decimal;
  /** ISO 4217 code. */
  currency: string;
}

export interface Quantity {
  value: Decimal;
  /** UN/ECE Recommendation 20 code. */
  unit: string;
}

/** What went wrong. The adapter reports what happened; only the host decides whether to retry, look up, park or give up. */
export interface Failure {
  /**
   * One of: `unavailable` (the request was not delivered), `timeout` (a read took too long), `outcome-unknown` (a write may or may not have been
   * taken), `throttled`, `auth`, `rejected` (a business refusal), `not-found`, `conflict` (exists already; `detail` is its number), `invalid-
   * response` (the back end answered nonsense), `invalid-request`, `unsupported`. The host treats an unknown code as `outcome-unknown` for writes
   * and `unavailable` for reads.
   */
  code: string;
  /** One sentence. For `rejected` it may be shown to the customer. */
  message: string;
  /** For operators: the back end's own code and text. For `conflict`: the number of the existing document. */
  detail: string | null;
  /** The id of the line that it concerns, when it concerns one. */
  line: string | null;
  /** How long the back end asked us to wait. */
  retryAfterMs: number | null;
  ext: Extensions;
}

/** The circumstances of one call. */
export interface Context {
  /** Name of the store that asks, as the operator configured it. */
  store: string;
  /** `web`, `mobile`, `edi`, `desk` or another name that the store uses. */
  channel: string;
  /** BCP 47 language of texts that a customer will see. */
  locale: string;
  /** The same for all that belongs to one request; goes into logs on both sides. */
  requestId: string;
  /** W3C `traceparent`. The host adds it to outgoing requests by itself. */
  traceParent: string | null;
  /** Time left until the host gives up on this call. Do not start work that cannot end in it. */
  remainingMs: number;
  /** `browse`, `cart`, `checkout`, `commit`, `transfer`, `history`, `probe`, `shadow` or `inbound`. */
  purpose: string;
  ext: Extensions;
}

/** Where in the seller's organization something is sold. */
export interface SalesArea {
  organization: string | null;
  channel: string | null;
  division: string | null;
}

/**
 * For whom a price or availability is asked. Only dimensions that the adapter declared in its description are filled, besides `currency`; the
 * account is filled unless the description says that prices do not depend on it.
 */
export interface Buyer {
  /** The customer's number in the back end (sold-to). */
  account: string | null;
  shipTo: string | null;
  contract: string | null;
  currency: string;
  salesArea: SalesArea | null;
  ext: Extensions;
}

export interface Address {
  name: string | null;
  /** Second name line, department or attention. */
  name2: string | null;
  /** Street lines in the order in which they are printed. */
  lines: string[];
  city: string | null;
  postalCode: string | null;
  region: string | null;
  country: string | null;
  email: string | null;
  phone: string | null;
}

/** A party of a document, by its back-end number, by address, or both (the address then overrides what the back end knows). */
export interface Party {
  /** `sold-to`, `ship-to`, `bill-to`, `payer` or `contact`. */
  role: string;
  number: string | null;
  address: Address | null;
  ext: Extensions;
}

export interface Note {
  /** `customer`, `delivery`, `internal` or a name that the back end's mapping knows. */
  kind: string;
  language: string | null;
  text: string;
}

/** How many by when from where. */
export interface ScheduleLine {
  quantity: Quantity;
  /** The day on which it can be had; absent when the back end cannot say. */
  date: Date | null;
  location: string | null;
}

/** An amount that makes up a price or a total. */
export interface PriceComponent {
  /** `base`, `discount`, `surcharge`, `freight`, `charge`, `tax`, `rounding` or another name. */
  kind: string;
  description: string | null;
  /** Positive amounts add, negative ones reduce. */
  amount: Money;
  /** Percentage, where the amount came from one: "19" is 19 %. */
  rate: Decimal | null;
  /** Tax or condition code of the back end. */
  code: string | null;
}

/** Sums of a document. lines + charges + taxes + rounding = payable, in the currency's minor unit; the host checks it. */
export interface Totals {
  /** Sum of the lines' net amounts. */
  lines: Money;
  charges: PriceComponent[];
  taxes: PriceComponent[];
  /** A rounding difference that the back end applies on purpose. */
  rounding: Money | null;
  payable: Money;
}

/** One page of a list. */
export interface PageRequest {
  /** What the previous page returned as `next`; absent for the first page. Opaque to the host. */
  cursor: string | null;
  /** At most so many documents. An adapter may return fewer. */
  limit: number;
}

/** Narrows a list of documents. An adapter that cannot filter by a field in the back end returns more; the host filters again. */
export interface DocumentFilter {
  /** Business statuses, in the host's vocabulary; empty for all. */
  statuses: string[];
  /** Placed on or after. */
  from: Date | null;
  /** Placed on or before. */
  to: Date | null;
  /** Free text: document number, reference or purchase order number. */
  search: string | null;
}
