//! Orders, quotes and captures for tests of the store and the pipeline.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use scratch_postgres::Server;
use tempfile::TempDir;

use super::*;
use crate::config::PostgresUrl;
use crate::domain::{
    AccountNumber, BackendNumber, Buyer, Calculation, Cart, CheckoutId, Currency, Extensions, Money, Order, QuoteRequest,
    Reference, Reservation, Seal, Totals, TransferOperation,
};

/// A store of a test's own: a file in a folder that goes with it, or a database of the scratch server.
pub(crate) struct TempStore {
    pub(crate) store: Store,
    pub(crate) config: DatabaseConfig,
    _folder: Option<TempDir>,
}

impl TempStore {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::file(folder.path().join("test.db"));
        Self { store: Store::open(&config).await.unwrap(), config, _folder: Some(folder) }
    }

    pub(crate) async fn on_postgres() -> Self {
        let server = tokio::task::spawn_blocking(Server::shared).await.unwrap();
        Self::on_server(server).await
    }

    pub(crate) async fn on_server(server: &Server) -> Self {
        let config = on_server(&server.url(&server.create_database()));
        Self { store: Store::open(&config).await.unwrap(), config, _folder: None }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.config.path.clone().unwrap()
    }

    /// Another handle, as another host has it. Only on PostgreSQL.
    pub(crate) async fn another(&self) -> Store {
        Store::open(&self.config).await.unwrap()
    }

    /// Closes the database and opens it again, as a restart does.
    pub(crate) async fn reopen(&mut self) {
        self.store.close().await;
        self.store = Store::open(&self.config).await.unwrap();
    }
}

pub(crate) fn on_server(url: &str) -> DatabaseConfig {
    DatabaseConfig { url: Some(PostgresUrl::parse(url).unwrap()), ..DatabaseConfig::default() }
}

/// The time at which most tests begin.
pub(crate) fn start() -> Timestamp {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub(crate) fn order(account: &str) -> Order {
    Order {
        account: account.into(),
        currency: euro(),
        purchase_order: None,
        placed_at: start(),
        requested_date: None,
        ship_complete: false,
        delivery_method: None,
        payment_terms: None,
        payment_token: None,
        contract: None,
        sales_area: None,
        quote: None,
        reservation: None,
        provisional: None,
        parties: vec![],
        notes: vec![],
        lines: vec![],
        totals: None,
        ext: Extensions::new(),
    }
}

pub(crate) fn quote_request(account: &str) -> QuoteRequest {
    QuoteRequest {
        account: account.into(),
        currency: euro(),
        purchase_order: None,
        placed_at: start(),
        requested_date: None,
        contract: None,
        sales_area: None,
        counters: None,
        counters_revision: None,
        parties: vec![],
        notes: vec![],
        lines: vec![],
        ext: Extensions::new(),
    }
}

pub(crate) fn seal(id: &str) -> Seal {
    let nothing = Money::new(Decimal::ZERO, euro());
    let buyer = Buyer {
        account: Some("A".into()),
        ship_to: None,
        contract: None,
        currency: euro(),
        sales_area: None,
        ext: Extensions::new(),
    };
    let cart = Cart {
        buyer,
        parties: vec![],
        delivery_method: None,
        payment_terms: None,
        requested_date: None,
        lines: vec![],
        ext: Extensions::new(),
    };
    let totals = Totals { lines: nothing, charges: vec![], taxes: vec![], rounding: None, payable: nothing };
    Seal {
        agreed: None,
        hold: None,
        provisional: None,
        id: CheckoutId::new(id),
        store: "shop".into(),
        account: "A".into(),
        cart,
        calculation: Calculation { lines: vec![], totals, valid_until: None, messages: vec![] },
        reservation: None,
        sealed_at: start(),
        expires_at: later(900),
    }
}

fn document(reference: Reference, account: &str, payload: Payload) -> NewDocument {
    NewDocument {
        reference,
        store: "shop".into(),
        account: account.into(),
        adapter: "demo".into(),
        principal: "customer-1".into(),
        seal: None,
        parent: None,
        payload,
    }
}

/// An order of an account, without key or seal.
pub(crate) fn capture_order(account: &str) -> Capture {
    Capture {
        document: document(Reference::new_order(), account, Payload::Order(order(account))),
        operation: TransferOperation::SubmitOrder,
        instruction: Instruction::default(),
        seen_since: None,
        answer: None,
        at: start(),
    }
}

/// An order of an account for which the adapter `stock` holds goods for 15 minutes.
pub(crate) fn capture_holding_order(account: &str) -> Capture {
    let reservation = Reservation { id: "RS-1".into(), expires_at: later(900) };
    let held = Some(Held { reservation, adapter: "stock".into() });
    Capture { instruction: Instruction { held, ..Instruction::default() }, ..capture_order(account) }
}

pub(crate) fn capture_quote(account: &str) -> Capture {
    Capture {
        document: document(Reference::new_quote(), account, Payload::Quote(quote_request(account))),
        operation: TransferOperation::SubmitQuote,
        instruction: Instruction::default(),
        seen_since: None,
        answer: None,
        at: start(),
    }
}

/// An operation on a document of ours.
pub(crate) fn operation(on: &NewDocument, operation: TransferOperation, number: Option<&str>) -> NewOperation {
    NewOperation {
        reference: on.reference.clone(),
        store: on.store.clone(),
        account: on.account.clone(),
        adapter: on.adapter.clone(),
        operation,
        instruction: Instruction {
            number: number.map(BackendNumber::from),
            reason: Some("changed my mind".into()),
            ..Instruction::default()
        },
        seen_since: None,
        answer: None,
        at: start(),
    }
}

pub(crate) fn answer(key: &str, body: u8) -> Answer {
    Answer {
        principal: "customer-1".into(),
        key: key.into(),
        operation: "POST /v1/orders".into(),
        body_sha256: [body; 32],
        status: 202,
        body: format!("first answer to {key}"),
    }
}

pub(crate) fn account(name: &str) -> AccountNumber {
    name.into()
}
