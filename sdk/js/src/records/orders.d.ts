// Orders: handing them over, finding them again, showing them: `wit/orders.wit`, as JavaScript has it.

import type { Date, Decimal, Extensions, Instant, Money, Note, Party, Quantity, SalesArea, ScheduleLine, Totals } from "./types.js";

/** The quote that an order line or a whole order comes from. */
export interface QuoteLink {
  number: string;
  revision: string | null;
  line: string | null;
}

export interface OrderLine {
  /** Stable: the same in every attempt and in every answer. */
  id: string;
  parent: string | null;
  /** `product`, `charge`, `discount` or `tax`. */
  kind: string;
  sku: string | null;
  buyerSku: string | null;
  description: string | null;
  quantity: Quantity;
  /** What the customer was promised: net price of `per` units. */
  unitPrice: Money | null;
  per: Decimal | null;
  amount: Money | null;
  requestedDate: Date | null;
  location: string | null;
  quote: QuoteLink | null;
  ext: Extensions;
}

/** An order as the storefront captured it. */
export interface Order {
  /** Sold-to number. */
  account: string;
  currency: string;
  purchaseOrder: string | null;
  placedAt: Instant;
  requestedDate: Date | null;
  /** Deliver all at once or not at all. */
  shipComplete: boolean;
  deliveryMethod: string | null;
  paymentTerms: string | null;
  /** Token of the payment service; never a card number. */
  paymentToken: string | null;
  contract: string | null;
  salesArea: SalesArea | null;
  quote: QuoteLink | null;
  /** From `checkout.reserve`. */
  reservation: string | null;
  parties: Party[];
  notes: Note[];
  lines: OrderLine[];
  /** What the customer agreed to pay. */
  totals: Totals | null;
  ext: Extensions;
}

/** A change that the back end made to an order or a line while taking it. */
export interface Amendment {
  /** Absent when it concerns the whole order. */
  line: string | null;
  /** `quantity`, `price`, `substitution`, `backorder`, `date`, `rejected-line`, `added-line` or another name. */
  kind: string;
  from: string | null;
  to: string | null;
  message: string | null;
}

/** The back end has taken the order. */
export interface Accepted {
  /** The back end's number. */
  number: string;
  /** Business status, see `order-document.status`. */
  status: string;
  rawStatus: string | null;
  amendments: Amendment[];
  asOf: Instant | null;
  ext: Extensions;
}

export interface Delivery {
  number: string | null;
  quantity: Quantity | null;
  shippedOn: Date | null;
  carrier: string | null;
  trackingNumber: string | null;
  trackingUrl: string | null;
}

export interface DocumentLine {
  id: string;
  /** Our line id, when the back end keeps it. */
  reference: string | null;
  parent: string | null;
  kind: string;
  sku: string | null;
  buyerSku: string | null;
  description: string | null;
  quantity: Quantity;
  unitPrice: Money | null;
  per: Decimal | null;
  amount: Money | null;
  requestedDate: Date | null;
  location: string | null;
  /** Same vocabulary as `order-document.status`. */
  status: string | null;
  rawStatus: string | null;
  rejectReason: string | null;
  shipped: Decimal | null;
  cancelled: Decimal | null;
  invoiced: Decimal | null;
  schedule: ScheduleLine[];
  deliveries: Delivery[];
  ext: Extensions;
}

/** An order as the back end has it, from whichever channel it came. */
export interface OrderDocument {
  number: string;
  /** Our reference, when the order came through us. */
  reference: string | null;
  /** Sold-to number. The host checks it against the caller and drops what is foreign. */
  account: string;
  /** `web`, `telephone`, `counter`, `edi`, `sales-desk` or another name. */
  channel: string | null;
  purchaseOrder: string | null;
  placedAt: Instant;
  changedAt: Instant | null;
  /** `open`, `in-process`, `on-hold`, `partially-shipped`, `shipped`, `completed`, `cancelled`, `rejected` or `unknown`. */
  status: string;
  /** The back end's own code, always kept. */
  rawStatus: string | null;
  currency: string;
  totals: Totals | null;
  requestedDate: Date | null;
  quote: QuoteLink | null;
  parties: Party[];
  notes: Note[];
  /** May be empty in lists. */
  lines: DocumentLine[];
  ext: Extensions;
}

export interface OrderPage {
  orders: OrderDocument[];
  next: string | null;
}
