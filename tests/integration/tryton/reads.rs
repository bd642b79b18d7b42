//! Availability, prices and checkouts.

use super::{BIKE, LAMP, decimal, live_availability};
use ordergate_tests::{TrytonWorld, items, line, seal, text};
use rust_decimal::Decimal;
use serde_json::json;

#[tokio::test]
async fn availability_is_what_is_on_hand_and_neither_sold_nor_planned_to_leave() {
    let world = TrytonWorld::start().await;
    let asked =
        json!({"items": [{"sku": LAMP}, {"sku": "NOPE"}, {"sku": BIKE, "location": "WH"}, {"sku": LAMP, "location": "MOON"}]});
    let answer = world.adler().post("/v1/availability:query", &asked).await.expect(200);
    let [lamps, unknown, bikes, far] = items(&answer) else { panic!("four items were asked: {answer:#}") };
    assert_eq!((decimal(lamps, "/availability/available"), text(lamps, "/availability/unit")), (Decimal::from(120), "C62"));
    assert_eq!(unknown["problem"]["code"], "sku_unknown");
    assert_eq!((decimal(bikes, "/availability/available"), text(bikes, "/availability/location")), (Decimal::from(7), "WH"));
    assert!(far["problem"].is_object(), "{far:#}");
    let number = world.backend.enter_order("10100002", LAMP, 100.0, "17.55").await;
    assert_eq!(live_availability(&world, LAMP).await, Decimal::from(20), "sold");
    let sale = world.backend.sale("number", &number).await;
    world.backend.press(&sale, "process").await;
    assert_eq!(live_availability(&world, LAMP).await, Decimal::from(20), "planned to leave");
}

#[tokio::test]
async fn f6_f7_each_customer_has_its_price_and_a_contract_all_its_breaks() {
    let world = TrytonWorld::start().await;
    let path = |sku: &str, quantity: &str| format!("/v1/offer-prices/{sku}?quantity={quantity}");
    let (adler, bert) =
        (world.adler().get(&path(LAMP, "10")).await.expect(200), world.bert().get(&path(LAMP, "10")).await.expect(200));
    assert_eq!(decimal(&adler, "/unit_price/amount"), "16.6725".parse().unwrap());
    assert_eq!(decimal(&bert, "/unit_price/amount"), "17.55".parse().unwrap());
    assert_eq!(decimal(&adler, "/list_price/amount"), "17.55".parse().unwrap());
    let breaks: Vec<_> = adler["breaks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (decimal(step, "/from"), decimal(step, "/unit_price/amount")))
        .collect();
    let expected = [("0", "16.6725"), ("100", "15.795"), ("500", "14.04")];
    assert_eq!(breaks, expected.map(|(from, price)| (from.parse().unwrap(), price.parse().unwrap())));
    for (quantity, price) in [("99", "16.6725"), ("100", "15.795"), ("700", "14.04")] {
        let answer = world.adler().get(&path(LAMP, quantity)).await.expect(200);
        assert_eq!(
            (text(&answer, "/source"), decimal(&answer, "/unit_price/amount")),
            ("cached", price.parse().unwrap()),
            "{quantity}"
        );
    }
    assert!(bert["breaks"].is_null(), "{bert:#}");
}

#[tokio::test]
async fn c5_a_checkout_is_calculated_and_taxed_as_tryton_does() {
    let world = TrytonWorld::start().await;
    let cart = json!({"lines": [line("1", LAMP, "100"), line("2", BIKE, "1"), line("3", "GLOVE", "3")]});
    let checkout = world.adler().post("/v1/checkouts", &cart).await.expect(201);
    // 1579.50 + 1187.50 + 28.22 (28.215, half to even), and 19 % of the exact sum.
    assert_eq!(decimal(&checkout, "/totals/lines/amount"), "2795.22".parse().unwrap());
    assert_eq!(decimal(&checkout, "/totals/taxes/0/amount/amount"), "531.09".parse().unwrap());
    assert_eq!(decimal(&checkout, "/totals/payable/amount"), "3326.31".parse().unwrap());
}

#[tokio::test]
async fn what_the_profile_cannot_calculate_is_refused_instead_of_guessed() {
    let world = TrytonWorld::start().await;
    let cart = json!({"lines": [line("1", LAMP, "1")]});
    let refused = world.cara().post("/v1/checkouts", &cart).await;
    assert!(!refused.status.is_success(), "{refused}");
    assert_eq!(decimal(&seal(&world.bert(), LAMP, "1").await, "/totals/payable/amount"), "20.88".parse().unwrap());
    let unknown = world.bert().post("/v1/checkouts", &json!({"lines": [line("1", "NOPE", "1")]})).await.expect(422);
    assert!(unknown.to_string().contains("There is no product NOPE."), "{unknown:#}");
}
