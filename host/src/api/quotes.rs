//! `/v1/quotes`: requesting a binding price, and acting on the answer.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::require;
use super::body::{Check, Checked, CheckedQuery, Findings};
use super::checkouts::{MAX_LINES, check_parties, no_store};
use super::documents::{ListParameters, PageView};
use super::idempotency::{Key, Wait, captured, replayed};
use super::order_view::OrderView;
use super::orders::{answer_captured, check_notes, looks_like_card_number, render as render_order};
use super::problem::{Problem, Problems};
use super::quote_view::QuoteView;
use super::route::Path;
use crate::domain::{Currency, Location, Money, Note, Party, Quantity, QuoteLine, QuoteStatus, Scope, Sku};
use crate::service::{
    AcceptRequest, Caller, Captured, Commerce, CounterRequest, FieldProblem, NewQuoteRequest, QuoteEnd, QuoteRecord,
};

/// A request for a binding price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    /// 1 to 500.
    lines: Vec<NewQuoteLine>,
    purchase_order: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    requested_date: Option<jiff::civil::Date>,
    contract: Option<String>,
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    #[serde(default)]
    parties: Vec<Party>,
    #[serde(default)]
    notes: Vec<Note>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuoteLine {
    /// Its position ("1", "2", …) when absent.
    id: Option<String>,
    sku: Sku,
    quantity: Quantity,
    /// What the customer hopes to pay for one unit.
    wished_price: Option<Money>,
    description: Option<String>,
    location: Option<Location>,
    #[schema(value_type = Option<String>, format = Date)]
    requested_date: Option<jiff::civil::Date>,
}

/// A counter-offer to an offered revision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterOffer {
    revision: String,
    lines: Vec<NewQuoteLine>,
    #[serde(default)]
    notes: Vec<Note>,
}

/// Acceptance of an offered revision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    revision: String,
    purchase_order: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    requested_date: Option<jiff::civil::Date>,
    payment_token: Option<String>,
    #[serde(default)]
    ship_complete: bool,
    delivery_method: Option<String>,
    #[serde(default)]
    parties: Vec<Party>,
    #[serde(default)]
    notes: Vec<Note>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    revision: String,
    reason: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    reason: Option<String>,
}

fn check_lines(findings: &mut Findings, lines: &[NewQuoteLine]) {
    if !findings.count("/lines", lines.len(), MAX_LINES) {
        return;
    }
    for (index, line) in lines.iter().enumerate() {
        findings.optional_id(format_args!("/lines/{index}/id"), line.id.as_deref());
        findings.id(format_args!("/lines/{index}/sku"), line.sku.as_str());
        findings.quantity(format_args!("/lines/{index}/quantity"), &line.quantity);
        findings.text(format_args!("/lines/{index}/description"), line.description.as_deref());
        findings.date(format_args!("/lines/{index}/requested_date"), line.requested_date);
        let id = line_id(line.id.as_ref(), index);
        if lines.iter().take(index).enumerate().any(|(other, line)| line_id(line.id.as_ref(), other) == id) {
            findings.add(format_args!("/lines/{index}/id"), format!("line {id} is there twice"));
        }
    }
}

fn line_id(id: Option<&String>, index: usize) -> String {
    id.cloned().unwrap_or_else(|| (index + 1).to_string())
}

fn quote_lines(lines: Vec<NewQuoteLine>) -> Vec<QuoteLine> {
    let line = |(index, line): (usize, NewQuoteLine)| QuoteLine {
        id: line_id(line.id.as_ref(), index),
        sku: Some(line.sku),
        buyer_sku: None,
        description: line.description,
        quantity: line.quantity,
        unit_price: line.wished_price,
        per: None,
        amount: None,
        requested_date: line.requested_date,
        location: line.location,
    };
    lines.into_iter().enumerate().map(line).collect()
}

impl Check for NewQuote {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        check_lines(&mut findings, &self.lines);
        check_notes(&mut findings, &self.notes);
        check_parties(&mut findings, &self.parties);
        findings.optional_id("/purchase_order", self.purchase_order.as_deref());
        findings.optional_id("/contract", self.contract.as_deref());
        findings.date("/requested_date", self.requested_date);
        findings.into_vec()
    }
}

impl Check for CounterOffer {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.id("/revision", &self.revision);
        check_lines(&mut findings, &self.lines);
        check_notes(&mut findings, &self.notes);
        findings.into_vec()
    }
}

impl Check for Acceptance {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.id("/revision", &self.revision);
        findings.optional_id("/purchase_order", self.purchase_order.as_deref());
        findings.optional_id("/delivery_method", self.delivery_method.as_deref());
        findings.date("/requested_date", self.requested_date);
        findings.optional_id("/payment_token", self.payment_token.as_deref());
        if self.payment_token.as_deref().is_some_and(looks_like_card_number) {
            findings.add("/payment_token", "looks like a card number: send the payment service's token instead");
        }
        check_notes(&mut findings, &self.notes);
        check_parties(&mut findings, &self.parties);
        findings.into_vec()
    }
}

impl Check for Refusal {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.id("/revision", &self.revision);
        findings.text("/reason", self.reason.as_deref());
        findings.into_vec()
    }
}

