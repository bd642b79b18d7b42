//! Two hosts that share what they cache (rule F11), before one back end and one real Valkey or Redis server, which is well, slow, full, dead
//! or holds nonsense: slower, never wrong, never down.

mod nonsense;
mod operators;
mod outages;
mod pushed;

use futures::future::join_all;
use ordergate_tests::{CacheServer, Client, DemoBackend, Host, HostConfig, PLIERS, eventually, order, seal, text};
use serde_json::{Value, json};

const STOCK: &str = "GET /api/stock";
const PRICES: &str = "POST /api/price-inquiries";

/// Two hosts, what they share, and their back end.
struct Pair {
    cache: CacheServer,
    backend: DemoBackend,
    one: Host,
    two: Host,
}

impl Pair {
    async fn start() -> Self {
        Self::with(|config| config).await
    }

    async fn with(change: impl Fn(HostConfig) -> HostConfig) -> Self {
        Self::on(CacheServer::start().await, change).await
    }

    async fn on(cache: CacheServer, change: impl Fn(HostConfig) -> HostConfig) -> Self {
        let backend = DemoBackend::start().await;
        let config = change(cache.shared_by(HostConfig::for_backend(&backend.url(), backend.key())));
        let (one, two) = tokio::join!(Host::start(config.clone()), Host::start(config));
        let pair = Self { cache, backend, one, two };
        pair.attached(1.0).await;
        pair
    }

    /// Waits until both hosts have been attached so often.
    async fn attached(&self, times: f64) {
        for host in [&self.one, &self.two] {
            until_metric(host, "ordergate_shared_cache_connections_total", &["attached"], times).await;
            until_metric(host, "ordergate_shared_cache_attached", &[], 1.0).await;
        }
    }
}

async fn until_metric(host: &Host, name: &str, labels: &[&str], least: f64) {
    eventually(&format!("{name} {labels:?} is {least}"), async || (host.metric(name, labels).await >= least).then_some(())).await;
}

/// So many values of a host have reached the server.
async fn until_written(host: &Host, values: f64) {
    until_metric(host, "ordergate_shared_cache_writes_total", &["written"], values).await;
}

fn hansen(host: &Host) -> Client {
    host.caller("hansen")
}

/// What C-1001 sees.
async fn stock(host: &Host, sku: &str) -> Value {
    hansen(host).get(&format!("/v1/availability/{sku}")).await.expect(200)
}

/// Source and quantity.
async fn shown(host: &Host, sku: &str) -> (String, String) {
    let answer = stock(host, sku).await;
    (text(&answer, "/source").to_owned(), text(&answer, "/available").to_owned())
}

async fn invalidate(host: &Host, sku: &str, more: Value) -> Value {
    let mut body = json!({"actor": "anna", "reason": "stock was counted"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    host.operator().post(&format!("/ops/v1/cache/{sku}/invalidate"), &body).await.expect(200)
}

#[tokio::test]
async fn f11_what_one_host_was_answered_the_other_knows_without_a_call() {
    let pair = Pair::start().await;
    let price = format!("/v1/offer-prices/{PLIERS}?quantity=20");
    let asked = (stock(&pair.one, PLIERS).await, hansen(&pair.one).get(&price).await.expect(200));
    until_written(&pair.one, 2.0).await;
    let known = (stock(&pair.two, PLIERS).await, hansen(&pair.two).get(&price).await.expect(200));
    assert_eq!((text(&asked.0, "/source"), text(&known.0, "/source"), text(&known.1, "/source")), ("live", "cached", "cached"));
    assert_eq!((&asked.0["available"], &asked.1["unit_price"]), (&known.0["available"], &known.1["unit_price"]));
    let instant = |answer: &Value, pointer| text(answer, pointer).parse::<jiff::Timestamp>().unwrap();
    for field in ["/as_of", "/fresh_until"] {
        let apart = instant(&asked.0, field).duration_since(instant(&known.0, field));
        assert!((0..5).contains(&apart.as_secs()), "{field}: as old as where it was asked, or a little older: {apart}");
    }
    assert_eq!((pair.backend.requests(STOCK).await, pair.backend.requests(PRICES).await), (1, 1));
    assert_eq!(pair.two.metric("ordergate_shared_cache_reads_total", &["hit"]).await, 2.0);
    // It is in the second host's own memory now.
    stock(&pair.two, PLIERS).await;
    assert_eq!(pair.two.metric("ordergate_shared_cache_reads_total", &["hit"]).await, 2.0);
}

#[tokio::test]
async fn f11_one_entry_with_quantity_breaks_answers_other_quantities_on_the_other_host() {
    let pair = Pair::start().await;
    let price = |host: &Host, quantity: u32| {
        let customer = hansen(host);
        async move { customer.get(&format!("/v1/offer-prices/{PLIERS}?quantity={quantity}")).await.expect(200) }
    };
    price(&pair.one, 1).await;
    until_written(&pair.one, 1.0).await;
    let of_breaks = price(&pair.two, 50).await;
    assert_eq!((text(&of_breaks, "/source"), pair.backend.requests(PRICES).await), ("cached", 1));
    let live = hansen(&pair.two).get(&format!("/v1/offer-prices/{PLIERS}?quantity=50&purpose=checkout")).await.expect(200);
    assert_eq!((&of_breaks["unit_price"], text(&live, "/source")), (&live["unit_price"], "live"));
}

#[tokio::test]
async fn f11_an_invalidation_on_one_host_reaches_the_memory_of_the_other() {
    let pair = Pair::start().await;
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, PLIERS).await.1, "307");
        until_written(&pair.one, 1.0).await;
    }
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    // The first host takes an answer for as old as it may be: one that was asked right after its own invalidation may be older than that
    // when the look-up is slow, and is asked again.
    let mut times = 0.0;
    eventually("the first host takes the second's new answer", async || {
        times += 1.0;
        let report = invalidate(&pair.one, PLIERS, json!({})).await;
        assert_eq!(text(&report, "/other_hosts"), "everyone");
        until_metric(&pair.two, "ordergate_shared_cache_invalidations_heard_total", &["availability"], times).await;
        assert_eq!(shown(&pair.two, PLIERS).await, ("live".into(), "267".into()));
        until_written(&pair.two, times).await;
        let (source, available) = shown(&pair.one, PLIERS).await;
        assert_eq!(available, "267");
        (source == "cached").then_some(())
    })
    .await;
}

