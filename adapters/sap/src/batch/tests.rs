//! Composing and taking apart.

use super::*;
use ordergate_sdk::http::Request;
use ordergate_sdk::testing::{Backend, Reply};
use proptest::prelude::*;

fn answered(boundary: &str, body: &str) -> Response {
    let _backend = Backend::new().reply(Reply::body(202, &format!("multipart/mixed; boundary={boundary}"), body));
    Request::post("s4", "/$batch").reading().send().unwrap()
}

fn part(status: &str, body: &str) -> String {
    format!(
        "Content-Type: application/http\r\nContent-Length: 9\r\ncontent-transfer-encoding: binary\r\n\r\nHTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
    )
}

#[test]
fn reads_are_parts_with_crlf_and_a_blank_line_after_each() {
    let body = String::from_utf8(reads(&["F?a=1".to_owned(), "G?b=2".to_owned()])).unwrap();
    let expected = "--batch_ordergate\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET F?a=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n\
        --batch_ordergate\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET G?b=2 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n\
        --batch_ordergate--\r\n";
    assert_eq!(body, expected);
}

#[test]
fn changes_sit_in_one_nested_change_set() {
    let change = Change { method: "PATCH", address: "I('1')".into(), if_match: "W/\"1\"".into(), body: r#"{"a":"b"}"#.into() };
    let body = String::from_utf8(changes(&[change.clone(), change])).unwrap();
    assert!(body.starts_with(
        "--batch_ordergate\r\nContent-Type: multipart/mixed; boundary=changeset_ordergate\r\n\r\n--changeset_ordergate\r\n"
    ));
    assert_eq!(body.matches("PATCH I('1') HTTP/1.1\r\n").count(), 2);
    assert!(
        body.contains("Content-ID: 2\r\n") && body.contains("If-Match: W/\"1\"\r\nContent-Length: 9\r\n\r\n{\"a\":\"b\"}\r\n")
    );
    assert!(body.ends_with("--changeset_ordergate--\r\n\r\n--batch_ordergate--\r\n"));
}

#[test]
fn a_part_that_failed_does_not_hide_the_others() {
    let body = format!("--b\r\n{}--b\r\n{}--b--\r\n", part("200 OK", r#"{"d":1}"#), part("404 Not Found", r#"{"error":{}}"#));
    let found = replies(&answered("b", &body)).unwrap();
    assert_eq!(found.iter().map(Response::status).collect::<Vec<_>>(), [200, 404]);
    assert_eq!(found[0].text(), r#"{"d":1}"#);
    assert_eq!(found[1].header("content-type"), Some("application/json"));
}

#[test]
fn replies_of_a_change_set_are_taken_out_of_it_and_a_failed_one_is_one_reply() {
    let nested = format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=\"c\"\r\nContent-Length: 1\r\n\r\n--c\r\n{}--c\r\n{}--c--\r\n\r\n--b--\r\n",
        part("204 No Content", ""),
        part("204 No Content", "")
    );
    assert_eq!(replies(&answered("b", &nested)).unwrap().iter().map(Response::status).collect::<Vec<_>>(), [204, 204]);
    let failed = format!("--b\r\n{}--b--\r\n", part("412 Precondition Failed", r#"{"error":{"code":"X"}}"#));
    assert_eq!(replies(&answered("b", &failed)).unwrap()[0].status(), 412);
}

#[test]
fn what_breaks_off_or_is_no_batch_is_an_error() {
    assert!(
        replies(&answered("b", "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{"))
            .unwrap_err()
            .contains("breaks off")
    );
    assert!(replies(&answered("b", "")).is_err());
    assert!(replies(&answered("b", "--b\r\n\r\nhello\r\n--b--\r\n")).unwrap_err().contains("not with a status"));
    let _backend = Backend::new().reply(Reply::json(202, "{}"));
    assert!(replies(&Request::post("s4", "/$batch").send().unwrap()).unwrap_err().contains("not multipart/mixed"));
}

proptest! {
    #[test]
    fn as_many_replies_come_out_as_went_in(bodies in prop::collection::vec("[ -~]{0,60}", 0..12)) {
        let parts: String = bodies.iter().map(|body| format!("--b-1\r\n{}", part("200 OK", body))).collect();
        let found = replies(&answered("b-1", &format!("{parts}--b-1--\r\n"))).unwrap();
        prop_assert_eq!(found.iter().map(Response::text).collect::<Vec<_>>(), bodies);
    }

    #[test]
    fn no_reply_breaks_it(body in "[-bc:\\r\\nHTP/1. 0-9a-z]{0,200}") {
        let _ = replies(&answered("b", &body));
    }
}
