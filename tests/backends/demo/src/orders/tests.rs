//! Taking, shipping and cancelling orders.

use super::*;
use crate::{
    article::Site,
    calculation::{self, CalculationRequest},
    data, fulfilment,
    reservations::{self, ReservationRequest},
};
use jiff::ToSpan;
use rust_decimal::Decimal;

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn books() -> Books {
    data::opened(now(), 1)
}

fn try_enter(books: &mut Books, json: &str) -> Result<Order, Refusal> {
    enter(books, &serde_json::from_str(json).unwrap(), Channel::Web, now())
}

fn calculate(books: &mut Books, json: &str) -> serde_json::Value {
    let request: CalculationRequest = serde_json::from_str(json).unwrap();
    serde_json::to_value(calculation::calculate(books, &request, now()).unwrap()).unwrap()
}

fn on_hand(books: &Books, article: &str) -> Decimal {
    books.bins[article].values().map(|bin| bin.on_hand).sum()
}

#[test]
fn an_order_lowers_the_stock_and_adds_up() {
    let mut books = books();
    let json = r#"{"customer": "C-1001", "your_ref": "W-1", "positions": [
        {"pos": "1", "article": "NW-1014", "qty": "3"}, {"pos": "2", "article": "NW-1067", "qty": "1"}]}"#;
    let order = try_enter(&mut books, json).unwrap();
    assert_eq!(order.goods.to_string(), "74.11"); // 3 x 21.90 + 8.41
    assert_eq!(order.freight.to_string(), "8.90");
    let vat: Vec<_> = order.vat.iter().map(|vat| (vat.code.as_str(), vat.amount.to_string())).collect();
    assert_eq!(vat, [("V19", "14.17".to_owned()), ("V07", "0.59".to_owned())]); // 74.60 x 19 %, 8.41 x 7 %
    assert_eq!(order.total.to_string(), "97.77");
    assert_eq!(on_hand(&books, "NW-1014"), Decimal::from(304));
}

#[test]
fn the_same_reference_is_taken_twice() {
    let mut books = books();
    let json = r#"{"customer": "C-1001", "your_ref": "W-1", "positions": [{"article": "NW-1014", "qty": "3"}]}"#;
    let (first, second) = (try_enter(&mut books, json).unwrap(), try_enter(&mut books, json).unwrap());
    assert_ne!(first.no, second.no);
    assert_eq!(crate::stats::duplicates(&books).len(), 1);
}

