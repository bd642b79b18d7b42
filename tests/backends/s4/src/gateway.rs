//! What all services pass: logon, client, session and token, faults, batches; then the service that the address names.

use crate::batch::{self, Inner, Outcome, Part};
use crate::books::Books;
use crate::fault::Fault;
use crate::faults::{Faults, Kind};
use crate::options::Options;
use crate::resource::{Query, Resource};
use crate::services::{atp, conditions, orders, quotations, simulation};
use crate::sessions::{COOKIE, Sessions};
use crate::stats::Stats;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use backend_server::{decoded, page};
use base64::Engine;
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Root of the services.
const ROOT: &str = "/sap/opu/odata/sap/";
const SERVICES: [&str; 5] = [orders::SERVICE, quotations::SERVICE, simulation::SERVICE, atp::SERVICE, conditions::SERVICE];
const TOKEN: &str = "x-csrf-token";

/// The system.
pub(crate) struct System {
    pub(crate) options: Options,
    pub(crate) books: Mutex<Books>,
    pub(crate) sessions: Sessions,
    pub(crate) faults: Faults,
    pub(crate) stats: Stats,
}

/// What a request within the gateway comes to.
struct Answer {
    status: u16,
    body: Option<Value>,
    /// `sap-message`.
    message: Option<String>,
}

