// Price for this buyer and quantity: `wit/pricing.wit`, as JavaScript has it.

import type { Buyer, Date, Decimal, Extensions, Instant, Money, PriceComponent, Quantity } from "./types.js";

export interface Item {
  sku: string;
  quantity: Quantity;
  location: string | null;
  /** The day for which the price is asked; absent for today. */
  date: Date | null;
  ext: Extensions;
}

export interface Query {
  buyer: Buyer;
  items: Item[];
}

/** From this quantity on (inclusive, in the price's unit), one price unit costs `unit-price`. */
export interface QuantityBreak {
  from: Decimal;
  unitPrice: Money;
}

export interface OfferPrice {
  sku: string;
  /** The quantity that was priced. */
  quantity: Quantity;
  /** Net price of `per` units. */
  unitPrice: Money;
  /** Price before this buyer's conditions. */
  listPrice: Money | null;
  /** The price is for so many units ("price per 100"); "1" when absent. */
  per: Decimal | null;
  /**
   * All breaks that hold for this buyer, ascending; empty when the price does not depend on the quantity, or when the back end prices only the
   * asked quantity (then `quantity` is in `price-dimensions`).
   */
  breaks: QuantityBreak[];
  /** How the price came about. */
  components: PriceComponent[];
  validUntil: Instant | null;
  asOf: Instant | null;
  ext: Extensions;
}
