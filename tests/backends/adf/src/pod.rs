//! What all interfaces pass: logon, media types, the version of the framework, faults; then the interface that the address names.

use crate::adf::Version;
use crate::books::Books;
use crate::fault::Fault;
use crate::faults::{Faults, Kind};
use crate::options::Options;
use crate::query::Query;
use crate::stats::Stats;
use crate::{cpq, hub, pricing, promising};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use backend_server::{decoded, page};
use base64::Engine;
use parking_lot::Mutex;
use serde_json::Value;

const RESOURCES: &str = "/fscmRestApi/resources/";
const PROMISING: &str = "/fscmRestApi/msp/latest/globalOrderPromises/";
const PRICING: &str = "/fscmRestApi/priceExecution/documentPrices/";
const CPQ: &str = "/rest/v19/commerceDocumentsOraclecpqoTransaction";
const ORDERS: &str = "salesOrdersForOrderHub";
const VERSIONS: [&str; 2] = ["11.13.18.05", "latest"];
const RESOURCE_ITEM: &str = "application/vnd.oracle.adf.resourceitem+json";
const ERROR: &str = "application/vnd.oracle.adf.error+json";

/// The pod.
pub(crate) struct Pod {
    options: Options,
    pub(crate) books: Mutex<Books>,
    pub(crate) faults: Faults,
    pub(crate) stats: Stats,
}

/// What an address means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Orders,
    Order(String),
    Promising(String),
    Pricing(String),
    Cpq(Vec<String>),
}

impl Target {
    fn parse(path: &str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix(CPQ) {
            return Some(Self::Cpq(rest.split('/').skip(1).map(decoded).collect()));
        }
        if let Some(operation) = path.strip_prefix(PROMISING) {
            return Some(Self::Promising(operation.to_owned()));
        }
        if let Some(operation) = path.strip_prefix(PRICING) {
            return Some(Self::Pricing(operation.to_owned()));
        }
        let parts: Vec<&str> = path.strip_prefix(RESOURCES)?.split('/').collect();
        match parts.as_slice() {
            [version, ORDERS] if VERSIONS.contains(version) => Some(Self::Orders),
            [version, ORDERS, key] if VERSIONS.contains(version) => Some(Self::Order(decoded(key))),
            _ => None,
        }
    }

    /// Name for statistics and fault rules.
    fn name(&self) -> String {
        match self {
            Self::Orders => ORDERS.to_owned(),
            Self::Order(_) => format!("{ORDERS}/*"),
            Self::Promising(operation) | Self::Pricing(operation) => operation.clone(),
            Self::Cpq(below) => match below.as_slice() {
                [] => "transaction".to_owned(),
                [_, kind, action] if kind == "actions" => format!("transaction/*/{action}"),
                _ => "transaction/*".to_owned(),
            },
        }
    }
}

impl Pod {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, books: Mutex::new(Books::new()), faults: Faults::default(), stats: Stats::default() }
    }

    /// A request from outside.
    pub(crate) fn handle(&self, parts: &Parts, body: &str) -> Response {
        let Some(target) = Target::parse(parts.uri.path()) else { return page(404, "404 Not Found", "No such page") };
        let (method, name) = (parts.method.as_str(), target.name());
        self.stats.request(method, &name);
        let rule = self.faults.pick(method, &name);
        if let Some(rule) = &rule {
            self.stats.fault(&rule.name());
            match rule.fault {
                Kind::Touch => self.books.lock().touch(),
                Kind::LateCommit => self.books.lock().pending.extend(serde_json::from_str(body).ok()),
                _ => {}
            }
            if let Some(response) = rule.instead() {
                return response;
            }
        }
        let response = self.admitted(parts, &target, body);
        match rule {
            Some(rule) => rule.after(response),
            None => response,
        }
    }

    /// Logon and media types; then the interface.
    fn admitted(&self, parts: &Parts, target: &Target, body: &str) -> Response {
        let accept = text_of(&parts.headers, "accept");
        let is_cpq = matches!(target, Target::Cpq(_));
        let accepts_structure = is_cpq || accept.contains(ERROR);
        if !self.knows(&parts.headers) {
            return Fault::new(401, "", "Unauthorized").response(accepts_structure);
        }
        let answer = check_media(&parts.headers, parts.method.as_str(), target).and_then(|()| self.served(parts, target, body));
        match answer {
            Ok((status, answer)) => {
                let media = if is_cpq { "application/json" } else { "application/vnd.oracle.adf.resourceitem+json" };
                (status, [(header::CONTENT_TYPE, media)], answer.to_string()).into_response()
            }
            Err(fault) => fault.response(accepts_structure),
        }
    }

    fn served(&self, parts: &Parts, target: &Target, body: &str) -> Result<(StatusCode, Value), Fault> {
        let version = Version::parse(parts.headers.get("rest-framework-version").and_then(|version| version.to_str().ok()))?;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let body = || serde_json::from_str::<Value>(body).map_err(|_| Fault::payload("Unable to parse the provided payload"));
        let mut books = self.books.lock();
        let (ok, created) = (|answer| (StatusCode::OK, answer), |answer| (StatusCode::CREATED, answer));
        match (parts.method.as_str(), target) {
            ("GET", Target::Orders) => hub::list_orders(&books, version, &query).map(ok),
            ("POST", Target::Orders) => hub::create(&mut books, version, &body()?).map(created),
            ("GET", Target::Order(key)) => hub::read(&books, version, key, &query).map(ok),
            ("PATCH", Target::Order(key)) => {
                let if_match = parts.headers.get("if-match").and_then(|state| state.to_str().ok());
                hub::change(&mut books, key, if_match, &body()?).map(ok)
            }
            ("POST", Target::Promising(operation)) => match operation.as_str() {
                "quickAvailabilityCheck" => promising::quick(&books, &body()?).map(ok),
                "checkAvailability" => promising::detailed(&books, &body()?).map(ok),
                _ => Err(Fault::not_found()),
            },
            ("POST", Target::Pricing(operation)) if operation == "priceSalesTransaction" => {
                pricing::price(&books, &body()?).map(ok)
            }
            ("GET", Target::Cpq(below)) => {
                cpq::read(&books, &below.iter().map(String::as_str).collect::<Vec<_>>(), &query).map(ok)
            }
            ("POST", Target::Cpq(below)) => match below.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                [] => cpq::create(&mut books, &body()?).map(created),
                [number, "actions", action] => cpq::act(&mut books, number, action, &body()?).map(ok),
                _ => Err(Fault::not_found()),
            },
            _ => Err(Fault::new(405, "", "Method Not Allowed")),
        }
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let credential = text_of(headers, "authorization").strip_prefix("Basic ").map(ToOwned::to_owned);
        let decoded = credential.and_then(|text| base64::prelude::BASE64_STANDARD.decode(text).ok());
        decoded.is_some_and(|bytes| bytes == format!("{}:{}", self.options.user, self.options.password).into_bytes())
    }
}

/// Resources take their own media type or plain JSON; order promising and pricing only plain JSON.
fn check_media(headers: &HeaderMap, method: &str, target: &Target) -> Result<(), Fault> {
    if method == "GET" {
        return Ok(());
    }
    let sent = text_of(headers, "content-type").split(';').next().unwrap_or_default().trim();
    let is_resource = matches!(target, Target::Orders | Target::Order(_));
    match sent {
        "application/json" => Ok(()),
        RESOURCE_ITEM if is_resource => Ok(()),
        _ => Err(Fault::new(415, "", "Unsupported Media Type")),
    }
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
