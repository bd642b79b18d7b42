//! Availability, prices and checkouts.

use super::{DESKTOP, KEYBOARD, decimal, sealed};
use ordergate_tests::{AdfWorld, items, line, text};
use rust_decimal::Decimal;
use serde_json::json;

const QUICK: &str = "POST quickAvailabilityCheck";
const DETAILED: &str = "POST checkAvailability";
const PRICE: &str = "POST priceSalesTransaction";

#[tokio::test]
async fn pitfall_6_many_items_are_asked_in_one_check_and_an_error_within_a_success_is_its_item_s() {
    let world = AdfWorld::start().await;
    let asked = json!({"items": [{"sku": DESKTOP}, {"sku": "NOPE"}, {"sku": KEYBOARD, "location": "M2"}, {"sku": KEYBOARD, "location": "M9"}]});
    let answer = world.adler().post("/v1/availability:query", &asked).await.expect(200);
    let [desktops, unknown, keyboards, elsewhere] = items(&answer) else { panic!("four items were asked: {answer:#}") };
    assert_eq!((text(desktops, "/availability/available"), text(desktops, "/availability/unit")), ("500", "C62"));
    assert!(unknown["problem"].is_object() && elsewhere["problem"].is_object(), "{answer:#}");
    assert_eq!((text(keyboards, "/availability/available"), text(keyboards, "/availability/location")), ("40", "M2"));
    assert_eq!(world.backend.requests(QUICK).await, 1);
}

#[tokio::test]
async fn a_detailed_check_knows_what_is_to_come() {
    let world = AdfWorld::with(|config| {
        config.set(
            "adapters.fusion.settings.availability",
            r#"{ source = "detailed", default_organization = "M1", probe_quantity = "60" }"#,
        )
    })
    .await;
    let asked = json!({"items": [{"sku": KEYBOARD}, {"sku": "NOPE"}, {"sku": DESKTOP}]});
    let answer = world.adler().post("/v1/availability:query", &asked).await.expect(200);
    let [keyboards, unknown, desktops] = items(&answer) else { panic!("three items were asked: {answer:#}") };
    assert_eq!(text(keyboards, "/availability/available"), "40");
    assert_eq!(text(keyboards, "/availability/schedule/1/quantity/value"), "20");
    assert!(unknown["problem"].is_object(), "{unknown:#}");
    assert_eq!(text(desktops, "/availability/available"), "60", "never more than was asked");
    assert_eq!(world.backend.requests(DETAILED).await, 3);
}

#[tokio::test]
async fn f6_each_customer_has_a_price_of_its_own() {
    let world = AdfWorld::start().await;
    let path = format!("/v1/offer-prices/{KEYBOARD}?quantity=10");
    let (adler, bert) = (world.adler().get(&path).await.expect(200), world.bert().get(&path).await.expect(200));
    let price = |answer| decimal(answer, "/unit_price/amount");
    assert_eq!((price(&adler), price(&bert)), ("9.975".parse().unwrap(), "10.5".parse().unwrap()));
    assert_eq!(decimal(&adler, "/list_price/amount"), "10.5".parse().unwrap());
}

#[tokio::test]
async fn f7_breaks_of_the_settings_answer_every_quantity_from_one_entry() {
    let world = AdfWorld::with(|config| {
        config.set("adapters.fusion.settings.pricing", r#"{ breaks = "quantities", quantities = ["1", "100", "1000"] }"#)
    })
    .await;
    let price =
        async |quantity: &str| world.bert().get(&format!("/v1/offer-prices/{DESKTOP}?quantity={quantity}")).await.expect(200);
    let first = price("5").await;
    let steps = first["breaks"].as_array().unwrap();
    let breaks: Vec<_> = steps.iter().map(|step| (decimal(step, "/from"), decimal(step, "/unit_price/amount"))).collect();
    let whole = |value: i64| Decimal::from(value);
    assert_eq!(breaks, [(whole(1), whole(14)), (whole(100), whole(13)), (whole(1_000), whole(12))]);
    for (quantity, expected) in [("99", 14), ("100", 13), ("5000", 12)] {
        let answer = price(quantity).await;
        assert_eq!(text(&answer, "/source"), "cached");
        assert_eq!(decimal(&answer, "/unit_price/amount"), whole(expected), "{quantity}");
    }
    assert_eq!(world.backend.requests(PRICE).await, 1);
}

#[tokio::test]
async fn f9_an_item_without_a_price_is_its_own_problem() {
    let world = AdfWorld::start().await;
    let asked = ["AS30000", "NOPE", KEYBOARD].map(|sku| json!({"sku": sku, "quantity": {"value": "1"}}));
    let answer = world.adler().post("/v1/offer-prices:query", &json!({"items": asked})).await.expect(200);
    let [free, unknown, keyboards] = items(&answer) else { panic!("three items were asked: {answer:#}") };
    assert!(free["problem"].is_object() && unknown["problem"].is_object() && keyboards["problem"].is_null(), "{answer:#}");
}

#[tokio::test]
async fn c1_a_checkout_is_one_request_with_prices_and_taxes() {
    let world = AdfWorld::start().await;
    world.backend.count_from_zero().await;
    let lines = json!([line("a", DESKTOP, "600"), line("b", KEYBOARD, "4")]);
    let checkout = world.adler().post("/v1/checkouts", &json!({"lines": lines})).await.expect(201);
    // 600 at 13.00, and 4 at 10.50; less 5 %; 19 % tax.
    assert_eq!(
        (decimal(&checkout, "/totals/lines/amount"), decimal(&checkout, "/totals/payable/amount")),
        ("7449.90".parse().unwrap(), "8865.38".parse().unwrap())
    );
    assert_eq!(world.backend.requests(PRICE).await, 1);
}

#[tokio::test]
async fn a_checkout_is_promised_when_availability_is_asked_in_detail() {
    let world = AdfWorld::with(|config| {
        config.set("adapters.fusion.settings.availability", r#"{ source = "detailed", default_organization = "M1" }"#)
    })
    .await;
    let checkout = sealed(&world.adler(), KEYBOARD, "60").await;
    assert_eq!(text(&checkout, "/lines/0/schedule/0/quantity/value"), "40");
    assert_eq!(text(&checkout, "/lines/0/schedule/1/quantity/value"), "20");
}

#[tokio::test]
async fn an_item_without_a_price_is_refused_with_its_line() {
    let world = AdfWorld::start().await;
    let reply =
        world.adler().post("/v1/checkouts", &json!({"lines": [line("a", KEYBOARD, "1"), line("b", "AS30000", "1")]})).await;
    assert!(reply.status.is_client_error(), "{reply}");
    assert!(reply.text().contains("no price for 1 of AS30000") && reply.text().contains("/lines/1"), "{reply}");
}

#[tokio::test]
async fn settings_that_do_not_fit_are_named_by_their_key() {
    let backend = ordergate_tests::started::<ordergate_tests::AdfBackend>().await;
    let config = ordergate_tests::HostConfig::for_adf(&backend.url(), backend.password())
        .set("adapters.fusion.settings.orders", r#"{ typ = "STD" }"#);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    let ended = ordergate_tests::run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(format!("{}{}", ended.stdout, ended.stderr).contains("orders.typ: there is no such setting"), "{ended:?}");
}
