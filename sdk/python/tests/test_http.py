"""What a reply, or its absence, means for a read and for a write."""

import unittest

from ordergate_sdk import Failure, Request, send_many
from ordergate_sdk.testing import Backend


def read():
    """A read."""
    return Request.get("api", "/orders")


def write():
    """A write."""
    return Request.post("api", "/orders")


class Http(unittest.TestCase):
    """Requests before a scripted back end."""

    def failure(self, run):
        """What `run` raises."""
        with self.assertRaises(Failure) as caught:
            run()
        return caught.exception

    def code(self, request, status, **headers):
        """The failure of a request that is answered with that status."""
        Backend().reply(status, **headers)
        return self.failure(lambda: request.send().success()).code

    def lost(self, request, code):
        """The failure of a request that is not answered."""
        Backend().lose(Failure(code, "lost"))
        return self.failure(request.send).code

    def test_a_write_that_may_have_been_taken_is_outcome_unknown(self):
        for status in (302, 408, 500, 502, 503, 504):
            self.assertEqual(self.code(write(), status), "outcome-unknown", status)

    def test_a_read_never_has_an_unknown_outcome(self):
        codes = {500: "unavailable", 503: "unavailable", 504: "timeout", 408: "timeout", 302: "invalid-response", 400: "invalid-request"}
        for status, code in codes.items():
            self.assertEqual(self.code(read(), status), code, status)
        self.assertEqual(self.code(write().reading(), 502), "unavailable")

    def test_refusals_are_told_apart(self):
        codes = [self.code(write(), status) for status in (400, 422, 401, 403, 404, 409, 423, 501, 415)]
        expected = ["rejected", "rejected", "auth", "auth", "not-found", "conflict", "unavailable", "unsupported", "invalid-request"]
        self.assertEqual(codes, expected)

    def test_a_page_of_somebody_between_leaves_a_write_open(self):
        page = {"content_type": "text/html; charset=utf-8"}
        codes = [self.code(write(), status, **page) for status in (400, 403, 404, 409, 422, 401, 429)]
        self.assertEqual(codes, ["outcome-unknown"] * 5 + ["auth", "throttled"])
        self.assertEqual(self.code(read(), 404, **page), "not-found")

    def test_too_many_requests_carries_the_wait(self):
        waits = {" 7": 7000, "Fri, 31 Dec 2027 23:59:59 GMT": None}
        for header, wait in waits.items():
            Backend().reply(429, retry_after=header)
            failure = self.failure(lambda: write().send().success())
            self.assertEqual((failure.code, failure.retry_after_ms), ("throttled", wait))

    def test_a_reply_of_another_shape_than_its_reader_expects_is_no_answer(self):
        def items(request):
            return request.send().success().json(lambda body: [item["no"] for item in body["items"]])

        Backend().reply(200, {"items": [{"no": 7}]}).reply(200, {}).reply(201, [])
        self.assertEqual(items(read()), ["7"])
        self.assertEqual(self.failure(lambda: items(read())).code, "invalid-response")
        self.assertEqual(self.failure(lambda: items(write())).code, "outcome-unknown")

    def test_a_lost_reply_is_a_timeout_for_reads_and_unknown_for_writes(self):
        self.assertEqual(self.lost(read(), "outcome-unknown"), "timeout")
        self.assertEqual(self.lost(write(), "timeout"), "outcome-unknown")
        self.assertEqual(self.lost(write(), "unavailable"), "unavailable")

    def test_an_unreadable_success_of_a_write_is_in_doubt(self):
        for body in ("<html>", '{"a": NaN}'):
            Backend().reply(200, body).reply(201, body)
            self.assertEqual(self.failure(lambda: read().send().success().json()).code, "invalid-response")
            self.assertEqual(self.failure(lambda: write().send().success().json()).code, "outcome-unknown")

    def test_every_digit_of_a_number_survives(self):
        Backend().reply(200, '{"id": 300000012345678901, "a": -12.50, "t": "1"}')
        self.assertEqual(read().send().json(), {"id": "300000012345678901", "a": "-12.50", "t": "1"})

    def test_the_back_ends_own_words_come_before_the_status(self):
        Backend().reply(409, {"error": "SHORT"}).reply(500, {})

        def explain(reply):
            return Failure.rejected("Not enough") if (reply.json_or_none() or {}).get("error") == "SHORT" else None

        self.assertEqual(self.failure(lambda: write().send().success(explain)).code, "rejected")
        self.assertEqual(self.failure(lambda: write().send().success(explain)).code, "outcome-unknown")

    def test_requests_are_sent_as_they_were_put_together(self):
        backend = Backend().reply(200)
        write().query("a", 1).query("b", None).header("Content-Type", "application/x+json").json({"ü": "1"}).timeout(50).send()
        sent = backend.requests[0]
        self.assertEqual((sent.endpoint, sent.method, sent.path, sent.query), ("api", "POST", "/orders", [("a", "1")]))
        self.assertEqual((sent.headers, sent.timeout_ms), ([("Content-Type", "application/x+json")], 50))
        self.assertEqual(sent.body.decode(), '{"ü": "1"}')

    def test_a_float_is_not_sent(self):
        with self.assertRaisesRegex(TypeError, r"body\.lines\[0\]\.qty is a float"):
            write().json({"lines": [{"qty": 0.1}]})

    def test_replies_of_several_requests_come_in_their_order_each_by_its_own_meaning(self):
        Backend().lose(Failure.timeout("late")).reply(200, {"n": 1}).lose(Failure.timeout("late"))
        first, second, third = send_many([read(), read(), write()])
        self.assertEqual((first.code, second.json(), third.code), ("timeout", {"n": "1"}, "outcome-unknown"))
