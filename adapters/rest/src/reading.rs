//! How a reply is read: which statuses are success or absence, and the mappings of body and error.

use crate::errors;
use crate::mapping::{MappingId, Scope, value};
use crate::settings::Configuration;
use jaq_json::Val;
use ordergate_sdk::http::{Intent, Response};
use ordergate_sdk::types::Failure;

/// The compiled keys `success`, `absent`, `error` and `response` of an operation, or `value` of a step.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Statuses that are success; empty for 2xx.
    pub(crate) success: Vec<u16>,
    /// Statuses that prove that the document is not there.
    pub(crate) absent: Vec<u16>,
    pub(crate) error: Option<MappingId>,
    /// Without it the body itself is the value.
    pub(crate) mapping: Option<MappingId>,
}

/// A reply that was read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// What the mapping gave; null when a status proves absence.
    pub(crate) value: Val,
    pub(crate) body: Val,
    /// What expressions on this reply see.
    pub(crate) scope: Scope,
}

impl Reading {
    pub(crate) fn succeeded(&self, status: u16) -> bool {
        if self.success.is_empty() { (200..300).contains(&status) } else { self.success.contains(&status) }
    }

    /// A success that cannot be read is `invalid-response` for a read and `outcome-unknown` for a write.
    pub(crate) fn read(&self, configuration: &Configuration, response: &Response, scope: &Scope) -> Result<Read, Failure> {
        if self.absent.contains(&response.status()) {
            return Ok(Read::default());
        }
        let Configuration { program, errors, .. } = configuration;
        let scope = after(response, scope);
        if !self.succeeded(response.status()) {
            return Err(errors::explain(program, self.error, errors, response, &scope));
        }
        let place = || self.mapping.map(|mapping| program.place(mapping)).unwrap_or_default();
        let body = value::parse(response.body()).map_err(|problem| unreadable(response, format!("{}: {problem}", place())))?;
        let value = match self.mapping {
            None => body.clone(),
            Some(mapping) => {
                program.run(mapping, body.clone(), &scope).map_err(|error| unreadable(response, error.to_string()))?
            }
        };
        refused(&value, response.intent())?;
        Ok(Read { value, body, scope })
    }
}

/// `{error: {…}}` in place of what was expected.
pub(crate) fn refused(value: &Val, intent: Intent) -> Result<(), Failure> {
    errors::inside(value, intent).map_or(Ok(()), Err)
}

/// The scope of expressions that run on a reply.
fn after(response: &Response, scope: &Scope) -> Scope {
    let headers = response.headers().iter().map(|(name, text)| (name.as_str(), value::text(text)));
    Scope { status: Val::from(usize::from(response.status())), headers: value::object(headers), ..scope.clone() }
}

fn unreadable(response: &Response, problem: String) -> Failure {
    response.unreadable("The back end's answer cannot be read.").detail(problem)
}
