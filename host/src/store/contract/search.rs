//! Finding orders and quotes for the desk (rule T11).

use super::*;

fn everything() -> Search {
    Search {
        text: None,
        account: None,
        store: None,
        adapter: None,
        kind: None,
        standing: None,
        status: None,
        from: None,
        until: None,
        after: None,
        limit: 100,
    }
}

async fn found(store: &Store, search: Search) -> Vec<Reference> {
    store.search(&search).await.unwrap().into_iter().map(|found| found.reference).collect()
}

async fn meant_by(store: &Store, text: &str) -> Vec<Reference> {
    found(store, Search { text: Some(text.into()), ..everything() }).await
}

fn with_purchase_order(mut capture: Capture, number: &str) -> Capture {
    match &mut capture.document.payload {
        Payload::Order(order) => order.purchase_order = Some(number.into()),
        Payload::Quote(request) => request.purchase_order = Some(number.into()),
    }
    capture
}

/// A cancellation of an order that came through another channel.
async fn cancelled_elsewhere(store: &Store, number: &str, second: i64) -> Reference {
    let other = capture_order("C").document;
    let acts = NewOperation { at: later(second), ..operation(&other, TransferOperation::CancelOrder, Some(number)) };
    store.enqueue(acts).await.unwrap();
    other.reference
}

pub(super) async fn t11_an_order_is_found_by_whatever_the_customer_calls_it(store: &Store) {
    let order = captured(store, with_purchase_order(capture_order("C-1"), "Po-4711/a")).await.reference;
    confirm(store, accepted("SO-17"), later(1)).await;
    let quote =
        captured(store, Capture { at: later(5), ..with_purchase_order(capture_quote("C-2"), "PO-4711/A") }).await.reference;
    let elsewhere = cancelled_elsewhere(store, "SO-99", 9).await;
    let umlaut = captured(store, with_purchase_order(capture_order("C-3"), " Ärger für Öle 7 ")).await.reference;
    for (text, wanted) in [
        (order.as_str(), vec![&order]),
        (&order.as_str().to_lowercase(), vec![&order]),
        ("SO-17", vec![&order]),
        ("so-17", vec![&order]),
        ("po-4711/A", vec![&quote, &order]),
        ("c-1", vec![&order]),
        ("SO-99", vec![&elsewhere]),
        ("C", vec![&elsewhere]),
        (elsewhere.as_str(), vec![&elsewhere]),
        ("SO-1", vec![]),
        ("ärger FÜR Öle 7", vec![&umlaut]),
        ("ÄRGER FÜR ÖLE 7", vec![&umlaut]),
        ("%", vec![]),
        ("' OR 1 = 1 --", vec![]),
    ] {
        assert_eq!(meant_by(store, text).await.iter().collect::<Vec<_>>(), wanted, "{text}");
    }
}

pub(super) async fn t11_an_order_that_came_of_a_quote_is_found_by_the_quotes_number(store: &Store) {
    let mut accepts = capture_order("A");
    accepts.operation = TransferOperation::AcceptQuote;
    accepts.instruction.number = Some("QT-5".into());
    let order = captured(store, accepts).await.reference;
    assert_eq!(meant_by(store, "QT-5").await, [order]);
}

pub(super) async fn t11_a_search_is_narrowed_by_everything_that_it_names(store: &Store) {
    let mut first = capture_order("A");
    first.document.store = "other".into();
    first.document.adapter = "old".into();
    let first = captured(store, first).await.reference;
    confirm(store, accepted("1"), later(1)).await;
    let second = captured(store, Capture { at: later(5), ..capture_order("A") }).await.reference;
    park(store, later(6)).await;
    let quote = captured(store, Capture { at: later(7), ..capture_quote("B") }).await.reference;
    let elsewhere = cancelled_elsewhere(store, "9", 8).await;
    let [first, second, quote, elsewhere] = [&first, &second, &quote, &elsewhere];
    let in_state = |state| Search { standing: Some(Standing::In(state)), ..everything() };
    let waiting = |waiting| Search { standing: Some(Standing::Waiting(waiting)), ..everything() };
    for (search, wanted) in [
        (everything(), vec![elsewhere, quote, second, first]),
        (Search { account: Some(account("A")), ..everything() }, vec![second, first]),
        (Search { account: Some(account("C")), ..everything() }, vec![elsewhere]),
        (Search { store: Some("other".into()), ..everything() }, vec![first]),
        (Search { adapter: Some("old".into()), ..everything() }, vec![first]),
        (Search { kind: Some(DocumentKind::Order), ..everything() }, vec![elsewhere, second, first]),
        (Search { kind: Some(DocumentKind::Quote), ..everything() }, vec![quote]),
        (Search { status: Some("open".into()), ..everything() }, vec![first]),
        (Search { from: Some(later(5)), until: Some(later(8)), ..everything() }, vec![quote, second]),
        (in_state(TransferState::Confirmed), vec![first]),
        (in_state(TransferState::Parked), vec![second]),
        (waiting(Waiting::Parked), vec![second]),
        (waiting(Waiting::UnderWay), vec![elsewhere, quote]),
        (waiting(Waiting::Held), vec![]),
        (Search { text: Some("A".into()), store: Some("shop".into()), ..everything() }, vec![second]),
    ] {
        let named = format!("{search:?}");
        assert_eq!(found(store, search).await.iter().collect::<Vec<_>>(), wanted, "{named}");
    }
    store.hold(quote, "credit".into(), None, deed()).await.unwrap();
    assert_eq!(found(store, waiting(Waiting::Held)).await.iter().collect::<Vec<_>>(), [quote]);
    store.enqueue(operation_on(first, "other", "old")).await.unwrap();
    assert_eq!(
        found(store, waiting(Waiting::UnderWay)).await.iter().collect::<Vec<_>>(),
        [elsewhere, first],
        "its cancellation waits"
    );
}

fn operation_on(reference: &Reference, shop: &str, adapter: &str) -> NewOperation {
    let document = capture_order("A").document;
    let document = NewDocument { reference: reference.clone(), store: shop.into(), adapter: adapter.into(), ..document };
    operation(&document, TransferOperation::CancelOrder, None)
}

pub(super) async fn t11_pages_of_a_search_show_each_once(store: &Store) {
    let mut given = Vec::new();
    // Some of them in the same instant.
    for number in 0..9 {
        let at = later(number / 3);
        given.push(captured(store, Capture { at, ..capture_order("A") }).await.reference);
        given.push(cancelled_elsewhere(store, &number.to_string(), number / 3).await);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.search(&Search { after, limit: 4, ..everything() }).await.unwrap();
        assert!(page.len() <= 4 && page.is_sorted_by(|one, next| one > next), "{page:?}");
        after = page.last().cloned();
        seen.extend(page.into_iter().map(|found| found.reference));
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), given.len());
    assert!(given.iter().all(|reference| seen.contains(reference)));
}

pub(super) async fn a3_an_erased_customers_purchase_order_finds_nothing(store: &Store) {
    captured(store, with_purchase_order(capture_order("A"), "PO-1")).await;
    confirm(store, accepted("1"), later(1)).await;
    assert_eq!(meant_by(store, "PO-1").await.len(), 1);
    store.erase(Customer { store: "shop".into(), account: account("A") }, deed()).await.unwrap();
    assert_eq!((meant_by(store, "PO-1").await.len(), meant_by(store, "A").await.len()), (0, 1));
}