impl Check for Withdrawal {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.text("/reason", self.reason.as_deref());
        findings.into_vec()
    }
}

fn render(record: &QuoteRecord) -> String {
    serde_json::to_string(&QuoteView::from(record.clone())).unwrap_or_default()
}

fn answer(outcome: Captured<QuoteRecord>) -> Response {
    match outcome {
        Captured::New(record) => {
            let location = record.reference().map(|reference| format!("/v1/quotes/{reference}")).unwrap_or_default();
            captured(StatusCode::ACCEPTED, &location, render(&record))
        }
        Captured::Replayed { status, body } => replayed(status, body),
    }
}

/// Take a request for a binding price.
#[utoipa::path(post, path = "/v1/quotes", tag = "quotes", request_body = NewQuote, params(("Idempotency-Key" = String, Header)), responses((status = 202, body = QuoteView), Problems))]
pub async fn request_quote(
    State(commerce): State<Commerce>,
    caller: Caller,
    key: Key,
    new: Checked<NewQuote>,
) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesWrite)?;
    let (key, new) = key.with(&caller, new);
    let request = NewQuoteRequest {
        lines: quote_lines(new.lines),
        purchase_order: new.purchase_order,
        requested_date: new.requested_date,
        contract: new.contract,
        currency: new.currency,
        parties: new.parties,
        notes: new.notes,
    };
    Ok(answer(commerce.request_quote(&caller, key, request, render).await?))
}

/// List the account's quotes from every channel, newest first.
#[utoipa::path(get, path = "/v1/quotes", tag = "quotes", params(ListParameters), responses((status = 200, body = PageView<QuoteView>), Problems))]
pub async fn list_quotes(
    State(commerce): State<Commerce>,
    caller: Caller,
    CheckedQuery(parameters): CheckedQuery<ListParameters>,
) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesRead)?;
    let page = commerce.documents(&caller, parameters.checked(|status| QuoteStatus::parse(status).as_str() == status)?).await?;
    Ok(([no_store()], Json(PageView::of(page, QuoteView::from))).into_response())
}

/// Show one quote, by our reference or the back end's number.
#[utoipa::path(get, path = "/v1/quotes/{reference}", tag = "quotes", params(("reference" = String, Path)), responses((status = 200, body = QuoteView), Problems))]
pub async fn show_quote(State(commerce): State<Commerce>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesRead)?;
    let record: QuoteRecord = commerce.document(&caller, &id).await?;
    Ok(([no_store()], Json(QuoteView::from(record))).into_response())
}

/// Turn an offered revision into an order at its prices.
#[utoipa::path(post, path = "/v1/quotes/{reference}/accept", tag = "quotes", request_body = Acceptance,
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header), ("Prefer" = Option<String>, Header)),
    responses((status = 202, body = OrderView), (status = 201, body = OrderView), Problems))]
pub async fn accept_quote(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    Wait(wait): Wait,
    acceptance: Checked<Acceptance>,
) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesWrite)?;
    require(&caller, Scope::OrdersWrite)?;
    let (key, acceptance) = key.with(&caller, acceptance);
    let request = AcceptRequest {
        revision: acceptance.revision,
        purchase_order: acceptance.purchase_order,
        requested_date: acceptance.requested_date,
        payment_token: acceptance.payment_token,
        ship_complete: acceptance.ship_complete,
        delivery_method: acceptance.delivery_method,
        parties: acceptance.parties,
        notes: acceptance.notes,
    };
    let outcome = commerce.accept_quote(&caller, key.clone(), &id, request, render_order).await?;
    answer_captured(&commerce, &caller, &key, wait, outcome).await
}

/// Decline an offered revision.
#[utoipa::path(post, path = "/v1/quotes/{reference}/decline", tag = "quotes", request_body = Refusal,
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 202, body = QuoteView), Problems))]
pub async fn decline_quote(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    refusal: Checked<Refusal>,
) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesWrite)?;
    let (key, Refusal { revision, reason }) = key.with(&caller, refusal);
    Ok(answer(commerce.end_quote(&caller, key, &id, QuoteEnd::Decline { revision }, reason, render).await?))
}

/// Answer an offered revision with a counter-offer.
#[utoipa::path(post, path = "/v1/quotes/{reference}/counter", tag = "quotes", request_body = CounterOffer,
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 202, body = QuoteView), Problems))]
pub async fn counter_quote(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    offer: Checked<CounterOffer>,
) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesWrite)?;
    let (key, offer) = key.with(&caller, offer);
    let request = CounterRequest { revision: offer.revision, lines: quote_lines(offer.lines), notes: offer.notes };
    Ok(answer(commerce.counter_quote(&caller, key, &id, request, render).await?))
}

/// Withdraw the customer's own request.
#[utoipa::path(post, path = "/v1/quotes/{reference}/withdraw", tag = "quotes", request_body = Withdrawal,
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 202, body = QuoteView), Problems))]
pub async fn withdraw_quote(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    withdrawal: Checked<Withdrawal>,
) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesWrite)?;
    let (key, Withdrawal { reason }) = key.with(&caller, withdrawal);
    Ok(answer(commerce.end_quote(&caller, key, &id, QuoteEnd::Withdraw, reason, render).await?))
}
