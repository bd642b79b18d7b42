//! Checkouts and orders while the back end is down, by each mode (rule C6, scenario 10), and what becomes of them when it is well again.

mod seasons;
mod submits;

use ordergate_tests::{Client, HostConfig, Reply, World, eventually, line, order, text, until_order};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// 12.80 in the list; C-1001 pays 12 % less.
const TAPE: &str = "NW-1017";

/// A world whose stores go by a mode with a limit of 5 %, and whose sick back end is asked once a second whether it is well.
async fn world(checkout: &str, submit: &str) -> World {
    with(checkout, submit, |config| config).await
}

async fn with(checkout: &str, submit: &str, change: impl FnOnce(HostConfig) -> HostConfig) -> World {
    World::with(|config| {
        change(
            config
                .set("stores.main.degraded.checkout", &format!("{checkout:?}"))
                .set("stores.main.degraded.submit", &format!("{submit:?}"))
                .set("stores.main.degraded.max_rise_percent", "\"5\"")
                .set("adapters.nordwind.breaker.heartbeat_secs", "1"),
        )
    })
    .await
}

/// Every request of the back end is refused from now on; its operators can still be reached.
async fn falls_sick(world: &World) {
    let rule = |method: &str| json!({"method": method, "path_prefix": "/api", "fault": "refuse-503"});
    world.backend.faults(&json!({"rules": [rule("GET"), rule("POST"), rule("PUT"), rule("DELETE")]})).await;
}

/// The customer looks at a price, as a product page does.
async fn looks_at(customer: &Client, sku: &str, quantity: &str) -> Value {
    customer.get(&format!("/v1/offer-prices/{sku}?quantity={quantity}")).await.expect(200)
}

/// C-1001 has seen the price, and checks out when the back end has fallen sick.
async fn sealed_in_an_outage(world: &World) -> Value {
    looks_at(&world.hansen(), TAPE, "5").await;
    falls_sick(world).await;
    check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect(201)
}

/// And orders.
async fn ordered_in_an_outage(world: &World) -> Value {
    let checkout = sealed_in_an_outage(world).await;
    order(&world.hansen(), &checkout, "one").await.expect(202)
}

/// The back end answers again, with another list price.
async fn is_well_again_at(world: &World, price: &str) {
    world.backend.set_price(TAPE, price).await;
    world.backend.no_faults().await;
}

async fn check_out(customer: &Client, lines: &[Value]) -> Reply {
    customer.post("/v1/checkouts", &json!({ "lines": lines })).await
}

fn amount(document: &Value, pointer: &str) -> Decimal {
    text(document, pointer).parse().unwrap()
}

async fn confirmed(customer: &Client, captured: &Value) -> Value {
    until_order(customer, text(captured, "/reference"), "confirmed", |order| order["number"].is_string()).await
}

async fn parked(customer: &Client, captured: &Value) -> Value {
    until_order(customer, text(captured, "/reference"), "parked", |order| order["transfer"]["state"] == "parked").await
}

