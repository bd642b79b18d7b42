// The live check of a whole cart before billing: `wit/checkout.wit`, as JavaScript has it.

import type { Buyer, Date, Decimal, Extensions, Instant, Money, Party, PriceComponent, Quantity, ScheduleLine, Totals } from "./types.js";

export interface CartLine {
  /** Stable within the cart; results refer to it. */
  id: string;
  sku: string;
  quantity: Quantity;
  location: string | null;
  requestedDate: Date | null;
  ext: Extensions;
}

export interface Cart {
  buyer: Buyer;
  parties: Party[];
  deliveryMethod: string | null;
  paymentTerms: string | null;
  requestedDate: Date | null;
  lines: CartLine[];
  ext: Extensions;
}

export interface ReservationRequest {
  cart: Cart;
  /** Set when an existing reservation is extended. */
  extends: string | null;
  /** How long it should hold. */
  holdMs: number;
}

export interface Reservation {
  /** The back end's id, for `release` and for the order. */
  id: string;
  expiresAt: Instant;
  ext: Extensions;
}

export interface CalculatedLine {
  /** The cart line, or a new id for a line that the back end adds (freight, deposit, free goods). */
  id: string;
  /** `product`, `charge`, `discount` or `tax`. */
  kind: string;
  /** For an added line: the cart line that it belongs to. */
  parent: string | null;
  sku: string | null;
  description: string | null;
  quantity: Quantity;
  /** Net price of `per` units. */
  unitPrice: Money;
  per: Decimal | null;
  /** Net amount of the line, as the back end rounds it. */
  amount: Money;
  components: PriceComponent[];
  /** What can be promised for this line. */
  schedule: ScheduleLine[];
  ext: Extensions;
}

export interface Calculation {
  lines: CalculatedLine[];
  totals: Totals;
  /** Until when the back end keeps to these amounts; absent when it does not say. */
  validUntil: Instant | null;
  /** Things that the customer should know (credit limit near, long lead time). */
  messages: string[];
  ext: Extensions;
}
