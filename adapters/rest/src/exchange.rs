//! One operation's talk with the back end: request out, reply in, mapped. The flow of every operation except batches.

use crate::errors;
use crate::mapping::{MappingId, Scope, value};
use crate::operation::Operation;
use crate::record;
use crate::settings::Configuration;
use jaq_json::Val;
use ordergate_sdk::http::{Intent, Request, Response};
use ordergate_sdk::log;
use ordergate_sdk::types::{Context, Failure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// An operation that is under way.
pub(crate) struct Exchange<'a> {
    configuration: &'a Configuration,
    pub(crate) operation: &'a Operation,
    scope: Scope,
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
    /// `request` is the canonical request, as the README shows it for each operation.
    pub(crate) fn new<R: Serialize>(
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
        Ok(Exchange { configuration, operation, scope }.on_page(1, None))
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

    /// The request, ready to be sent.
    pub(crate) fn request(&self) -> Result<Request, Failure> {
        let Exchange { configuration: Configuration { program, backend, headers, .. }, operation, scope } = self;
        let mut request = Request::new(&operation.method, &backend.endpoint, operation.path.path(program, scope)?);
        request = match operation.intent {
            Intent::Read => request.reading(),
            Intent::Write => request.writing(),
        };
        for (name, template) in &operation.query {
            request = template.parameter(program, scope)?.into_iter().fold(request, |request, text| request.query(name, text));
        }
        request = request.header("accept", "application/json");
        for (name, template) in headers.iter().chain(&operation.headers) {
            request = template.header(program, scope)?.into_iter().fold(request, |request, text| request.header(name, text));
        }
        if let Some(mapping) = operation.body {
            let body = self.evaluate(mapping, scope.request.clone())?;
            if !value::is_null(&body) {
                request = request.body(value::to_json(&body).into_bytes(), "application/json");
            }
        }
        Ok(operation.timeout_ms.map_or(request.clone(), |limit| request.timeout(Duration::from_millis(limit.into()))))
    }

    pub(crate) fn send(&self) -> Result<Answer, Failure> {
        self.answer(self.request()?.send())
    }

    /// Reads a reply. A success that cannot be read is `invalid-response` for a read and `outcome-unknown` for a write.
    pub(crate) fn answer(&self, reply: Result<Response, Failure>) -> Result<Answer, Failure> {
        let response = reply?;
        let Exchange { configuration: Configuration { program, errors, .. }, operation, .. } = self;
        if operation.absent.contains(&response.status()) {
            return Ok(Answer { value: Val::Null, next: None });
        }
        let scope = self.scope_of(&response);
        if !operation.succeeded(response.status()) {
            return Err(errors::explain(program, operation.error, errors, &response, &scope));
        }
        let Some(mapping) = operation.response else { return Ok(Answer { value: Val::Null, next: None }) };
        let unreadable = |problem: String| response.unreadable("The back end's answer cannot be read.").detail(problem);
        let body =
            value::parse(response.body()).map_err(|problem| unreadable(format!("{}: {problem}", program.place(mapping))))?;
        let run = |mapping, body| program.run(mapping, body, &scope).map_err(|error| unreadable(error.to_string()));
        let mapped = run(mapping, body.clone())?;
        if let Some(failure) = errors::inside(&mapped, operation.intent) {
            return Err(failure);
        }
        let next = operation.next.map(|next| run(next, body)).transpose()?.map(|cursor| cursor_text(&cursor)).unwrap_or_default();
        Ok(Answer { value: mapped, next })
    }

    /// The failure for an answer that was mapped but does not fit.
    pub(crate) fn misfit(&self, problem: impl std::fmt::Display) -> Failure {
        let place = self.operation.response.map(|mapping| self.configuration.program.place(mapping)).unwrap_or_default();
        let message = "The back end's answer cannot be read.";
        let failure = match self.operation.intent {
            Intent::Read => Failure::invalid_response(message),
            Intent::Write => Failure::outcome_unknown(message),
        };
        failure.detail(format!("{place}: {problem}"))
    }

    fn scope_of(&self, response: &Response) -> Scope {
        let headers = response.headers().iter().map(|(name, text)| (name.as_str(), value::text(text)));
        Scope { status: Val::from(usize::from(response.status())), headers: value::object(headers), ..self.scope.clone() }
    }
}

impl Configuration {
    /// An operation that answers one record. Null is `not-found` for a read.
    pub(crate) fn record<T: DeserializeOwned, R: Serialize>(&self, name: &str, ctx: &Context, request: &R) -> Result<T, Failure> {
        let exchange = Exchange::new(self, name, ctx, request)?;
        let answer = exchange.send()?;
        if value::is_null(&answer.value) && exchange.operation.intent == Intent::Read {
            return Err(Failure::not_found("The back end does not know it."));
        }
        record::read(&answer.value).map_err(|misfit| exchange.misfit(misfit))
    }

    /// An operation that answers nothing.
    pub(crate) fn nothing<R: Serialize>(&self, name: &str, ctx: &Context, request: &R) -> Result<(), Failure> {
        Exchange::new(self, name, ctx, request)?.send().map(|_| ())
    }

    /// A search for one document: the first page that has it. `None` only when the last page was seen and had nothing.
    pub(crate) fn found<T: DeserializeOwned, R: Serialize>(
        &self,
        name: &str,
        ctx: &Context,
        request: &R,
    ) -> Result<Option<T>, Failure> {
        let mut exchange = Exchange::new(self, name, ctx, request)?;
        for number in 1..=exchange.operation.max_pages {
            let answer = exchange.send()?;
            if !value::is_null(&answer.value) {
                return record::read(&answer.value).map(Some).map_err(|misfit| exchange.misfit(misfit));
            }
            let Some(next) = answer.next else { return Ok(None) };
            exchange = exchange.on_page(number + 1, Some(next));
        }
        Err(Failure::unavailable("The search has too many pages to be certain."))
    }

    /// One page of a list. `field` names the documents when the mapping gives the whole page.
    pub(crate) fn page<T: DeserializeOwned, R: Serialize>(
        &self,
        name: &str,
        ctx: &Context,
        request: &R,
        field: &str,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let exchange = Exchange::new(self, name, ctx, request)?;
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

fn unsendable(problem: String) -> Failure {
    Failure::invalid_request("The request cannot be put together.").detail(problem)
}

/// Null, false and "" end the pages.
fn cursor_text(cursor: &Val) -> Option<String> {
    match cursor {
        Val::Null | Val::Bool(_) => None,
        other => Some(value::text_of(other)).filter(|text| !text.is_empty()),
    }
}
