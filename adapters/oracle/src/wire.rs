//! Exactly what the back end sends and takes: ADF envelopes, states, row-match expressions, dates, error bodies. Numbers are text here with all
//! their digits (`Response::exact_json`). Nothing here knows Ordergate's records.

pub(crate) mod date;
pub(crate) mod error_body;
pub(crate) mod query;

pub(crate) use ordergate_sdk::json::{Draft, Entity, Read};
use serde_json::Value;

/// One page of a collection.
#[derive(Debug)]
pub(crate) struct Collection<'a> {
    pub(crate) entities: Vec<Entity<'a>>,
    /// The server may leave it out.
    pub(crate) has_more: Option<bool>,
    /// The window that the server used, which may be smaller than the one that was asked for.
    pub(crate) limit: Option<u32>,
}

/// `{"items": […], "count": 25, "hasMore": true, "limit": 25, "offset": 0}`
pub(crate) fn collection(body: &Value) -> Read<Collection<'_>> {
    let items = body.get("items").and_then(Value::as_array).ok_or("the reply has no list \"items\"")?;
    Ok(Collection {
        entities: items.iter().map(Entity::of).collect(),
        has_more: body.get("hasMore").and_then(Value::as_bool),
        limit: Entity::of(body).count("limit"),
    })
}

/// A single resource; a collection is none.
pub(crate) fn item(body: &Value) -> Read<Entity<'_>> {
    let is_item = body.is_object() && body.get("items").is_none();
    is_item.then(|| Entity::of(body)).ok_or_else(|| "the reply is no resource".to_owned())
}

/// State of a resource, for `If-Match`.
pub(crate) fn state<'a>(resource: Entity<'a>) -> Option<&'a str> {
    let links = resource.many("links");
    let own = links.iter().find(|link| link.text("rel") == Some("self"))?;
    own.one("properties")?.text("changeIndicator")
}

#[cfg(test)]
mod tests;
