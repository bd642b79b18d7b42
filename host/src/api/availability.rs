//! `/v1/availability`: how many the shop can promise.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::require;
use super::body::{Check, Checked, CheckedQuery, Findings};
use super::conditional::{Freshness, KnownTag, respond};
use super::problem::{ItemProblem, Problem, Problems};
use super::problem_pages as pages;
use super::route::Path;
use crate::domain::{Availability, AvailabilityItem, FailureCode, Fresh, Location, Purpose, Scope, Sku, Unit};
use crate::service::{AvailabilityRequest, Caller, Commerce, FieldProblem, ItemAnswer, Shown};

/// Most items in one query.
pub(super) const MAX_ITEMS: usize = 500;

/// When to ask again for what only a checkout brings: nobody knows when that is.
const NOT_CACHED_RETRY: Duration = Duration::from_secs(60);

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityQuery {
    /// 1 to 500.
    items: Vec<AvailabilityQueryItem>,
    /// `browse` and `cart` may be answered from the cache, `checkout` is asked live.
    #[serde(default)]
    purpose: ReadPurpose,
    ship_to: Option<String>,
    contract: Option<String>,
    /// How the goods are to get to the customer. The operator may have some methods asked live, such as collection in a shop.
    delivery_method: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityQueryItem {
    sku: Sku,
    location: Option<Location>,
    unit: Option<Unit>,
}

/// What a read is for, as a caller may say it; the host's other purposes are its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadPurpose {
    /// A product page or list.
    #[default]
    Browse,
    Cart,
    /// Entering billing: asked live.
    Checkout,
}

impl From<ReadPurpose> for Purpose {
    fn from(purpose: ReadPurpose) -> Self {
        match purpose {
            ReadPurpose::Browse => Self::Browse,
            ReadPurpose::Cart => Self::Cart,
            ReadPurpose::Checkout => Self::Checkout,
        }
    }
}

/// One entry per item, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityAnswer {
    items: Vec<AvailabilityAnswerItem>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityAnswerItem {
    sku: Sku,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Fresh<Availability>>)]
    availability: Option<Shown<Availability>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ItemProblem>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityParameters {
    location: Option<String>,
    delivery_method: Option<String>,
    #[serde(default)]
    purpose: ReadPurpose,
}

impl Check for AvailabilityQuery {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        if !findings.count("/items", self.items.len(), MAX_ITEMS) {
            return findings.into_vec();
        }
        for (index, item) in self.items.iter().enumerate() {
            findings.id(format_args!("/items/{index}/sku"), item.sku.as_str());
            findings.optional_id(format_args!("/items/{index}/location"), item.location.as_ref().map(Location::as_str));
            findings.optional_id(format_args!("/items/{index}/unit"), item.unit.as_ref().map(Unit::as_str));
        }
        findings.optional_id("/ship_to", self.ship_to.as_deref());
        findings.optional_id("/contract", self.contract.as_deref());
        findings.optional_id("/delivery_method", self.delivery_method.as_deref());
        findings.into_vec()
    }
}

impl Check for AvailabilityParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.optional_id("?location", self.location.as_deref());
        findings.optional_id("?delivery_method", self.delivery_method.as_deref());
        findings.into_vec()
    }
}

/// Tell how many of each item the shop can promise.
#[utoipa::path(post, path = "/v1/availability:query", tag = "availability", request_body = AvailabilityQuery, responses((status = 200, body = AvailabilityAnswer), Problems))]
pub async fn query_availability(
    State(commerce): State<Commerce>,
    caller: Caller,
    known: KnownTag,
    query: Checked<AvailabilityQuery>,
) -> Result<Response, Problem> {
    require(&caller, Scope::CatalogRead)?;
    let query = query.into_inner();
    let asked: Vec<_> = query.items.iter().map(|item| (item.sku.clone(), item.location.clone())).collect();
    let items = query.items.into_iter().map(|item| question(item.sku, item.location, item.unit)).collect();
    let AvailabilityQuery { ship_to, contract, delivery_method, purpose, .. } = query;
    let request = AvailabilityRequest { items, purpose: purpose.into(), ship_to, contract, delivery_method };
    let answers = commerce.availability(&caller, request).await?;
    let now = commerce.now();
    let mut freshness = Freshness::best(now);
    let items = asked.into_iter().zip(answers).map(|((sku, location), answer)| {
        let (availability, problem) = show(answer, &mut freshness);
        AvailabilityAnswerItem { sku, location, availability, problem }
    });
    let answer = AvailabilityAnswer { items: items.collect() };
    Ok(respond(&answer, answer.items.len(), freshness, now, &known))
}

