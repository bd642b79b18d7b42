//! A customer is erased (rule A3, scenario 21). What is personal in these tests carries a mark that is looked for in every column.

use super::*;
use crate::domain::{
    Address, CalculatedLine, CheckoutId, Hold, LineKind, Money, Note, OrderLine, Party, Quantity, Reservation, Seal, Unit,
};
use crate::store::sql::query;

const MARK: &str = "Erika Kennzeichen";

fn customer() -> Customer {
    Customer { store: "shop".into(), account: account("A") }
}

fn parties() -> Vec<Party> {
    let address = Address { name: Some(MARK.into()), email: Some(MARK.into()), lines: vec![MARK.into()], ..Address::default() };
    let ext = [("door".to_owned(), MARK.to_owned())].into();
    vec![Party { role: "ship-to".into(), number: Some(MARK.into()), address: Some(address), ext }]
}

fn notes() -> Vec<Note> {
    vec![Note { kind: "customer".into(), language: None, text: MARK.into() }]
}

fn line() -> OrderLine {
    OrderLine {
        id: "1".into(),
        parent: None,
        kind: LineKind::Product,
        sku: Some("S".into()),
        buyer_sku: Some(MARK.into()),
        description: Some(format!("engraved: {MARK}")),
        quantity: Quantity { value: 2.into(), unit: Unit::one() },
        unit_price: None,
        per: None,
        amount: Some(euro(20)),
        requested_date: None,
        location: None,
        quote: None,
    }
}

fn euro(amount: i64) -> Money {
    Money::new(amount.into(), crate::domain::Currency::parse("EUR").unwrap())
}

/// A checkout, as far as a person can be known from it.
fn marked_seal(id: &str) -> Seal {
    let mut seal = seal(id);
    seal.cart.parties = parties();
    seal.cart.buyer.ship_to = Some(MARK.into());
    seal.calculation.messages = vec![MARK.into()];
    seal.calculation.lines = vec![CalculatedLine {
        id: "1".into(),
        kind: LineKind::Product,
        parent: None,
        sku: Some("S".into()),
        description: Some(MARK.into()),
        quantity: Quantity { value: 2.into(), unit: Unit::one() },
        unit_price: euro(10),
        per: 1.into(),
        amount: euro(20),
        components: vec![],
        schedule: vec![],
    }];
    seal.agreed = Some(seal.agreed());
    seal
}

/// An order of A with everything that can be personal, its checkout and its first answer.
async fn marked_order(store: &Store, key: &str) -> NewDocument {
    let checkout = format!("C-{key}");
    store.put_seal(marked_seal(&checkout)).await.unwrap();
    let mut capture = capture_order("A");
    let Payload::Order(order) = &mut capture.document.payload else { unreachable!("it is an order") };
    (order.parties, order.notes, order.lines) = (parties(), notes(), vec![line()]);
    (order.purchase_order, order.payment_token, order.contract) = (Some(MARK.into()), Some(MARK.into()), Some(MARK.into()));
    order.ext = [("wish".to_owned(), MARK.to_owned())].into();
    capture.document.seal = Some(CheckoutId::new(&checkout));
    capture.document.principal = format!("customer:{MARK}");
    capture.answer = Some(Answer { principal: format!("customer:{MARK}"), body: MARK.into(), ..answer(key, 1) });
    captured(store, capture).await
}

fn taken() -> Taken {
    let amendment = Amendment {
        line: Some("1".into()),
        kind: "address".into(),
        from: Some(MARK.into()),
        to: Some(MARK.into()),
        message: Some(MARK.into()),
    };
    let Taken::Order(accepted) = accepted("SO-1") else { unreachable!("it is an order") };
    Taken::Order(Accepted { amendments: vec![amendment], ..accepted })
}

fn failure() -> Failure {
    Failure { ext: [("name".to_owned(), MARK.to_owned())].into(), ..Failure::new(FailureCode::Throttled, MARK) }.with_detail(MARK)
}

/// Fails once, is parked, linked by hand: the timeline and the audit log know of it.
async fn settle_with_trouble(store: &Store, order: &NewDocument) {
    let claimed = claim_one(store, later(1)).await;
    begin(store, &claimed, later(1)).await;
    let events = [TransferEvent::NotDelivered, TransferEvent::GaveUp];
    let failed = Outcome { failure: Some(failure()), ..outcome(&events, later(1)) };
    store.record_outcome(claimed.transfer.id, claimed.fence, failed).await.unwrap();
    let why = Deed { reason: format!("{MARK} called"), ..deed() };
    store.link(&order.reference, "SO-2".into(), false, why).await.unwrap();
}

