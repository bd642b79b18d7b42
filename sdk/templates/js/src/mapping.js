// Between Nordwind's words and the contract's. Pure: nothing is sent here. Every number of a reply is text, with the digits that were sent.

import { Failure, isSame } from "ordergate-sdk";
import { refusedPosition } from "./refusal.js";

const UNITS = { PCE: "C62", MTR: "MTR", KG: "KGM", PK: "XPK" };
const CHANNELS = { WEB: "web", TEL: "telephone", CTR: "counter", EDI: "edi" };
const SHIPPING = { standard: "STD", express: "EXP", pickup: "PUP" };
const STATUSES = {
  OPN: "open",
  PCK: "in-process",
  PSH: "partially-shipped",
  SHP: "shipped",
  DON: "completed",
  CAN: "cancelled",
  BLK: "on-hold",
};

const unit = (uom) => UNITS[uom] ?? uom;
const uom = (unit) => Object.keys(UNITS).find((uom) => UNITS[uom] === unit) ?? unit;
const status = (state) => STATUSES[state] ?? "unknown";
const quantity = (value, uom) => ({ value, unit: unit(uom) });
const money = (amount, currency) => ({ amount, currency });
const moneyOrNull = (amount, currency) => (amount === null || amount === undefined ? null : money(amount, currency));

/** The back end's states for these statuses, as its filter wants them; null for all. */
export function states(statuses) {
  const wanted = Object.keys(STATUSES).filter((state) => statuses.includes(STATUSES[state]));
  return wanted.length === 0 ? null : wanted.join(",");
}

/** `stock`: lines by article, or why there are none. */
export function availability(item, stock) {
  if (stock instanceof Failure) {
    throw stock;
  }
  const line = stock.get(item.sku);
  if (line === undefined) {
    throw Failure.notFound(`there is no article ${item.sku}`);
  }
  return {
    sku: item.sku,
    location: line.site,
    available: line.free ?? "0",
    unit: unit(line.uom),
    unlimited: line.made_to_order,
    leadTimeDays: line.lead_days === null ? null : Number(line.lead_days),
    schedule: line.inbound.map(({ qty, eta }) => ({ quantity: quantity(qty, line.uom), date: eta })),
  };
}

/** Positions are numbered by their index, so that answers find their items. */
export function inquiry(buyer, items) {
  const position = ({ sku, quantity }, index) => ({ pos: String(index), article: sku, qty: quantity.value, uom: uom(quantity.unit) });
  return { customer: buyer.account, currency: buyer.currency, positions: items.map(position) };
}

export function offerPrice({ positions, currency, valid_to }, pos) {
  const found = positions.find((position) => position.pos === pos);
  if (found === undefined) {
    throw Failure.invalidResponse(`the reply has no position ${pos}`);
  }
  if (found.error !== undefined) {
    throw refusedPosition(found.error);
  }
  return {
    sku: found.article,
    quantity: quantity(found.qty, found.uom),
    unitPrice: money(found.net, currency),
    listPrice: money(found.list, currency),
    per: found.per,
    breaks: found.scale.map(({ from, net }) => ({ from, unitPrice: money(net, currency) })),
    validUntil: valid_to,
  };
}

export function calculationRequest(cart, shipping) {
  return {
    customer: cart.buyer.account,
    currency: cart.buyer.currency,
    ship_to: cart.buyer.shipTo ?? shipTo(cart.parties),
    shipping: SHIPPING[cart.deliveryMethod] ?? shipping,
    reservation: null,
    positions: cart.lines.map((line) => goods(line)),
  };
}

export function calculation(reply) {
  return {
    lines: reply.positions.map((position) => ({
      id: position.pos,
      kind: "product",
      sku: position.article,
      description: position.text,
      quantity: quantity(position.qty, position.uom),
      unitPrice: money(position.net, reply.currency),
      per: position.per,
      amount: money(position.value, reply.currency),
      schedule: schedule(position),
    })),
    totals: totals(reply),
    validUntil: reply.valid_to,
    messages: reply.notes,
  };
}