/// Tell how many of one item the shop can promise.
#[utoipa::path(get, path = "/v1/availability/{sku}", tag = "availability", params(("sku" = String, Path), AvailabilityParameters), responses((status = 200, body = Fresh<Availability>), Problems))]
pub async fn show_availability(
    State(commerce): State<Commerce>,
    caller: Caller,
    known: KnownTag,
    Path(sku): Path<String>,
    CheckedQuery(parameters): CheckedQuery<AvailabilityParameters>,
) -> Result<Response, Problem> {
    require(&caller, Scope::CatalogRead)?;
    check_sku(&sku)?;
    let item = question(Sku::new(&sku), parameters.location.map(Location::from), None);
    let AvailabilityParameters { purpose, delivery_method, .. } = parameters;
    let (items, purpose) = (vec![item], purpose.into());
    let request = AvailabilityRequest { items, purpose, ship_to: None, contract: None, delivery_method };
    let answer = commerce.availability(&caller, request).await?.pop();
    sole_answer(answer, &sku, &commerce, &known)
}

pub(super) fn check_sku(sku: &str) -> Result<(), Problem> {
    let mut findings = Findings::default();
    findings.id("/sku", sku);
    let problems = findings.into_vec();
    if problems.is_empty() { Ok(()) } else { Err(Problem::invalid(problems)) }
}

/// The answer to a question about one item: the value itself, or its problem.
pub(super) fn sole_answer<T: Serialize>(
    answer: Option<ItemAnswer<T>>,
    sku: &str,
    commerce: &Commerce,
    known: &KnownTag,
) -> Result<Response, Problem> {
    match answer {
        Some(ItemAnswer::Known(shown)) => {
            let now = commerce.now();
            let mut freshness = Freshness::best(now);
            freshness.add(&shown);
            Ok(respond(&shown, 1, freshness, now, known))
        }
        Some(ItemAnswer::Failed(failure)) if failure.code == FailureCode::NotFound => {
            Err(Problem::new(&pages::SKU_UNKNOWN).with_detail(format!("the back end does not know the item {sku:?}")))
        }
        Some(ItemAnswer::Failed(failure)) => Err(failure.into()),
        Some(ItemAnswer::NotAsked) => Err(Problem::new(&pages::NOT_CACHED).with_retry_after(NOT_CACHED_RETRY)),
        Some(ItemAnswer::Pending) | None => Ok(axum::http::StatusCode::ACCEPTED.into_response()),
    }
}

fn question(sku: Sku, location: Option<Location>, unit: Option<Unit>) -> AvailabilityItem {
    AvailabilityItem { sku, location, unit, quantity: None, requested_date: None }
}

/// Value or problem of one item; adds to the freshness of the whole.
pub(super) fn show<T>(answer: ItemAnswer<T>, freshness: &mut Freshness) -> (Option<Shown<T>>, Option<ItemProblem>) {
    match answer {
        ItemAnswer::Known(shown) => {
            freshness.add(&shown);
            (Some(shown), None)
        }
        ItemAnswer::Failed(failure) => {
            freshness.spoil();
            (None, Some(failure.into()))
        }
        ItemAnswer::NotAsked => {
            freshness.spoil();
            (None, Some(ItemProblem::of(&pages::NOT_CACHED)))
        }
        ItemAnswer::Pending => {
            freshness.spoil();
            (None, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_may_browse_fill_a_cart_or_check_out_and_nothing_else() {
        let read = |purpose: &str| serde_json::from_value::<ReadPurpose>(purpose.into()).map(Purpose::from).ok();
        assert_eq!(read("browse"), Some(Purpose::Browse));
        assert_eq!(read("cart"), Some(Purpose::Cart));
        assert_eq!(read("checkout"), Some(Purpose::Checkout));
        for own in ["commit", "transfer", "history", "probe"] {
            assert_eq!(read(own), None, "{own}");
        }
    }

    #[test]
    fn a_query_with_too_many_items_is_refused_without_looking_at_them() {
        let items: Vec<_> = (0..=MAX_ITEMS).map(|_| serde_json::json!({"sku": ""})).collect();
        let query: AvailabilityQuery = serde_json::from_value(serde_json::json!({ "items": items })).unwrap();
        let pointers: Vec<_> = query.problems().into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(pointers, ["/items"]);
    }
}
