//! The desk on the operations port: decisions about one order or quote, about many, and holds (rules T6, T11).

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operator::{By, Desk, Read};
use super::{OpsState, parse};
use crate::api::body::{Check, Checked, Findings};
use crate::api::problem::{Problem, route_not_found};
use crate::api::route::Path;
use crate::domain::{AccountNumber, AdapterName, BackendNumber, HoldCode, OrderEdit, Reference, StoreName};
use crate::service::{
    BulkAction, BulkReport, BulkRequest, Decision, DeskFilter, FieldProblem, LinkTo, Operator as Deed, TransferReport,
};

/// Most orders and quotes that one request decides about.
const MOST_AT_ONCE: u32 = 500;

/// Who decides what, and why. `number` and `unchecked` only to link, `accept_price` only to resend an order whose price rose beyond its limit, `code` only to
/// hold or release.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    actor: String,
    reason: String,
    number: Option<String>,
    code: Option<String>,
    /// The price that is accepted, as text.
    #[serde(default, deserialize_with = "crate::domain::decimal::deserialize_given")]
    accept_price: Option<Decimal>,
    /// Links to a number that the back end is not asked about.
    #[serde(default)]
    unchecked: bool,
}

impl Check for DecisionBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.deed(&self.actor, &self.reason);
        findings.optional_id("/number", self.number.as_deref());
        findings.optional_id("/code", self.code.as_deref());
        findings.into_vec()
    }
}

/// `resend` (also what waits to be tried again), `link` or `abandon` a parked order or quote, `hold` one that waits, `release` one that is held.
pub(super) async fn decide(
    State(state): State<OpsState>,
    by: By<Desk>,
    Path((reference, decision)): Path<(String, String)>,
    body: Checked<DecisionBody>,
) -> Result<Json<TransferReport>, Problem> {
    let body = body.into_inner();
    let missing = |field: &str, what: &str| Problem::invalid(vec![FieldProblem::new(field, what)]);
    for (field, given, goes_with) in [
        ("/accept_price", body.accept_price.is_some(), &["resend"][..]),
        ("/number", body.number.is_some(), &["link"]),
        ("/unchecked", body.unchecked, &["link"]),
        ("/code", body.code.is_some(), &["hold", "release"]),
    ] {
        if given && !goes_with.contains(&decision.as_str()) {
            return Err(missing(field, &format!("goes with `{}` only", goes_with.join("` and `"))));
        }
    }
    let reference = parse(&reference)?;
    let deed = Deed { actor: by.sign(body.actor), reason: body.reason };
    let code = body.code.map(HoldCode::from);
    let decision = match decision.as_str() {
        "resend" => body.accept_price.map_or(Decision::Resend, Decision::ResendAtPrice),
        "link" => {
            let number = body.number.ok_or_else(|| missing("/number", "name the back end's number to link to"))?;
            Decision::Link(LinkTo { number: BackendNumber::new(number.trim()), unchecked: body.unchecked })
        }
        "abandon" => Decision::Abandon,
        "hold" => {
            let code = code.ok_or_else(|| missing("/code", "name a reason: GET /ops/v1/hold-reasons lists them"))?;
            return Ok(Json(state.commerce.hold(&reference, code, deed).await?));
        }
        "release" => return Ok(Json(state.commerce.release_hold(&reference, code, deed).await?)),
        _ => return Err(route_not_found().await),
    };
    Ok(Json(state.commerce.decide(&reference, decision, deed).await?))
}

/// Who changes what, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditBody {
    actor: String,
    reason: String,
    changes: OrderEdit,
}

impl Check for EditBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.deed(&self.actor, &self.reason);
        findings.optional_id("/changes/purchase_order", self.changes.purchase_order.as_deref());
        for (index, note) in self.changes.notes.iter().flatten().enumerate() {
            findings.text(format_args!("/changes/notes/{index}/text"), Some(&note.text));
        }
        findings.into_vec()
    }
}

/// Changes a parked order before it is sent again.
pub(super) async fn edit(
    State(state): State<OpsState>,
    by: By<Desk>,
    Path(reference): Path<String>,
    body: Checked<EditBody>,
) -> Result<Json<TransferReport>, Problem> {
    let EditBody { actor, reason, changes } = body.into_inner();
    Ok(Json(state.commerce.edit(&parse(&reference)?, changes, Deed { actor: by.sign(actor), reason }).await?))
}

/// The reasons that people can hold for.
pub(super) async fn list_hold_reasons(State(state): State<OpsState>, _: By<Read>) -> Json<Value> {
    Json(json!({ "items": state.commerce.hold_reasons() }))
}

/// A decision about many: those that are named, or those that are found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkBody {
    /// `resend`, `abandon` or `release`.
    action: String,
    actor: String,
    reason: String,
    #[serde(default)]
    references: Vec<String>,
    code: Option<String>,
    store: Option<String>,
    adapter: Option<String>,
    account: Option<String>,
    older_than_secs: Option<u64>,
    /// 1 to 500; 500 when absent.
    limit: Option<u32>,
    #[serde(default)]
    dry_run: bool,
}

impl Check for BulkBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.deed(&self.actor, &self.reason);
        if action(&self.action).is_none() {
            findings.add("/action", "must be resend, abandon or release");
        }
        let narrowed = [("code", &self.code), ("store", &self.store), ("adapter", &self.adapter), ("account", &self.account)];
        for (field, name) in narrowed {
            findings.optional_id(format_args!("/{field}"), name.as_deref());
        }
        let is_narrowed = narrowed.iter().any(|(_, name)| name.is_some()) || self.older_than_secs.is_some();
        if !self.references.is_empty() {
            let _ = findings.count("/references", self.references.len(), MOST_AT_ONCE as usize);
            if is_narrowed || self.dry_run {
                findings.add("/references", "stands alone: the others look for what is to be decided about");
            }
        }
        if self.references.is_empty() && !is_narrowed && !self.dry_run {
            findings.add("/references", "name them, or narrow what is looked for: everything at once is never meant");
        }
        if self.limit.is_some_and(|limit| !(1..=MOST_AT_ONCE).contains(&limit)) {
            findings.add("/limit", format!("must be 1 to {MOST_AT_ONCE}"));
        }
        findings.into_vec()
    }
}

fn action(name: &str) -> Option<BulkAction> {
    match name {
        "resend" => Some(BulkAction::Resend),
        "abandon" => Some(BulkAction::Abandon),
        "release" => Some(BulkAction::Release),
        _ => None,
    }
}

/// Decides about up to 500; each is audited, and each tells what came of it.
pub(super) async fn decide_many(
    State(state): State<OpsState>,
    by: By<Desk>,
    body: Checked<BulkBody>,
) -> Result<Json<BulkReport>, Problem> {
    let body = body.into_inner();
    let Some(action) = action(&body.action) else { return Err(route_not_found().await) };
    let references: Vec<Reference> = body.references.iter().map(|reference| parse(reference)).collect::<Result<_, _>>()?;
    let filter = DeskFilter {
        code: body.code,
        store: body.store.map(StoreName::from),
        adapter: body.adapter.map(AdapterName::from),
        account: body.account.map(AccountNumber::from),
        ..DeskFilter::all(action.about(), body.limit.unwrap_or(MOST_AT_ONCE))
    };
    let operator = Deed { actor: by.sign(body.actor), reason: body.reason };
    let (older_than_secs, dry_run) = (body.older_than_secs, body.dry_run);
    Ok(Json(state.commerce.decide_many(BulkRequest { action, references, filter, older_than_secs, dry_run, operator }).await?))
}
