"""What the SDK knows of the contract is what the contract says."""

import importlib
import re
import unittest
from dataclasses import MISSING, fields
from pathlib import Path

from ordergate_sdk.adapter import Adapter
from ordergate_sdk.operations import OPERATIONS

WIT = Path(__file__).resolve().parents[3] / "wit"
INTERFACES = ("types", "availability", "pricing", "checkout", "orders", "quotes", "inbound", "descriptor")


def specified(interface):
    """`OrderLine.unit_price?` for each field; `?` where it may be left out because it may be absent or empty."""
    text = re.sub(r"//.*", "", (WIT / f"{interface}.wit").read_text())
    for record, body in re.findall(r"record ([\w-]+) \{([^}]*)\}", text):
        name = "".join(part.capitalize() for part in record.split("-"))
        # Raised, so it is an exception of its own.
        if name == "Failure":
            continue
        for field, kind in re.findall(r"^ +%?([\w-]+): (.+),$", body, re.MULTILINE):
            python = {"from": "from_"}.get(field, field.replace("-", "_"))
            yield f"{name}.{python}" + ("?" if re.match(r"option<|list<(?!u8)|extensions|bool|u\d", kind) else "")


def declared(interface):
    """The same of the SDK's records."""
    module = importlib.import_module(f"ordergate_sdk.records.{interface}")
    for kind in vars(module).values():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            for field in fields(kind):
                may_be_left_out = field.default is not MISSING or field.default_factory is not MISSING
                yield f"{kind.__name__}.{field.name}" + ("?" if may_be_left_out else "")


# The safest answers for what an adapter does not say of itself.
SAFEST = {"Description.vendor?", "Description.settings_schema?", "Description.deduplication?"}


class Contract(unittest.TestCase):
    """`wit/` against the records and operations."""

    def test_every_record_is_declared_field_by_field(self):
        for interface in INTERFACES:
            with self.subTest(interface):
                wanted = sorted(specified(interface))
                found = sorted(name.rstrip("?") if name in SAFEST else name for name in declared(interface))
                self.assertTrue(wanted)
                self.assertEqual(found, wanted)

    def test_every_operation_has_a_method_that_answers_unsupported(self):
        functions = {
            f"{interface}.{function}"
            for interface in ("availability", "pricing", "checkout", "orders", "quotes", "inbound", "health")
            for function in re.findall(r"^ +%?([\w-]+): func", (WIT / f"{interface}.wit").read_text(), re.MULTILINE)
        }
        self.assertEqual(set(OPERATIONS), functions)
        for operation in OPERATIONS.values():
            self.assertTrue(getattr(Adapter, operation.method).is_unsupported, operation.method)