async fn in_backend(world: &World, order: &Value) -> Value {
    let found = world.backend.orders_with_reference(text(order, "/reference")).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

#[tokio::test]
async fn c6_accept_cached_seals_at_the_customers_own_cached_prices_and_says_so() {
    let world = world("accept-cached", "block").await;
    let price = looks_at(&world.hansen(), TAPE, "5").await;
    falls_sick(&world).await;
    let checkout = check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect(201);
    assert_eq!(amount(&checkout, "/lines/0/unit_price/amount"), amount(&price, "/unit_price/amount"));
    assert_eq!(amount(&checkout, "/lines/0/amount/amount"), amount(&price, "/unit_price/amount") * Decimal::from(5));
    let provisional = &checkout["provisional"];
    assert_eq!((text(provisional, "/mode"), text(provisional, "/basis")), ("accept-cached", "cached"), "{checkout:#}");
    assert_eq!(provisional["not_calculated"], json!(["charges", "taxes"]));
    assert_eq!(checkout["totals"]["payable"], Value::Null, "what is not known is not stated");
    assert_eq!(provisional["as_of"], price["as_of"]);
    let again = world.hansen().get(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await.expect(200);
    assert_eq!(again["provisional"], *provisional);
}

#[tokio::test]
async fn c6_what_is_not_known_for_this_customer_quantity_or_currency_blocks_with_its_lines() {
    let world = world("accept-cached", "block").await;
    looks_at(&world.hansen(), TAPE, "5").await;
    falls_sick(&world).await;
    let unknown = check_out(&world.hansen(), &[line("1", TAPE, "5"), line("2", "NW-1050", "3")]).await;
    let problem = unknown.expect_problem(503, "prices_unknown");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem:#}");
    assert_eq!(text(&problem, "/errors/0/pointer"), "/lines/1");
    assert!(unknown.header("retry-after").is_some());
    let others = check_out(&world.bauer(), &[line("1", TAPE, "5")]).await;
    assert_eq!(
        text(&others.expect_problem(503, "prices_unknown"), "/errors/0/pointer"),
        "/lines/0",
        "nobody gets hansen's price"
    );
    let dollars = json!({"lines": [line("1", TAPE, "5")], "currency": "USD"});
    world.hansen().post("/v1/checkouts", &dollars).await.expect_problem(503, "prices_unknown");
}

#[tokio::test]
async fn c6_a_price_that_is_older_than_allowed_seals_nothing() {
    let world = with("accept-cached", "block", |config| config.set("stores.main.degraded.max_price_age_secs", "1")).await;
    let price = looks_at(&world.hansen(), TAPE, "5").await;
    falls_sick(&world).await;
    let old: jiff::Timestamp = text(&price, "/as_of").parse().unwrap();
    let too_old = old + jiff::SignedDuration::from_secs(1);
    eventually("the price is too old", async || (jiff::Timestamp::now() > too_old).then_some(())).await;
    check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect_problem(503, "prices_unknown");
}

#[tokio::test]
async fn c6_list_price_seals_at_the_list_price_and_the_customer_pays_the_lower_live_one() {
    let world = world("list-price", "block").await;
    let checkout = sealed_in_an_outage(&world).await;
    assert_eq!(amount(&checkout, "/lines/0/unit_price/amount"), Decimal::new(1280, 2), "{checkout:#}");
    assert_eq!(text(&checkout, "/provisional/basis"), "list-price");
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    world.backend.no_faults().await;
    let order = confirmed(&world.hansen(), &captured).await;
    assert_eq!(amount(&order, "/provisional/agreed/amount"), Decimal::from(64));
    assert!(amount(&order, "/provisional/asked/amount") < Decimal::from(64), "{order:#}");
    let there = in_backend(&world, &order).await;
    assert_eq!(amount(&there, "/goods"), amount(&order, "/provisional/asked/amount"));
}

#[tokio::test]
async fn c6_an_order_at_a_cached_price_goes_when_the_back_end_is_well_and_shows_both_amounts() {
    let world = world("accept-cached", "block").await;
    let checkout = sealed_in_an_outage(&world).await;
    let claim = json!({"checkout": text(&checkout, "/id"), "payable": {"amount": "1.00", "currency": "EUR"}});
    let refused = world.hansen().capture("/v1/orders", "claims", &claim).await;
    assert_eq!(text(&refused.expect_problem(422, "checkout_contradicted"), "/errors/0/pointer"), "/payable");
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    assert_eq!(captured["provisional"]["settled"], false, "{captured:#}");
    assert_eq!((&captured["totals"], &captured["provisional"]["asked"]), (&Value::Null, &Value::Null));
    world.backend.no_faults().await;
    let order = confirmed(&world.hansen(), &captured).await;
    let terms = &order["provisional"];
    assert_eq!((&terms["settled"], &terms["agreed"]), (&json!(true), &checkout["totals"]["lines"]), "{order:#}");
    assert_eq!(amount(terms, "/asked/amount"), amount(terms, "/agreed/amount"));
    let there = in_backend(&world, &order).await;
    assert_eq!(amount(&there, "/goods"), amount(terms, "/agreed/amount"));
    assert_eq!(amount(&there, "/total"), amount(terms, "/asked_payable/amount"));
    let repriced = world.host.metric("ordergate_orders_repriced_total", &["mode=\"accept-cached\"", "outcome=\"settled\""]).await;
    assert_eq!(repriced, 1.0);
    let sealed = world.host.metric("ordergate_checkouts_sealed_total", &["store=\"main\"", "how=\"accept-cached\""]).await;
    assert_eq!(sealed, 1.0);
}

#[tokio::test]
async fn c6_within_the_limit_a_repriced_order_is_sent_at_the_new_price() {
    let world = world("accept-reprice", "block").await;
    let captured = ordered_in_an_outage(&world).await;
    is_well_again_at(&world, "13.20").await;
    let order = confirmed(&world.hansen(), &captured).await;
    let (agreed, asked) = (amount(&order, "/provisional/agreed/amount"), amount(&order, "/provisional/asked/amount"));
    assert!(asked > agreed && asked <= agreed * Decimal::new(105, 2), "{order:#}");
    assert_eq!(amount(&in_backend(&world, &order).await, "/goods"), asked);
    assert_eq!(order["amendments"], json!([]), "it was sent at the price that counts");
}

#[tokio::test]
async fn c6_beyond_the_limit_the_desk_sees_both_amounts_and_sends_it_at_the_price_that_was_accepted() {
    let world = world("accept-reprice", "block").await;
    let captured = ordered_in_an_outage(&world).await;
    is_well_again_at(&world, "14.80").await;
    let shown = parked(&world.hansen(), &captured).await;
    assert_eq!(shown["transfer"]["message"], Value::Null, "the reason is the desk's: {shown:#}");
    let reference = text(&captured, "/reference");
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
    let list = world.host.operate(&["orders", "list"]).await;
    assert!(list.stdout.contains(reference) && list.stdout.contains("beyond the limit of 5 %"), "{}", list.stdout);
    let dossier = world.host.operate(&["orders", "show", reference]).await;
    let agreed = text(&shown, "/provisional/agreed/amount");
    let asked = text(&shown, "/provisional/asked/amount");
    assert!(dossier.stdout.contains(&format!("agreed {agreed} EUR  asked {asked} EUR")), "{}", dossier.stdout);
    let deed = ["--actor", "anna", "--reason", "the customer agreed by telephone"];
    let other = world.host.operate(&[&["orders", "resend", reference, "--accept-price", agreed], &deed[..]].concat()).await;
    assert!(
        other.code == Some(1) && other.stderr.contains(&format!("costs {asked} EUR by now, not {agreed}")),
        "{}",
        other.stderr
    );
    let resent = world.host.operate(&[&["orders", "resend", reference, "--accept-price", asked], &deed[..]].concat()).await;
    assert_eq!(resent.code, Some(0), "{}", resent.stderr);
    let order = confirmed(&world.hansen(), &captured).await;
    assert_eq!(text(&in_backend(&world, &order).await, "/goods").parse::<Decimal>().unwrap(), asked.parse::<Decimal>().unwrap());
    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    assert_eq!(text(&dossier, "/audit/0/action"), "resend at the new price");
    assert_eq!(text(&dossier, "/audit/0/detail"), format!("{asked} EUR instead of {agreed} EUR"));
    let again = world.host.operate(&[&["orders", "resend", reference, "--accept-price", asked], &deed[..]].concat()).await;
    assert_eq!(again.code, Some(1), "it is not parked any more");
    let too_dear = world.host.metric("ordergate_orders_repriced_total", &["outcome=\"too-dear\""]).await;
    assert_eq!(too_dear, 1.0);
}

#[tokio::test]
async fn c6_an_order_without_a_price_goes_to_the_desk_where_it_can_be_given_up() {
    let world = world("accept-reprice", "block").await;
    falls_sick(&world).await;
    let checkout = check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect(201);
    assert_eq!((text(&checkout, "/provisional/basis"), &checkout["provisional"]["unpriced_lines"]), ("none", &json!(["1"])));
    assert_eq!((&checkout["lines"][0]["unit_price"], &checkout["totals"]), (&Value::Null, &json!({})), "{checkout:#}");
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    world.backend.no_faults().await;
    parked(&world.hansen(), &captured).await;
    let reference = text(&captured, "/reference");
    let gone = world.host.operate(&["orders", "abandon", reference, "--actor", "anna", "--reason", "too dear"]).await;
    assert_eq!(gone.code, Some(0), "{}", gone.stderr);
    let order = world.hansen().get(&format!("/v1/orders/{reference}")).await.expect(200);
    assert_eq!(text(&order, "/transfer/state"), "abandoned");
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
}

#[tokio::test]
async fn c6_accept_price_goes_with_resend_only_and_needs_a_price_that_waits() {
    let world = with("block", "block", |config| config.set("transfer.max_attempts", "1")).await;
    let checkout = check_out(&world.hansen(), &[line("1", TAPE, "5")]).await.expect(201);
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    parked(&world.hansen(), &captured).await;
    let act = |decision: &str| format!("/ops/v1/orders/{}/{decision}", text(&captured, "/reference"));
    let deed = json!({"actor": "anna", "reason": "why not", "accept_price": "1.00"});
    let refused = world.host.operator().post(&act("abandon"), &deed).await;
    assert_eq!(text(&refused.expect_problem(422, "invalid_request"), "/errors/0/pointer"), "/accept_price");
    let refused = world.host.operator().post(&act("resend"), &deed).await.expect_problem(409, "conflict");
    assert!(text(&refused, "/detail").contains("accept a price"), "{refused:#}");
}
