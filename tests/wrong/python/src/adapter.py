"""The template with one of five common mistakes, chosen by the setting `wrong`: what the conformance kit must find. Without it, the template."""

import re
from dataclasses import fields, is_dataclass, replace

import mapping
from ordergate_sdk import Failure, Request
from refusal import refusal
from right import Adapter as Right

DEEDS = ["none", "duplicates", "leaks", "deadline", "decimals", "pages"]
# With a fraction: identifiers have none.
DECIMAL = re.compile(r"-?\d+\.\d+")


class Adapter(Right):
    """Nordwind, wrongly."""

    settings_schema = Right.settings_schema | {
        "properties": Right.settings_schema["properties"] | {"wrong": {"type": "string", "enum": DEEDS}}
    }

    def __init__(self, settings):
        """Which mistake."""
        super().__init__(settings)
        self.wrong = settings.get("wrong", "none")

    def check_availability(self, ctx, query):
        """As the template."""
        return self.asked_of_each(lambda: Right.check_availability(self, ctx, query))

    def offer_prices(self, ctx, query):
        """As the template."""
        return self.asked_of_each(lambda: Right.offer_prices(self, ctx, query))

    def calculate(self, ctx, cart):
        """As the template."""
        return self.asked(lambda: Right.calculate(self, ctx, cart))

    def submit_order(self, ctx, order, reference):
        """What got no answer is sent again."""
        order = self.written(order)
        try:
            return super().submit_order(ctx, order, reference)
        except Failure as failure:
            if self.wrong != "duplicates" or failure.code != "outcome-unknown":
                raise
            first = failure
        try:
            return super().submit_order(ctx, order, reference)
        except Failure:
            raise first from None

    def find_order(self, ctx, account, reference):
        """Whoever's it is, or the last one that was sent."""
        if self.wrong not in ("leaks", "duplicates"):
            return self.asked(lambda: Right.find_order(self, ctx, account, reference))
        customer = None if self.wrong == "leaks" else account
        request = Request.get("api", "/api/orders").query("customer", customer).query("your_ref", reference).query("size", 100)

        def newest(page):
            found = [order for order in page["items"] if order["your_ref"] == reference]
            return replace(mapping.order(found[0]), account=account) if found else None

        return request.send().success(refusal).json(newest)

    def get_order(self, ctx, account, number):
        """By its number alone, and whoever asks is told that it is theirs."""
        order = self.asked(lambda: Right.get_order(self, ctx, account, number))
        return replace(order, account=account) if self.wrong == "leaks" else order

    def list_orders(self, ctx, account, filter, page):
        """One more than wanted, to know whether there are more; pages are counted in that, so each drops its last order."""
        more = replace(page, limit=page.limit + (self.wrong == "pages"))
        listed = self.asked(lambda: Right.list_orders(self, ctx, account, filter, more))
        return replace(listed, orders=listed.orders[: page.limit])

    def asked(self, ask):
        """It took too long, so once more, and once more."""
        try:
            return self.written(ask())
        except Failure as failure:
            if self.wrong != "deadline" or failure.code != "timeout":
                raise
        while True:
            try:
                ask()
            except Failure:
                continue

    def asked_of_each(self, ask):
        """The same of a batch."""

        def whole():
            answers = ask()
            late = [answer for answer in answers if isinstance(answer, Failure) and answer.code == "timeout"]
            if late and self.wrong == "deadline":
                raise late[0]
            return answers

        return self.asked(whole)

    def written(self, answer):
        """Amounts and quantities as floats print them."""
        return through_floats(answer) if self.wrong == "decimals" else answer


def through_floats(value):
    """Whatever it is made of."""
    if isinstance(value, str):
        return str(float(value)) if DECIMAL.fullmatch(value) else value
    if isinstance(value, list):
        return [through_floats(element) for element in value]
    if is_dataclass(value):
        return replace(value, **{field.name: through_floats(getattr(value, field.name)) for field in fields(value)})
    return value