#[tokio::test]
async fn f11_an_invalidation_of_one_location_leaves_the_others_on_every_host() {
    let pair = Pair::start().await;
    let path = |location: &str| format!("{PLIERS}{location}");
    for location in ["", "?location=BER", "?location=HAM"] {
        stock(&pair.one, &path(location)).await;
    }
    until_written(&pair.one, 3.0).await;
    for location in ["", "?location=BER", "?location=HAM"] {
        assert_eq!(shown(&pair.two, &path(location)).await.0, "cached");
    }
    invalidate(&pair.one, PLIERS, json!({"location": "BER"})).await;
    until_metric(&pair.two, "ordergate_shared_cache_invalidations_heard_total", &["availability"], 2.0).await;
    let calls = pair.backend.requests(STOCK).await;
    assert_eq!(shown(&pair.two, &path("?location=HAM")).await.0, "cached");
    assert_eq!(pair.backend.requests(STOCK).await, calls);
    assert_eq!(shown(&pair.two, &path("?location=BER")).await.0, "live");
    assert_eq!(shown(&pair.two, &path("")).await.0, "live", "it counts Berlin's stock as well");
}

#[tokio::test]
async fn f11_a_thousand_concurrent_misses_make_one_call_on_each_host_at_most_and_none_on_one_that_comes_later() {
    let pair = Pair::start().await;
    pair.backend.slow_down(500).await;
    let path = format!("/v1/availability/{PLIERS}");
    let (one, two) = (hansen(&pair.one), hansen(&pair.two));
    let answers = join_all((0..1000).map(|number| if number % 2 == 0 { one.get(&path) } else { two.get(&path) })).await;
    assert!(answers.iter().all(|reply| text(&reply.expect(200), "/available") == "307"));
    let calls = pair.backend.requests(STOCK).await;
    assert!((1..=2).contains(&calls), "{calls} calls");
    // On a slow machine the second host found what the first had written.
    let hits = async || pair.two.metric("ordergate_shared_cache_reads_total", &["hit"]).await;
    let before = hits().await;
    let path = "/v1/availability/NW-1017";
    join_all((0..500).map(|_| one.get(path))).await;
    let written = pair.one.metric("ordergate_shared_cache_writes_total", &["written"]).await;
    until_written(&pair.one, written.max(2.0)).await;
    let answers = join_all((0..500).map(|_| two.get(path))).await;
    assert!(answers.iter().all(|reply| text(&reply.expect(200), "/source") == "cached"));
    assert_eq!(pair.backend.requests(STOCK).await, calls + 1);
    assert_eq!(hits().await - before, 1.0, "and one look-up");
}

#[tokio::test]
async fn f6_two_customers_on_two_hosts_that_share_never_see_each_others_price() {
    let pair = Pair::with(|config| config.set("freshness.offer_prices.fresh_secs", "1")).await;
    let path = format!("/v1/offer-prices/{PLIERS}?quantity=20");
    let mut truth = Vec::new();
    for name in ["hansen", "bauer"] {
        let live = pair.one.caller(name).get(&format!("{path}&purpose=checkout")).await.expect(200);
        truth.push(live["unit_price"].clone());
    }
    assert_ne!(truth[0], truth[1], "the customers have different prices");
    let callers = [
        (pair.one.caller("hansen"), &truth[0]),
        (pair.two.caller("bauer"), &truth[1]),
        (pair.two.caller("hansen"), &truth[0]),
        (pair.one.caller("bauer"), &truth[1]),
    ];
    for _ in 0..10 {
        let round = (0..40).map(|number| {
            let (caller, expected) = &callers[number % 4];
            let path = &path;
            async move { assert_eq!(caller.get(path).await.expect(200)["unit_price"], **expected) }
        });
        join_all(round).await;
        invalidate(&pair.one, PLIERS, json!({})).await;
    }
    assert!(pair.one.metric("ordergate_shared_cache_writes_total", &["offer_price", "written"]).await > 0.0);
}