impl System {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            books: Mutex::new(Books::new()),
            sessions: Sessions::default(),
            faults: Faults::default(),
            stats: Stats::default(),
        }
    }

    /// A request for a service.
    pub(crate) fn handle(&self, parts: &Parts, body: &str) -> Response {
        let Some(path) = parts.uri.path().strip_prefix(ROOT) else { return page(404, "404 Not Found", "No such page") };
        self.stats.request(parts.method.as_str(), &decoded(path));
        let rule = self.faults.pick(parts.method.as_str(), &decoded(path));
        if let Some(rule) = &rule {
            self.stats.fault(&rule.name());
            match rule.fault {
                Kind::ExpireSessions => self.sessions.expire(),
                Kind::Touch => self.touch(),
                _ => {}
            }
            if let Some(response) = rule.instead() {
                return response;
            }
        }
        let response = self.admitted(parts, path, body);
        match rule {
            Some(rule) => rule.after(response),
            None => response,
        }
    }

    /// Logon, client, session; then the service.
    fn admitted(&self, parts: &Parts, path: &str, body: &str) -> Response {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let is_of_client = query.get("sap-client").is_none_or(|client| client == self.options.client);
        if !self.knows(&parts.headers) || !is_of_client {
            let mut refused = page(401, "401 Unauthorized", "Logon failed");
            refused.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"SAP NetWeaver Application Server [S4X/100]\""),
            );
            return refused;
        }
        let (service, rest) = path.split_once('/').unwrap_or((path, ""));
        let as_json = text_of(&parts.headers, "accept").contains("application/json") || query.get("$format") == Some("json");
        if !SERVICES.contains(&service) {
            return Fault::new(
                404,
                "/IWFND/MED/170",
                format!("No service found for namespace '', name '{service}', version '0001'"),
            )
            .response(as_json);
        }
        let cookies = text_of(&parts.headers, "cookie");
        let token = parts.headers.get(TOKEN).and_then(|token| token.to_str().ok());
        if parts.method != "GET" && parts.method != "HEAD" && !self.sessions.is_good(cookies, token) {
            let mut refused =
                (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/plain;charset=utf-8")], "CSRF token validation failed")
                    .into_response();
            refused.headers_mut().insert(TOKEN, HeaderValue::from_static("Required"));
            return refused;
        }
        let mut response = self.served(parts, service, rest, &query, body, as_json);
        if token.is_some_and(|token| token.eq_ignore_ascii_case("fetch")) {
            self.give_token(cookies, response.headers_mut());
        }
        response
    }

    fn give_token(&self, cookies: &str, headers: &mut HeaderMap) {
        let (session, token) = self.sessions.fetch(cookies);
        let cookie = format!("{COOKIE}={session}; path=/; HttpOnly");
        for cookie in [cookie.as_str(), "sap-usercontext=sap-client=100; path=/"] {
            headers.extend(HeaderValue::from_str(cookie).map(|value| (header::SET_COOKIE, value)));
        }
        headers.extend(HeaderValue::from_str(&token).map(|value| (header::HeaderName::from_static(TOKEN), value)));
    }

    fn served(&self, parts: &Parts, service: &str, rest: &str, query: &Query, body: &str, as_json: bool) -> Response {
        let answer = match (parts.method.as_str(), rest) {
            ("GET" | "HEAD", "") => Ok(Answer::of(json!({"d": {"EntitySets": []}}))),
            ("POST", "$batch") => match self.batch(service, text_of(&parts.headers, "content-type"), body) {
                Ok(response) => return response,
                Err(fault) => Err(fault),
            },
            ("POST" | "PATCH", _) if !text_of(&parts.headers, "content-type").starts_with("application/json") => {
                Err(Fault::new(415, "/IWBEP/CM_MGW_RT/096", "The request content type is not supported"))
            }
            (method, rest) => {
                let if_match = parts.headers.get("if-match").and_then(|state| state.to_str().ok());
                let request = Request { service, method, address: rest, query, if_match, body };
                let mut books = self.books.lock();
                let answer = request.run(&mut books);
                request.settle(&mut books, answer.is_ok());
                answer
            }
        };
        match answer {
            Ok(answer) => answer.response(as_json),
            Err(fault) => fault.response(as_json),
        }
    }

    /// Each read by itself; each change set whole or not at all.
    fn batch(&self, service: &str, content_type: &str, body: &str) -> Result<Response, Fault> {
        let parts = batch::parse(content_type, body)?;
        let simulations =
            parts.iter().map(|part| if let Part::Changes(changes) = part { changes.len() } else { 0 }).sum::<usize>();
        if service == simulation::SERVICE && simulations > 1 {
            return Err(Fault::syntax("Only one sales order can be simulated in a batch"));
        }
        let mut books = self.books.lock();
        let mut outcomes = Vec::new();
        for part in &parts {
            outcomes.push(match part {
                Part::Read(inner) => vec![self.inner(&mut books, service, inner)],
                Part::Changes(changes) => {
                    let before = books.clone();
                    let done: Vec<Outcome> = changes.iter().map(|inner| self.inner(&mut books, service, inner)).collect();
                    match done.iter().find(|outcome| outcome.status >= 400) {
                        Some(failed) => {
                            *books = before;
                            vec![failed.clone()]
                        }
                        None => {
                            changes.iter().for_each(|inner| self.settle_inner(&mut books, service, inner));
                            done
                        }
                    }
                }
            });
        }
        let are_changes: Vec<bool> = parts.iter().map(|part| matches!(part, Part::Changes(_))).collect();
        Ok(batch::response(&outcomes, &are_changes))
    }

    fn inner(&self, books: &mut Books, service: &str, inner: &Inner) -> Outcome {
        let (address, query) = inner.address.split_once('?').unwrap_or((&inner.address, ""));
        self.stats.request(&inner.method, &format!("{service}/{}", decoded(address)));
        let query = Query::parse(query);
        let request = Request {
            service,
            method: &inner.method,
            address,
            query: &query,
            if_match: inner.header("if-match"),
            body: &inner.body,
        };
        match request.run(books) {
            Ok(answer) => Outcome { status: answer.status, body: answer.body.map(|body| body.to_string()).unwrap_or_default() },
            Err(fault) => Outcome { status: fault.status, body: fault.json() },
        }
    }

    fn settle_inner(&self, books: &mut Books, service: &str, inner: &Inner) {
        let query = Query::default();
        let request =
            Request { service, method: &inner.method, address: &inner.address, query: &query, if_match: None, body: "" };
        request.settle(books, true);
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let credential = text_of(headers, "authorization").strip_prefix("Basic ").map(ToOwned::to_owned);
        let decoded = credential.and_then(|text| base64::prelude::BASE64_STANDARD.decode(text).ok());
        decoded.is_some_and(|bytes| bytes == format!("{}:{}", self.options.user, self.options.password).into_bytes())
    }

    fn touch(&self) {
        let mut books = self.books.lock();
        let now = books.now();
        for document in books.orders.iter_mut() {
            document["LastChangeDateTime"] = now.clone();
        }
        for document in books.quotations.iter_mut() {
            document["LastChangeDateTime"] = now.clone();
        }
    }
}

