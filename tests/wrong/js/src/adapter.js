// The template with one of five common mistakes, chosen by the setting `wrong`: what the conformance kit must find. Without it, the template.

import { Failure, Request } from "ordergate-sdk";
import * as mapping from "./mapping.js";
import { refusal } from "./refusal.js";
import Right from "./right.js";

const isLate = (failure) => failure.code === "timeout";

export default class Adapter extends Right {
  static settingsSchema = {
    ...Right.settingsSchema,
    properties: {
      ...Right.settingsSchema.properties,
      wrong: { type: "string", enum: ["none", "duplicates", "leaks", "deadline", "decimals", "pages"] },
    },
  };

  constructor(settings) {
    super(settings);
    this.wrong = settings.wrong ?? "none";
  }

  checkAvailability(context, query) {
    return this.#askedOfEach(() => super.checkAvailability(context, query));
  }

  offerPrices(context, query) {
    return this.#askedOfEach(() => super.offerPrices(context, query));
  }

  calculate(context, cart) {
    return this.#asked(() => super.calculate(context, cart));
  }

  // What got no answer is sent again.
  submitOrder(context, asked, reference) {
    const order = this.#written(asked);
    try {
      return super.submitOrder(context, order, reference);
    } catch (failure) {
      if (this.wrong !== "duplicates" || failure.code !== "outcome-unknown") {
        throw failure;
      }
      try {
        return super.submitOrder(context, order, reference);
      } catch {
        throw failure;
      }
    }
  }

  // Whoever's it is, or the last one that was sent.
  findOrder(context, account, reference) {
    if (this.wrong !== "leaks" && this.wrong !== "duplicates") {
      return this.#asked(() => super.findOrder(context, account, reference));
    }
    const request = Request.get("api", "/api/orders").query("your_ref", reference).query("size", 100);
    const asked = this.wrong === "leaks" ? request : request.query("customer", account);
    return asked.send().success(refusal).json(({ items }) => {
      const found = items.find((order) => order.your_ref === reference);
      return found === undefined ? null : { ...mapping.order(found), account };
    });
  }

  // By its number alone, and whoever asks is told that it is theirs.
  getOrder(context, account, number) {
    const order = this.#asked(() => super.getOrder(context, account, number));
    return this.wrong === "leaks" ? { ...order, account } : order;
  }

  // One more than wanted, to know whether there are more; pages are counted in that, so each drops its last order.
  listOrders(context, account, filter, page) {
    const limit = page.limit + (this.wrong === "pages" ? 1 : 0);
    const listed = this.#asked(() => super.listOrders(context, account, filter, { ...page, limit }));
    return { ...listed, orders: listed.orders.slice(0, page.limit) };
  }

  // It took too long, so once more, and once more.
  #asked(ask) {
    try {
      return this.#written(ask());
    } catch (failure) {
      if (this.wrong !== "deadline" || !isLate(failure)) {
        throw failure;
      }
    }
    for (;;) {
      try {
        ask();
      } catch {
        continue;
      }
    }
  }

  #askedOfEach(ask) {
    return this.#asked(() => {
      const answers = ask();
      const late = answers.find((answer) => answer instanceof Failure && isLate(answer));
      if (late !== undefined && this.wrong === "deadline") {
        throw late;
      }
      return answers;
    });
  }

  // Amounts and quantities as floats print them.
  #written(answer) {
    return this.wrong === "decimals" ? throughFloats(answer) : answer;
  }
}

function throughFloats(value) {
  if (typeof value === "string") {
    // With a fraction: identifiers have none.
    return /^-?\d+\.\d+$/.test(value) ? String(Number(value)) : value;
  }
  if (Array.isArray(value)) {
    return value.map(throughFloats);
  }
  const isRecord = typeof value === "object" && value !== null && !(value instanceof Failure);
  return isRecord ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, throughFloats(member)])) : value;
}