/// Every text of the database.
async fn everything(store: &Store) -> String {
    let tables = [
        "SELECT coalesce(instruction, '') || coalesce(last_failure, '') || account AS text FROM transfers",
        "SELECT payload || principal || amendments || coalesce(raw_status, '') AS text FROM documents",
        "SELECT coalesce(failure, '') AS text FROM attempts",
        "SELECT payload AS text FROM seals",
        "SELECT principal || key || operation || body AS text FROM answers",
        "SELECT items AS text FROM known_lists",
        "SELECT actor || action || reference || reason || coalesce(detail, '') AS text FROM audit",
    ];
    let mut all = String::new();
    for table in tables {
        let rows = query(table).all(&mut store.read().await.unwrap()).await.unwrap();
        rows.iter().for_each(|row| all.push_str(&row.text("text").unwrap()));
    }
    all
}

fn list() -> ListKey {
    ListKey { store: "shop".into(), adapter: "demo".into(), account: account("A"), kind: DocumentKind::Order }
}

pub(super) async fn a3_an_erased_customer_leaves_what_was_ordered_and_no_name_address_or_text(store: &Store) {
    let smooth = marked_order(store, "k1").await;
    confirm(store, taken(), later(1)).await;
    let rough = marked_order(store, "k2").await;
    settle_with_trouble(store, &rough).await;
    let mut quote = capture_quote("A");
    let Payload::Quote(request) = &mut quote.document.payload else { unreachable!("it is a quote") };
    (request.parties, request.notes, request.purchase_order) = (parties(), notes(), Some(MARK.into()));
    let quote = captured(store, quote).await;
    settle_with_trouble(store, &quote).await;
    store.remember_list(list(), &[MARK], later(1)).await.unwrap();
    assert!(everything(store).await.matches(MARK).count() > 50);

    let erased = store.erase(customer(), Deed { reason: "asked by letter".into(), ..deed() }).await.unwrap();
    assert_eq!(erased, Erased { documents: 3, checkouts: 0, answers: 2, lists: 1 });
    let left = everything(store).await;
    assert!(!left.contains(MARK), "{left}");
    let kept = store.document(&smooth.reference).await.unwrap().unwrap();
    let order = kept.order().unwrap();
    assert_eq!((kept.backend_number.clone(), kept.captured_at), (Some("SO-1".into()), start()));
    assert_eq!(kept.account, account("A"));
    assert_eq!((order.lines[0].sku.clone(), order.lines[0].amount), (Some("S".into()), Some(euro(20))));
    assert_eq!((kept.amendments[0].line.as_deref(), kept.amendments[0].kind.as_str()), (Some("1"), "address"));
    let attempts = store.attempts_of(&rough.reference).await.unwrap();
    assert_eq!(attempts[0].failure.as_ref().map(|failure| failure.code), Some(FailureCode::Throttled));
    let audit = store.audit_of(&rough.reference).await.unwrap();
    let audit: Vec<_> = audit.iter().map(|entry| (entry.action.as_str(), entry.actor.as_str(), entry.reason.as_str())).collect();
    assert_eq!(audit, [("link", "csr", "[erased]"), ("erase", "csr", "asked by letter")]);
    let whole = store.audit_of(&Reference::new("customers/A")).await.unwrap();
    assert_eq!((whole.len(), whole[0].reason.as_str(), whole[0].detail.as_deref()), (1, "asked by letter", Some("store shop")));
}

pub(super) async fn a3_nobody_is_erased_whose_order_is_on_its_way_or_parked(store: &Store) {
    let order = marked_order(store, "k1").await;
    let before = everything(store).await;
    let open = async || match store.erase(customer(), deed()).await {
        Err(StoreError::Conflict(Conflict::UnderWay { transfers })) => transfers,
        other => panic!("{other:?}"),
    };
    let named = |state| vec![UnderWay { reference: order.reference.clone(), operation: "submit-order".into(), state }];
    assert_eq!(open().await, named(TransferState::Queued));
    assert_eq!(everything(store).await, before, "nothing was changed");
    let claimed = claim_one(store, later(1)).await;
    begin(store, &claimed, later(1)).await;
    assert_eq!(open().await, named(TransferState::Sending));
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::OutcomeLost], later(1))).await.unwrap();
    assert_eq!(open().await, named(TransferState::Unknown));
    let claimed = claim_one(store, later(2)).await;
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::GaveUp], later(2))).await.unwrap();
    assert_eq!(open().await, named(TransferState::Parked));
    store.abandon(&order.reference, deed()).await.unwrap();
    assert_eq!(store.erase(customer(), deed()).await.unwrap().documents, 1);
}

