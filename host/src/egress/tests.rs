//! Egress against a real server on loopback.

mod server;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::*;
use crate::config::LimitsConfig;
use crate::domain::{Failure, FailureCode};
pub(crate) use server::{Answer, ScriptedServer};

const OK: Answer = Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: s=1\r\n\r\nok");

fn egress_at(base_url: &str, more: &str, clock: &Clock) -> Egress {
    let config = format!("base_url = '{base_url}'\nfirst_byte_timeout_ms = 1000\nbetween_bytes_timeout_ms = 100\n{more}");
    let configs = BTreeMap::from([("api".into(), toml::from_str(&config).unwrap())]);
    Egress::bind(&configs, Path::new("."), clock)
        .map_err(|failed| format!("{failed:?}"))
        .unwrap_or_else(|failed| panic!("{failed}"))
}

fn egress(server: &ScriptedServer) -> Egress {
    egress_at(&server.url("/base"), "allow = ['loopback']", &Clock::system())
}

fn budget(limits: LimitsConfig) -> Budget {
    Budget::new(&limits, Instant::now() + Duration::from_secs(5), Traffic::Read)
}

fn request(method: &str) -> EgressRequest {
    let body = (method != "GET").then(|| b"{}".to_vec());
    EgressRequest { method: method.into(), path: "/orders".into(), query: vec![], headers: vec![], body, timeout: None }
}

fn trace() -> Trace {
    Trace { request_id: "r-1".into(), trace_parent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()) }
}

async fn send(egress: &Egress, request: EgressRequest) -> (Result<Reply, EgressError>, Budget) {
    let budget = budget(LimitsConfig::default());
    let result = egress.send("api", request, &trace(), &budget).await;
    (result, budget)
}

fn code(result: Result<Reply, EgressError>) -> FailureCode {
    Failure::from(&result.unwrap_err()).code
}

#[tokio::test]
async fn a_request_reaches_its_endpoint_with_what_the_host_adds() {
    let server = ScriptedServer::start(|_| OK).await;
    let mut config: EndpointConfig =
        toml::from_str(&format!("base_url = '{}'\nallow = ['loopback']", server.url("/base"))).unwrap();
    config.credential = Some(crate::config::CredentialConfig::Bearer { token: crate::config::Secret::new("t0ken") });
    let egress = Egress::bind(&BTreeMap::from([("api".into(), config)]), Path::new("."), &Clock::system()).ok().unwrap();
    let wanted = EgressRequest {
        query: vec![("$filter".into(), "a eq 'b'".into())],
        headers: vec![("if-match".into(), "\"1\"".into())],
        ..request("GET")
    };
    let (reply, budget) = send(&egress, wanted).await;
    let reply = reply.unwrap();
    assert_eq!((reply.status.as_u16(), reply.body.as_ref()), (200, &b"ok"[..]));
    assert!(!budget.change_left());
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    let head = seen[0].to_lowercase();
    assert!(head.starts_with("get /base/orders?$filter=a%20eq%20%27b%27 http/1.1\r\n"), "{head}");
    for line in ["authorization: bearer t0ken", "x-request-id: r-1", "traceparent: 00-0af7", "if-match: \"1\""] {
        assert!(head.contains(line), "{line} in {head}");
    }
}

