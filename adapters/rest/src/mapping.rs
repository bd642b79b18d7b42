//! The mapping language: jq, run by jaq, with exact decimals and the operator's value maps.
//!
//! `settings.rs` puts every expression of the configuration into a [`Builder`]; the operations run them by their [`MappingId`].
//! Nothing here sends anything, knows an operation, or reads clock, environment or files.

mod compile;
mod decimals;
mod functions;
mod redact;
pub(crate) mod value;

use jaq_core::compile::TermId;
use jaq_core::data::HasLut;
use jaq_core::{Ctx, DataT, Filter, Lut, Vars};
use jaq_json::Val;
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(crate) use compile::{Builder, is_expression};
pub(crate) use redact::shape;

/// Number of one expression in a [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MappingId(usize);

/// Value maps by name: key to value.
pub(crate) type ValueMaps = BTreeMap<String, BTreeMap<String, String>>;

/// All expressions of a configuration, compiled together (the standard library is compiled only once).
pub(crate) struct Program {
    filter: Filter<Kind>,
    /// Each expression's place in the program.
    entries: OnceLock<Vec<TermId>>,
    /// Where each expression stands in the configuration.
    places: Vec<String>,
    maps: ValueMaps,
}

/// What expressions see besides their input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// `$request`: the canonical request.
    pub(crate) request: Val,
    /// `$ctx`: the circumstances of the call.
    pub(crate) ctx: Val,
    /// `$page`: `{cursor, number, limit}`.
    pub(crate) page: Val,
    /// `$status`: of the reply, null before there is one.
    pub(crate) status: Val,
    /// `$headers`: of the reply, names in lower case.
    pub(crate) headers: Val,
    /// `$steps`: the values of the steps so far, by name; null where there are none.
    pub(crate) steps: Val,
    /// `$each`: the element for which a step is taken.
    pub(crate) each: Val,
}

/// An expression failed at run time. Holds no values, only shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MappingError {
    /// Where the expression stands, such as `operations."orders.submit".response`.
    pub(crate) place: String,
    pub(crate) reason: String,
}

/// What natively implemented functions can reach: the program that runs.
pub(crate) struct Kind;

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = &'a Program;
}

impl<'a> HasLut<'a, Kind> for &'a Program {
    fn lut(&self) -> &'a Lut<Kind> {
        &self.filter.lut
    }
}

impl Program {
    /// Runs one expression. Exactly one output is expected; no output is null.
    pub(crate) fn run(&self, mapping: MappingId, input: Val, scope: &Scope) -> Result<Val, MappingError> {
        let began = input.clone();
        let failed = |reason: String| MappingError { place: self.place(mapping), reason };
        let entry = self.entries.get().and_then(|entries| entries.get(mapping.0));
        let entry = entry.ok_or_else(|| failed("it is not there".to_owned()))?;
        let mut outputs = entry.run((Ctx::<Kind>::new(self, variables(scope)), input));
        let first = match outputs.next() {
            None => return Ok(Val::Null),
            Some(Ok(value)) => value,
            Some(Err(exception)) => {
                let said =
                    exception.get_err().map_or_else(|_| "stopped early".to_owned(), |error| value::text_of(&error.into_val()));
                return Err(failed(format!("{}; the input was {}", redact::message(&said), shape(&began))));
            }
        };
        match outputs.next() {
            None => Ok(first),
            Some(_) => Err(failed("it gives more than one output; put [ ] around it to get an array".to_owned())),
        }
    }

    /// Where an expression stands in the configuration.
    pub(crate) fn place(&self, mapping: MappingId) -> String {
        self.places.get(mapping.0).cloned().unwrap_or_default()
    }

    pub(crate) fn maps(&self) -> &ValueMaps {
        &self.maps
    }
}

/// In the order of [`compile::VARIABLES`].
fn variables(scope: &Scope) -> Vars<Val> {
    let Scope { request, ctx, page, status, headers, steps, each } = scope.clone();
    Vars::new([request, ctx, page, status, headers, steps, each])
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("places", &self.places).finish_non_exhaustive()
    }
}

impl std::fmt::Display for MappingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

#[cfg(test)]
mod tests;
