// How many can be had, where, when: `wit/availability.wit`, as JavaScript has it.

import type { Buyer, Date, Decimal, Extensions, Instant, ScheduleLine } from "./types.js";

export interface Item {
  sku: string;
  /** A warehouse, plant or shop; absent for the location that the back end picks. */
  location: string | null;
  /** UN/ECE Recommendation 20 code in which the answer is wanted; absent for the item's sales unit. */
  unit: string | null;
  /** How many are wanted, for back ends that promise by quantity. */
  quantity: Decimal | null;
  /** When they are wanted. */
  requestedDate: Date | null;
  ext: Extensions;
}

export interface Query {
  /** Filled when the description declares availability dimensions. */
  buyer: Buyer | null;
  items: Item[];
}

export interface Availability {
  sku: string;
  location: string | null;
  /** How many can be promised now. Never negative. */
  available: Decimal;
  unit: string;
  /** The back end promises any quantity (made to order, digital). */
  unlimited: boolean;
  /** What is to come, when the back end says so. */
  schedule: ScheduleLine[];
  /** Days until it can be had when it is not available. */
  leadTimeDays: number | null;
  /** When the back end determined the value; absent for now. */
  asOf: Instant | null;
  ext: Extensions;
}
