//! Talking to CPQ: transactions of one site, by the names that the site gave everything.

use crate::failures;
use crate::mapping::quote;
use crate::paging::Window;
use crate::settings::{Quotes, Settings};
use crate::wire::{self, Collection, Draft, Entity, Read};
use ordergate_sdk::http::{Request, Response};
use ordergate_sdk::percent;
use ordergate_sdk::types::{Failure, PageRequest};
use serde_json::{Value, json};

/// Transactions of one page of a list.
const PAGE_SIZE: u32 = 100;
/// Lines of a transaction; more are an error, not a part.
const MOST_LINES: u32 = 1_000;

/// The transactions of a site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpq<'a> {
    settings: &'a Settings,
    names: &'a Quotes,
}

impl<'a> Cpq<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings, names: &settings.quotes }
    }

    /// Number of the new transaction.
    pub(crate) fn create(&self, documents: &Value) -> Result<String, Failure> {
        let reply = self.send(self.request("POST", "").json(&json!({"documents": documents})))?;
        let body = reply.exact_json()?;
        let number = quote::main(&body).required(&self.names.fields.number).map(ToOwned::to_owned);
        number.map_err(|problem| reply.unreadable(&problem))
    }

    /// Runs an action of a transaction, with fields to set.
    pub(crate) fn act(&self, number: &str, action: &str, fields: Draft) -> Result<(), Failure> {
        let below = format!("/{}/actions/{}", percent::segment(number), percent::segment(action));
        self.send(self.request("POST", &below).json(&json!({"documents": fields.done()}))).map(|_| ())
    }

    /// A transaction with its lines, which are a resource of their own where they do not come along.
    pub(crate) fn read<T>(&self, number: &str, map: impl Fn(Entity<'_>, &[Entity<'_>]) -> Read<T>) -> Result<T, Failure> {
        let below = format!("/{}", percent::segment(number));
        let reply = self.send(self.request("GET", &below))?;
        let body = reply.exact_json()?;
        let main = quote::main(&body);
        let own = main.many(&self.names.lines);
        if !own.is_empty() {
            return map(main, &own).map_err(|problem| reply.unreadable(&problem));
        }
        let request = self.request("GET", &format!("{below}/{}", percent::segment(&self.names.lines)));
        let listed = self.send(request.query("limit", MOST_LINES.to_string()))?;
        let lines = listed.exact_json()?;
        let read = wire::collection(&lines).and_then(|page| match page.has_more {
            Some(true) => Err(format!("the quote has more than {MOST_LINES} lines")),
            _ => map(main, &page.entities),
        });
        read.map_err(|problem| listed.unreadable(&problem))
    }

    /// Transactions whose field has a value, newest first.
    pub(crate) fn list<T>(
        &self,
        field: &str,
        value: &str,
        page: &PageRequest,
        map: impl Fn(Entity<'_>) -> Read<T>,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let window = match &page.cursor {
            Some(cursor) => Window::parse(cursor, page.limit, PAGE_SIZE),
            None => Some(Window::first(page.limit, PAGE_SIZE)),
        };
        let window = window.ok_or_else(|| Failure::invalid_request("the cursor is not one of this list"))?;
        let expression = json!({field: {"$eq": value}}).to_string();
        let request =
            self.request("GET", "").query("q", expression).query("orderby", format!("{}:desc", self.names.fields.created));
        let reply = self.send(window.ask(request))?;
        let body = reply.exact_json()?;
        let read = |page: Collection<'_>| {
            let next = window.after(&page).map(Window::show);
            Ok((page.entities.into_iter().map(map).collect::<Read<Vec<T>>>()?, next))
        };
        wire::collection(&body).and_then(read).map_err(|problem| reply.unreadable(&problem))
    }

    /// The one transaction with our reference; nothing only when the site answered with an empty list.
    pub(crate) fn find<T>(&self, reference: &str, map: impl Fn(Entity<'_>) -> Read<T>) -> Result<Option<T>, Failure> {
        let page = PageRequest { cursor: None, limit: 5 };
        let (found, _) = self.list(&self.names.fields.reference, reference, &page, map)?;
        Ok(found.into_iter().next())
    }

    fn request(&self, method: &str, below: &str) -> Request {
        let Quotes { endpoint, path, collection, .. } = self.names;
        Request::new(method, endpoint, format!("{path}/{collection}{below}")).header("accept", "application/json")
    }

    fn send(&self, request: Request) -> Result<Response, Failure> {
        request.send()?.ok_or(|response| failures::line_of(failures::explain(&self.settings.retry_codes, response)).0)
    }
}
