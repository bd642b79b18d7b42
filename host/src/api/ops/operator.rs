//! Who is at work on the operations port, and whether they may do this (rule A1). Each handler names the scope that it needs in its arguments:
//! one without is open to nobody.

use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;

use super::super::access::{credential, digest};
use super::super::body::{Check, Findings};
use super::super::problem::Problem;
use super::super::problem_pages as pages;
use super::super::rates::Strangers;
use super::OpsState;
use crate::config::Config;
use crate::domain::OpsScope;
use crate::service::{FieldProblem, Operator as Deed};

/// Knows the keys of the operations port.
pub(in crate::api) struct Operators {
    /// By SHA-256 of the key.
    by_key: HashMap<[u8; 32], Arc<Known>>,
    strangers: Strangers,
}

struct Known {
    /// None: whoever has `ops.key`.
    name: Option<String>,
    scopes: BTreeSet<OpsScope>,
}

impl Operators {
    pub(super) fn new(config: &Config) -> Self {
        let named =
            config.ops.keys.iter().map(|key| {
                (digest(key.key.expose()), Arc::new(Known { name: Some(key.name.clone()), scopes: key.scopes.clone() }))
            });
        let shared = config
            .ops
            .key
            .as_ref()
            .map(|key| (digest(key.expose()), Arc::new(Known { name: None, scopes: OpsScope::OF_THE_SHARED_KEY.into() })));
        // Their own network: nothing stands between that anybody has told of.
        Self { by_key: named.chain(shared).collect(), strangers: Strangers::new(&config.rates, None) }
    }

    fn admit(&self, parts: &Parts, needed: OpsScope) -> Result<Arc<Known>, Problem> {
        let credential = credential(parts).ok_or_else(|| Problem::new(&pages::UNAUTHENTICATED))?;
        self.strangers.admit(parts)?;
        // Compared by digest: the time tells nothing about the key.
        let Some(known) = self.by_key.get(&digest(credential)) else {
            self.strangers.guessed(parts);
            return Err(Problem::new(&pages::TOKEN_INVALID));
        };
        if known.scopes.contains(&needed) {
            return Ok(Arc::clone(known));
        }
        Err(Problem::new(&pages::SCOPE_MISSING).with_detail(format!("needs the scope {:?} in `ops.keys`", needed.as_str())))
    }
}

/// What somebody on the operations port may do.
pub(in crate::api) trait Power {
    const SCOPE: OpsScope;
}

/// May look at everything that is no personal data.
pub(in crate::api) struct Read;
/// May decide about orders and quotes.
pub(in crate::api) struct Desk;
/// May change what runs.
pub(in crate::api) struct Operate;
/// May erase customers.
pub(in crate::api) struct Erase;

impl Power for Read {
    const SCOPE: OpsScope = OpsScope::Read;
}

impl Power for Desk {
    const SCOPE: OpsScope = OpsScope::Desk;
}

impl Power for Operate {
    const SCOPE: OpsScope = OpsScope::Operate;
}

impl Power for Erase {
    const SCOPE: OpsScope = OpsScope::Erase;
}

/// Somebody who may do what the power says.
pub(in crate::api) struct By<P>(Arc<Known>, PhantomData<P>);

/// Somebody who may change what runs.
pub(in crate::api) type Operator = By<Operate>;

impl<P> By<P> {
    /// As the audit log names who does it: what they say of themselves, and the name of their key, which nobody else can claim.
    pub(super) fn sign(&self, actor: String) -> String {
        match &self.0.name {
            Some(name) => format!("{actor} (key {name})"),
            None => actor,
        }
    }
}

impl<P: Power> FromRequestParts<OpsState> for By<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &OpsState) -> Result<Self, Problem> {
        state.operators.admit(parts, P::SCOPE).map(|known| Self(known, PhantomData))
    }
}

/// Who does it, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeedBody {
    actor: String,
    reason: String,
}

impl Check for DeedBody {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.deed(&self.actor, &self.reason);
        findings.into_vec()
    }
}

impl DeedBody {
    pub(super) fn signed<P>(self, by: &By<P>) -> Deed {
        Deed { actor: by.sign(self.actor), reason: self.reason }
    }
}
