//! What customers never pay for: a trial, a rollback too many, a load whose operator hung up.

use super::*;

/// The demo profile's mapping of stock.
const STOCK: &str = "[.stock[] | stock]";

/// Mappings that no probe sees fail, each in another way.
const BROKEN: [(&str, &str, &str); 4] = [
    ("every read is turned away", STOCK, "{error: {code: \"throttled\", message: \"busy\"}} // [.stock[] | stock]"),
    ("every read is refused", STOCK, "{error: {code: \"rejected\", message: \"no\"}} // [.stock[] | stock]"),
    (
        "one item is out of reach",
        STOCK,
        "[.stock[] | stock + {error: (if .article == \"NW-1014\" then {code: \"unavailable\", message: \"no\"} else null end)}]",
    ),
    (
        "prices are in another currency than asked",
        "unit_price: money(.net; $currency),\n    list_price",
        "unit_price: money(.net; \"USD\"),\n    list_price",
    ),
];

/// Whether everything on a page is answered, asked of the back end each time.
async fn see_a_page(customer: &Client) {
    let items = json!([{"sku": PLIERS}, {"sku": "NW-1017"}]);
    let stock = customer.post("/v1/availability:query", &json!({"purpose": "checkout", "items": items})).await.expect(200);
    for item in stock["items"].as_array().unwrap() {
        assert!(item["availability"]["available"].is_string(), "{stock:#}");
    }
    customer.get(&format!("/v1/offer-prices/{PLIERS}?quantity=1&purpose=checkout")).await.expect(200);
}

#[tokio::test]
async fn a_version_that_fails_reads_in_any_way_is_backed_out_and_no_customer_sees_it() {
    let swaps = Swaps::start("share_percent = 50", "false").await;
    let customer = swaps.world.hansen();
    let good = std::fs::read_to_string(demo_profile()).unwrap();
    see_a_page(&customer).await;
    for (generation, (what, mapping, broken)) in (2..).zip(BROKEN) {
        assert!(good.contains(mapping), "{what}");
        std::fs::write(settings(swaps.folder.path()), good.replacen(mapping, broken, 1)).unwrap();
        assert_eq!(state(&swaps.act("load").await.expect(200), generation), Some("canary"), "{what}");
        let report = within(Duration::from_secs(60), &format!("a version is backed out where {what}"), async || {
            see_a_page(&customer).await;
            let report = swaps.report().await;
            (report["last_swap"]["result"] != "trying").then_some(report)
        })
        .await;
        let last = &report["last_swap"];
        assert_eq!((&last["result"], &last["generation"]), (&json!("backed_out"), &json!(generation)), "{what}: {report:#}");
    }
}

