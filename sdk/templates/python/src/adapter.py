"""The adapter: which requests an operation makes. What they mean is in `mapping`, how they are refused in `refusal`."""

import mapping
from ordergate_sdk import Adapter as Base
from ordergate_sdk import BatchCap, Description, Endpoint, Failure, Request, each, segment, send_many
from refusal import refusal

API = "api"
# More articles in one request are refused.
MOST_ITEMS = 200


class Adapter(Base):
    """Nordwind, by its HTTP interface."""

    settings_schema = {
        "type": "object",
        "properties": {
            "shipping": {
                "type": "string",
                "enum": ["STD", "EXP", "PUP"],
                "description": "How goods are shipped when the customer does not say",
            },
        },
        "additionalProperties": False,
    }

    def __init__(self, settings):
        """Runs once, when the adapter is loaded: nothing may be sent here."""
        self.shipping = settings.get("shipping", "STD")

    def describe(self):
        """What the host must know."""
        return Description(
            name="my-adapter",
            version="0.1.0",
            endpoints=[Endpoint(name=API, description="Nordwind's interface", required=True)],
            batch_caps=[BatchCap(operation=name, max_items=MOST_ITEMS) for name in ("availability.check", "pricing.offer-prices")],
            # It takes the same reference twice, but finds an order by its reference at once.
            deduplication="queryable",
            propagation_delay_ms=0,
            # Quantity breaks come complete, so the quantity is none.
            price_dimensions=["account", "currency", "unit"],
        )

    def probe(self, ctx, side):
        """Is it there?"""
        Request.get(API, "/api/ping").send().success(refusal)

    def check_availability(self, ctx, query):
        """One request per site, all at once."""
        sites = list(dict.fromkeys(item.location for item in query.items))
        replies = send_many([stock_request(query.items, site) for site in sites])
        stocks = {site: stock_of(reply) for site, reply in zip(sites, replies)}
        return each(query.items, lambda item: mapping.availability(item, stocks[item.location]))

    def offer_prices(self, ctx, query):
        """One inquiry for all."""
        inquiry = Request.post(API, "/api/price-inquiries").reading().json(mapping.inquiry(query.buyer, query.items))

        def answers(prices):
            return each(range(len(query.items)), lambda index: mapping.offer_price(prices, str(index)))

        return inquiry.send().success(refusal).json(answers)

    def calculate(self, ctx, cart):
        """A POST that changes nothing."""
        request = Request.post(API, "/api/calculations").reading().json(mapping.calculation_request(cart, self.shipping))
        return request.send().success(refusal).json(mapping.calculation)

    def submit_order(self, ctx, order, reference):
        """Whether a lost one was taken, the host finds out by `find_order`."""
        request = Request.post(API, "/api/orders").json(mapping.order_request(order, reference, self.shipping))
        return request.send().success(refusal).json(mapping.accepted)

    def find_order(self, ctx, account, reference):
        """None only when the back end certainly does not have it."""
        request = Request.get(API, "/api/orders").query("customer", account).query("your_ref", reference).query("size", 100)
        return request.send().success(refusal).json(lambda page: mapping.found(page, reference))

    def get_order(self, ctx, account, number):
        """One order."""
        return Request.get(API, f"/api/orders/{segment(number)}").send().success(refusal).json(mapping.order)

    def list_orders(self, ctx, account, filter, page):
        """Filtered by the back end."""
        request = (
            Request.get(API, "/api/orders")
            .query("customer", account)
            .query("state", mapping.states(filter.statuses))
            .query("since", filter.from_)
            .query("until", filter.to)
            .query("q", filter.search)
            .query("page", page.cursor)
            .query("size", min(page.limit, 100))
        )
        return request.send().success(refusal).json(mapping.order_page)


def stock_request(items, site):
    """All articles that are asked of one site."""
    skus = dict.fromkeys(item.sku for item in items if item.location == site)
    return Request.get(API, "/api/stock").query("sku", ",".join(skus)).query("site", site)


def stock_of(reply):
    """By article; or what went wrong with this site, which does not concern the others."""
    if isinstance(reply, Failure):
        return reply
    try:
        return reply.success(refusal).json(mapping.lines)
    except Failure as failure:
        return failure