/// A request for an entity set or function, from outside or out of a batch.
struct Request<'a> {
    service: &'a str,
    method: &'a str,
    /// Below the service, encoded.
    address: &'a str,
    query: &'a Query,
    if_match: Option<&'a str>,
    body: &'a str,
}

impl Request<'_> {
    fn run(&self, books: &mut Books) -> Result<Answer, Fault> {
        let resource = Resource::parse(self.address)?;
        let Self { query, if_match, .. } = self;
        let body = || serde_json::from_str::<Value>(self.body).map_err(|error| Fault::syntax(format!("Malformed JSON: {error}")));
        match (self.service, self.method, resource.set.as_str()) {
            (orders::SERVICE, "GET", _) => orders::read(books, &resource, query).map(Answer::of),
            (orders::SERVICE, "POST", "A_SalesOrder") => {
                query.only(&[])?;
                let (answer, message) = orders::create(books, &body()?)?;
                Ok(Answer { status: 201, body: Some(answer), message })
            }
            (orders::SERVICE, "PATCH", "A_SalesOrderItem") => {
                orders::change_item(books, &resource, *if_match, &body()?).map(|()| Answer::none())
            }
            (quotations::SERVICE, "GET", _) => quotations::read(books, &resource, query).map(Answer::of),
            (quotations::SERVICE, "POST", "A_SalesQuotation") => {
                query.only(&[])?;
                Ok(Answer { status: 201, ..Answer::of(quotations::create(books, &body()?)?) })
            }
            (quotations::SERVICE, "PATCH", "A_SalesQuotationItem") => {
                quotations::change_item(books, &resource, *if_match, &body()?).map(|()| Answer::none())
            }
            (simulation::SERVICE, "POST", "A_SalesOrderSimulation") => {
                query.only(&[])?;
                Ok(Answer { status: 201, ..Answer::of(simulation::simulate(books, &body()?)?) })
            }
            (atp::SERVICE, "GET", function) => atp::call(books, function, query).map(Answer::of),
            (conditions::SERVICE, "GET", _) => conditions::read(books, &resource, query).map(Answer::of),
            _ => Err(Fault::new(405, "/IWBEP/CM_MGW_RT/021", "Method not allowed for this resource")),
        }
    }

    /// Brings the header of a changed document up to date.
    fn settle(&self, books: &mut Books, is_done: bool) {
        let Some(resource) = Resource::parse(self.address).ok().filter(|_| is_done && self.method == "PATCH") else { return };
        let (set, key) = match self.service {
            orders::SERVICE => ("A_SalesOrder", "SalesOrder"),
            _ => ("A_SalesQuotation", "SalesQuotation"),
        };
        if let Some(number) = resource.key(key) {
            books.settle(set, number);
        }
    }
}

impl Answer {
    fn of(body: Value) -> Self {
        Self { status: 200, body: Some(body), message: None }
    }

    fn none() -> Self {
        Self { status: 204, body: None, message: None }
    }

    /// Without `Accept: application/json` the answer is Atom.
    fn response(self, as_json: bool) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = match self.body {
            None => status.into_response(),
            Some(body) if as_json => (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
            Some(_) => {
                let atom = "<?xml version=\"1.0\" encoding=\"utf-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"/>";
                (status, [(header::CONTENT_TYPE, "application/atom+xml;type=feed")], atom).into_response()
            }
        };
        let message = self.message.and_then(|message| HeaderValue::from_str(&message).ok());
        response.headers_mut().extend(message.map(|message| (header::HeaderName::from_static("sap-message"), message)));
        response
    }
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
