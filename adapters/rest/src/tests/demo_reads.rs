//! Stock, prices, reservations and calculations of the demo back end.

use super::{body, ctx, demo, query};
use ordergate_sdk::availability;
use ordergate_sdk::checkout::{Cart, CartLine, ReservationRequest};
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::{Address, Buyer, Failure, Money, Party, Quantity, Totals};
use ordergate_sdk::{Adapter, money, pricing};
use serde_json::json;

fn pieces(count: &str) -> Quantity {
    Quantity { value: count.into(), unit: "C62".into() }
}

fn buyer() -> Buyer {
    Buyer { account: Some("C-1001".into()), currency: "EUR".into(), ..Buyer::default() }
}

fn cart() -> Cart {
    let line =
        |id: &str, sku: &str, count| CartLine { id: id.into(), sku: sku.into(), quantity: pieces(count), ..CartLine::default() };
    Cart {
        buyer: buyer(),
        delivery_method: Some("express".into()),
        lines: vec![line("1", "NW-1013", "2"), line("2", "NW-1001", "250")],
        ..Cart::default()
    }
}

#[test]
fn the_description_says_what_the_profile_says() {
    let description = demo().describe();
    assert_eq!(description.capabilities.len(), 19);
    assert_eq!((description.name.as_str(), description.deduplication.as_str()), ("rest", "queryable"));
    assert_eq!(description.price_dimensions, ["account", "currency", "unit"]);
    assert_eq!(description.endpoints[0].name, "api");
    assert_eq!(description.batch_caps.iter().map(|cap| cap.max_items).collect::<Vec<_>>(), [200, 200]);
    assert!(serde_json::from_str::<serde_json::Value>(&description.settings_schema).is_ok());
}

#[test]
fn stock_is_asked_by_site_and_an_unknown_article_is_its_own_failure() {
    let backend = Backend::new().reply(Reply::json(200, include_str!("../../fixtures/stock.json")));
    let item = |sku: &str| availability::Item { sku: sku.into(), location: Some("BER".into()), ..Default::default() };
    let query_items = availability::Query { items: vec![item("NW-1070"), item("XX"), item("NW-1001")], ..Default::default() };
    let answers = demo().check_availability(&ctx(), query_items);
    let made = answers[0].as_ref().unwrap();
    assert_eq!((made.available.as_str(), made.unlimited, made.location.as_deref()), ("0", true, Some("BER")));
    assert!(answers[1].as_ref().unwrap_err().is("not-found"));
    let bolts = answers[2].as_ref().unwrap();
    assert_eq!((bolts.sku.as_str(), bolts.unit.as_str(), bolts.unlimited), ("NW-1001", "C62", false));
    assert!(money::decimal(&bolts.available).is_ok());
    let sent = backend.requests();
    assert_eq!((sent.len(), sent[0].path.as_str()), (1, "/api/stock"));
    assert_eq!((query(&sent[0], "sku"), query(&sent[0], "site")), (Some("NW-1001,NW-1070,XX"), Some("BER")));
}

#[test]
fn items_of_different_sites_go_into_different_requests() {
    let stock = |site: &str, free: &str| {
        let line = json!({"article": "A", "site": site, "free": free, "uom": "PCE", "made_to_order": false, "lead_days": 3, "inbound": []});
        Reply::json(200, json!({"stock": [line], "unknown": []}).to_string())
    };
    let backend = Backend::new().reply(stock("BER", "5")).reply(stock("HAM", "7"));
    let item = |site: &str| availability::Item { sku: "A".into(), location: Some(site.into()), ..Default::default() };
    let asked = availability::Query { items: vec![item("BER"), item("HAM"), item("BER")], ..Default::default() };
    let answers: Vec<_> = demo().check_availability(&ctx(), asked).into_iter().map(|answer| answer.unwrap().available).collect();
    assert_eq!(answers, ["5", "7", "5"]);
    assert_eq!(backend.requests().len(), 2);
}

#[test]
fn prices_come_with_their_breaks_and_one_bad_item_spoils_no_other() {
    let backend = Backend::new().reply(Reply::json(200, include_str!("../../fixtures/prices.json")));
    let item = |sku: &str, count| pricing::Item { sku: sku.into(), quantity: pieces(count), ..Default::default() };
    let asked = pricing::Query { buyer: buyer(), items: vec![item("NW-1001", "500"), item("XX", "1"), item("NW-1030", "1")] };
    let answers = demo().offer_prices(&ctx(), asked);
    let bolts = answers[0].as_ref().unwrap();
    assert_eq!(
        (bolts.unit_price.amount.as_str(), bolts.per.as_deref(), bolts.unit_price.currency.as_str()),
        ("11.424", Some("100"), "EUR")
    );
    assert_eq!(bolts.list_price.as_ref().unwrap().amount, "11.90");
    assert_eq!(bolts.breaks.iter().map(|step| step.from.as_str()).collect::<Vec<_>>(), ["1", "500", "2000", "10000"]);
    assert_eq!(bolts.breaks[3].unit_price, Money { amount: "10.472".into(), currency: "EUR".into() });
    assert_eq!(bolts.valid_until.as_deref(), Some("2026-11-22T23:00:00Z"));
    let unknown = answers[1].as_ref().unwrap_err();
    assert_eq!((unknown.code.as_str(), unknown.detail.as_deref()), ("not-found", Some("UNKNOWN_ARTICLE")));
    assert_eq!(answers[2].as_ref().unwrap().ext, [("nordwind.contract".to_owned(), "K-2031".to_owned())]);
    let sent = body(&backend.requests()[0]);
    assert_eq!(sent["customer"], "C-1001");
    assert_eq!(sent["positions"][0], json!({"pos": "0", "article": "NW-1001", "qty": "500", "uom": "PCE"}));
}