#[tokio::test]
async fn what_neither_version_knows_is_held_against_neither() {
    let swaps = Swaps::start("share_percent = 50, trial_calls = 20", "false").await;
    let customer = swaps.world.hansen();
    swaps.put(&version(2));
    swaps.act("load").await.expect(200);
    let items = json!({"purpose": "checkout", "items": [{"sku": PLIERS}, {"sku": "NO-SUCH-ITEM"}]});
    within(Duration::from_secs(60), "the new version is promoted", async || {
        customer.post("/v1/availability:query", &items).await.expect(200);
        see_a_page(&customer).await;
        (text(&swaps.report().await, "/last_swap/result") == "promoted").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_version_that_is_told_less_than_the_live_one_needs_is_not_tried_on_customers() {
    let mut swaps = Swaps::start("share_percent = 50", "false").await;
    let good = std::fs::read_to_string(demo_profile()).unwrap();
    let less = good
        .replace("price_dimensions = [\"account\", \"currency\", \"unit\"]", "price_dimensions = [\"account\", \"currency\"]");
    assert_ne!(good, less);
    std::fs::write(settings(swaps.folder.path()), less).unwrap();
    let problem = swaps.act("load").await.expect_problem(422, "adapter_refused");
    assert_eq!(text(&problem, "/errors/0/pointer"), "adapters.nordwind.canary.share_percent", "{problem:#}");
    let detail = text(&problem, "/errors/0/detail");
    assert!(detail.contains("does not depend on unit any more") && detail.contains("set share_percent = 0"), "{detail}");
    assert_eq!(state(&swaps.report().await, 1), Some("live"));
    // As the words say.
    swaps.world.host.rewrite(|config| config.set("adapters.nordwind.canary.share_percent", "0"));
    assert_eq!(state(&swaps.act("load").await.expect(200), 3), Some("live"));
    see_a_page(&swaps.world.hansen()).await;
}

#[tokio::test]
async fn going_back_twice_does_not_bring_the_newer_version_back() {
    let swaps = Swaps::start("share_percent = 0", "false").await;
    swaps.put(&version(2));
    swaps.act("load").await.expect(200);
    assert_eq!(state(&swaps.act("rollback").await.expect(200), 1), Some("live"));
    let problem = swaps.act("rollback").await.expect_problem(409, "conflict");
    let detail = text(&problem, "/detail");
    assert!(detail.contains("no version before its generation 1, which is live") && detail.contains("load it"), "{detail}");
    assert_eq!(state(&swaps.report().await, 1), Some("live"));
    assert_eq!(state(&swaps.act("load").await.expect(200), 3), Some("live"), "as the words say");
}

#[tokio::test]
async fn a_load_is_finished_when_its_operator_hangs_up() {
    let swaps = Swaps::start("share_percent = 0", "false").await;
    swaps.put(&version(2));
    // Its probes take that long.
    swaps.world.backend.slow_down(1_000).await;
    let noted = async {
        eventually("the load is in the audit log", async || {
            swaps.report().await["audit"].as_array().is_some_and(|audit| !audit.is_empty()).then_some(())
        })
        .await;
    };
    tokio::select! {
        biased;
        () = noted => {}
        reply = swaps.act("load") => unreachable!("answered before anybody could hang up: {reply:?}"),
    }
    swaps.until_live(2).await;
    assert_eq!(text(&swaps.report().await, "/last_swap/result"), "promoted");
    assert_eq!(swaps.world.host.metric("ordergate_adapter_swaps_total", &["result=\"promoted\""]).await, 1.0);
}

#[tokio::test]
async fn a_watched_adapter_is_loaded_when_its_options_change() {
    let mut swaps = Swaps::start("share_percent = 0", "true").await;
    swaps.world.host.rewrite(|config| config.set("adapters.nordwind.limits.concurrency", "65"));
    swaps.until_live(2).await;
    // A file that comes after the options that name it.
    let late = swaps.folder.path().join("late.toml");
    let quoted = format!("{:?}", late.to_str().unwrap());
    swaps.world.host.rewrite(|config| config.set("adapters.nordwind.settings_file", &quoted));
    eventually("the log says which file is missing", async || {
        let log = swaps.world.host.log();
        let told = |line: &str| line.contains("a changed adapter is not loaded") && line.contains("late.toml");
        log.lines().any(told).then_some(())
    })
    .await;
    std::fs::copy(demo_profile(), late).unwrap();
    swaps.until_live(3).await;
}

/// The demo profile with another mapping.
pub(super) fn profile_with(mapping: &str, other: &str) -> String {
    let good = std::fs::read_to_string(demo_profile()).unwrap();
    assert!(good.contains(mapping), "{mapping}");
    good.replacen(mapping, other, 1)
}

#[tokio::test]
async fn a_version_whose_back_end_is_down_for_its_whole_trial_is_not_promoted_until_it_answers() {
    let swaps = Swaps::start("share_percent = 50, trial_secs = 1", "false").await;
    let customer = swaps.world.hansen();
    swaps.put(&version(2));
    // Its probe is answered, its reads are not.
    swaps.world.backend.disturb("GET", "/api/stock", "error-500", None).await;
    swaps.act("load").await.expect(200);
    let report = within(Duration::from_secs(60), "the trial is told to go on", async || {
        live_read(&customer).await;
        let report = swaps.report().await;
        text(&report, "/last_swap/detail").contains("the trial goes on").then_some(report)
    })
    .await;
    assert_eq!((state(&report, 2), state(&report, 1)), (Some("canary"), Some("live")), "{report:#}");
    let detail = text(&report, "/last_swap/detail");
    assert!(detail.contains("were answered by neither version and 0 say too little"), "{detail}");
    swaps.world.host.logged("the trial of a new version goes on").await;
    swaps.world.backend.no_faults().await;
    within(Duration::from_secs(60), "it is promoted on what it answers", async || {
        live_read(&customer).await;
        (state(&swaps.report().await, 2) == Some("live")).then_some(())
    })
    .await;
    let detail = text(&swaps.report().await, "/last_swap/detail").to_owned();
    assert!(detail.contains("reads, 0 failed"), "{detail}");
}

#[tokio::test]
async fn a_version_that_cannot_be_tried_beside_what_became_live_meanwhile_is_not_promoted_untried() {
    let mut swaps = Swaps::start("share_percent = 0, trial_secs = 1", "false").await;
    let less = profile_with(
        "price_dimensions = [\"account\", \"currency\", \"unit\"]",
        "price_dimensions = [\"account\", \"currency\"]",
    );
    std::fs::write(settings(swaps.folder.path()), less).unwrap();
    swaps.act("load").await.expect(200);
    // The third is compared with the second; while it is probed, the first becomes live again.
    swaps.world.host.rewrite(|config| config.set("adapters.nordwind.canary.share_percent", "50"));
    swaps.put(&version(3));
    swaps.world.backend.slow_down(1_500).await;
    let gone_back = async {
        eventually("the load is in the audit log", async || {
            let loads = |audit: &Vec<Value>| audit.iter().filter(|entry| entry["action"] == "load").count();
            (swaps.report().await["audit"].as_array().map(loads) == Some(2)).then_some(())
        })
        .await;
        assert_eq!(state(&swaps.act("rollback").await.expect(200), 1), Some("live"));
    };
    let (loaded, ()) = tokio::join!(swaps.act("load"), gone_back);
    loaded.expect(200);
    let report = within(Duration::from_secs(60), "it is decided", async || {
        let report = swaps.report().await;
        matches!(text(&report, "/last_swap/result"), "backed_out" | "promoted").then_some(report)
    })
    .await;
    assert_eq!(text(&report, "/last_swap/result"), "backed_out", "{report:#}");
    assert!(text(&report, "/last_swap/detail").contains("needs to be told more than it"), "{report:#}");
    assert_eq!(state(&report, 1), Some("live"), "{report:#}");
}

#[tokio::test]
async fn what_a_version_said_is_not_shown_any_more_when_it_was_rolled_back() {
    let swaps = Swaps::start("share_percent = 0", "false").await;
    let wrong = profile_with("  available: (.free // 0),", "  available: 424242,");
    std::fs::write(settings(swaps.folder.path()), wrong).unwrap();
    swaps.act("load").await.expect(200);
    let customer = swaps.world.hansen();
    let browse = async || {
        let reply = customer.get(&format!("/v1/availability/{PLIERS}?purpose=browse")).await.expect(200);
        text(&reply, "/available").to_owned()
    };
    assert_eq!((browse().await.as_str(), browse().await.as_str()), ("424242", "424242"));
    swaps.act("rollback").await.expect(200);
    assert_ne!(browse().await, "424242", "it was cached a moment ago");
}
