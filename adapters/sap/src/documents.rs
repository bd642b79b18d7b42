//! What orders and quotations have in common on their way: finding, reading, listing, creating, and rejecting their items.

use crate::batch::{self, Change};
use crate::failures;
use crate::gateway::Gateway;
use crate::paging::Cursor;
use crate::settings::Settings;
use crate::wire::message::{self, Message};
use crate::wire::names::Names;
use crate::wire::{self, Entity, Read, literal};
use ordergate_sdk::http::{Request, Response};
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};
use ordergate_sdk::{handover, log};
use serde_json::{Value, json};

/// How often a list is followed when one is looked for in it.
const MOST_PAGES: usize = 5;

/// Documents of one kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Documents<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) names: &'a Names,
    gateway: Gateway<'a>,
}

/// A document that was just created.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) number: String,
    pub(crate) messages: Vec<Message>,
}

/// What became of an attempt to reject items.
enum Rejected {
    Done,
    /// Somebody else has changed the document since it was read.
    Stale(Failure),
}

impl<'a> Documents<'a> {
    pub(crate) fn new(settings: &'a Settings, names: &'a Names) -> Self {
        Self { settings, names, gateway: Gateway::new(settings) }
    }

    /// The document with our reference. Nothing only when the back end answered with an empty list: an error, also one of "not found", proves nothing.
    pub(crate) fn find<T>(
        &self,
        account: &str,
        reference: &str,
        map: impl Fn(Entity<'_>) -> Read<T>,
    ) -> Result<Option<T>, Failure> {
        let filter = format!("{} and {}", literal::eq(self.names.sold_to, account), literal::eq(self.names.reference, reference));
        let own = [("$filter", filter), ("$expand", self.names.expand.to_owned())];
        let mut cursor = Cursor::first(10);
        for _ in 0..MOST_PAGES {
            let reply = self.gateway.read(self.query(&cursor, &own))?;
            let body: Value = reply.json()?;
            let page = wire::collection(&body).map_err(|problem| reply.unreadable(&problem))?;
            if page.entities.len() > 1 {
                log::error(
                    "the back end has several documents with the same reference",
                    &[("documents", page.entities.len().to_string())],
                );
            }
            let number = |entity: &Entity<'_>| entity.text(self.names.number).map(|number| (number.len(), number.to_owned()));
            if let Some(first) = page.entities.into_iter().min_by_key(number) {
                return map(first).map(Some).map_err(|problem| reply.unreadable(&problem));
            }
            match page.next {
                Some(next) => cursor = cursor.after(0, Some(next)).ok_or_else(|| reply.unreadable("__next has no query"))?,
                None => return Ok(None),
            }
        }
        Err(Failure::invalid_response("The back end answers an endless list."))
    }

    /// A conflict that names the document, when there is one with the reference.
    pub(crate) fn check_absent(&self, account: &str, reference: &str) -> Result<(), Failure> {
        handover::check_absent(self.find(account, reference, |found| found.required(self.names.number).map(ToOwned::to_owned)))
    }

    pub(crate) fn get<T>(&self, number: &str, map: impl FnOnce(Entity<'_>) -> Read<T>) -> Result<T, Failure> {
        let path = literal::entity(self.names.set, number);
        let request = self.gateway.request("GET", self.names.service, &path).query("$expand", self.names.expand);
        let reply = self.gateway.read(request)?;
        let body: Value = reply.json()?;
        wire::entity(&body).and_then(map).map_err(|problem| reply.unreadable(&problem))
    }

    /// One page of the account's documents, of every channel, newest first.
    pub(crate) fn page<T>(
        &self,
        account: &str,
        filter: &DocumentFilter,
        page: &PageRequest,
        map: impl Fn(Entity<'_>) -> Read<T>,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let cursor = match &page.cursor {
            Some(text) => Cursor::parse(text).ok_or_else(|| Failure::invalid_request("the cursor is not one of this list"))?,
            None => Cursor::first(page.limit),
        };
        let order = format!("{} desc,{} desc", self.names.created_on, self.names.number);
        let own = [
            ("$filter", self.narrowed(account, filter)),
            ("$orderby", order),
            ("$expand", self.names.expand_in_lists.to_owned()),
        ];
        let own: Vec<_> = own.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let reply = self.gateway.read(self.query(&cursor, &own))?;
        let body: Value = reply.json()?;
        let listed = wire::collection(&body).map_err(|problem| reply.unreadable(&problem))?;
        let next = cursor.after(listed.entities.len(), listed.next).map(|next| next.show());
        let documents = listed.entities.into_iter().map(map).collect::<Read<Vec<T>>>();
        documents.map(|documents| (documents, next)).map_err(|problem| reply.unreadable(&problem))
    }

    /// Deep insert. The answer has little more than the number: read it again for the rest.
    pub(crate) fn create(&self, body: &Value) -> Result<Created, Failure> {
        let request = self.gateway.request("POST", self.names.service, self.names.set).json(body);
        let reply = self.gateway.post(self.names.service, request)?;
        let body: Value = reply.json()?;
        let number = wire::entity(&body).and_then(|entity| entity.required(self.names.number));
        let number = number.map_err(|problem| reply.unreadable(&problem))?;
        Ok(Created {
            number: number.trim_start_matches('0').to_owned(),
            messages: message::messages(reply.header("sap-message")),
        })
    }

    /// Rejects every item that is still whole, all or none, by `reason`. A document that somebody else has changed in the meantime is read again
    /// and tried once more.
    pub(crate) fn reject_items(&self, number: &str, reason: &str) -> Result<(), Failure> {
        let mut stale = None;
        for _ in 0..2 {
            let changes = self.get(number, |document| Ok(self.changes(number, reason, document)))?;
            let Some(changes) = changes else { return Ok(()) };
            if changes.is_empty() {
                return Err(Failure::rejected("Nothing of it can be cancelled any more."));
            }
            match self.change(&changes)? {
                Rejected::Done => return Ok(()),
                Rejected::Stale(failure) => stale = Some(failure),
            }
        }
        Err(stale.unwrap_or_else(|| Failure::unavailable("The document is being changed by somebody else.")))
    }

    /// A change for every item that is neither rejected nor delivered in part; nothing at all when all are rejected already.
    fn changes(&self, number: &str, reason: &str, document: Entity<'_>) -> Option<Vec<Change>> {
        let names = self.names;
        let items = document.many(names.items);
        let open: Vec<_> = items.iter().filter(|item| item.text(names.rejection_reason).is_none()).collect();
        if open.is_empty() && !items.is_empty() {
            return None;
        }
        let whole = open.into_iter().filter(|item| !matches!(item.text(names.item_delivery_status), Some("B" | "C")));
        let change = |item: &Entity<'_>| {
            let key = item.text(names.item_number)?;
            let state = wire::etag(*item).or_else(|| wire::etag(document)).unwrap_or("*");
            Some(Change {
                method: "PATCH",
                address: literal::compound(names.item_set, &[(names.number, number), (names.item_number, key)]),
                if_match: state.to_owned(),
                body: json!({names.rejection_reason: reason}).to_string(),
            })
        };
        Some(whole.filter_map(change).collect())
    }

    /// All changes in one change set.
    fn change(&self, changes: &[Change]) -> Result<Rejected, Failure> {
        let request = self.gateway.request("POST", self.names.service, "$batch");
        let reply = self.gateway.post(self.names.service, request.body(batch::changes(changes), &batch::content_type()))?;
        let parts = batch::replies(&reply).map_err(|problem| reply.unreadable(&problem))?;
        let refused = parts.iter().find(|part| !is_success(part));
        match refused {
            Some(part) if failures::is_stale(part) => Ok(Rejected::Stale(failures::explain(self.settings, part))),
            Some(part) => Err(failures::explain(self.settings, part)),
            None if parts.is_empty() => Err(reply.unreadable("the reply of $batch has no parts")),
            None => Ok(Rejected::Done),
        }
    }

    fn query(&self, cursor: &Cursor, own: &[(&'static str, String)]) -> Request {
        let request = self.gateway.request("GET", self.names.service, self.names.set);
        cursor.options(own).into_iter().fold(request, |request, (name, value)| request.query(name, value))
    }

    /// Every channel and type: only the account narrows, and what the customer asked for.
    fn narrowed(&self, account: &str, filter: &DocumentFilter) -> String {
        let names = self.names;
        let days = [(&filter.from, "ge"), (&filter.to, "le")];
        let days = days.into_iter().filter_map(|(day, operator)| {
            day.as_ref().map(|day| format!("{} {operator} {}", names.created_on, literal::date(day)))
        });
        let search = filter.search.as_ref().map(|text| {
            let fields = [Some(names.number), Some(names.reference), names.purchase_order];
            let equal: Vec<String> = fields.into_iter().flatten().map(|field| literal::eq(field, text)).collect();
            format!("({})", equal.join(" or "))
        });
        let parts: Vec<String> = std::iter::once(literal::eq(names.sold_to, account)).chain(days).chain(search).collect();
        parts.join(" and ")
    }
}

fn is_success(reply: &Response) -> bool {
    (200..300).contains(&reply.status())
}