#[tokio::test]
async fn f11_a_checkout_is_asked_live_whatever_is_shared() {
    let pair = Pair::start().await;
    stock(&pair.one, PLIERS).await;
    until_written(&pair.one, 1.0).await;
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    let path = format!("/v1/availability/{PLIERS}?purpose=checkout");
    let live = hansen(&pair.two).get(&path).await.expect(200);
    assert_eq!((text(&live, "/source"), text(&live, "/available")), ("live", "267"));
}

#[tokio::test]
async fn f11_a_host_before_another_back_end_or_with_other_settings_takes_nothing_from_it() {
    let pair = Pair::start().await;
    stock(&pair.one, PLIERS).await;
    until_written(&pair.one, 1.0).await;
    let test_system = DemoBackend::start().await;
    test_system.set_stock(PLIERS, "BER", "1").await;
    let config = HostConfig::for_backend(&test_system.url(), test_system.key());
    let test_host = Host::start(pair.cache.shared_by(config)).await;
    until_metric(&test_host, "ordergate_shared_cache_attached", &[], 1.0).await;
    assert_eq!(shown(&test_host, PLIERS).await, ("live".into(), "168".into()));
    until_written(&test_host, 1.0).await;
    assert_eq!(shown(&pair.two, PLIERS).await, ("cached".into(), "307".into()));
}

#[tokio::test]
async fn f2_what_may_not_be_asked_is_shown_where_another_host_was_answered() {
    let pair = Pair::with(|config| config.set("freshness.availability.call_on_miss", "false")).await;
    let path = format!("/v1/availability/{PLIERS}");
    hansen(&pair.two).get(&path).await.expect_problem(503, "not_cached");
    hansen(&pair.one).get(&format!("{path}?purpose=checkout")).await.expect(200);
    until_written(&pair.one, 1.0).await;
    assert_eq!(shown(&pair.two, PLIERS).await, ("cached".into(), "307".into()));
    assert_eq!(pair.backend.requests(STOCK).await, 1);
}

#[tokio::test]
async fn f5_an_order_on_one_host_lowers_what_the_other_shows_when_the_back_end_counts_it() {
    for reserve in ["true", "false"] {
        let pair = Pair::with(|config| {
            let config = config.set("freshness.availability.decrement_on_submit", "true");
            config.set("stores.main.reserve", reserve)
        })
        .await;
        for host in [&pair.one, &pair.two] {
            assert_eq!(shown(host, PLIERS).await.1, "307");
            until_written(&pair.one, 1.0).await;
        }
        let checkout = seal(&hansen(&pair.one), PLIERS, "7").await;
        order(&hansen(&pair.one), &checkout, "one").await.expect(202);
        assert_eq!(shown(&pair.one, PLIERS).await.1, "300");
        eventually("the other host asks again", async || (shown(&pair.two, PLIERS).await.1 == "300").then_some(())).await;
    }
}

#[tokio::test]
async fn f11_an_answer_that_was_under_way_on_another_host_does_not_bring_the_old_value_back() {
    let pair = Pair::start().await;
    pair.backend.slow_down(700).await;
    let early = tokio::spawn({
        let customer = hansen(&pair.two);
        async move { customer.get(&format!("/v1/availability/{PLIERS}")).await.expect(200) }
    });
    eventually("the call is under way", async || (pair.backend.requests(STOCK).await == 1).then_some(())).await;
    assert_eq!(text(&invalidate(&pair.one, PLIERS, json!({})).await, "/other_hosts"), "everyone");
    until_metric(&pair.two, "ordergate_shared_cache_invalidations_heard_total", &["availability"], 1.0).await;
    let early = early.await.unwrap();
    until_written(&pair.two, 1.0).await;
    // It was asked under a version that is gone: neither host uses it.
    let late = stock(&pair.one, PLIERS).await;
    assert_eq!(text(&late, "/source"), "live");
    assert_eq!(pair.one.metric("ordergate_shared_cache_reads_total", &["invalidated"]).await, 1.0);
    assert!(text(&stock(&pair.two, PLIERS).await, "/as_of") > text(&early, "/as_of"));
}

#[tokio::test]
async fn f8_a_query_of_many_items_is_one_look_up() {
    let pair = Pair::start().await;
    let skus: Vec<_> = (1001..1061).map(|number| json!({"sku": format!("NW-{number}")})).collect();
    for host in [&pair.one, &pair.two] {
        hansen(host).post("/v1/availability:query", &json!({"items": skus})).await.expect(200);
        until_written(&pair.one, 60.0).await;
        assert_eq!(host.metric("ordergate_shared_cache_look_up_seconds_count", &[]).await, 1.0);
    }
    assert_eq!(pair.backend.requests(STOCK).await, 1);
}
