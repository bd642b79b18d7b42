//! Exactly what the back end sends and takes: OData V2 envelopes and entities, field names as a table ([`names`]), dates, URL literals, error
//! bodies and messages. Nothing here knows Ordergate's records.

pub(crate) mod date;
pub(crate) mod error_body;
pub(crate) mod literal;
pub(crate) mod message;
pub(crate) mod names;

pub(crate) use ordergate_sdk::json::{Entity, Read};
use serde_json::Value;

/// One page of a collection.
#[derive(Debug)]
pub(crate) struct Collection<'a> {
    pub(crate) entities: Vec<Entity<'a>>,
    /// Address of the next page, when the server cut the list.
    pub(crate) next: Option<&'a str>,
}

/// `{"d": {…}}` of a single entity.
pub(crate) fn entity(body: &Value) -> Read<Entity<'_>> {
    body.get("d").filter(|entity| entity.is_object()).map(Entity::of).ok_or_else(|| "the reply has no entity \"d\"".to_owned())
}

/// `{"d": {"results": […], "__next": …}}`. Very old gateways leave `results` out: `{"d": […]}`.
pub(crate) fn collection(body: &Value) -> Read<Collection<'_>> {
    let data = body.get("d").ok_or("the reply has no \"d\"")?;
    let list = data.as_array().or_else(|| data.get("results")?.as_array()).ok_or("the reply has no list \"d.results\"")?;
    Ok(Collection { entities: list.iter().map(Entity::of).collect(), next: data.get("__next").and_then(Value::as_str) })
}

/// State of an entity, for `If-Match`.
pub(crate) fn etag<'a>(entity: Entity<'a>) -> Option<&'a str> {
    entity.value().get("__metadata")?.get("etag")?.as_str()
}

#[cfg(test)]
mod tests;
