//! Availability, prices and checkouts.

use super::{BOLTS, NUTS, decimal, sealed};
use ordergate_tests::{S4World, items, line, text};
use rust_decimal::Decimal;
use serde_json::json;

const BATCH: &str = "POST API_PRODUCT_AVAILY_INFO_BASIC/$batch";
const SIMULATE: &str = "POST API_SALES_ORDER_SIMULATION_SRV/A_SalesOrderSimulation";

#[tokio::test]
async fn many_items_are_asked_in_one_batch_and_a_bad_one_fails_by_itself() {
    let world = S4World::start().await;
    let asked = json!({"items": [{"sku": BOLTS}, {"sku": "NOPE"}, {"sku": NUTS, "location": "1020"}]});
    let answer = world.adler().post("/v1/availability:query", &asked).await.expect(200);
    let [bolts, unknown, nuts] = items(&answer) else { panic!("three items were asked: {answer:#}") };
    assert_eq!((text(bolts, "/availability/available"), text(bolts, "/availability/unit")), ("500", "C62"));
    assert_eq!(unknown["problem"]["code"], "sku_unknown");
    assert_eq!((text(nuts, "/availability/available"), text(nuts, "/availability/location")), ("40", "1020"));
    assert_eq!(world.backend.requests(BATCH).await, 1);
    assert_eq!(world.backend.requests("GET API_PRODUCT_AVAILY_INFO_BASIC/DetermineAvailabilityAt").await, 3);
}

#[tokio::test]
async fn a_simulated_availability_is_the_customer_s_and_knows_what_is_to_come() {
    let world = S4World::with(|config| {
        config.set("adapters.s4.settings.availability", r#"{ source = "simulation", probe_quantity = "60" }"#)
    })
    .await;
    let answer = world
        .adler()
        .post("/v1/availability:query", &json!({"items": [{"sku": NUTS}, {"sku": "NOPE"}, {"sku": BOLTS}]}))
        .await
        .expect(200);
    let [nuts, unknown, bolts] = items(&answer) else { panic!("three items were asked: {answer:#}") };
    assert_eq!(text(nuts, "/availability/available"), "40");
    assert_eq!(text(nuts, "/availability/schedule/1/quantity/value"), "20");
    assert!(unknown["problem"].is_object(), "{unknown:#}");
    assert_eq!(text(bolts, "/availability/available"), "60", "never more than was asked");
}

#[tokio::test]
async fn f6_each_customer_has_a_price_of_its_own() {
    let world = S4World::start().await;
    let path = format!("/v1/offer-prices/{NUTS}?quantity=10");
    let (adler, bert) = (world.adler().get(&path).await.expect(200), world.bert().get(&path).await.expect(200));
    assert_eq!(
        (decimal(&adler, "/unit_price/amount"), decimal(&bert, "/unit_price/amount")),
        ("9.975".parse().unwrap(), "10.5".parse().unwrap())
    );
    assert_eq!(decimal(&adler, "/list_price/amount"), "10.5".parse().unwrap());
}

#[tokio::test]
async fn f7_the_scales_of_condition_records_answer_every_quantity_from_one_entry() {
    let world = S4World::with(|config| config.set("adapters.s4.settings.pricing", r#"{ breaks = "condition-records" }"#)).await;
    let price =
        async |quantity: &str| world.bert().get(&format!("/v1/offer-prices/{BOLTS}?quantity={quantity}")).await.expect(200);
    let first = price("5").await;
    assert_eq!(text(&first, "/source"), "live");
    let breaks: Vec<_> = first["breaks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (decimal(step, "/from"), decimal(step, "/unit_price/amount")))
        .collect();
    let whole = |value: i64| Decimal::from(value);
    assert_eq!(breaks, [(whole(1), whole(1_400)), (whole(100), whole(1_300)), (whole(1_000), whole(1_200))], "per 100");
    for (quantity, expected) in [("99", 1_400), ("100", 1_300), ("5000", 1_200)] {
        let answer = price(quantity).await;
        assert_eq!(text(&answer, "/source"), "cached");
        assert_eq!(decimal(&answer, "/unit_price/amount"), whole(expected), "{quantity}");
    }
    assert_eq!(world.backend.requests(SIMULATE).await, 1);
}

#[tokio::test]
async fn an_item_that_is_not_relevant_for_pricing_has_no_price() {
    let world = S4World::start().await;
    let answer = world
        .adler()
        .post(
            "/v1/offer-prices:query",
            &json!({"items": [{"sku": "TG20", "quantity": {"value": "1"}}, {"sku": NUTS, "quantity": {"value": "1"}}]}),
        )
        .await
        .expect(200);
    let [free, nuts] = items(&answer) else { panic!("two items were asked: {answer:#}") };
    assert!(free["problem"].is_object() && nuts["problem"].is_null(), "{answer:#}");
}

#[tokio::test]
async fn c1_a_checkout_is_one_simulation_with_prices_promises_and_taxes() {
    let world = S4World::start().await;
    world.backend.count_from_zero().await;
    let lines = json!([line("a", BOLTS, "600"), line("b", NUTS, "4")]);
    let checkout = world.adler().post("/v1/checkouts", &json!({"lines": lines})).await.expect(201);
    // 600 at 1300 per 100, and 4 at 10.50; less 5 %; 19 % tax.
    assert_eq!(
        (decimal(&checkout, "/totals/lines/amount"), decimal(&checkout, "/totals/payable/amount")),
        ("7449.90".parse().unwrap(), "8865.38".parse().unwrap())
    );
    assert_eq!(text(&checkout, "/lines/0/schedule/0/quantity/value"), "500");
    assert_eq!(text(&checkout, "/lines/0/schedule/1/quantity/value"), "100");
    assert_eq!(world.backend.requests(SIMULATE).await, 1);
}

#[tokio::test]
async fn an_unknown_item_is_refused_with_its_line() {
    let world = S4World::start().await;
    let reply = world.adler().post("/v1/checkouts", &json!({"lines": [line("a", NUTS, "1"), line("b", "NOPE", "1")]})).await;
    assert!(reply.status.is_client_error(), "{reply}");
    assert!(reply.text().contains("Material NOPE is not defined") && reply.text().contains("/lines/1"), "{reply}");
}

#[tokio::test]
async fn a_customer_beyond_the_credit_limit_is_told() {
    let world = S4World::start().await;
    let told = sealed(&world.cara(), NUTS, "1").await;
    assert!(told.to_string().contains("credit limit"), "{told:#}");
    let strict = S4World::with(|config| config.set("adapters.s4.settings.pricing", r#"{ credit = "refuse" }"#)).await;
    let reply = strict.cara().post("/v1/checkouts", &json!({"lines": [line("1", NUTS, "1")]})).await;
    assert!(reply.status.is_client_error() && reply.text().contains("credit limit"), "{reply}");
}

#[tokio::test]
async fn settings_that_do_not_fit_are_named_by_their_key() {
    let backend = ordergate_tests::started::<ordergate_tests::S4Backend>().await;
    let config = ordergate_tests::HostConfig::for_s4(&backend.url(), backend.password())
        .set("adapters.s4.settings.orders", r#"{ typ = "OR" }"#);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    let ended = ordergate_tests::run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(format!("{}{}", ended.stdout, ended.stderr).contains("orders.typ: there is no such setting"), "{ended:?}");
}
