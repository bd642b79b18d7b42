//! Which failure a status stands for when the back end says nothing better. Reads and writes differ (RFC 9110, section 15).

use super::{Intent, Response};
use crate::failure::code;
use crate::types::Failure;
use std::time::Duration;

/// The failure for a status that is no success. Never `unavailable` for a write that may have been processed.
pub fn for_status(intent: Intent, response: &Response) -> Failure {
    let status = response.status();
    let failure = if intent == Intent::Write && is_of_somebody_between(status, response) {
        Failure::outcome_unknown(format!("A page in HTML came instead of an answer of the interface ({status})."))
    } else {
        Failure::new(code_for(intent, status), message_for(status))
    };
    match retry_after(response) {
        Some(wait) => failure.retry_after(wait),
        None => failure,
    }
}

/// A page for people is no answer of an interface. A gateway or a firewall has judged, perhaps the reply to a write that was done. Who turns away
/// for want of a login or for too many requests does so before.
fn is_of_somebody_between(status: u16, response: &Response) -> bool {
    let is_page =
        response.header("content-type").is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
    is_page && (400..500).contains(&status) && !matches!(status, 401 | 407 | 429)
}

fn code_for(intent: Intent, status: u16) -> &'static str {
    let write = intent == Intent::Write;
    match status {
        401 | 403 | 407 => code::AUTH,
        404 | 410 => code::NOT_FOUND,
        // The server waited for the request: it may have had all of a write.
        408 if write => code::OUTCOME_UNKNOWN,
        408 => code::TIMEOUT,
        409 => code::CONFLICT,
        400 if !write => code::INVALID_REQUEST,
        405 | 406 | 411 | 413 | 414 | 415 | 431 => code::INVALID_REQUEST,
        // Locked, or too early: nothing was done, the same request may pass later.
        423 | 425 => code::UNAVAILABLE,
        429 => code::THROTTLED,
        400..=499 => code::REJECTED,
        501 => code::UNSUPPORTED,
        // Gateways answer 502 to 504, some of them 500, after the request went through.
        500..=599 if write => code::OUTCOME_UNKNOWN,
        504 => code::TIMEOUT,
        500..=599 => code::UNAVAILABLE,
        // A redirect or a status of no known class: no promise either way.
        _ if write => code::OUTCOME_UNKNOWN,
        _ => code::INVALID_RESPONSE,
    }
}

fn message_for(status: u16) -> String {
    match status {
        300..=399 => format!("The back end answered with a redirect ({status}); redirects are never followed."),
        401 | 403 | 407 => format!("The back end does not accept the credentials of this endpoint ({status})."),
        404 | 410 => "The back end does not know it.".to_owned(),
        429 => "The back end asks for fewer requests.".to_owned(),
        500..=599 => format!("The back end has a problem ({status})."),
        _ => format!("The back end refused the request ({status})."),
    }
}

/// Seconds only (RFC 9110, section 10.2.3): the date form would need a clock that the back end shares.
fn retry_after(response: &Response) -> Option<Duration> {
    response.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Request;
    use crate::testing::{Backend, Reply};

    fn failure(request: Request, reply: Reply) -> Failure {
        let _backend = Backend::new().reply(reply);
        request.send().and_then(Response::success).unwrap_err()
    }

    #[test]
    fn a_write_that_may_have_been_taken_is_outcome_unknown() {
        for status in [302, 408, 500, 502, 503, 504] {
            let found = failure(Request::post("api", "/orders"), Reply::status(status));
            assert_eq!(found.code, code::OUTCOME_UNKNOWN, "{status}");
        }
    }

    #[test]
    fn a_read_never_has_an_unknown_outcome() {
        for (status, expected) in
            [(500, "unavailable"), (503, "unavailable"), (504, "timeout"), (408, "timeout"), (302, "invalid-response")]
        {
            assert_eq!(failure(Request::get("api", "/orders"), Reply::status(status)).code, expected);
        }
        assert_eq!(failure(Request::post("api", "/prices").reading(), Reply::status(502)).code, "unavailable");
    }

    #[test]
    fn too_many_requests_carries_the_wait() {
        let found = failure(Request::post("api", "/orders"), Reply::status(429).header("Retry-After", "7"));
        assert_eq!((found.code.as_str(), found.retry_after_ms), ("throttled", Some(7000)));
    }

    #[test]
    fn refusals_are_told_apart() {
        let code = |status| failure(Request::post("api", "/orders"), Reply::status(status)).code;
        assert_eq!([code(400), code(422), code(401), code(403)], ["rejected", "rejected", "auth", "auth"]);
        assert_eq!([code(404), code(409), code(423), code(501)], ["not-found", "conflict", "unavailable", "unsupported"]);
    }

    #[test]
    fn a_page_of_somebody_between_leaves_a_write_open() {
        let page = |status| Reply::body(status, "text/html; charset=utf-8", "<html>Blocked</html>");
        for status in [400, 403, 404, 409, 422] {
            assert_eq!(failure(Request::post("api", "/orders"), page(status)).code, code::OUTCOME_UNKNOWN, "{status}");
        }
        assert_eq!(failure(Request::post("api", "/orders"), page(401)).code, code::AUTH);
        assert_eq!(failure(Request::post("api", "/orders"), page(429)).code, code::THROTTLED);
        assert_eq!(failure(Request::get("api", "/orders"), page(404)).code, code::NOT_FOUND);
        assert_eq!(failure(Request::post("api", "/orders"), Reply::body(400, "application/xml", "<e/>")).code, code::REJECTED);
    }

    #[test]
    fn a_lost_reply_is_a_timeout_for_reads_and_unknown_for_writes() {
        let lost = || Reply::failure(Failure::outcome_unknown("connection reset"));
        assert_eq!(failure(Request::get("api", "/x"), lost()).code, "timeout");
        assert_eq!(failure(Request::post("api", "/x"), Reply::failure(Failure::timeout("late"))).code, "outcome-unknown");
    }

    #[test]
    fn an_unreadable_success_of_a_write_is_in_doubt() {
        let _backend = Backend::new().reply(Reply::json(200, "<html>")).reply(Reply::json(201, "<html>"));
        let read = Request::get("api", "/x").send().unwrap().json::<u32>().unwrap_err();
        let write = Request::post("api", "/x").send().unwrap().json::<u32>().unwrap_err();
        assert_eq!((read.code.as_str(), write.code.as_str()), ("invalid-response", "outcome-unknown"));
    }
}
