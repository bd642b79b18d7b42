// The operations of the contract, and the methods of an adapter that answer them.

/** Method by operation, as the description's capabilities name it. */
export const METHODS = {
  "availability.check": "checkAvailability",
  "pricing.offer-prices": "offerPrices",
  "checkout.reserve": "reserve",
  "checkout.release": "release",
  "checkout.calculate": "calculate",
  "orders.submit": "submitOrder",
  "orders.find-by-reference": "findOrder",
  "orders.get": "getOrder",
  "orders.list": "listOrders",
  "orders.cancel": "cancelOrder",
  "quotes.submit": "submitQuote",
  "quotes.find-by-reference": "findQuote",
  "quotes.get": "getQuote",
  "quotes.list": "listQuotes",
  "quotes.accept": "acceptQuote",
  "quotes.decline": "declineQuote",
  "quotes.cancel": "cancelQuote",
  "inbound.translate": "translate",
  "health.probe": "probe",
};

/** The operations that an adapter has methods for. */
export function operationsOf(adapter) {
  return Object.keys(METHODS).filter((operation) => typeof adapter[METHODS[operation]] === "function");
}