#[test]
fn a_reservation_is_taken_extended_and_released() {
    let held = include_str!("../../fixtures/reservation.json");
    let backend = Backend::new()
        .reply(Reply::json(201, held))
        .reply(Reply::json(200, held))
        .reply(Reply::status(204))
        .reply(Reply::status(404));
    let adapter = demo();
    let request = ReservationRequest { cart: cart(), extends: None, hold_ms: 900_000 };
    assert_eq!(adapter.reserve(&ctx(), request.clone()).unwrap().id, "RS-000001");
    adapter.reserve(&ctx(), ReservationRequest { extends: Some("RS-000001".into()), hold_ms: 61_000, ..request }).unwrap();
    adapter.release(&ctx(), "RS-000001".into()).unwrap();
    adapter.release(&ctx(), "RS-000001".into()).unwrap();
    let sent = backend.requests();
    let lines: Vec<_> = sent.iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    let extended = "/api/reservations/RS-000001";
    assert_eq!(
        lines,
        ["POST /api/reservations", &format!("PUT {extended}"), &format!("DELETE {extended}"), &format!("DELETE {extended}")]
    );
    assert_eq!(body(&sent[0])["minutes"], 15);
    assert_eq!(body(&sent[0])["positions"][1], json!({"pos": "2", "article": "NW-1001", "qty": "250", "uom": "PCE"}));
    assert_eq!(body(&sent[1])["minutes"], 2);
}

#[test]
fn a_shortage_is_rejected_with_its_line() {
    let _backend = Backend::new().reply(Reply::json(409, include_str!("../../fixtures/short.json")));
    let short = demo().reserve(&ctx(), ReservationRequest { cart: cart(), extends: None, hold_ms: 1 }).unwrap_err();
    let expected = Failure::rejected("only 49 PCE of NW-1013 can be reserved").detail("SHORT").line("7");
    assert_eq!(short, expected);
}

/// lines + charges + taxes + rounding.
fn sum(totals: &Totals) -> String {
    let parts = totals.charges.iter().chain(&totals.taxes).map(|part| part.amount.amount.as_str());
    money::text(money::sum(parts.chain([totals.lines.amount.as_str()])).unwrap())
}

#[test]
fn c5_a_calculation_adds_up() {
    let backend = Backend::new().reply(Reply::json(200, include_str!("../../fixtures/calculation.json")));
    let abroad = Address {
        name: Some("Werk Linz".into()),
        lines: vec!["Hafenstr. 47".into()],
        country: Some("AT".into()),
        ..Address::default()
    };
    let party = Party { role: "ship-to".into(), address: Some(abroad), ..Party::default() };
    let found = demo().calculate(&ctx(), Cart { parties: vec![party], ..cart() }).unwrap();
    assert_eq!(
        money::text(money::sum(found.lines.iter().map(|line| line.amount.amount.as_str())).unwrap()),
        found.totals.lines.amount
    );
    assert_eq!(sum(&found.totals), found.totals.payable.amount);
    assert_eq!((found.totals.charges[0].kind.as_str(), found.totals.taxes[0].rate.as_deref()), ("freight", Some("19")));
    assert_eq!((found.lines[0].id.as_str(), found.lines[0].schedule[0].location.as_deref()), ("1", Some("BER")));
    assert_eq!(found.messages.len(), 1);
    let sent = body(&backend.requests()[0]);
    assert_eq!((&sent["shipping"], &sent["customer"]), (&json!("EXP"), &json!("C-1001")));
    assert_eq!(sent["ship_to"], json!({"name": "Werk Linz", "street": "Hafenstr. 47", "country": "AT"}));
}

#[test]
fn the_probe_asks_for_a_ping() {
    let backend = Backend::new().reply(Reply::json(200, r#"{"ok": true}"#)).reply(Reply::status(503));
    assert!(demo().probe(&ctx(), "read".into()).is_ok());
    assert!(demo().probe(&ctx(), "write".into()).unwrap_err().is("unavailable"));
    assert_eq!(backend.requests()[0].path, "/api/ping");
}
