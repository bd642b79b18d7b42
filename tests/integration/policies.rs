//! Freshness policies by item, location, store and delivery method (rules F2 to F4; scenario 8).

use ordergate_tests::{Client, HostConfig, PLIERS, World, items, run_host, text};
use serde_json::{Value, json};

const STOCK: &str = "GET /api/stock";

/// A world with these rules of availability, as TOML tables in one line each.
async fn ruled(rules: &[&str]) -> World {
    World::with(|config| config.set("freshness.availability.rules", &format!("[{}]", rules.join(", ")))).await
}

async fn browse(client: &Client, sku: &str) -> Value {
    client.get(&format!("/v1/availability/{sku}")).await.expect(200)
}

/// How long a value is fresh from when it was asked; tells rules apart that differ in nothing else.
fn fresh_secs(answer: &Value) -> i64 {
    let instant = |pointer| -> jiff::Timestamp { text(answer, pointer).parse().unwrap() };
    instant("/fresh_until").duration_since(instant("/as_of")).as_secs()
}

#[tokio::test]
async fn f2_the_highest_precedence_wins_and_of_equals_the_one_written_first() {
    let world = ruled(&[
        r#"{ name = "lowest", items = "*", precedence = -5, fresh_above_secs = 1001 }"#,
        r#"{ name = "first", items = "NW-1014", precedence = 10, fresh_above_secs = 1002 }"#,
        r#"{ name = "second", items = "NW-10*", precedence = 10, fresh_above_secs = 1003 }"#,
        r#"{ name = "off", items = "*", precedence = 99, enabled = false, fresh_above_secs = 1004 }"#,
    ])
    .await;
    assert_eq!(fresh_secs(&browse(&world.hansen(), "NW-1014").await), 1002);
    assert_eq!(fresh_secs(&browse(&world.hansen(), "NW-1017").await), 1003);
}

#[tokio::test]
async fn f2_a_rule_holds_at_its_locations_and_in_its_stores_only() {
    let world = ruled(&[
        r#"{ name = "berlin", items = "*", locations = ["B*"], fresh_above_secs = 1001 }"#,
        r#"{ name = "here", items = "*", stores = ["main"], precedence = -1, fresh_above_secs = 1002 }"#,
    ])
    .await;
    let at = |location: &str| format!("{PLIERS}?location={location}");
    assert_eq!(fresh_secs(&browse(&world.hansen(), &at("BER")).await), 1001);
    assert_eq!(fresh_secs(&browse(&world.hansen(), &at("HAM")).await), 1002);
    assert_eq!(fresh_secs(&browse(&world.hansen(), PLIERS).await), 1002, "no location is not Berlin");
}

#[tokio::test]
async fn f3_a_rules_own_threshold_decides_below_at_and_above_it_and_zero_seconds_expire_at_once() {
    let rule = r#"{ name = "scarce", items = "NW-1020", threshold = "40", fresh_below_secs = 0, fresh_above_secs = 1001 }"#;
    let world = ruled(&[rule]).await;
    world.backend.set_stock("NW-1020", "MUC", "0").await;
    for (stock, second_source) in [("39", "live"), ("40", "cached"), ("41", "cached")] {
        world.backend.set_stock("NW-1020", "BER", stock).await;
        let live = world.hansen().get("/v1/availability/NW-1020?purpose=checkout").await.expect(200);
        assert_eq!(text(&live, "/available"), stock);
        assert_eq!(text(&browse(&world.hansen(), "NW-1020").await, "/source"), second_source, "at {stock} pieces");
    }
}