#[tokio::test]
async fn t4_a_change_whose_reply_is_lost_has_an_unknown_outcome_and_is_sent_once() {
    let server = ScriptedServer::start(|_| Answer::Close).await;
    let (result, budget) = send(&egress(&server), request("POST")).await;
    assert_eq!(code(result), FailureCode::OutcomeUnknown);
    assert!(budget.change_left());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_read_whose_connection_dies_is_asked_once_more() {
    let server = ScriptedServer::start(|count| if count == 1 { Answer::Close } else { OK }).await;
    let (result, _) = send(&egress(&server), request("GET")).await;
    assert_eq!(result.unwrap().status.as_u16(), 200);
    let server = ScriptedServer::start(|_| Answer::Close).await;
    let (result, _) = send(&egress(&server), request("GET")).await;
    assert_eq!(code(result), FailureCode::Unavailable);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn t4_a_refused_connection_means_not_delivered_even_for_a_change() {
    let server = ScriptedServer::start(|_| OK).await;
    let url = server.url("");
    drop(server);
    let (result, budget) = send(&egress_at(&url, "allow = ['loopback']", &Clock::system()), request("POST")).await;
    assert_eq!(code(result), FailureCode::Unavailable);
    assert!(!budget.change_left());
}

#[tokio::test]
async fn a_server_that_never_answers_or_stops_in_the_middle_is_given_up() {
    for answer in [Answer::Hang, Answer::ThenHang("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")] {
        let server = ScriptedServer::start(move |_| answer).await;
        let egress = egress(&server);
        assert_eq!(code(send(&egress, request("GET")).await.0), FailureCode::Timeout);
        assert_eq!(code(send(&egress, request("POST")).await.0), FailureCode::OutcomeUnknown);
    }
}

#[tokio::test]
async fn replies_are_bounded_each_and_together() {
    let server = ScriptedServer::start(|_| OK).await;
    let egress = egress(&server);
    let small = budget(LimitsConfig { reply_bytes: 1, ..LimitsConfig::default() });
    assert!(matches!(egress.send("api", request("GET"), &trace(), &small).await, Err(EgressError::TooLarge { .. })));
    let together = budget(LimitsConfig { reply_total_bytes: 3, ..LimitsConfig::default() });
    assert!(egress.send("api", request("GET"), &trace(), &together).await.is_ok());
    let beyond = egress.send("api", request("GET"), &trace(), &together).await;
    assert!(matches!(beyond, Err(EgressError::TooLargeTogether { .. })));
}

#[tokio::test]
async fn requests_of_a_call_are_counted() {
    let server = ScriptedServer::start(|_| OK).await;
    let egress = egress(&server);
    let two = budget(LimitsConfig { egress_requests: 2, ..LimitsConfig::default() });
    for _ in 0..2 {
        assert!(egress.send("api", request("GET"), &trace(), &two).await.is_ok());
    }
    assert_eq!(code(egress.send("api", request("GET"), &trace(), &two).await), FailureCode::Throttled);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_returned_never_followed() {
    let server = ScriptedServer::start(|_| {
        Answer::Bytes("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let (reply, _) = send(&egress(&server), request("GET")).await;
    assert_eq!(reply.unwrap().status.as_u16(), 302);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_name_that_leads_to_a_refused_address_is_not_dialed() {
    let server = ScriptedServer::start(|_| OK).await;
    let url = server.url("").replace("127.0.0.1", "localhost");
    let (result, _) = send(&egress_at(&url, "", &Clock::system()), request("GET")).await;
    let error = result.unwrap_err();
    assert!(matches!(error, EgressError::Address(_)), "{error:?}");
    assert_eq!(error.denial(), Some("address"));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn what_breaks_a_rule_never_leaves() {
    let server = ScriptedServer::start(|_| OK).await;
    let egress = egress(&server);
    for wrong in [
        EgressRequest { path: "/../admin".into(), ..request("GET") },
        EgressRequest { headers: vec![("host".into(), "evil".into())], ..request("GET") },
        request("TRACE"),
    ] {
        assert_eq!(code(send(&egress, wrong).await.0), FailureCode::InvalidRequest);
    }
    let unbound = egress.send("other", request("GET"), &trace(), &budget(LimitsConfig::default())).await;
    assert!(matches!(unbound, Err(EgressError::Unbound(_))));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_change_on_a_connection_that_the_server_closed_is_never_sent_twice() {
    let server = ScriptedServer::start(|_| Answer::ThenClose("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
    let egress = egress(&server);
    assert!(send(&egress, request("POST")).await.0.is_ok());
    let (second, _) = send(&egress, request("POST")).await;
    // Whether the client has noticed yet that the connection is gone is a race; that nothing is sent twice is not.
    assert!(second.is_ok() || code(second) == FailureCode::OutcomeUnknown);
    assert!(server.seen().len() <= 2);
}

#[tokio::test]
async fn refused_requests_are_counted_as_well() {
    let server = ScriptedServer::start(|_| OK).await;
    let egress = egress(&server);
    let three = budget(LimitsConfig { egress_requests: 3, ..LimitsConfig::default() });
    let wrong = || EgressRequest { path: "/../admin".into(), ..request("GET") };
    let long = EgressRequest { query: vec![("q".into(), " ".repeat(20_000))], ..request("GET") };
    assert_eq!(code(egress.send("api", wrong(), &trace(), &three).await), FailureCode::InvalidRequest);
    assert_eq!(code(egress.send("api", long, &trace(), &three).await), FailureCode::InvalidRequest);
    assert!(matches!(egress.send("other", request("GET"), &trace(), &three).await, Err(EgressError::Unbound(_))));
    assert!(matches!(egress.send("api", request("GET"), &trace(), &three).await, Err(EgressError::TooManyRequests)));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn t4_a_change_that_the_back_end_may_have_acted_on_is_remembered() {
    const REFUSED: Answer = Answer::Bytes("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
    const GAVE_UP: Answer = Answer::Bytes("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n");
    const BROKE: Answer = Answer::Bytes("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
    const BUSY: Answer = Answer::Bytes("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    for (answer, method, taken, in_doubt) in [
        (OK, "POST", true, false),
        (Answer::Close, "POST", true, true),
        (Answer::Hang, "POST", true, true),
        (REFUSED, "POST", false, false),
        (BUSY, "POST", false, false),
        (BROKE, "POST", true, false),
        (GAVE_UP, "POST", true, true),
        (GAVE_UP, "GET", false, false),
        (OK, "GET", false, false),
        (Answer::Close, "GET", false, false),
    ] {
        let server = ScriptedServer::start(move |_| answer).await;
        let (_, budget) = send(&egress(&server), request(method)).await;
        assert_eq!((budget.change_taken(), budget.change_in_doubt()), (taken, in_doubt), "{answer:?} {method}");
    }
}

#[tokio::test]
async fn each_kind_of_traffic_has_connections_of_its_own() {
    let server = ScriptedServer::start(|_| OK).await;
    let egress = egress(&server);
    for traffic in [Traffic::Read, Traffic::Checkout, Traffic::Transfer, Traffic::Read] {
        let budget = Budget::new(&LimitsConfig::default(), Instant::now() + Duration::from_secs(5), traffic);
        assert!(egress.send("api", request("GET"), &trace(), &budget).await.is_ok());
    }
    assert_eq!((server.connections(), server.seen().len()), (3, 4));
}

fn with_token(server: &ScriptedServer, clock: &Clock) -> Egress {
    let mut config: EndpointConfig = toml::from_str(&format!("base_url = '{}'\nallow = ['loopback']", server.url(""))).unwrap();
    config.credential = Some(crate::config::CredentialConfig::OauthClient {
        token_url: server.url("/token"),
        client_id: "client".into(),
        client_secret: crate::config::Secret::new("secret"),
        scope: None,
    });
    Egress::bind(&BTreeMap::from([("api".into(), config)]), Path::new("."), clock).ok().unwrap()
}

const TOKEN: Answer =
    Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"access_token\":\"tok\",\"expires_in\":3600}\n");
const REFUSED: Answer = Answer::Bytes("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");

#[tokio::test]
async fn a_token_that_cannot_be_fetched_is_not_asked_for_again_at_once() {
    let server = ScriptedServer::start(|count| {
        if count < 2 {
            REFUSED
        } else if count == 2 {
            TOKEN
        } else {
            OK
        }
    })
    .await;
    let clock = Clock::manual("2026-11-22T12:00:00Z".parse().unwrap());
    let egress = with_token(&server, &clock);
    for _ in 0..3 {
        assert_eq!(code(send(&egress, request("GET")).await.0), FailureCode::Auth);
    }
    assert_eq!(server.seen().len(), 1);
    clock.advance(SignedDuration::from_secs(3));
    assert_eq!(send(&egress, request("GET")).await.0.unwrap().status.as_u16(), 200);
}

#[tokio::test]
async fn a_back_end_that_refuses_every_token_does_not_have_them_renewed_all_the_time() {
    // Token, refused, token, refused; then only refused.
    let server = ScriptedServer::start(|count| if matches!(count, 1 | 3 | 7) { TOKEN } else { REFUSED }).await;
    let clock = Clock::manual("2026-11-22T12:00:00Z".parse().unwrap());
    let egress = with_token(&server, &clock);
    for _ in 0..2 {
        assert_eq!(send(&egress, request("GET")).await.0.unwrap().status.as_u16(), 401);
    }
    assert_eq!(server.seen().len(), 5);
    clock.advance(SignedDuration::from_secs(10));
    assert_eq!(send(&egress, request("GET")).await.0.unwrap().status.as_u16(), 401);
    assert_eq!(server.seen().len(), 8);
}

#[tokio::test]
async fn a_call_that_may_send_nothing_does_not_reach_the_token_service() {
    let server = ScriptedServer::start(|_| TOKEN).await;
    let egress = with_token(&server, &Clock::system());
    let none = budget(LimitsConfig { egress_requests: 0, ..LimitsConfig::default() });
    assert!(matches!(egress.send("api", request("GET"), &trace(), &none).await, Err(EgressError::TooManyRequests)));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_token_is_fetched_once_kept_and_renewed_after_a_401_even_for_a_change() {
    const OTHER: Answer =
        Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"access_token\":\"new\",\"expires_in\":3600}\n");
    // Token, order, order, refused order, token, order.
    let script = Arc::new([TOKEN, OK, OK, REFUSED, OTHER, OK]);
    let server = ScriptedServer::start(move |count| script.get(count - 1).copied().unwrap_or(Answer::Hang)).await;
    let clock = Clock::manual("2026-11-22T12:00:00Z".parse().unwrap());
    let egress = with_token(&server, &clock);
    for _ in 0..3 {
        assert_eq!(send(&egress, request("POST")).await.0.unwrap().status.as_u16(), 200);
        clock.advance(SignedDuration::from_secs(60));
    }
    let seen: Vec<_> = server.seen().iter().map(|head| head.to_lowercase()).collect();
    let is_token: Vec<_> = seen.iter().map(|head| head.starts_with("post /token")).collect();
    assert_eq!(is_token, [true, false, false, false, true, false]);
    assert!(seen[3].contains("bearer tok") && seen[5].contains("bearer new"));
}
