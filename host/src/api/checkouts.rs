//! `/v1/checkouts`: the live check of a cart before billing, and the seal that it leaves.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::require;
use super::body::{Check, Checked, Findings};
use super::checkout_view::Checkout;
use super::problem::{Problem, Problems};
use super::route::Path;
use crate::domain::{CartLine, CheckoutId, Currency, Location, Money, Party, Quantity, Scope, Sku};
use crate::service::{Caller, CheckoutRequest, Commerce, FieldProblem, SeenPrice};

/// Most lines of a cart.
pub(super) const MAX_LINES: usize = 500;

/// A cart that is to be sealed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckout {
    /// 1 to 500.
    lines: Vec<NewCheckoutLine>,
    ship_to: Option<String>,
    #[serde(default)]
    parties: Vec<Party>,
    delivery_method: Option<String>,
    payment_terms: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    requested_date: Option<jiff::civil::Date>,
    contract: Option<String>,
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// The sum to be paid that the shopper saw last.
    seen_payable: Option<Money>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckoutLine {
    /// Stable within the cart; its position ("1", "2", …) when absent.
    id: Option<String>,
    sku: Sku,
    quantity: Quantity,
    location: Option<Location>,
    #[schema(value_type = Option<String>, format = Date)]
    requested_date: Option<jiff::civil::Date>,
    /// The price of one unit that the shopper saw last.
    seen_price: Option<Money>,
}

impl Check for NewCheckout {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        if !findings.count("/lines", self.lines.len(), MAX_LINES) {
            return findings.into_vec();
        }
        for (index, line) in self.lines.iter().enumerate() {
            findings.optional_id(format_args!("/lines/{index}/id"), line.id.as_deref());
            findings.id(format_args!("/lines/{index}/sku"), line.sku.as_str());
            findings.quantity(format_args!("/lines/{index}/quantity"), &line.quantity);
            findings.optional_id(format_args!("/lines/{index}/location"), line.location.as_ref().map(Location::as_str));
            findings.date(format_args!("/lines/{index}/requested_date"), line.requested_date);
        }
        findings.date("/requested_date", self.requested_date);
        check_parties(&mut findings, &self.parties);
        findings.optional_id("/ship_to", self.ship_to.as_deref());
        findings.optional_id("/contract", self.contract.as_deref());
        findings.optional_id("/delivery_method", self.delivery_method.as_deref());
        findings.optional_id("/payment_terms", self.payment_terms.as_deref());
        findings.into_vec()
    }
}

pub(super) fn check_parties(findings: &mut Findings, parties: &[Party]) {
    if parties.len() > 20 {
        findings.add("/parties", "must have at most 20 entries");
    }
    for (index, party) in parties.iter().enumerate() {
        if !matches!(party.role.as_str(), "sold-to" | "ship-to" | "bill-to" | "payer" | "contact") {
            findings.add(format_args!("/parties/{index}/role"), "must be one of sold-to, ship-to, bill-to, payer, contact");
        }
        // The account decides who buys; a party of the body must not say otherwise.
        if party.role == "sold-to" && party.number.is_some() {
            findings.add(format_args!("/parties/{index}/number"), "the sold-to number is the request's account: leave it out");
        }
    }
}

impl From<NewCheckout> for CheckoutRequest {
    fn from(new: NewCheckout) -> Self {
        let (mut lines, mut seen) = (Vec::with_capacity(new.lines.len()), Vec::new());
        for (index, line) in new.lines.into_iter().enumerate() {
            let id = line.id.unwrap_or_else(|| (index + 1).to_string());
            if let Some(price) = line.seen_price {
                seen.push(SeenPrice { line: id.clone(), price });
            }
            lines.push(CartLine {
                id,
                sku: line.sku,
                quantity: line.quantity,
                location: line.location,
                requested_date: line.requested_date,
            });
        }
        Self {
            lines,
            seen,
            seen_payable: new.seen_payable,
            ship_to: new.ship_to,
            contract: new.contract,
            currency: new.currency,
            parties: new.parties,
            delivery_method: new.delivery_method,
            payment_terms: new.payment_terms,
            requested_date: new.requested_date,
        }
    }
}

/// Check a cart live: reserve, price and calculate it, and seal the result. While the back end is down, the store's mode decides: a problem, or
/// a checkout that is `provisional`.
#[utoipa::path(post, path = "/v1/checkouts", tag = "checkouts", request_body = NewCheckout, responses((status = 201, body = Checkout), Problems))]
pub async fn create_checkout(
    State(commerce): State<Commerce>,
    caller: Caller,
    new: Checked<NewCheckout>,
) -> Result<Response, Problem> {
    require(&caller, Scope::Checkout)?;
    let request = CheckoutRequest::from(new.into_inner());
    let problems = request.problems(&caller.shop);
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let sealed = commerce.check_out(&caller, request).await?;
    let location = format!("/v1/checkouts/{}", sealed.seal.id);
    let body = Json(Checkout::from(sealed));
    Ok((StatusCode::CREATED, [(header::LOCATION, location), no_store()], body).into_response())
}

/// Show a checkout.
#[utoipa::path(get, path = "/v1/checkouts/{id}", tag = "checkouts", params(("id" = String, Path)), responses((status = 200, body = Checkout), Problems))]
pub async fn show_checkout(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    require(&caller, Scope::Checkout)?;
    let stored = commerce.checkout(&caller, &CheckoutId::new(id)).await?;
    Ok(([no_store()], Json(Checkout::of(stored.seal, stored.used_by))).into_response())
}

/// Abandon a checkout and give its stock back.
#[utoipa::path(delete, path = "/v1/checkouts/{id}", tag = "checkouts", params(("id" = String, Path)), responses((status = 204), Problems))]
pub async fn abandon_checkout(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    require(&caller, Scope::Checkout)?;
    commerce.abandon_checkout(&caller, &CheckoutId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Totals are never cached.
pub(super) fn no_store() -> (header::HeaderName, String) {
    (header::CACHE_CONTROL, "no-store".to_owned())
}
