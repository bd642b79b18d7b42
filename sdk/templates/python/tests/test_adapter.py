"""The adapter before a scripted back end."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from adapter import Adapter
from ordergate_sdk import Failure, availability, orders
from ordergate_sdk.testing import Backend

ORDER = {
    "no": "SO-7",
    "your_ref": "O1",
    "customer": "C-1",
    "channel": "WEB",
    "po": None,
    "entered_at": "2026-01-02T03:04:05Z",
    "changed_at": "2026-01-02T03:04:05Z",
    "state": "OPN",
    "currency": "EUR",
    "goods": "10.00",
    "freight": "0.00",
    "vat": [{"rate": "19", "amount": "1.90", "code": "V19"}],
    "total": "11.90",
    "wanted_on": None,
    "remarks": None,
    "positions": [
        {
            "pos": "1",
            "article": "NW-1",
            "text": "Pliers",
            "qty": "4",
            "asked_qty": "5",
            "uom": "PCE",
            "net": "2.50",
            "asked_net": "2.5",
            "per": "1",
            "value": "10.00",
            "site": "BER",
            "state": "OPN",
            "shipped": "0",
            "promised": [],
            "tracking": [],
        }
    ],
}

TO_ORDER = orders.Order(account="C-1", currency="EUR", placed_at="2026-01-02T03:04:05Z")


class Nordwind(unittest.TestCase):
    """Requests and answers."""

    def failure(self, backend):
        """What an order comes to."""
        with self.assertRaises(Failure) as caught:
            backend.load(Adapter).submit_order(TO_ORDER, "O1")
        return caught.exception

    def test_each_site_is_asked_once_and_an_unknown_article_spoils_only_itself(self):
        line = {"article": "A", "site": "BER", "free": "7", "uom": "PCE", "made_to_order": False, "lead_days": None, "inbound": []}
        backend = Backend().reply(200, {"stock": [line], "unknown": ["B"]})
        items = [availability.Item(sku=sku, location="BER") for sku in ("A", "B")]
        found, unknown = backend.load(Adapter).check_availability(availability.Query(items=items))
        self.assertEqual((found.available, found.unit, unknown.code), ("7", "C62", "not-found"))
        self.assertEqual([request.query for request in backend.requests], [[("sku", "A,B"), ("site", "BER")]])

    def test_what_the_back_end_changed_is_told_and_what_only_looks_changed_is_not(self):
        backend = Backend().reply(201, ORDER)
        accepted = backend.load(Adapter).submit_order(TO_ORDER, "O1")
        self.assertEqual((accepted.number, [change.kind for change in accepted.amendments]), ("SO-7", ["quantity"]))
        self.assertEqual(json.loads(backend.requests[0].body)["your_ref"], "O1")

    def test_an_order_whose_reply_is_an_error_of_the_server_may_have_been_taken(self):
        backend = Backend().reply(500, {"error": {"code": "INTERNAL", "text": "sorry"}})
        self.assertEqual(self.failure(backend).code, "outcome-unknown")

    def test_an_order_is_found_by_its_reference_alone(self):
        page = {"items": [ORDER], "page": 1, "pages": 1}
        adapter = Backend().reply(200, page).reply(200, page).load(Adapter)
        self.assertEqual(adapter.find_order("C-1", "O1").number, "SO-7")
        self.assertIsNone(adapter.find_order("C-1", "O2"))

    def test_a_business_refusal_names_its_line(self):
        failure = self.failure(Backend().reply(409, {"error": {"code": "SHORT", "text": "Not enough", "position": "10"}}))
        self.assertEqual((failure.code, failure.line, failure.detail), ("rejected", "10", "SHORT"))
