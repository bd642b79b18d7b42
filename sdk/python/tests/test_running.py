"""An adapter's class as the host meets it."""

import unittest
from types import SimpleNamespace

from ordergate_sdk import Adapter, Description, Failure, Money, Quantity, each, log, lookup, orders, pricing, session
from ordergate_sdk.running import Running
from ordergate_sdk.testing import Backend

MONEY = Money(amount="9.90", currency="EUR")


def price(sku, unit_price=MONEY, **more):
    """An answer."""
    return pricing.OfferPrice(sku=sku, quantity=Quantity(value="1", unit="C62"), unit_price=unit_price, **more)


class Strict(Adapter):
    """It needs a setting."""

    settings_schema = {"required": ["customer"]}
    answer = staticmethod(price)

    def __init__(self, settings):
        if "customer" not in settings:
            raise Failure.invalid_request("settings: customer is missing")

    def describe(self):
        return Description(name="strict", version="1.0.0")

    def offer_prices(self, ctx, query):
        return each(query.items, self._price)

    def _price(self, item):
        if item.sku == "B":
            raise Failure.not_found("no B")
        return self.answer(item.sku)

    def get_order(self, ctx, account, number):
        return orders.OrderDocument(number=number, account=account, placed_at="2026-01-02T03:04:05Z", status="open", currency="EUR")

    def find_order(self, ctx, account, reference):
        return None


def query(*skus):
    """A batch."""
    return SimpleNamespace(items=[SimpleNamespace(sku=sku) for sku in skus])


def loaded():
    """Configured as it should be."""
    return Backend(settings={"customer": "C1"}).load(Strict)


class RunningAdapters(unittest.TestCase):
    """Configuration, answers, mistakes."""

    def test_a_call_configures_the_adapter_when_nobody_did(self):
        Backend(settings={"customer": "C1"})
        self.assertEqual(Running(Strict).call("orders.get", None, "C1", "7").number, "7")

    def test_capabilities_are_the_operations_that_the_adapter_has(self):
        description = loaded().describe()
        self.assertEqual(sorted(description.capabilities), ["orders.find-by-reference", "orders.get", "pricing.offer-prices"])
        self.assertEqual((description.price_dimensions, description.deduplication), (["account", "currency"], "none"))

    def test_the_schema_of_the_settings_is_told_whether_or_not_they_fit_it(self):
        for settings in ({}, {"customer": "C1"}):
            Backend(settings=settings)
            self.assertEqual(Running(Strict).describe().settings_schema, '{"required": ["customer"]}')

    def test_settings_that_do_not_fit_refuse_the_load_and_a_call_is_unavailable(self):
        Backend()
        running = Running(Strict)
        with self.assertRaises(Failure) as refused:
            running.configure()
        with self.assertRaises(Failure) as called:
            running.call("orders.get", None, "C1", "7")
        self.assertEqual((refused.exception.code, called.exception.code), ("invalid-request", "unavailable"))

    def test_one_bad_item_spoils_only_itself(self):
        good, bad = loaded().offer_prices(query("A", "B"))
        self.assertEqual((good.sku, good.breaks, bad.code), ("A", [], "not-found"))

    def test_what_fails_as_a_whole_has_failed_for_every_item(self):
        self.assertEqual([answer.code for answer in loaded().check_availability(query("A", "B", "C"))], ["unsupported"] * 3)

    def test_none_is_an_answer_where_it_may_be_absent(self):
        self.assertIsNone(loaded().find_order("C1", "R"))

    def test_what_does_not_fit_is_a_mistake_that_is_named_by_its_path_without_what_may_be_personal(self):
        float_price = Money(amount=9.9, currency="EUR")
        step = pricing.QuantityBreak(from_="1e3", unit_price=MONEY)
        wrong = {
            r"pricing.offer-prices\[0\]\.unit_price\.amount must be a decimal as text, such as \"12\.50\", but is 9\.9": price("A", float_price),
            r"breaks\[0\]\.from_ must be a decimal": price("A", breaks=[step]),
            r"ext\[0\] must be two texts": price("A", ext=["x"]),
            r"pricing.offer-prices\[0\] must be a OfferPrice, but is None": None,
            r"sku must be text, but is 7": price(7),
            r"unit_price must be a Money, but is a value of the type str": price("A", "Hans Meier"),
        }
        for message, answer in wrong.items():
            kind = type("Wrong", (Strict,), {"answer": staticmethod(lambda sku, answer=answer: answer)})
            with self.assertRaisesRegex(TypeError, message):
                Backend(settings={"customer": "C1"}).load(kind).offer_prices(query("A"))

    def test_another_number_of_answers_than_items_is_a_mistake(self):
        kind = type("Short", (Strict,), {"offer_prices": lambda self, ctx, query: []})
        with self.assertRaisesRegex(TypeError, "one result per item: 1 were asked"):
            Backend(settings={"customer": "C1"}).load(kind).offer_prices(query("A"))

    def test_a_scripted_host_keeps_the_session_the_maps_and_the_log(self):
        backend = Backend(maps={"units": {"PCE": "C62"}})
        session.put("token", "t", 1000)
        log.warn("slow", ms=5)
        self.assertEqual([lookup("units", "PCE"), lookup("units", "X"), lookup("other", "X")], ["C62", None, None])
        self.assertEqual([session.get("token"), session.get("none")], ["t", None])
        self.assertEqual(backend.lines, [("warn", "slow", {"ms": "5"})])
