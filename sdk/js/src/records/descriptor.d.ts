// What an adapter is and can do: `wit/descriptor.wit`, as JavaScript has it.

export interface Endpoint {
  /** The name that requests use. */
  name: string;
  /** What it is for, for the operator who binds it. */
  description: string;
  required: boolean;
}

export interface BatchCap {
  /** Name of an operation, such as `availability.check`. */
  operation: string;
  /** At most so many items in one call. */
  maxItems: number;
}

export interface Description {
  name: string;
  version: string;
  vendor: string;
  /**
   * Operations that work, as `interface.function`: `availability.check`, `pricing.offer-prices`, `checkout.reserve`, `checkout.release`,
   * `checkout.calculate`, `orders.submit`, `orders.find-by-reference`, `orders.get`, `orders.list`, `orders.cancel`, `quotes.submit`,
   * `quotes.find-by-reference`, `quotes.get`, `quotes.list`, `quotes.accept`, `quotes.decline`, `quotes.cancel`, `inbound.translate`,
   * `health.probe`. The host never calls one that is not listed.
   */
  capabilities: string[];
  endpoints: Endpoint[];
  /**
   * JSON Schema (2020-12) of the settings, or an empty text when there are none. The host checks the settings against it, without its own
   * `$source`. It may refer to nothing outside of itself.
   */
  settingsSchema: string;
  batchCaps: BatchCap[];
  /**
   * What an offer price depends on: any of `account`, `ship-to`, `contract`, `currency`, `unit`, `quantity`, `location`, `date`, `sales-area`.
   * Prices are never shared across a declared dimension. `account` is always one of them unless `account-independent-prices` is set.
   */
  priceDimensions: string[];
  /** The price of an item is the same for every account. */
  accountIndependentPrices: boolean;
  /** What availability depends on besides SKU, location and unit: any of `account`, `ship-to`, `contract`, `date`, `sales-area`. */
  availabilityDimensions: string[];
  /**
   * How the back end treats a second submit with the same reference: `native-key` (the back end itself returns the first document), `unique-
   * reference` (it refuses the second), `queryable` (it would take it twice, but a document can be found by its reference), `none`.
   */
  deduplication: string;
  /** How long after a commit `find-by-reference` may still not see the document. */
  propagationDelayMs: number;
  /** `availability.check` and `pricing.offer-prices` cost the back end one request together when asked in one call of the store. */
  combinedPriceAndAvailability: boolean;
  /** Linear memory that the adapter asks for, per instance; the operator decides. Absent for the default. */
  memoryBytes: number | null;
  ext: [string, string][];
}