#[test]
fn what_is_not_there_is_promised_from_what_comes_and_then_by_lead_time() {
    let mut books = books();
    let order = try_enter(&mut books, r#"{"customer": "C-1003", "positions": [{"article": "NW-1018", "qty": "50"}]}"#).unwrap();
    let promised: Vec<_> =
        order.positions[0].promised.iter().map(|part| (part.qty.to_string(), part.date.to_string(), part.site)).collect();
    let expected = [("3", "2026-11-24", Site::Ber), ("40", "2026-12-03", Site::Ham), ("7", "2026-12-14", Site::Ber)];
    assert_eq!(promised, expected.map(|(qty, date, site)| (qty.to_owned(), date.to_owned(), site)));
    assert_eq!(order.notes.len(), 2);
    assert_eq!(books.bins["NW-1018"][&Site::Ham].inbound[0].qty, Decimal::ZERO);
}

#[test]
fn a_reservation_is_used_up_by_its_order() {
    let mut books = books();
    let request: ReservationRequest = serde_json::from_str(r#"{"positions": [{"article": "NW-1020", "qty": "5"}]}"#).unwrap();
    let id = reservations::reserve(&mut books, &request, now()).unwrap().id;
    let with = format!(r#"{{"customer": "C-1001", "reservation": "{id}", "positions": [{{"article": "NW-1020", "qty": "5"}}]}}"#);
    let without = r#"{"customer": "C-1001", "positions": [{"article": "NW-1020", "qty": "1"}]}"#;
    assert_eq!(
        try_enter(&mut books, without).unwrap().positions[0].promised[0].date.to_string(),
        "2026-12-14",
        "held for another"
    );
    let order = try_enter(&mut books, &with).unwrap();
    assert!(order.positions[0].promised.iter().all(|part| part.date.to_string() == "2026-11-24"));
    assert!(books.reservations.is_empty());
    assert_eq!(on_hand(&books, "NW-1020"), Decimal::ZERO);
    assert!(try_enter(&mut books, &with).unwrap().notes.iter().any(|note| note.contains(&id)), "an ended one is no obstacle");
}

#[test]
fn refusals_name_their_code_and_position_and_change_nothing() {
    let mut books = books();
    let cases = [
        (r#"{"customer": "C-9999", "positions": [{"article": "NW-1014", "qty": "1"}]}"#, Code::UnknownCustomer, None),
        (r#"{"customer": "C-1009", "positions": [{"article": "NW-1014", "qty": "1"}]}"#, Code::CustomerBlocked, None),
        (r#"{"customer": "C-1001", "positions": []}"#, Code::NoPositions, None),
        (
            r#"{"customer": "C-1001", "positions": [{"article": "NW-1014", "qty": "1"}, {"article": "X", "qty": "1"}]}"#,
            Code::UnknownArticle,
            Some("20"),
        ),
        (r#"{"customer": "C-1001", "positions": [{"pos": "5", "article": "NW-1014", "qty": "1.5"}]}"#, Code::BadQty, Some("5")),
        (r#"{"customer": "C-1001", "positions": [{"article": "NW-1014", "qty": "0"}]}"#, Code::BadQty, Some("10")),
        (r#"{"customer": "C-1001", "positions": [{"article": "NW-1014", "qty": "1", "uom": "KG"}]}"#, Code::BadUom, Some("10")),
        (
            r#"{"customer": "C-1001", "positions": [{"article": "NW-1014", "qty": "1", "site": "ROM"}]}"#,
            Code::UnknownSite,
            Some("10"),
        ),
        (
            r#"{"customer": "C-1001", "currency": "JPY", "positions": [{"article": "NW-1014", "qty": "1"}]}"#,
            Code::BadCurrency,
            None,
        ),
        (
            r#"{"customer": "C-1001", "ship_to": "C-1003-1", "positions": [{"article": "NW-1014", "qty": "1"}]}"#,
            Code::UnknownShipTo,
            None,
        ),
    ];
    let before = serde_json::to_string(&books).unwrap();
    for (json, code, position) in cases {
        let refusal = try_enter(&mut books, json).unwrap_err();
        assert_eq!((refusal.code, refusal.position.as_deref()), (code, position), "{json}");
    }
    assert_eq!(serde_json::to_string(&books).unwrap(), before);
}

#[test]
fn a_calculated_price_is_kept_and_a_claimed_one_is_not() {
    let mut books = books();
    let basket = r#"{"customer": "C-1003", "positions": [{"article": "NW-1013", "qty": "2"}]}"#;
    let given = calculate(&mut books, basket)["positions"][0]["net"].as_str().unwrap().to_owned();
    assert_eq!(given, "89.00");
    books.articles.get_mut("NW-1013").unwrap().list = Decimal::from(99);
    let order = |net: &str, qty: &str| {
        format!(r#"{{"customer": "C-1003", "positions": [{{"article": "NW-1013", "qty": "{qty}", "net": "{net}"}}]}}"#)
    };
    assert_eq!(try_enter(&mut books, &order("89.00", "2")).unwrap().positions[0].net.to_string(), "89.00");
    assert_eq!(try_enter(&mut books, &order("89.00", "3")).unwrap().positions[0].net.to_string(), "99.00");
    let amended = try_enter(&mut books, &order("1.00", "2")).unwrap();
    assert_eq!((amended.positions[0].net.to_string(), amended.positions[0].asked_net), ("99.00".to_owned(), Some(Decimal::ONE)));
}

#[test]
fn a_calculation_comes_to_the_same_cent_as_its_order() {
    let mut books = books();
    let basket = r#"{"customer": "C-1002", "shipping": "EXP", "positions": [
        {"article": "NW-1032", "qty": "17.35"}, {"article": "NW-1037", "qty": "6"}, {"article": "NW-1065", "qty": "1"}]}"#;
    let calculation = calculate(&mut books, basket);
    let order = serde_json::to_value(try_enter(&mut books, basket).unwrap()).unwrap();
    for field in ["goods", "freight", "vat", "total"] {
        assert_eq!(order[field], calculation[field], "{field}");
    }
    assert_eq!(order["freight"], "63.50");
}

#[test]
fn an_order_above_the_credit_limit_is_blocked_until_it_is_released() {
    let mut books = books();
    let order = try_enter(&mut books, r#"{"customer": "C-1001", "positions": [{"article": "NW-1068", "qty": "20"}]}"#).unwrap();
    assert_eq!(order.state, OrderState::Blocked);
    fulfilment::advance(&mut books, &order.no, now());
    assert_eq!(books.orders[&order.no].state, OrderState::Open);
}

#[test]
fn an_order_with_a_shortage_ships_in_two_parts() {
    let mut books = books();
    let order = try_enter(&mut books, r#"{"customer": "C-1003", "positions": [{"article": "NW-1018", "qty": "8"}]}"#).unwrap();
    let mut states = Vec::new();
    for _ in 0..4 {
        fulfilment::advance(&mut books, &order.no, now());
        let order = &books.orders[&order.no];
        states.push((order.state.code(), order.positions[0].shipped.to_string(), order.positions[0].tracking.len()));
    }
    let expected = [("PCK", "0", 0), ("PSH", "3", 1), ("SHP", "8", 2), ("DON", "8", 2)];
    assert_eq!(states, expected.map(|(state, shipped, parcels)| (state, shipped.to_owned(), parcels)));
}

#[test]
fn a_cancelled_order_gives_its_goods_back_and_a_shipped_one_cannot_be_cancelled() {
    let mut books = books();
    let json = r#"{"customer": "C-1003", "positions": [{"article": "NW-1018", "qty": "8"}]}"#;
    let order = try_enter(&mut books, json).unwrap();
    assert_eq!(fulfilment::cancel(&mut books, &order.no, None, now()).unwrap().state, OrderState::Cancelled);
    assert_eq!(fulfilment::cancel(&mut books, &order.no, None, now()).unwrap().state, OrderState::Cancelled);
    assert_eq!(on_hand(&books, "NW-1018"), Decimal::from(3));
    let coming: Decimal = books.bins["NW-1018"][&Site::Ham].inbound.iter().map(|inbound| inbound.qty).sum();
    assert_eq!(coming, Decimal::from(40));
    let shipped = try_enter(&mut books, json).unwrap();
    (0..2).for_each(|_| fulfilment::advance(&mut books, &shipped.no, now()));
    assert_eq!(fulfilment::cancel(&mut books, &shipped.no, None, now()).unwrap_err().code, Code::Shipped);
}

#[test]
fn goods_ordered_from_one_site_do_not_come_from_another() {
    let mut books = books();
    let order =
        try_enter(&mut books, r#"{"customer": "C-1001", "positions": [{"article": "NW-1020", "qty": "4", "site": "BER"}]}"#)
            .unwrap();
    assert!(order.positions[0].promised.iter().all(|part| part.site == Site::Ber));
    assert_eq!(books.bins["NW-1020"][&Site::Muc].on_hand, Decimal::from(2));
}

#[test]
fn a_calculation_stops_holding_after_half_an_hour() {
    let mut books = books();
    let request = serde_json::from_str(r#"{"customer": "C-1003", "positions": [{"article": "NW-1013", "qty": "2"}]}"#).unwrap();
    calculation::calculate(&mut books, &request, now()).unwrap();
    books.articles.get_mut("NW-1013").unwrap().list = Decimal::from(99);
    let order =
        serde_json::from_str(r#"{"customer": "C-1003", "positions": [{"article": "NW-1013", "qty": "2", "net": "89.00"}]}"#)
            .unwrap();
    let later = now() + 30.minutes();
    assert_eq!(enter(&mut books, &order, Channel::Web, later).unwrap().positions[0].net.to_string(), "99.00");
}

#[test]
fn where_references_are_unique_a_second_order_is_refused_and_names_the_first() {
    let mut books = books();
    let json = r#"{"customer": "C-1001", "your_ref": "W-1", "positions": [{"article": "NW-1014", "qty": "1"}]}"#;
    let request: OrderRequest = serde_json::from_str(json).unwrap();
    refuse_known(&books, &request).unwrap();
    let order = try_enter(&mut books, json).unwrap();
    let refusal = refuse_known(&books, &request).unwrap_err();
    assert_eq!((refusal.code, refusal.no), (Code::RefTaken, Some(order.no)));
}
