//! `/v1/orders`: placing, listing, showing and cancelling orders.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::require;
use super::body::{Check, Checked, CheckedQuery, Findings};
use super::checkouts::{MAX_LINES, no_store};
use super::documents::{ListParameters, PageView};
use super::idempotency::{Key, Wait, captured, replayed};
use super::order_view::OrderView;
use super::problem::{Problem, Problems};
use super::route::Path;
use crate::domain::{BusinessStatus, CheckoutId, Money, Note, Quantity, Scope, Sku};
use crate::service::{Caller, Captured, Commerce, FieldProblem, IdempotencyKey, LineClaim, OrderRecord, OrderRequest};

/// An order: it quotes a checkout. Amounts may be stated; they are compared with the checkout, never believed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    checkout: CheckoutId,
    purchase_order: Option<String>,
    #[serde(default)]
    notes: Vec<Note>,
    /// Token of the payment service; never a card number.
    payment_token: Option<String>,
    /// Deliver all at once or not at all.
    #[serde(default)]
    ship_complete: bool,
    #[schema(value_type = Option<String>, format = Date)]
    requested_date: Option<jiff::civil::Date>,
    /// What the customer believes to pay.
    payable: Option<Money>,
    #[serde(default)]
    lines: Vec<NewOrderLine>,
    /// The customer agrees to the changed prices of an expired checkout.
    #[serde(default)]
    consent: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrderLine {
    id: String,
    sku: Option<Sku>,
    quantity: Option<Quantity>,
    unit_price: Option<Money>,
    amount: Option<Money>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    reason: String,
}

impl Check for NewOrder {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.id("/checkout", self.checkout.as_str());
        findings.optional_id("/purchase_order", self.purchase_order.as_deref());
        findings.optional_id("/payment_token", self.payment_token.as_deref());
        if self.payment_token.as_deref().is_some_and(looks_like_card_number) {
            findings.add("/payment_token", "looks like a card number: send the payment service's token instead");
        }
        if self.lines.len() > MAX_LINES {
            findings.add("/lines", format!("must have at most {MAX_LINES} entries"));
        }
        findings.date("/requested_date", self.requested_date);
        check_notes(&mut findings, &self.notes);
        findings.into_vec()
    }
}

pub(super) fn check_notes(findings: &mut Findings, notes: &[Note]) {
    if notes.len() > 20 {
        findings.add("/notes", "must have at most 20 entries");
    }
    for (index, note) in notes.iter().enumerate() {
        findings.text(format_args!("/notes/{index}/text"), Some(&note.text));
    }
}

/// 13 to 19 digits, perhaps with blanks or dashes: what a card number looks like, and a token does not.
pub(super) fn looks_like_card_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (13..=19).contains(&digits) && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'))
}

impl Check for Cancellation {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.id("/reason", &self.reason);
        findings.into_vec()
    }
}

impl From<NewOrder> for OrderRequest {
    fn from(new: NewOrder) -> Self {
        let claim = |line: NewOrderLine| LineClaim {
            id: line.id,
            sku: line.sku,
            quantity: line.quantity,
            unit_price: line.unit_price,
            amount: line.amount,
        };
        Self {
            checkout: new.checkout,
            purchase_order: new.purchase_order,
            notes: new.notes,
            payment_token: new.payment_token,
            ship_complete: new.ship_complete,
            requested_date: new.requested_date,
            payable: new.payable,
            lines: new.lines.into_iter().map(claim).collect(),
            consent: new.consent,
        }
    }
}

/// The answer that is committed with an order, for replays of its key.
pub(super) fn render(record: &OrderRecord) -> String {
    serde_json::to_string(&OrderView::from(record.clone())).unwrap_or_default()
}

/// Take an order: 202 once it is committed, or 201 when the back end confirms it within `Prefer: wait=N`.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = NewOrder, params(("Idempotency-Key" = String, Header), ("Prefer" = Option<String>, Header)),
    responses((status = 202, body = OrderView), (status = 201, body = OrderView), Problems))]