pub(super) async fn a3_the_keys_of_an_erased_customer_stay_used(store: &Store) {
    let order = marked_order(store, "k1").await;
    confirm(store, accepted("SO-1"), later(1)).await;
    store.erase(customer(), deed()).await.unwrap();
    let principal = format!("customer:{MARK}");
    let again = Capture { answer: Some(Answer { principal: principal.clone(), ..answer("k1", 1) }), ..capture_order("A") };
    let gone = CaptureOutcome::Replayed { reference: order.reference.clone(), status: 410, body: String::new() };
    assert_eq!(store.capture(again.clone()).await.unwrap(), gone);
    // Somebody has waited for the confirmation, and is told of it only now.
    store.replace_answer(&principal, "k1", 200, MARK.to_owned()).await.unwrap();
    assert_eq!(store.capture(Capture { document: capture_order("A").document, ..again }).await.unwrap(), gone);
    let other = Capture { answer: Some(Answer { principal, ..answer("k1", 2) }), ..capture_order("A") };
    assert_eq!(store.capture(other).await.unwrap(), CaptureOutcome::KeyReused);
    let mut same_checkout = capture_order("A");
    same_checkout.document.seal = Some("C-k1".into());
    assert_eq!(store.capture(same_checkout).await.unwrap(), CaptureOutcome::SealUsed { reference: order.reference });
}

pub(super) async fn a3_other_customers_and_other_stores_are_left_alone(store: &Store) {
    let mut elsewhere = capture_order("A");
    elsewhere.document.store = "other shop".into();
    let elsewhere = captured(store, elsewhere).await;
    let theirs = captured(store, Capture { answer: Some(answer("k", 1)), ..capture_order("B") }).await;
    store.put_seal(Seal { store: "other shop".into(), ..marked_seal("C1") }).await.unwrap();
    store.put_seal(Seal { account: account("B"), ..marked_seal("C2") }).await.unwrap();
    let before = everything(store).await;
    assert_eq!(store.erase(customer(), deed()).await.unwrap(), Erased::default());
    assert!(everything(store).await.starts_with(&before), "only the audit log has grown");
    for document in [elsewhere, theirs] {
        assert_eq!(store.document(&document.reference).await.unwrap().unwrap().payload, document.payload);
    }
}

pub(super) async fn a3_a_checkout_that_nobody_ordered_goes_and_its_stock_is_given_back(store: &Store) {
    let hold = Hold { adapter: "stock".into(), extended: false, release_at: later(960) };
    let reservation = Reservation { id: "RS-1".into(), expires_at: later(3_600) };
    store.put_seal(Seal { reservation: Some(reservation), hold: Some(hold), ..marked_seal("C1") }).await.unwrap();
    assert_eq!(store.erase(customer(), deed()).await.unwrap(), Erased { checkouts: 1, ..Erased::default() });
    assert_eq!(store.seal(&"C1".into()).await.unwrap(), None);
    let released = store.transfers_of(&Reference::new("C1")).await.unwrap();
    assert_eq!(released[0].instruction.held.as_ref().unwrap().reservation.id, "RS-1");
    assert!(!everything(store).await.contains(MARK));
    assert!(store.erase(customer(), deed()).await.is_ok(), "what is given back stands in nobody's way");
}

pub(super) async fn a3_erasing_again_does_no_harm_and_erases_what_came_since(store: &Store) {
    marked_order(store, "k1").await;
    confirm(store, taken(), later(1)).await;
    store.erase(customer(), deed()).await.unwrap();
    let once = everything(store).await;
    let since = marked_order(store, "k2").await;
    confirm(store, accepted("SO-9"), later(2)).await;
    assert_eq!(store.erase(customer(), deed()).await.unwrap().documents, 2);
    let left = everything(store).await;
    assert!(!left.contains(MARK) && left.len() > once.len(), "{left}");
    let audit = store.audit_of(&since.reference).await.unwrap();
    assert_eq!(audit.len(), 1);
}
