// The adapter: which requests an operation makes. What they mean is in `mapping.js`, how they are refused in `refusal.js`.

import { Failure, Request, each, segment, sendMany } from "ordergate-sdk";
import * as mapping from "./mapping.js";
import { refusal } from "./refusal.js";

const API = "api";
// More articles in one request are refused.
const MOST_ITEMS = 200;

/** @typedef {import("ordergate-sdk").Operations} Operations */

/** @implements {Operations} */
export default class Adapter {
  // Checked by the host before the adapter sees any settings.
  static settingsSchema = {
    type: "object",
    properties: {
      shipping: { type: "string", enum: ["STD", "EXP", "PUP"], description: "How goods are shipped when the customer does not say" },
    },
    additionalProperties: false,
  };

  // Runs once, when the adapter is loaded: nothing may be sent here.
  constructor(settings) {
    this.shipping = settings.shipping ?? "STD";
  }

  describe() {
    return {
      name: "my-adapter",
      version: "0.1.0",
      endpoints: [{ name: API, description: "Nordwind's interface", required: true }],
      batchCaps: ["availability.check", "pricing.offer-prices"].map((operation) => ({ operation, maxItems: MOST_ITEMS })),
      // It takes the same reference twice, but finds an order by its reference at once.
      deduplication: "queryable",
      propagationDelayMs: 0,
      // Quantity breaks come complete, so the quantity is none.
      priceDimensions: ["account", "currency", "unit"],
    };
  }

  probe() {
    Request.get(API, "/api/ping").send().success(refusal);
  }

  // One request per site, all at once.
  checkAvailability(_context, { items }) {
    const sites = [...new Set(items.map((item) => item.location))];
    const replies = sendMany(sites.map((site) => stockRequest(items, site)));
    const stocks = new Map(sites.map((site, index) => [site, stockOf(replies[index])]));
    return each(items, (item) => mapping.availability(item, stocks.get(item.location)));
  }

  offerPrices(_context, { buyer, items }) {
    const inquiry = Request.post(API, "/api/price-inquiries").reading().json(mapping.inquiry(buyer, items));
    const answers = (prices) => each(items, (_item, index) => mapping.offerPrice(prices, String(index)));
    return inquiry.send().success(refusal).json(answers);
  }

  calculate(_context, cart) {
    const request = Request.post(API, "/api/calculations").reading().json(mapping.calculationRequest(cart, this.shipping));
    return request.send().success(refusal).json(mapping.calculation);
  }

  submitOrder(_context, order, reference) {
    const request = Request.post(API, "/api/orders").json(mapping.orderRequest(order, reference, this.shipping));
    return request.send().success(refusal).json(mapping.accepted);
  }

  // null only when the back end certainly does not have it.
  findOrder(_context, account, reference) {
    const request = Request.get(API, "/api/orders").query("customer", account).query("your_ref", reference).query("size", 100);
    return request.send().success(refusal).json(({ items }) => {
      const found = items.filter((order) => order.your_ref === reference);
      // Newest first; should there be several, the one that was taken first counts.
      return found.length === 0 ? null : mapping.order(found.at(-1));
    });
  }

  getOrder(_context, _account, number) {
    return Request.get(API, `/api/orders/${segment(number)}`).send().success(refusal).json(mapping.order);
  }

  listOrders(_context, account, filter, page) {
    const request = Request.get(API, "/api/orders")
      .query("customer", account)
      .query("state", mapping.states(filter.statuses))
      .query("since", filter.from)
      .query("until", filter.to)
      .query("q", filter.search)
      .query("page", page.cursor)
      .query("size", Math.min(page.limit, 100));
    return request.send().success(refusal).json(mapping.orderPage);
  }
}

function stockRequest(items, site) {
  const skus = new Set(items.filter((item) => item.location === site).map((item) => item.sku));
  return Request.get(API, "/api/stock").query("sku", [...skus].join(",")).query("site", site);
}

// By article; or what went wrong with this site, which does not concern the others.
function stockOf(reply) {
  try {
    if (reply instanceof Failure) {
      throw reply;
    }
    return reply.success(refusal).json(({ stock }) => new Map(stock.map((line) => [line.article, line])));
  } catch (error) {
    if (error instanceof Failure) {
      return error;
    }
    throw error;
  }
}
