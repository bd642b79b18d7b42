//! The runtime with hostile and broken guests: tiny components whose operations are written by hand.

mod generations;
mod lanes;
mod sick;
mod snapshots;
mod watched;

use std::time::Duration;

use super::operation::{CancelOrder, CheckAvailability, GetOrder, OfferPrices, Probe, Release, SubmitQuote, WithdrawQuote};
use super::*;
use crate::config::{BreakerConfig, LimitsConfig, RuntimeConfig, TrustConfig};
use crate::domain::{AvailabilityQuery, Buyer, Currency, Extensions, PriceQuery, Purpose, QuoteRequest, Reference, Side};
use crate::egress::tests::{Answer, ScriptedServer};

const OK: Answer = Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

fn context() -> CallContext {
    CallContext {
        store: "shop".into(),
        channel: "web".into(),
        locale: "en".into(),
        request_id: "r-1".into(),
        trace_parent: None,
        purpose: Purpose::Browse,
        deadline: Duration::from_secs(5),
    }
}

struct Bench {
    folder: tempfile::TempDir,
    server: ScriptedServer,
}

impl Bench {
    async fn new(answer: Answer) -> Self {
        Self::with(&handmade::component(), move |_| answer).await
    }

    async fn with(component: &[u8], script: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hostile.wasm"), component).unwrap();
        Self { folder, server: ScriptedServer::start(script).await }
    }

    fn config(&self) -> AdapterConfig {
        let endpoint = format!("[endpoints.api]\nbase_url = '{}'\nallow = ['loopback']", self.server.url(""));
        let config: AdapterConfig = toml::from_str(&format!("component = 'hostile.wasm'\n{endpoint}")).unwrap();
        let trust = TrustConfig { require_signatures: false, keys: vec![] };
        AdapterConfig { trust: Arc::new(trust), ..config }
    }

    async fn load(&self, config: AdapterConfig) -> Result<Arc<Adapter>, String> {
        self.load_at(config, &Clock::system()).await
    }

    async fn load_at(&self, config: AdapterConfig, clock: &Clock) -> Result<Arc<Adapter>, String> {
        let configs = BTreeMap::from([(AdapterName::new("hostile"), config)]);
        let loaded = Adapters::load(
            &configs,
            self.folder.path(),
            &self.folder.path().join("cache"),
            &RuntimeConfig::default(),
            clock,
            Handle::current(),
        )
        .await;
        loaded.map(|adapters| adapters.get(&"hostile".into()).unwrap()).map_err(|error| error.to_string())
    }

    async fn adapter(&self) -> Arc<Adapter> {
        let limits = LimitsConfig { cpu_ms: 100, wall_ms: 1_000, ..LimitsConfig::default() };
        self.load(AdapterConfig { limits, ..self.config() }).await.unwrap()
    }
}

async fn failure<O: Operation>(adapter: &Adapter, operation: O) -> Failure {
    adapter.call(&context(), &operation).await.err().unwrap()
}

fn check_availability() -> CheckAvailability {
    CheckAvailability { query: AvailabilityQuery { buyer: None, items: vec![] } }
}

fn offer_prices() -> OfferPrices {
    let currency = Currency::parse("EUR").unwrap();
    let buyer = Buyer { account: None, ship_to: None, contract: None, currency, sales_area: None, ext: Extensions::new() };
    OfferPrices { query: PriceQuery { buyer, items: vec![] } }
}

fn cancel_order() -> CancelOrder {
    CancelOrder { account: "A".into(), number: "1".into(), reason: String::new() }
}

fn submit_quote() -> SubmitQuote {
    let request = QuoteRequest {
        account: "A".into(),
        currency: Currency::parse("EUR").unwrap(),
        purchase_order: None,
        placed_at: jiff::Timestamp::UNIX_EPOCH,
        requested_date: None,
        contract: None,
        sales_area: None,
        counters: None,
        counters_revision: None,
        parties: vec![],
        notes: vec![],
        lines: vec![],
        ext: Extensions::new(),
    };
    SubmitQuote { request, reference: Reference::new_quote() }
}

#[tokio::test]
async fn a_guest_that_loops_is_ended_when_its_cpu_time_is_spent_and_others_go_on() {
    let bench = Bench::new(OK).await;
    let adapter = bench.adapter().await;
    // One worker thread: the probe only gets through because the spinning guest yields.
    let probe = Probe { side: Side::Read };
    let context = context();
    let (looping, probed) = tokio::join!(failure(&adapter, check_availability()), adapter.call(&context, &probe));
    assert_eq!((looping.code, looping.message.as_str()), (FailureCode::Unavailable, "the adapter used up its CPU time"));
    assert_eq!(probed, Ok(()));
}

#[tokio::test]
async fn a_guest_that_allocates_recurses_or_aborts_is_ended_and_told_apart() {
    let bench = Bench::new(OK).await;
    let adapter = bench.adapter().await;
    let allocating = failure(&adapter, offer_prices()).await;
    assert_eq!(allocating.message, "the adapter needs more memory than it may have");
    let recursing = failure(&adapter, GetOrder { account: "A".into(), number: "1".into() }).await;
    assert_eq!(recursing.message, "the adapter recursed too deeply");
    let aborting = failure(&adapter, cancel_order()).await;
    assert_eq!(aborting.message, "the adapter broke down");
    assert_eq!([allocating.code, recursing.code, aborting.code], [FailureCode::Unavailable; 3]);
}

