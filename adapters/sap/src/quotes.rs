//! `quotes.*`. A request is a quotation that sales must answer; an accepted one becomes an order that refers to it, at its prices (rule Q3).

use crate::documents::Documents;
use crate::mapping::{quote, sent, status};
use crate::orders;
use crate::settings::Settings;
use crate::wire::{Entity, Read};
use ordergate_sdk::handover;
use ordergate_sdk::orders::Accepted;
use ordergate_sdk::quotes::{Acceptance, QuoteDocument, QuotePage, QuoteRequest, Received};
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};

pub(crate) fn submit(settings: &Settings, request: &QuoteRequest, reference: &str) -> Result<Received, Failure> {
    let names = settings.quotation_names();
    let documents = Documents::new(settings, &names);
    let body = sent::quotation(settings, &names, request, reference).map_err(Failure::invalid_request)?;
    documents.check_absent(&request.account, reference)?;
    let number = documents.create(&body)?.number;
    let saved = documents.get(&number, |saved| Ok((status::of_quote(settings, &names, saved), quote::revision(&names, saved)?)));
    Ok(match handover::read_again("quotation", saved) {
        Some(((status, raw_status), revision)) => {
            Received { number, revision: Some(revision), status, raw_status: Some(raw_status), ..Received::default() }
        }
        None => Received { number, status: "requested".to_owned(), ..Received::default() },
    })
}

pub(crate) fn find(settings: &Settings, account: &str, reference: &str) -> Result<Option<QuoteDocument>, Failure> {
    let names = settings.quotation_names();
    let map = |found: Entity<'_>| -> Read<QuoteDocument> {
        quote::document(settings, &names, found, account).or_else(|_| quote::summary(settings, &names, found, account))
    };
    Documents::new(settings, &names).find(account, reference, map)
}

pub(crate) fn get(settings: &Settings, account: &str, number: &str) -> Result<QuoteDocument, Failure> {
    let names = settings.quotation_names();
    Documents::new(settings, &names).get(number, |found| quote::document(settings, &names, found, account))
}

pub(crate) fn list(
    settings: &Settings,
    account: &str,
    filter: &DocumentFilter,
    page: &PageRequest,
) -> Result<QuotePage, Failure> {
    let names = settings.quotation_names();
    let map = |found: Entity<'_>| quote::summary(settings, &names, found, account);
    let (quotes, next) = Documents::new(settings, &names).page(account, filter, page, map)?;
    Ok(QuotePage { quotes, next })
}

/// An order that refers to the quotation, item by item. The back end does not know revisions, so the quotation is read and compared first.
pub(crate) fn accept(settings: &Settings, acceptance: &Acceptance) -> Result<Accepted, Failure> {
    let Acceptance { number, revision, order, reference } = acceptance;
    // Ordered already, perhaps by an attempt whose reply was lost: then the quotation is not on offer any more.
    orders::check_absent(settings, &order.account, reference)?;
    check_offered(settings, &order.account, number, revision)?;
    orders::place(settings, order, reference)
}

/// Rejects the items of an offer with the reason that means: declined by the customer.
pub(crate) fn decline(settings: &Settings, account: &str, number: &str, revision: &str) -> Result<QuoteDocument, Failure> {
    let reason = settings.quotes.decline_reason.as_deref();
    let reason = reason.ok_or_else(|| Failure::unsupported("quotes.decline_reason is not in the settings"))?;
    check_offered(settings, account, number, revision)?;
    reject(settings, account, number, reason)
}

/// Rejects the items of a request with the reason that means: withdrawn by the customer.
pub(crate) fn cancel(settings: &Settings, account: &str, number: &str) -> Result<QuoteDocument, Failure> {
    let reason = settings.quotes.withdraw_reason.as_deref();
    let reason = reason.ok_or_else(|| Failure::unsupported("quotes.withdraw_reason is not in the settings"))?;
    reject(settings, account, number, reason)
}

fn reject(settings: &Settings, account: &str, number: &str, reason: &str) -> Result<QuoteDocument, Failure> {
    let names = settings.quotation_names();
    Documents::new(settings, &names).reject_items(number, reason)?;
    get(settings, account, number)
}

fn check_offered(settings: &Settings, account: &str, number: &str, revision: &str) -> Result<(), Failure> {
    let quote = get(settings, account, number).map_err(Failure::of_a_read)?;
    match quote.status.as_str() {
        "offered" if quote.revision == revision => Ok(()),
        "offered" => {
            Err(Failure::rejected("The quote has changed in the meantime.").detail(format!("its revision is {}", quote.revision)))
        }
        status => Err(Failure::rejected(format!("The quote is {status}.")).detail(quote.raw_status.unwrap_or_default())),
    }
}
