//! Orders of the hub on their way: found by their key, read, listed, created, submitted, cancelled.

use crate::failures;
use crate::gateway::{Gateway, order_key};
use crate::mapping::{lines, order, sent};
use crate::paging::Window;
use crate::settings::Settings;
use crate::wire::{self, Collection, Entity, Read, query};
use ordergate_sdk::failure::code;
use ordergate_sdk::http::{Request, Response};
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};
use serde_json::Value;

/// Parts of an order that come along.
const PARTS: &str = "lines,totals";

/// What a look-up by our key came to.
pub(crate) enum LookUp<T> {
    Found(T),
    /// The user sees other orders of the business unit, and not this one.
    Absent,
    /// The user sees nothing at all there: perhaps it may not.
    Unseen,
}

/// The orders of one business unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hub<'a> {
    settings: &'a Settings,
    gateway: Gateway<'a>,
}

impl<'a> Hub<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings, gateway: Gateway::new(settings) }
    }

    /// The order with our reference. A reply of "not found" proves nothing: it is the same for a user without access to the business unit. So the list
    /// is asked as well, and whether the user sees anything in it.
    pub(crate) fn find<T>(&self, reference: &str, map: impl Fn(Entity<'_>) -> Read<T>) -> Result<LookUp<T>, Failure> {
        let system = &self.settings.organization.source_system;
        match self.read(&order_key(system, reference), &map) {
            Ok(found) => return Ok(LookUp::Found(found)),
            Err(failure) if failure.is(code::NOT_FOUND) => {}
            Err(failure) => return Err(failure),
        }
        let by_reference = [query::eq("SourceTransactionSystem", system), query::eq("SourceTransactionId", reference)];
        let by_reference: Option<Vec<String>> = by_reference.into_iter().collect();
        let by_reference = by_reference.ok_or_else(|| Failure::invalid_request("the reference cannot be looked for"))?;
        let any = format!("BusinessUnitId={}", self.settings.organization.business_unit_id);
        let requests = vec![
            self.listing(&query::and(&by_reference)).query("expand", PARTS).query("limit", "5"),
            self.listing(&any).query("fields", "HeaderId").query("onlyData", "true").query("limit", "1"),
        ];
        let [listed, seen] = two(self.gateway.send_all(requests))?;
        if let Some(found) = self.newest(&listed?, &map)? {
            return Ok(LookUp::Found(found));
        }
        let is_seen = read_page(&seen?, |page| Ok(!page.entities.is_empty()))?;
        Ok(if is_seen { LookUp::Absent } else { LookUp::Unseen })
    }

    /// The order with the back end's number.
    pub(crate) fn by_number<T>(&self, number: &str, map: impl Fn(Entity<'_>) -> Read<T>) -> Result<T, Failure> {
        let unknown = || Failure::not_found("The back end has no order with this number.");
        let expression = query::eq("OrderNumber", number).ok_or_else(unknown)?;
        let reply = self.gateway.send(self.listing(&expression).query("expand", PARTS).query("limit", "25"))?;
        self.newest(&reply, &map)?.ok_or_else(unknown)
    }

    /// The order at a path below the orders.
    pub(crate) fn read<T>(&self, path: &str, map: impl Fn(Entity<'_>) -> Read<T>) -> Result<T, Failure> {
        let reply = self.gateway.send(self.gateway.orders("GET", path).query("expand", PARTS))?;
        let body = reply.exact_json()?;
        wire::item(&body).and_then(map).map_err(|problem| reply.unreadable(&problem))
    }

    /// One page of the account's orders, from every system, newest first.
    pub(crate) fn page<T>(
        &self,
        account: &str,
        filter: &DocumentFilter,
        page: &PageRequest,
        map: impl Fn(Entity<'_>) -> Read<T>,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let most = self.settings.orders.page_size;
        let window = match &page.cursor {
            Some(cursor) => Window::parse(cursor, page.limit, most),
            None => Some(Window::first(page.limit, most)),
        };
        let window = window.ok_or_else(|| Failure::invalid_request("the cursor is not one of this list"))?;
        let Some(expression) = narrowed(account, filter) else { return Ok((Vec::new(), None)) };
        let request = self.listing(&expression).query("orderBy", "CreationDate:desc").query("expand", "lines");
        let reply = self.gateway.send(window.ask(request))?;
        read_page(&reply, |listed| {
            let next = window.after(&listed).map(Window::show);
            let orders = order::newest_versions(listed.entities).into_iter();
            // What has no number yet is a draft of somebody there: no order that a customer could ask for.
            let numbered = orders.filter(|order| order.text("OrderNumber").is_some());
            let orders = numbered.map(map).collect::<Read<Vec<T>>>()?;
            Ok((orders, next))
        })
    }

    /// The number of the new order, when the answer has it, and whether it was only saved.
    pub(crate) fn create(&self, body: &Value) -> Result<Option<String>, Failure> {
        let reply = self.gateway.send(self.gateway.resource("POST", "", body))?;
        let created = reply.exact_json()?;
        let number = wire::item(&created).map(|order| order.text("OrderNumber").map(ToOwned::to_owned));
        number.map_err(|problem| reply.unreadable(&problem))
    }

    /// Submits an order that was only saved.
    pub(crate) fn submit(&self, path: &str) -> Result<(), Failure> {
        self.gateway.send(self.gateway.resource("PATCH", path, &sent::submission())).map(|_| ())
    }

    /// Takes back every fulfillment line of which nothing is shipped. An order that somebody else has changed in the meantime is read again and tried
    /// once more.
    pub(crate) fn cancel(&self, number: &str, reason: &str) -> Result<(), Failure> {
        for _ in 0..2 {
            let Some(change) = self.by_number(number, |order| cancellation(reason, order))? else { return Ok(()) };
            let (path, state, body) = change?;
            let request = self.gateway.resource("PATCH", &path, &body);
            let request = state.into_iter().fold(request, |request, state| request.header("if-match", state));
            let changed = self.gateway.change(request).map_err(|failure| failures::line_of(failure).0)?;
            if changed.is_some() {
                return Ok(());
            }
        }
        Err(Failure::unavailable("The order is being changed by somebody else."))
    }

    /// Cheap, and changes nothing.
    pub(crate) fn probe(&self) -> Result<(), Failure> {
        let request = self.gateway.orders("GET", "").query("limit", "1").query("onlyData", "true").query("fields", "HeaderId");
        self.gateway.send(request).map(|_| ())
    }

    fn listing(&self, expression: &str) -> Request {
        self.gateway.orders("GET", "").query("q", expression)
    }

    /// Of the versions of one order the newest.
    fn newest<T>(&self, reply: &Response, map: impl Fn(Entity<'_>) -> Read<T>) -> Result<Option<T>, Failure> {
        read_page(reply, |page| order::newest_versions(page.entities).into_iter().next().map(&map).transpose())
    }
}

/// Path, state and body of a change that takes everything open back; nothing when all of it is cancelled already.
type Cancellation = Result<(String, Option<String>, Value), Failure>;

fn cancellation(reason: &str, order: Entity<'_>) -> Read<Option<Cancellation>> {
    let lines = lines::grouped(order)?;
    if !lines.is_empty() && lines.iter().all(lines::Line::is_cancelled) {
        return Ok(None);
    }
    let open: Vec<Entity<'_>> = lines.iter().flat_map(lines::Line::open_parts).collect();
    if open.is_empty() {
        return Ok(Some(Err(Failure::rejected("Nothing of it can be cancelled any more."))));
    }
    Ok(Some(Ok((order::key(order)?, wire::state(order).map(ToOwned::to_owned), sent::cancellation(reason, &open)?))))
}

fn read_page<T>(reply: &Response, map: impl FnOnce(Collection<'_>) -> Read<T>) -> Result<T, Failure> {
    let body = reply.exact_json()?;
    wire::collection(&body).and_then(map).map_err(|problem| reply.unreadable(&problem))
}

fn two(replies: Vec<Result<Response, Failure>>) -> Result<[Result<Response, Failure>; 2], Failure> {
    replies.try_into().map_err(|_| Failure::unavailable("the host gave no reply"))
}

/// Every system and type: only the account narrows, and what the customer asked for. Nothing when no order can fit.
fn narrowed(account: &str, filter: &DocumentFilter) -> Option<String> {
    let mut parts = vec![query::eq("BuyingPartyNumber", account)?];
    parts.extend(filter.from.as_ref().and_then(|day| query::compare("CreationDate", ">=", &format!("{day}T00:00:00Z"))));
    parts.extend(filter.to.as_ref().and_then(|day| query::compare("CreationDate", "<=", &format!("{day}T23:59:59Z"))));
    if let Some(text) = &filter.search {
        let fields = ["OrderNumber", "SourceTransactionNumber", "CustomerPONumber"];
        let any: Option<Vec<String>> = fields.into_iter().map(|field| query::eq(field, text)).collect();
        parts.push(query::or(&any?));
    }
    Some(query::and(&parts))
}