#[tokio::test]
async fn f4_not_available_is_remembered_as_long_as_its_rule_says() {
    let world = ruled(&[r#"{ name = "gone", items = "NW-10*", negative_secs = 1001 }"#]).await;
    assert_eq!(fresh_secs(&browse(&world.hansen(), "NW-1010").await), 1001);
    assert_eq!(fresh_secs(&browse(&world.hansen(), PLIERS).await), 300, "it is available: the rule keeps the base policy");
}

#[tokio::test]
async fn f2_some_delivery_methods_are_always_asked_live() {
    let mut world = ruled(&[r#"{ name = "shops", items = "*", locations = ["BER"], bypass = ["pickup"] }"#]).await;
    let query = async |method: &str| {
        let items = json!([{"sku": PLIERS, "location": "BER"}, {"sku": PLIERS, "location": "HAM"}]);
        let answer = world.hansen().post("/v1/availability:query", &json!({"items": items, "delivery_method": method})).await;
        let answer = answer.expect(200);
        let sources: Vec<_> = items_of(&answer, "/availability/source");
        assert_eq!(items_of(&answer, "/location"), ["BER", "HAM"], "in the order asked");
        sources
    };
    assert_eq!(query("parcel").await, ["live", "live"]);
    assert_eq!(query("parcel").await, ["cached", "cached"]);
    assert_eq!(query("pickup").await, ["live", "cached"]);
    assert_eq!(query("pickup").await, ["live", "cached"]);
    let one = format!("/v1/availability/{PLIERS}?location=BER&delivery_method=pickup");
    assert_eq!(text(&world.hansen().get(&one).await.expect(200), "/source"), "live");
    world.backend.stop().await;
    world.hansen().get(&one).await.expect_problem(503, "backend_unavailable");
}

fn items_of(answer: &Value, pointer: &str) -> Vec<String> {
    items(answer).iter().map(|item| text(item, pointer).to_owned()).collect()
}

#[tokio::test]
async fn f2_an_item_that_is_never_asked_on_a_miss_is_known_once_a_checkout_has_asked() {
    let world = ruled(&[r#"{ name = "pushed", items = "NW-1014", call_on_miss = false }"#]).await;
    let nothing = world.hansen().get(&format!("/v1/availability/{PLIERS}")).await;
    nothing.expect_problem(503, "not_cached");
    assert_eq!(nothing.header("retry-after"), Some("60"));
    let query = json!({"items": [{"sku": PLIERS}, {"sku": "NW-1017"}]});
    let answer = world.hansen().post("/v1/availability:query", &query).await;
    let answer = answer.expect(200);
    assert_eq!(text(&items(&answer)[0], "/problem/code"), "not_cached");
    assert_eq!(text(&items(&answer)[1], "/availability/source"), "live");
    assert_eq!(world.backend.requests(STOCK).await, 1, "only the other item was asked");
    assert!(world.host.metric("ordergate_cache_reads_total", &["outcome=\"not_asked\""]).await >= 2.0);
    world.hansen().get(&format!("/v1/availability/{PLIERS}?purpose=checkout")).await.expect(200);
    assert_eq!(text(&browse(&world.hansen(), PLIERS).await, "/source"), "cached");
}

#[tokio::test]
async fn f2_an_answer_that_is_not_written_back_is_asked_every_time_and_not_to_be_stored() {
    let world = ruled(&[r#"{ name = "volatile", items = "NW-1014", write_back = false }"#]).await;
    for _ in 0..2 {
        let reply = world.hansen().get(&format!("/v1/availability/{PLIERS}")).await;
        assert_eq!(text(&reply.expect(200), "/source"), "live");
        assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
    }
    assert_eq!(world.backend.requests(STOCK).await, 2);
}

#[tokio::test]
async fn f2_prices_have_rules_of_their_own() {
    let rules = r#"[{ name = "daily", items = "NW-1014", fresh_secs = 1001 }, { name = "never", items = "NW-1017", call_on_miss = false }]"#;
    let world = World::with(|config| config.set("freshness.offer_prices.rules", rules)).await;
    let price = async |sku: &str| world.hansen().get(&format!("/v1/offer-prices/{sku}")).await;
    // The demo back end's prices end with the seller's day, and none is fresh for longer than it is good.
    let within_the_day = |answer: &Value, secs: i64| {
        let instant = |pointer| -> jiff::Timestamp { text(answer, pointer).parse().unwrap() };
        secs.min(instant("/valid_until").duration_since(instant("/as_of")).as_secs())
    };
    for (sku, secs) in [(PLIERS, 1001), ("NW-1050", 600)] {
        let answer = price(sku).await.expect(200);
        assert_eq!(fresh_secs(&answer), within_the_day(&answer, secs), "{answer:#}");
    }
    price("NW-1017").await.expect_problem(503, "not_cached");
    // Not even in the background.
    let query = json!({"items": [{"sku": "NW-1017"}], "wait": 0});
    let answer = world.hansen().post("/v1/offer-prices:query", &query).await.expect(200);
    assert_eq!(text(&items(&answer)[0], "/problem/code"), "not_cached");
}

#[tokio::test]
async fn a_reload_puts_other_policies_in_force() {
    let mut world = World::start().await;
    assert_eq!(fresh_secs(&browse(&world.hansen(), PLIERS).await), 300);
    let rule = r#"[{ name = "new", items = "*", fresh_above_secs = 1001 }]"#;
    world.host.rewrite(|config| config.set("freshness.availability.rules", rule));
    let deed = json!({"actor": "anna", "reason": "new policy"});
    let report = world.host.operator().post("/ops/v1/config/reload", &deed).await.expect(200);
    assert_eq!(report["needs_restart"], json!([]));
    assert_eq!(fresh_secs(&browse(&world.hansen(), PLIERS).await), 300, "what is cached keeps its lifetime");
    assert_eq!(fresh_secs(&browse(&world.hansen(), "NW-1017").await), 1001);
}

#[tokio::test]
async fn rules_that_fit_or_change_nothing_are_refused_at_their_line() {
    let config = HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    let rule = "[[freshness.availability.rules]]\nname = \"good\"\nitems = \"*\"\nstale_secs = 1\n";
    let many: String = (0..200).map(|number| rule.replace("good", &format!("rule {number}"))).collect();
    for (wrong, line, words) in [
        (rule.replace("\"*\"", "\"*\"\nstores = [\"shop\"]"), "stores =", "there is no store \"shop\"; there are: main [C025]"),
        (rule.replace("\"*\"", "\"\""), "items = \"\"", "an empty pattern fits nothing"),
        (rule.replace("*", &"*".repeat(129)), "items = \"**", "a pattern has at most 128 characters [C026]"),
        (rule.replace("\"*\"", "\"*\"\nlocations = []"), "locations =", "leave it out for any location [C026]"),
        (rule.replace("stale_secs = 1\n", "").replace("good", "idle"), "name = \"idle\"", "the rule \"idle\" changes nothing"),
        (rule.replace("name = \"good\"", "name = \"good\" # again"), "# again", "two rules are named \"good\""),
        (rule.replace("name = \"good\"", "name = \"\""), "name = \"\"", "must have 1 to 64 characters"),
        (rule.replace("name = \"good\"\n", ""), "", "missing field `name`"),
        (many, "", "has 201 rules; at most 200 are taken"),
    ] {
        let text = config.toml() + rule + &wrong;
        std::fs::write(&file, &text).unwrap();
        let ended = run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
        let output = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.code, Some(64), "{words}: {output}");
        assert!(output.contains(words), "{words:?} is not said:\n{output}");
        // A rule that changes nothing is shown at its first line, above its name.
        let above = usize::from(words.contains("changes nothing"));
        let lines: Vec<_> = text.lines().collect();
        let place =
            lines.iter().rposition(|candidate| !line.is_empty() && candidate.contains(line)).map(|index| index + 1 - above);
        if let Some(place) = place {
            assert!(output.contains(&format!("ordergate.toml:{place}:")), "line {place} is not named:\n{output}");
        }
    }
}
