"""Numbers and paths keep what was sent."""

import unittest
from decimal import Decimal

from ordergate_sdk import Failure, decimal, is_same, segment


class Values(unittest.TestCase):
    """Decimals and percent-encoding."""

    def test_a_decimal_keeps_its_digits_and_loses_its_exponent(self):
        pairs = {"12.50": "12.50", "+7": "7", "-0.005": "-0.005", "1.5E+2": "150", "12e-3": "0.012", "1.25e1": "12.5", "007": "7"}
        for sent, expected in pairs.items():
            self.assertEqual(decimal(sent), expected, sent)
        self.assertEqual((decimal(7), decimal(Decimal("1.10"))), ("7", "1.10"))

    def test_what_is_no_decimal_is_the_back_ends_nonsense(self):
        for wrong in ("", "abc", "1,000", "1.2.3", "NaN", "Infinity", "1_000", 12.5, True, None):
            with self.assertRaises(Failure, msg=wrong) as caught:
                decimal(wrong)
            self.assertEqual(caught.exception.code, "invalid-response")

    def test_decimals_are_compared_by_what_they_mean(self):
        self.assertTrue(is_same("1.50", "1.5") and is_same("100", "1e2") and is_same("-0.0", "0"))
        self.assertFalse(is_same("1.5", "1.51") or is_same("1", "-1"))
        self.assertFalse(is_same("1." + "0" * 40 + "1", "1"))

    def test_a_slash_cannot_make_a_second_segment(self):
        self.assertEqual(segment("A/7 ü?#%!'()*"), "A%2F7%20%C3%BC%3F%23%25%21%27%28%29%2A")
        self.assertEqual(segment("a-b_c.d~e"), "a-b_c.d~e")
