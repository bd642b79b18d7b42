//! What all ADF resources do alike: the version of the framework, collections with their windows, children, links and states.

use crate::fault::Fault;
use crate::matching::Match;
use crate::query::Query;
use crate::schema::{list, merge, text};
use serde_json::{Value, json};

/// How a collection is asked for, by the version of the framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(u8);

impl Version {
    /// Absent means 1.
    pub(crate) fn parse(header: Option<&str>) -> Result<Self, Fault> {
        let version = header.unwrap_or("1").parse().ok().filter(|version| (1..=9).contains(version));
        version.map(Self).ok_or_else(|| Fault::payload("REST-Framework-Version is not supported"))
    }

    fn has_row_match(self) -> bool {
        self.0 >= 2
    }

    fn wraps_children(self) -> bool {
        self.0 >= 3
    }
}

/// How collections behave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    /// Most resources of one page, whatever the caller wants.
    pub(crate) most: usize,
    /// Whether a page says that there is more.
    pub(crate) tells_more: bool,
}

const OF_LISTS: [&str; 9] = ["q", "orderBy", "limit", "offset", "expand", "fields", "onlyData", "totalResults", "dependency"];
const CHILDREN: [&str; 3] = ["lines", "totals", "all"];

/// One page: matched, sorted, cut where the caller or the server likes.
pub(crate) fn page(version: Version, paging: Paging, all: &[&Value], query: &Query, known: &[&str]) -> Result<Value, Fault> {
    query.only(&OF_LISTS)?;
    let children = children(query)?;
    if query.get("q").is_some() && !version.has_row_match() {
        return Err(Fault::payload("Row-match expressions need REST-Framework-Version 2 or later"));
    }
    let matched = query.get("q").map(|text| Match::parse(text, known)).transpose()?;
    let mut found: Vec<&Value> =
        all.iter().copied().filter(|one| matched.as_ref().is_none_or(|expression| expression.holds(one))).collect();
    sort(&mut found, query, known)?;
    let limit = query.number("limit")?.unwrap_or(25).min(500).min(paging.most);
    let offset = query.number("offset")?.unwrap_or(0);
    let items: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(limit)
        .map(|one| match query.get("fields") {
            Some(fields) => some_fields(one, fields),
            None => shown(version, one, &children, query.get("onlyData") == Some("true")),
        })
        .collect();
    let (count, more) = (items.len(), offset + limit < found.len());
    let mut page = json!({"items": items, "count": count, "limit": limit, "offset": offset, "links": []});
    if paging.tells_more {
        merge(&mut page, json!({"hasMore": more}));
    }
    if query.get("totalResults") == Some("true") {
        merge(&mut page, json!({"totalResults": found.len()}));
    }
    Ok(page)
}

/// Children that come along.
pub(crate) fn children(query: &Query) -> Result<Vec<&str>, Fault> {
    if query.get("expand").is_some() && query.get("fields").is_some() {
        return Err(Fault::payload("expand and fields cannot be used together"));
    }
    let names: Vec<&str> = query.get("expand").into_iter().flat_map(|names| names.split(',')).collect();
    match names.iter().find(|name| !CHILDREN.contains(name)) {
        Some(unknown) => Err(Fault::payload(format!("{unknown} is no child of this resource"))),
        None => Ok(names),
    }
}

/// A resource for an answer. Names that begin with `_` are the server's own.
pub(crate) fn shown(version: Version, resource: &Value, children: &[&str], only_data: bool) -> Value {
    let mut shown = json!({});
    for (name, value) in resource.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with('_')) {
        let is_child = CHILDREN.contains(&name.as_str());
        if is_child && !children.contains(&name.as_str()) && !children.contains(&"all") {
            continue;
        }
        let value = if is_child && version.wraps_children() {
            let all = list(resource, name);
            json!({"items": all, "count": all.len(), "hasMore": false, "limit": all.len(), "offset": 0, "links": []})
        } else {
            value.clone()
        };
        merge(&mut shown, json!({name: value}));
    }
    if !only_data {
        let links = json!([
            {"rel": "canonical", "href": "https://pod.example/x", "name": "salesOrdersForOrderHub", "kind": "item"},
            {"rel": "self", "href": "https://pod.example/x", "name": "salesOrdersForOrderHub", "kind": "item", "properties": {"changeIndicator": state(resource)}},
        ]);
        merge(&mut shown, json!({"links": links}));
    }
    shown
}

/// State of a resource.
pub(crate) fn state(resource: &Value) -> String {
    format!("ACED{}", resource.get("_changes").and_then(Value::as_u64).unwrap_or_default())
}

fn some_fields(resource: &Value, fields: &str) -> Value {
    let mut shown = json!({});
    for name in fields.split(',') {
        merge(&mut shown, json!({name: resource.get(name)}));
    }
    shown
}

fn sort(found: &mut [&Value], query: &Query, known: &[&str]) -> Result<(), Fault> {
    let Some(order) = query.get("orderBy") else { return Ok(()) };
    let (field, direction) = order.split_once(':').unwrap_or((order, "asc"));
    if !known.contains(&field) || !["asc", "desc"].contains(&direction) {
        return Err(Fault::payload(format!("{order} cannot be ordered by")));
    }
    found.sort_by(|one, other| {
        let ordering = text(one, field).cmp(text(other, field));
        if direction == "desc" { ordering.reverse() } else { ordering }
    });
    Ok(())
}
