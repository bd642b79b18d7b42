// Quotes: a binding price request and its answer: `wit/quotes.wit`, as JavaScript has it.

import type { Order } from "./orders.js";
import type { Date, Decimal, Extensions, Instant, Money, Note, Party, Quantity, SalesArea, Totals } from "./types.js";

export interface QuoteLine {
  id: string;
  sku: string | null;
  buyerSku: string | null;
  description: string | null;
  quantity: Quantity;
  /** What the customer hopes to pay for `per` units (request, counter-offer) or is offered (answer). */
  unitPrice: Money | null;
  per: Decimal | null;
  amount: Money | null;
  requestedDate: Date | null;
  location: string | null;
  ext: Extensions;
}

/** A request for a binding price, or a counter-offer to an offered one. */
export interface QuoteRequest {
  account: string;
  currency: string;
  purchaseOrder: string | null;
  placedAt: Instant;
  requestedDate: Date | null;
  contract: string | null;
  salesArea: SalesArea | null;
  /** Set for a counter-offer: the back end's number of the quote that it answers. */
  counters: string | null;
  /** Set for a counter-offer: the revision that it answers. */
  countersRevision: string | null;
  parties: Party[];
  notes: Note[];
  lines: QuoteLine[];
  ext: Extensions;
}

export interface Received {
  /** The back end's number. */
  number: string;
  revision: string | null;
  status: string;
  rawStatus: string | null;
  asOf: Instant | null;
  ext: Extensions;
}

export interface QuoteDocument {
  number: string;
  /** Our reference, when the request came through us. */
  reference: string | null;
  account: string;
  channel: string | null;
  /** Names one immutable state of the offer. */
  revision: string;
  purchaseOrder: string | null;
  placedAt: Instant;
  changedAt: Instant | null;
  /** `requested`, `in-review`, `offered`, `accepted`, `ordered`, `declined`, `countered`, `withdrawn`, `expired`, `cancelled` or `unknown`. */
  status: string;
  rawStatus: string | null;
  currency: string;
  totals: Totals | null;
  /** Last day on which an offered quote can be accepted, in the seller's time zone. */
  validUntil: Date | null;
  /** Number of the order that it became. */
  orderNumber: string | null;
  parties: Party[];
  notes: Note[];
  lines: QuoteLine[];
  ext: Extensions;
}

export interface QuotePage {
  quotes: QuoteDocument[];
  next: string | null;
}

/** Acceptance of one revision. The order carries what to deliver; prices are those of the quote. */
export interface Acceptance {
  number: string;
  revision: string;
  order: Order;
  /** Our reference of the order that comes of it. */
  reference: string;
}
