// Messages that the back end pushes to the host: `wit/inbound.wit`, as JavaScript has it.

import type { Availability } from "./availability.js";
import type { OfferPrice } from "./pricing.js";
import type { Extensions, Instant } from "./types.js";

/**
 * One change. A value is kept only where the event determines everything that the adapter's answers are declared to depend on; otherwise, or
 * without a value, the host forgets what it knows of the item and asks again. `ext` may name further dimensions, an empty text for none:
 * `ordergate.store` (absent: every store that has the adapter), `ordergate.ship-to`, `ordergate.contract`, `ordergate.date`. Orders and quotes
 * are hints: the host looks its document up.
 */
export interface Event {
  /** `availability-changed`, `price-changed`, `order-changed`, `quote-changed` or `item-uncacheable`. */
  kind: string;
  /** When it happened in the back end; the newest wins. */
  asOf: Instant;
  account: string | null;
  sku: string | null;
  location: string | null;
  /** Back-end number of the order or quote. */
  number: string | null;
  reference: string | null;
  /** The new business status of an order or quote. */
  status: string | null;
  rawStatus: string | null;
  /** The new value, when the message carries it; otherwise the host forgets the old one. */
  availability: Availability | null;
  price: OfferPrice | null;
  /** For `item-uncacheable`, `ordergate.until` is the instant at which that ends. */
  ext: Extensions;
}
