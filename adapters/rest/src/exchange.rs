//! One operation's talk with the back end: request out, reply in, mapped. The flow of every operation except batches.

use crate::mapping::{MappingId, Scope, value};
use crate::operation::Operation;
use crate::plan::unsendable;
use crate::reading;
use crate::record;
use crate::settings::Configuration;
use jaq_json::Val;
use ordergate_sdk::http::{Intent, Request, Response};
use ordergate_sdk::log;
use ordergate_sdk::types::{Context, Failure};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An operation that is under way.
pub(crate) struct Exchange<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) operation: &'a Operation,
    pub(crate) scope: Scope,
    /// One of its steps has, or may have, changed something.
    pub(crate) changed: bool,
    /// One of its steps has found what an attempt before has left.
    pub(crate) resumed: bool,
}

/// What a reply says.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the response mapping gave; null when the document is certainly not there.
    pub(crate) value: Val,
    /// Cursor of the next page.
    pub(crate) next: Option<String>,
}

impl<'a> Exchange<'a> {
    /// Chooses the case and takes the steps; what is left is the operation's own request. `request` is the canonical request, as the
    /// README shows it for each operation.
    pub(crate) fn begin<R: Serialize>(
        configuration: &'a Configuration,
        name: &str,
        ctx: &Context,
        request: &R,
    ) -> Result<Self, Failure> {
        let unsupported = || Failure::unsupported(format!("{name} is not configured"));
        let operation = configuration.operations.get(name).ok_or_else(unsupported)?;
        let scope = Scope { request: canonical(request)?, ctx: canonical(ctx)?, ..Scope::default() };
        let holds = |when| configuration.program.run(when, scope.request.clone(), &scope).map(|value| value::is_true(&value));
        let operation = operation.for_case(holds).map_err(|error| unsendable(error.to_string()))?;
        Exchange { configuration, operation, scope, changed: false, resumed: false }.on_page(1, None).after_steps()
    }

    /// The same for another canonical request: a part of the items.
    pub(crate) fn with_request(&self, request: Val) -> Exchange<'a> {
        Exchange { scope: Scope { request, ..self.scope.clone() }, ..*self }
    }

    pub(crate) fn request_value(&self) -> &Val {
        &self.scope.request
    }

    /// The next page of the same; `$page` tells the templates.
    pub(crate) fn on_page(&self, number: u32, cursor: Option<String>) -> Exchange<'a> {
        let asked = value::field(&self.scope.request, "page");
        let cursor = cursor.map_or_else(|| value::field(&asked, "cursor"), Val::from);
        let page =
            value::object([("number", Val::from(number as usize)), ("cursor", cursor), ("limit", value::field(&asked, "limit"))]);
        Exchange { scope: Scope { page, ..self.scope.clone() }, ..*self }
    }

    /// Runs a mapping of this operation on something else than a reply.
    pub(crate) fn evaluate(&self, mapping: MappingId, input: Val) -> Result<Val, Failure> {
        self.configuration.program.run(mapping, input, &self.scope).map_err(|error| unsendable(error.to_string()))
    }

    /// The operation's own request, ready to be sent; none when its steps are all.
    pub(crate) fn request(&self) -> Result<Option<Request>, Failure> {
        let request = |plan: &crate::plan::Plan| plan.request(self.configuration, self.operation.own_intent(), &self.scope);
        self.operation.plan.as_ref().map(request).transpose()
    }

    /// The answer to the operation's own request, or what its steps come to.
    pub(crate) fn send(&self) -> Result<Answer, Failure> {
        let answer = self.request().and_then(|request| match request {
            Some(request) => self.answer(request.send()),
            None => self.conclude(),
        });
        answer.map_err(|failure| self.settled(failure))
    }

    /// Reads a reply. A success that cannot be read is `invalid-response` for a read and `outcome-unknown` for a write.
    pub(crate) fn answer(&self, reply: Result<Response, Failure>) -> Result<Answer, Failure> {
        let response = reply?;
        let Exchange { configuration, operation, scope, .. } = self;
        let read = operation.reading.read(configuration, &response, scope)?;
        if operation.reading.mapping.is_none() {
            return Ok(Answer { value: Val::Null, next: None });
        }
        let next = operation.next.map(|next| configuration.program.run(next, read.body, &read.scope)).transpose();
        let next =
            next.map_err(|error| response.unreadable("The back end's answer cannot be read.").detail(error.to_string()))?;
        Ok(Answer { value: read.value, next: next.as_ref().and_then(cursor_text) })
    }

    /// The response mapping on the values of the steps.
    pub(crate) fn conclude(&self) -> Result<Answer, Failure> {
        let Exchange { configuration, operation, scope, .. } = self;
        let value = match operation.reading.mapping {
            None => Val::Null,
            Some(mapping) => configuration
                .program
                .run(mapping, scope.steps.clone(), scope)
                .map_err(|error| self.unreadable(error.to_string()))?,
        };
        reading::refused(&value, operation.intent)?;
        Ok(Answer { value, next: None })
    }

    /// The failure for an answer that was mapped but does not fit.
    pub(crate) fn misfit(&self, problem: impl std::fmt::Display) -> Failure {
        let mapping = self.operation.reading.mapping;
        let place = mapping.map(|mapping| self.configuration.program.place(mapping)).unwrap_or_default();
        self.unreadable(format!("{place}: {problem}"))
    }

    fn unreadable(&self, problem: String) -> Failure {
        let message = "The back end's answer cannot be read.";
        let failure = match self.operation.intent {
            Intent::Read => Failure::invalid_response(message),
            Intent::Write => Failure::outcome_unknown(message),
        };
        failure.detail(problem)
    }
}