/** The same reference in every attempt: it is what a lost order is found by. */
export function orderRequest(order, reference, shipping) {
  return {
    customer: order.account,
    your_ref: reference,
    po: order.purchaseOrder,
    currency: order.currency,
    wanted_on: order.requestedDate,
    shipping: SHIPPING[order.deliveryMethod] ?? shipping,
    complete: order.shipComplete,
    remarks: order.notes.map(({ text }) => text).join("\n") || null,
    ship_to: shipTo(order.parties),
    positions: order.lines
      // Freight and the like are the back end's own.
      .filter(({ kind }) => kind === "product")
      .map((line) => ({ ...goods(line), net: line.unitPrice?.amount ?? null, text: line.description })),
  };
}

/** What the customer is told was changed, and what the order became. */
export function accepted(order) {
  return {
    number: order.no,
    status: status(order.state),
    rawStatus: order.state,
    amendments: order.positions.flatMap(amendments),
    asOf: order.changed_at,
  };
}

function amendments({ pos, asked_net, net, asked_qty, qty, asked_article, article }) {
  const changes = [
    ["price", asked_net, net, "The price has changed."],
    ["quantity", asked_qty, qty, "The quantity was changed."],
    ["substitution", asked_article, article, "Another article was taken."],
  ];
  return changes
    .filter(([kind, from, to]) => (from ?? null) !== null && !(kind === "substitution" ? from === to : isSame(from, to)))
    .map(([kind, from, to, message]) => ({ line: pos, kind, from, to, message }));
}

export function order(order) {
  return {
    number: order.no,
    reference: order.your_ref,
    account: order.customer,
    channel: CHANNELS[order.channel] ?? order.channel,
    purchaseOrder: order.po,
    placedAt: order.entered_at,
    changedAt: order.changed_at,
    status: status(order.state),
    rawStatus: order.state,
    currency: order.currency,
    // An order may have no prices yet.
    totals: (order.total ?? null) === null ? null : totals(order),
    requestedDate: order.wanted_on,
    notes: (order.remarks ?? null) === null ? [] : [{ kind: "customer", text: order.remarks }],
    lines: order.positions.map((position) => orderLine(order, position)),
  };
}

function orderLine({ your_ref, currency }, position) {
  return {
    id: position.pos,
    // Only our own orders carry our line ids.
    reference: your_ref === null ? null : position.pos,
    kind: "product",
    sku: position.article,
    description: position.text,
    quantity: quantity(position.qty, position.uom),
    unitPrice: moneyOrNull(position.net, currency),
    per: position.per,
    amount: moneyOrNull(position.value, currency),
    location: position.site,
    status: status(position.state),
    rawStatus: position.state,
    shipped: position.shipped,
    schedule: schedule(position),
    deliveries: position.tracking.map(({ no, carrier, shipped_on, qty }) => ({
      quantity: quantity(qty, position.uom),
      shippedOn: shipped_on,
      carrier,
      trackingNumber: no,
    })),
  };
}

export function orderPage({ items, page, pages }) {
  return { orders: items.map(order), next: Number(page) < Number(pages) ? String(Number(page) + 1) : null };
}

function schedule({ promised, uom }) {
  return promised.map(({ qty, date, site }) => ({ quantity: quantity(qty, uom), date, location: site }));
}

function totals({ goods, freight, vat, total, currency }) {
  const hasFreight = (freight ?? null) !== null && !isSame(freight, "0");
  return {
    lines: money(goods, currency),
    charges: hasFreight ? [{ kind: "freight", description: "Freight", amount: money(freight, currency) }] : [],
    taxes: vat.map(({ rate, amount, code }) => ({ kind: "tax", description: `VAT ${rate} %`, amount: money(amount, currency), rate, code })),
    payable: money(total, currency),
  };
}

function goods({ id, sku, quantity, location }) {
  return { pos: id, article: sku, qty: quantity.value, uom: uom(quantity.unit), site: location };
}

/** A ship-to number, an address, or null for the customer's first. */
function shipTo(parties) {
  const party = parties.find(({ role }) => role === "ship-to");
  if (party?.address == null) {
    return party?.number ?? null;
  }
  const { name, lines, postalCode, city, country } = party.address;
  return { name, street: lines.join(", "), zip: postalCode, city, country };
}
