//! `quotes.*`. Canonical requests: submit `{request, reference}`, accept `{number, revision, order, reference}`, decline
//! `{account, number, revision, reason}`, the others as in `documents`.

use crate::documents::{Cancel, Find, Get, List};
use crate::settings::Configuration;
use ordergate_sdk::operation::{ACCEPT_QUOTE, CANCEL_QUOTE, DECLINE_QUOTE, FIND_QUOTE, GET_QUOTE, LIST_QUOTES, SUBMIT_QUOTE};
use ordergate_sdk::orders::Accepted;
use ordergate_sdk::quotes::{Acceptance, QuoteDocument, QuotePage, QuoteRequest, Received};
use ordergate_sdk::types::{Context, Failure};
use serde::Serialize;

#[derive(Serialize)]
struct Submit<'a> {
    request: &'a QuoteRequest,
    reference: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Decline<'a> {
    pub(crate) account: &'a str,
    pub(crate) number: &'a str,
    pub(crate) revision: &'a str,
    pub(crate) reason: Option<&'a str>,
}

pub(crate) fn submit(
    configuration: &Configuration,
    ctx: &Context,
    request: &QuoteRequest,
    reference: &str,
) -> Result<Received, Failure> {
    configuration.record(SUBMIT_QUOTE, ctx, &Submit { request, reference })
}

pub(crate) fn find(configuration: &Configuration, ctx: &Context, request: &Find<'_>) -> Result<Option<QuoteDocument>, Failure> {
    configuration.found(FIND_QUOTE, ctx, request)
}

pub(crate) fn get(configuration: &Configuration, ctx: &Context, request: &Get<'_>) -> Result<QuoteDocument, Failure> {
    configuration.record(GET_QUOTE, ctx, request)
}

pub(crate) fn list(configuration: &Configuration, ctx: &Context, request: &List<'_>) -> Result<QuotePage, Failure> {
    let (quotes, next) = configuration.page(LIST_QUOTES, ctx, request, "quotes")?;
    Ok(QuotePage { quotes, next })
}

pub(crate) fn accept(configuration: &Configuration, ctx: &Context, acceptance: &Acceptance) -> Result<Accepted, Failure> {
    configuration.record(ACCEPT_QUOTE, ctx, acceptance)
}

pub(crate) fn decline(configuration: &Configuration, ctx: &Context, request: &Decline<'_>) -> Result<QuoteDocument, Failure> {
    configuration.record(DECLINE_QUOTE, ctx, request)
}

pub(crate) fn cancel(configuration: &Configuration, ctx: &Context, request: &Cancel<'_>) -> Result<QuoteDocument, Failure> {
    configuration.record(CANCEL_QUOTE, ctx, request)
}