impl Configuration {
    /// An operation that answers one record. Null is `not-found` for a read.
    pub(crate) fn record<T: DeserializeOwned, R: Serialize>(&self, name: &str, ctx: &Context, request: &R) -> Result<T, Failure> {
        let exchange = Exchange::begin(self, name, ctx, request)?;
        let answer = exchange.send()?;
        if value::is_null(&answer.value) && exchange.operation.intent == Intent::Read {
            return Err(Failure::not_found("The back end does not know it."));
        }
        record::read(&answer.value).map_err(|misfit| exchange.misfit(misfit))
    }

    /// An operation that answers nothing.
    pub(crate) fn nothing<R: Serialize>(&self, name: &str, ctx: &Context, request: &R) -> Result<(), Failure> {
        Exchange::begin(self, name, ctx, request)?.send().map(|_| ())
    }

    /// A search for one document: the first page that has it. `None` only when the last page was seen and had nothing.
    pub(crate) fn found<T: DeserializeOwned, R: Serialize>(
        &self,
        name: &str,
        ctx: &Context,
        request: &R,
    ) -> Result<Option<T>, Failure> {
        let mut exchange = Exchange::begin(self, name, ctx, request)?;
        for number in 1..=exchange.operation.max_pages {
            let answer = exchange.send()?;
            if !value::is_null(&answer.value) {
                return record::read(&answer.value).map(Some).map_err(|misfit| exchange.misfit(misfit));
            }
            let Some(next) = answer.next else { return Ok(None) };
            exchange = exchange.on_page(number + 1, Some(next));
        }
        // The back end is well; only this question has no certain answer.
        Err(Failure::unsupported("The search has too many pages to be certain: narrow it, or raise max_pages."))
    }

    /// One page of a list. `field` names the documents when the mapping gives the whole page.
    pub(crate) fn page<T: DeserializeOwned, R: Serialize>(
        &self,
        name: &str,
        ctx: &Context,
        request: &R,
        field: &str,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let exchange = Exchange::begin(self, name, ctx, request)?;
        let answer = exchange.send()?;
        let (documents, own_next) = match answer.value {
            Val::Arr(documents) => (documents, None),
            page => match value::field(&page, field) {
                Val::Arr(documents) => (documents, cursor_text(&value::field(&page, "next"))),
                _ => return Err(exchange.misfit(format!("expected an array, or an object with {field}"))),
            },
        };
        let mut read = Vec::with_capacity(documents.len());
        let mut misfits = Vec::new();
        for document in documents.iter() {
            match record::read(document) {
                Ok(document) => read.push(document),
                Err(misfit) => misfits.push(misfit),
            }
        }
        // One unreadable document must not hide the others, but a list without any must not look like an empty one (H2).
        match misfits.first() {
            Some(misfit) if read.is_empty() => return Err(exchange.misfit(misfit)),
            Some(misfit) => {
                log::warn("documents left out of a list", &[("count", misfits.len().to_string()), ("first", misfit.to_string())])
            }
            None => {}
        }
        Ok((read, answer.next.or(own_next)))
    }
}

fn canonical<R: Serialize>(request: &R) -> Result<Val, Failure> {
    record::write(request).map_err(unsendable)
}

/// Null, false and "" end the pages.
fn cursor_text(cursor: &Val) -> Option<String> {
    match cursor {
        Val::Null | Val::Bool(_) => None,
        other => Some(value::text_of(other)).filter(|text| !text.is_empty()),
    }
}