pub async fn place_order(
    State(commerce): State<Commerce>,
    caller: Caller,
    key: Key,
    Wait(wait): Wait,
    new: Checked<NewOrder>,
) -> Result<Response, Problem> {
    require(&caller, Scope::OrdersWrite)?;
    let (key, new) = key.with(&caller, new);
    let outcome = commerce.place_order(&caller, key.clone(), new.into(), render).await?;
    answer_captured(&commerce, &caller, &key, wait, outcome).await
}

/// 202 with the order as captured; 201 with the confirmed one when it is confirmed in time.
pub(super) async fn answer_captured(
    commerce: &Commerce,
    caller: &Caller,
    key: &IdempotencyKey,
    wait: Option<std::time::Duration>,
    outcome: Captured<OrderRecord>,
) -> Result<Response, Problem> {
    let record = match outcome {
        Captured::New(record) => record,
        Captured::Replayed { status, body } => return Ok(replayed(status, body)),
    };
    let Some(reference) = record.reference().cloned() else { return Ok(captured(StatusCode::ACCEPTED, "", render(&record))) };
    let location = format!("/v1/orders/{reference}");
    // The order is committed: whatever happens from here on, the answer is that it was taken.
    if let Some(wait) = wait
        && let Ok(Some(confirmed)) = commerce.confirmed_within(caller, &reference, wait).await
    {
        let body = render(&confirmed);
        if let Err(error) = commerce.answer_is_now(caller, key, StatusCode::CREATED.as_u16(), body.clone()).await {
            tracing::warn!(%error, order.reference = %reference, "a replay of this order's key will answer 202 instead of 201");
        }
        return Ok(captured(StatusCode::CREATED, &location, body));
    }
    Ok(captured(StatusCode::ACCEPTED, &location, render(&record)))
}

/// List the account's orders from every channel, newest first.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(ListParameters), responses((status = 200, body = PageView<OrderView>), Problems))]
pub async fn list_orders(
    State(commerce): State<Commerce>,
    caller: Caller,
    CheckedQuery(parameters): CheckedQuery<ListParameters>,
) -> Result<Response, Problem> {
    require(&caller, Scope::OrdersRead)?;
    let page =
        commerce.documents(&caller, parameters.checked(|status| BusinessStatus::parse(status).as_str() == status)?).await?;
    Ok(([no_store()], Json(PageView::of(page, OrderView::from))).into_response())
}

/// Show one order, by our reference or the back end's number.
#[utoipa::path(get, path = "/v1/orders/{reference}", tag = "orders", params(("reference" = String, Path)), responses((status = 200, body = OrderView), Problems))]
pub async fn show_order(State(commerce): State<Commerce>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    require(&caller, Scope::OrdersRead)?;
    let record: OrderRecord = commerce.document(&caller, &id).await?;
    Ok(([no_store()], Json(OrderView::from(record))).into_response())
}

/// Ask the back end to cancel an order.
#[utoipa::path(post, path = "/v1/orders/{reference}/cancel", tag = "orders", request_body = Cancellation,
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 202, body = OrderView), Problems))]
pub async fn cancel_order(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(id): Path<String>,
    key: Key,
    cancellation: Checked<Cancellation>,
) -> Result<Response, Problem> {
    require(&caller, Scope::OrdersWrite)?;
    let (key, Cancellation { reason }) = key.with(&caller, cancellation);
    let outcome = commerce.cancel_order(&caller, key, &id, reason, render).await?;
    Ok(match outcome {
        Captured::New(record) => captured(StatusCode::ACCEPTED, &format!("/v1/orders/{id}"), render(&record)),
        Captured::Replayed { status, body } => replayed(status, body),
    })
}

#[cfg(test)]
mod tests {
    use super::looks_like_card_number;

    #[test]
    fn card_numbers_are_told_from_tokens() {
        assert!(looks_like_card_number("4111 1111 1111 1111"));
        assert!(looks_like_card_number("4111-1111-1111-1111"));
        assert!(!looks_like_card_number("tok_4111111111111111"));
        assert!(!looks_like_card_number("1234"));
    }
}