#[tokio::test]
async fn t4_a_trap_after_a_change_has_left_is_an_unknown_outcome() {
    let bench = Bench::new(OK).await;
    let adapter = bench.adapter().await;
    let before = failure(&adapter, cancel_order()).await;
    let after = failure(&adapter, Release { reservation: "1".into() }).await;
    assert_eq!((before.code, after.code), (FailureCode::Unavailable, FailureCode::OutcomeUnknown));
    assert_eq!(bench.server.seen().len(), 1);
}

#[tokio::test]
async fn t4_a_write_that_runs_out_of_time_after_a_change_has_left_is_an_unknown_outcome() {
    let bench = Bench::new(Answer::Hang).await;
    let adapter = bench.adapter().await;
    let failure = failure(&adapter, submit_quote()).await;
    assert_eq!(failure.code, FailureCode::OutcomeUnknown);
    assert_eq!(bench.server.seen().len(), 1);
}

#[tokio::test]
async fn t4_a_write_that_calls_itself_unavailable_after_a_change_was_taken_is_an_unknown_outcome() {
    let refused = Answer::Bytes("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    for (answer, code) in [(OK, FailureCode::OutcomeUnknown), (refused, FailureCode::Unavailable)] {
        let bench = Bench::new(answer).await;
        let adapter = bench.adapter().await;
        let withdraw = WithdrawQuote { account: "A".into(), number: "1".into(), reason: None };
        assert_eq!(failure(&adapter, withdraw).await.code, code, "{answer:?}");
        assert_eq!(bench.server.seen().len(), 1);
    }
}

#[tokio::test]
async fn t4_a_write_that_calls_itself_refused_after_the_reply_of_a_change_was_lost_is_an_unknown_outcome() {
    let (found, gone) = ("HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 504 Late\r\nContent-Length: 0\r\n\r\n");
    let unknown = FailureCode::OutcomeUnknown;
    for (answer, code) in [(Answer::Bytes(found), FailureCode::Rejected), (Answer::Bytes(gone), unknown), (Answer::Hang, unknown)]
    {
        let refusal = handmade::words(&[1, 0, 6400, 8, 6400, 8]);
        let definitions = format!("(data (i32.const 6400) \"rejected\") (data (i32.const 6144) \"{refusal}\")");
        let cancels = format!("{} (i32.const 6144)", handmade::POST);
        let bodies = [("quotes.cancel", cancels.as_str())];
        let component = handmade::Parts { definitions: &definitions, bodies: &bodies, ..handmade::Parts::default() }.encode();
        let bench = Bench::with(&component, move |_| answer).await;
        let adapter = bench.adapter().await;
        let withdraw = WithdrawQuote { account: "A".into(), number: "1".into(), reason: None };
        assert_eq!(failure(&adapter, withdraw).await.code, code, "{answer:?}");
        assert_eq!(bench.server.seen().len(), 1);
    }
}

#[tokio::test]
async fn an_operation_that_is_not_listed_is_never_run() {
    let bench = Bench::new(OK).await;
    let adapter = bench.adapter().await;
    let list = super::operation::ListOrders {
        account: "A".into(),
        filter: crate::domain::DocumentFilter::default(),
        page: crate::domain::PageRequest { cursor: None, limit: 1 },
    };
    assert_eq!(failure(&adapter, list).await.code, FailureCode::Unsupported);
}

#[tokio::test]
async fn all_problems_of_a_configuration_are_told_at_once() {
    let bench = Bench::new(OK).await;
    let mut config = bench.config();
    config.sha256 = Some("00".into());
    config.settings_file = Some("missing.toml".into());
    config.endpoints.get_mut("api").unwrap().allow.clear();
    let problems = bench.load(config).await.err().unwrap();
    for text in [
        "adapters.hostile.sha256: the configuration pins another file",
        "adapters.hostile.settings_file: cannot read",
        "adapters.hostile.endpoints.api: base_url: 127.0.0.1 is a loopback address",
    ] {
        assert!(problems.contains(text), "{text} in {problems}");
    }
}

#[tokio::test]
async fn needed_endpoints_must_be_bound_and_bound_ones_known() {
    let bench = Bench::new(OK).await;
    let mut config = bench.config();
    let endpoint = config.endpoints.remove("api").unwrap();
    config.endpoints.insert("apo".into(), endpoint);
    let problems = bench.load(config).await.err().unwrap();
    assert!(problems.contains("adapters.hostile.endpoints.api: the adapter needs this endpoint"), "{problems}");
    assert!(problems.contains("adapters.hostile.endpoints.apo: the adapter has no such endpoint; it has api"), "{problems}");
}

#[tokio::test]
async fn a_pinned_component_loads_and_says_its_digest() {
    let bench = Bench::new(OK).await;
    let digest = bench.adapter().await.digest().to_owned();
    let pinned = AdapterConfig { sha256: Some(digest.to_uppercase()), ..bench.config() };
    assert_eq!(bench.load(pinned).await.unwrap().digest(), digest);
}
