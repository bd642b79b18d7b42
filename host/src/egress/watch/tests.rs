//! What becomes of watched requests, against a real server on loopback.

use std::path::Path;
use std::time::Duration;

use super::super::tests::{Answer as ServerAnswer, ScriptedServer};
use super::super::{LeavesBy, Traffic};
use super::*;
use crate::clock::Clock;
use crate::config::LimitsConfig;
use crate::domain::{Failure, FailureCode};

struct Watched {
    server: ScriptedServer,
    egress: Egress,
    watch: Watch,
}

impl Watched {
    async fn start() -> Self {
        let reply = ServerAnswer::Bytes("HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"a\": 1}");
        let server = ScriptedServer::start(move |_| reply).await;
        let config = toml::from_str(&format!("base_url = '{}'\nallow = ['loopback']", server.url(""))).unwrap();
        let watch = Watch::default();
        let egress = Egress::bind(&[("api".into(), config)].into(), Path::new("."), &Clock::system()).ok().unwrap();
        Self { server, egress: egress.watched(&watch), watch }
    }

    /// Sends one request of the call `r-1`, with its tap.
    async fn send(&self, tap: &Arc<Tap>, method: &str, path: &str) -> (Result<Reply, EgressError>, Budget) {
        self.watch.begin("r-1", tap);
        let ends = Instant::now() + Duration::from_millis(300);
        let budget = Budget::new(&LimitsConfig::default(), ends, Traffic::Read).leaving_by(LeavesBy::at(ends));
        let body = (method == "POST").then(|| b"{}".to_vec());
        let request =
            EgressRequest { method: method.into(), path: path.into(), query: vec![], headers: vec![], body, timeout: None };
        let trace = Trace { request_id: "r-1".into(), trace_parent: None };
        let came = self.egress.send("api", request, &trace, &budget).await;
        (came, budget)
    }

    async fn once(&self, act: Act, method: &str) -> (Result<Reply, EgressError>, Budget) {
        self.send(&Tap::before_backend(vec![(Some(0), act)]), method, "/orders").await
    }
}

fn code(came: &Result<Reply, EgressError>) -> FailureCode {
    Failure::from(came.as_ref().unwrap_err()).code
}

#[tokio::test]
async fn what_is_answered_instead_never_leaves() {
    let watched = Watched::start().await;
    let (came, budget) = watched.once(Act::Instead(Answer::Refused), "POST").await;
    assert_eq!((code(&came), budget.change_left()), (FailureCode::Unavailable, false));
    let broken = Reply { status: http::StatusCode::INTERNAL_SERVER_ERROR, headers: http::HeaderMap::new(), body: Bytes::new() };
    let (came, budget) = watched.once(Act::Instead(Answer::Reply(broken)), "POST").await;
    assert_eq!((came.unwrap().status.as_u16(), budget.change_taken()), (500, true), "as of a server that broke down over it");
    assert!(watched.server.seen().is_empty());
}

#[tokio::test]
async fn t4_a_reply_that_is_lost_afterwards_leaves_a_change_in_doubt_and_the_back_end_has_it() {
    let watched = Watched::start().await;
    let (came, budget) = watched.once(Act::Then(Answer::Lost), "POST").await;
    assert_eq!((code(&came), budget.change_in_doubt()), (FailureCode::OutcomeUnknown, true));
    assert_eq!(watched.server.seen().len(), 1);
}

#[tokio::test]
async fn a_reply_that_never_comes_ends_with_the_time_for_replies() {
    let watched = Watched::start().await;
    let began = Instant::now();
    let (came, _) = watched.once(Act::Then(Answer::Never), "GET").await;
    assert_eq!(code(&came), FailureCode::Timeout);
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_reply_can_be_changed_and_a_request_doubled_or_withheld() {
    let watched = Watched::start().await;
    let change = Answer::Changed(Arc::new(|reply| Reply { body: reply.body.slice(..4), ..reply }));
    assert_eq!(&*watched.once(Act::Then(change), "POST").await.0.unwrap().body, b"{\"a\"");
    assert!(watched.once(Act::Twice, "GET").await.0.is_ok());
    assert_eq!(watched.server.seen().len(), 3);
    assert!(watched.once(Act::Withheld, "POST").await.0.is_err() && watched.once(Act::Withheld, "GET").await.0.is_ok());
    assert_eq!(watched.server.seen().len(), 4);
}

#[tokio::test]
async fn a_call_that_is_replayed_gets_what_was_kept_and_strays_are_told() {
    let watched = Watched::start().await;
    let tap = Tap::before_backend(vec![(Some(1), Act::Then(Answer::Lost))]);
    watched.send(&tap, "GET", "/orders").await.0.unwrap();
    watched.send(&tap, "POST", "/orders").await.0.unwrap_err();
    let kept = tap.heard();
    let sent = watched.server.seen().len();
    let again = Tap::of_kept(kept);
    assert_eq!(watched.send(&again, "GET", "/orders").await.0.unwrap().status.as_u16(), 201);
    let (came, budget) = watched.send(&again, "POST", "/orders").await;
    assert_eq!((code(&came), budget.change_in_doubt()), (FailureCode::OutcomeUnknown, true));
    let more = watched.send(&again, "GET", "/more").await.0.unwrap_err().to_string();
    assert!(more.contains("api: GET /more was not asked then"), "{more}");
    let other = Tap::of_kept(tap.heard());
    let stray = watched.send(&other, "GET", "/items").await.0.unwrap_err().to_string();
    assert!(stray.contains("it was api: GET /orders, now it is api: GET /items"), "{stray}");
    assert_eq!(watched.server.seen().len(), sent, "nothing was sent");
}

#[tokio::test]
async fn a_call_that_nobody_watches_goes_its_way() {
    let watched = Watched::start().await;
    watched.watch.begin("another", &Tap::before_backend(vec![(None, Act::Instead(Answer::Refused))]));
    let budget = Budget::new(&LimitsConfig::default(), Instant::now() + Duration::from_secs(5), Traffic::Read);
    let request =
        EgressRequest { method: "GET".into(), path: "/x".into(), query: vec![], headers: vec![], body: None, timeout: None };
    let trace = Trace { request_id: "r-2".into(), trace_parent: None };
    assert!(watched.egress.send("api", request, &trace, &budget).await.is_ok());
}
