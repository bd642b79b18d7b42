//! `quotes.*`, by CPQ. An accepted offer becomes an order of the hub at the quoted prices (rule Q3); then CPQ is told that it is ordered.

use crate::cpq::Cpq;
use crate::mapping::quote;
use crate::orders;
use crate::settings::{Prices, Settings};
use crate::wire::{Draft, Entity, Read};
use ordergate_sdk::orders::{Accepted, Order, OrderLine};
use ordergate_sdk::quotes::{Acceptance, QuoteDocument, QuoteLine, QuotePage, QuoteRequest, Received};
use ordergate_sdk::types::{Failure, PageRequest};
use ordergate_sdk::{handover, log};

pub(crate) fn submit(settings: &Settings, request: &QuoteRequest, reference: &str) -> Result<Received, Failure> {
    let cpq = Cpq::new(settings);
    let body = quote::request(settings, request, reference).map_err(Failure::invalid_request)?;
    let number = |found: Entity<'_>| found.required(&settings.quotes.fields.number).map(ToOwned::to_owned);
    handover::check_absent(cpq.find(reference, number))?;
    let number = cpq.create(&body)?;
    let action = &settings.quotes.submit_action;
    if !action.is_empty() {
        best_effort("a new quote was not handed to sales", cpq.act(&number, action, Draft::new()));
    }
    let saved = cpq.read(&number, |main, lines| quote::document(settings, main, lines));
    Ok(match handover::read_again("quote", saved) {
        Some(QuoteDocument { status, raw_status, revision, .. }) => {
            Received { number, revision: Some(revision), status, raw_status, ..Received::default() }
        }
        None => Received { number, status: "requested".to_owned(), ..Received::default() },
    })
}

pub(crate) fn find(settings: &Settings, reference: &str) -> Result<Option<QuoteDocument>, Failure> {
    Cpq::new(settings).find(reference, |found| quote::summary(settings, found))
}

pub(crate) fn get(settings: &Settings, number: &str) -> Result<QuoteDocument, Failure> {
    Cpq::new(settings).read(number, |main, lines| quote::document(settings, main, lines))
}

pub(crate) fn list(settings: &Settings, account: &str, page: &PageRequest) -> Result<QuotePage, Failure> {
    let field = &settings.quotes.fields.account;
    let (quotes, next) = Cpq::new(settings).list(field, account, page, |found| quote::summary(settings, found))?;
    Ok(QuotePage { quotes, next })
}

/// Accepts in CPQ, orders in the hub, and tells CPQ. Each step can be taken up where an earlier attempt was cut off: the order is looked for first, and
/// an accepted quote that carries our reference was accepted by us.
pub(crate) fn accept(settings: &Settings, acceptance: Acceptance) -> Result<Accepted, Failure> {
    let Acceptance { number, revision, order, reference } = acceptance;
    orders::check_absent(settings, &reference)?;
    let cpq = Cpq::new(settings);
    let names = &settings.quotes.fields;
    let read = |main: Entity<'_>, lines: &[Entity<'_>]| -> Read<(QuoteDocument, bool)> {
        let is_ours = main.text(&names.order_reference) == Some(reference.as_str());
        Ok((quote::document(settings, main, lines)?, is_ours))
    };
    let (offer, is_ours) = cpq.read(&number, read).map_err(Failure::of_a_read)?;
    let order = at_quoted_prices(order, &offer)?;
    if !(is_ours && offer.status == "accepted") {
        check_offered(&offer, &revision)?;
        let fields = Draft::new().text(&names.order_reference, &reference);
        cpq.act(&number, &settings.quotes.accept_action, fields)?;
    }
    let accepted = orders::place(settings, &order, &reference, Prices::Sealed)?;
    let action = &settings.quotes.ordered_action;
    if !action.is_empty() {
        let fields = Draft::new().text(&names.order_number, &accepted.number);
        best_effort("a quote was ordered, but CPQ does not know it", cpq.act(&number, action, fields));
    }
    Ok(accepted)
}

pub(crate) fn decline(settings: &Settings, number: &str, revision: &str) -> Result<QuoteDocument, Failure> {
    let action = settings.quotes.decline_action.as_deref();
    let action = action.ok_or_else(|| Failure::unsupported("quotes.decline_action is not in the settings"))?;
    check_offered(&get(settings, number).map_err(Failure::of_a_read)?, revision)?;
    Cpq::new(settings).act(number, action, Draft::new())?;
    get(settings, number)
}

pub(crate) fn cancel(settings: &Settings, number: &str) -> Result<QuoteDocument, Failure> {
    let action = settings.quotes.cancel_action.as_deref();
    let action = action.ok_or_else(|| Failure::unsupported("quotes.cancel_action is not in the settings"))?;
    Cpq::new(settings).act(number, action, Draft::new())?;
    get(settings, number)
}

fn check_offered(quote: &QuoteDocument, revision: &str) -> Result<(), Failure> {
    match quote.status.as_str() {
        "offered" if quote.revision == revision => Ok(()),
        "offered" => {
            Err(Failure::rejected("The quote has changed in the meantime.").detail(format!("its revision is {}", quote.revision)))
        }
        status => Err(Failure::rejected(format!("The quote is {status}.")).detail(quote.raw_status.clone().unwrap_or_default())),
    }
}

/// The order with the prices of the offer, line by line. A line that the offer does not price is not ordered at some other price.
fn at_quoted_prices(order: Order, offer: &QuoteDocument) -> Result<Order, Failure> {
    let priced = |line: OrderLine| {
        let key = line.quote.as_ref().and_then(|link| link.line.clone()).unwrap_or_else(|| line.id.clone());
        let quoted = offer.lines.iter().find(|quoted| quoted.id == key);
        let quoted =
            quoted.filter(|quoted| quoted.sku == line.sku && same_quantity(quoted, &line) && quoted.unit_price.is_some());
        let quoted = quoted.ok_or_else(|| Failure::rejected("The quote does not offer this line.").line(&line.id))?;
        Ok(OrderLine { unit_price: quoted.unit_price.clone(), amount: quoted.amount.clone(), per: quoted.per.clone(), ..line })
    };
    let (products, others): (Vec<OrderLine>, Vec<OrderLine>) = order.lines.into_iter().partition(|line| line.kind == "product");
    let lines: Result<Vec<OrderLine>, Failure> = products.into_iter().map(priced).collect();
    Ok(Order { lines: lines?.into_iter().chain(others).collect(), ..order })
}

fn same_quantity(quoted: &QuoteLine, line: &OrderLine) -> bool {
    let value = |text: &str| ordergate_sdk::money::decimal(text).ok();
    quoted.quantity.unit == line.quantity.unit && value(&quoted.quantity.value) == value(&line.quantity.value)
}

/// What follows a document that is there already must not undo it.
fn best_effort(what: &str, done: Result<(), Failure>) {
    if let Err(failure) = done {
        log::error(what, &[("code", failure.code), ("detail", failure.detail.unwrap_or(failure.message))]);
    }
}
