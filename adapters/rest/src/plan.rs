//! How one request is put together: compiled at configure, filled per request. Nothing here sends anything.

use crate::mapping::{Builder, MappingId, Scope, value};
use crate::settings::{Configuration, templates};
use crate::template::Template;
use ordergate_sdk::http::{Intent, Request};
use ordergate_sdk::types::Failure;
use std::collections::BTreeMap;
use std::time::Duration;

/// The keys of a request, as the operator wrote them.
#[derive(Debug, Default)]
pub(crate) struct RawPlan {
    pub(crate) method: Option<String>,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    pub(crate) timeout_ms: Option<u32>,
}

/// A compiled request.
#[derive(Debug)]
pub(crate) struct Plan {
    method: String,
    path: Template,
    query: Vec<(String, Template)>,
    headers: Vec<(String, Template)>,
    body: Option<MappingId>,
    timeout_ms: Option<u32>,
}

impl RawPlan {
    /// `place` names file and operation, for errors.
    pub(crate) fn compile(self, builder: &mut Builder, place: &str) -> Result<Plan, String> {
        self.check(place)?;
        let method = self.method.unwrap_or_else(|| if self.body.is_some() { "POST" } else { "GET" }.to_owned());
        Ok(Plan {
            body: self.body.map(|code| builder.add(format!("{place}.body"), &code)),
            path: Template::compile(builder, &format!("{place}.path"), &self.path)?,
            query: templates(builder, &format!("{place}.query"), &self.query)?,
            headers: templates(builder, &format!("{place}.headers"), &self.headers)?,
            method,
            timeout_ms: self.timeout_ms,
        })
    }

    fn check(&self, place: &str) -> Result<(), String> {
        const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        if let Some(method) = self.method.as_deref().filter(|method| !METHODS.contains(method)) {
            return Err(format!("{place}.method: {method} is not known; it is one of {}", METHODS.join(", ")));
        }
        if !self.path.starts_with('/') {
            return Err(format!("{place}.path: it must begin with /"));
        }
        if self.path.split('{').next().is_some_and(|fixed| fixed.contains('?')) {
            return Err(format!("{place}.path: parameters belong under query"));
        }
        Ok(())
    }
}

impl Plan {
    /// Refuses a change by a method that must not change anything.
    pub(crate) fn must_change(&self, place: &str) -> Result<(), String> {
        match self.only_reads() {
            false => Ok(()),
            true => Err(format!(
                "{place}.method: {} must not change anything, it may be sent twice: use POST, PUT, PATCH or DELETE",
                self.method
            )),
        }
    }

    /// By its method (RFC 9110, section 9.2.1).
    pub(crate) fn only_reads(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// The request, ready to be sent.
    pub(crate) fn request(&self, configuration: &Configuration, intent: Intent, scope: &Scope) -> Result<Request, Failure> {
        let Configuration { program, backend, headers, .. } = configuration;
        let mut request = Request::new(&self.method, &backend.endpoint, self.path.path(program, scope)?);
        request = match intent {
            Intent::Read => request.reading(),
            Intent::Write => request.writing(),
        };
        for (name, template) in &self.query {
            request = template.parameter(program, scope)?.into_iter().fold(request, |request, text| request.query(name, text));
        }
        request = request.header("accept", "application/json");
        let own = |name: &str| self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        for (name, template) in headers.iter().filter(|(name, _)| !own(name)).chain(&self.headers) {
            request = template.header(program, scope)?.into_iter().fold(request, |request, text| request.header(name, text));
        }
        if let Some(mapping) = self.body {
            let body = program.run(mapping, scope.request.clone(), scope).map_err(|error| unsendable(error.to_string()))?;
            if !value::is_null(&body) {
                request = request.body(value::to_json(&body).into_bytes(), "application/json");
            }
        }
        Ok(self.timeout_ms.map_or(request.clone(), |limit| request.timeout(Duration::from_millis(limit.into()))))
    }
}

/// What is missing to send the request; `problem` names the place.
pub(crate) fn unsendable(problem: String) -> Failure {
    Failure::invalid_request("The request cannot be put together.").detail(problem)
}
