//! The services, each with its entity sets; and what all of them do alike with lists.

pub(crate) mod atp;
pub(crate) mod conditions;
pub(crate) mod orders;
pub(crate) mod quotations;
pub(crate) mod simulation;

use crate::entity::{etag, shown, text};
use crate::fault::Fault;
use crate::filter::Filter;
use crate::resource::Query;
use serde_json::{Value, json};

/// Options of a list.
const OF_LISTS: [&str; 8] = ["$filter", "$orderby", "$top", "$skip", "$expand", "$skiptoken", "$inlinecount", "$format"];

/// An entity set that can be listed.
pub(crate) struct Listed<'a> {
    /// Below the service, for the address of the next page.
    pub(crate) path: &'a str,
    pub(crate) filterable: &'a [&'a str],
    pub(crate) navigations: &'a [&'a str],
    /// Most entities of one page.
    pub(crate) page_size: usize,
}

/// One page: filtered, sorted, cut where the caller or the server likes.
pub(crate) fn page(listed: &Listed<'_>, all: &[Value], query: &Query) -> Result<Value, Fault> {
    query.only(&OF_LISTS)?;
    let filter = query.get("$filter").map(|text| Filter::parse(text, listed.filterable)).transpose()?;
    let expand = expansions(query, listed.navigations)?;
    let mut found: Vec<&Value> = all.iter().filter(|entity| filter.as_ref().is_none_or(|filter| filter.holds(entity))).collect();
    sort(&mut found, query, listed.filterable)?;
    let start = match query.get("$skiptoken") {
        Some(token) => token
            .strip_prefix("row")
            .and_then(|row| row.parse().ok())
            .ok_or_else(|| Fault::syntax("The skip token is not valid"))?,
        None => query.number("$skip")?.unwrap_or(0),
    };
    let wanted = query.number("$top")?.unwrap_or(usize::MAX);
    let rest: Vec<&Value> = found.iter().skip(start).copied().collect();
    let given = wanted.min(listed.page_size).min(rest.len());
    let results: Vec<Value> =
        rest.iter().take(given).map(|entity| shown(entity, &expand, entity_tag(entity).as_deref())).collect();
    let mut data = json!({"results": results});
    if query.get("$inlinecount") == Some("allpages") {
        orders::merge(&mut data, json!({"__count": found.len().to_string()}));
    }
    if given < wanted && given < rest.len() {
        let top = if wanted == usize::MAX { String::new() } else { format!("&$top={}", wanted - given) };
        let kept = ["$filter", "$orderby", "$expand"].into_iter();
        let kept: Vec<String> = kept.filter_map(|name| Some(format!("{name}={}", encoded(query.get(name)?)))).collect();
        let next = format!("https://s4.example/{}?{}{top}&$skiptoken=row{}", listed.path, kept.join("&"), start + given);
        orders::merge(&mut data, json!({"__next": next}));
    }
    Ok(json!({"d": data}))
}

/// `$expand`, of navigations that are there.
pub(crate) fn expansions<'a>(query: &'a Query, navigations: &[&str]) -> Result<Vec<&'a str>, Fault> {
    let paths: Vec<&str> = query
        .get("$expand")
        .into_iter()
        .flat_map(|paths| paths.split(','))
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .collect();
    match paths.iter().find(|path| !navigations.contains(path)) {
        Some(unknown) => Err(Fault::syntax(format!("Invalid navigation '{unknown}' in $expand"))),
        None => Ok(paths),
    }
}

pub(crate) fn entity_tag(entity: &Value) -> Option<String> {
    entity.get("LastChangeDateTime").map(etag)
}

fn sort(found: &mut [&Value], query: &Query, known: &[&str]) -> Result<(), Fault> {
    let fields: Vec<&str> = query.get("$orderby").into_iter().flat_map(|fields| fields.split(',')).map(str::trim).collect();
    for field in fields.into_iter().rev() {
        let (name, descending) = match field.split_once(' ') {
            Some((name, "desc")) => (name, true),
            Some((name, "asc")) => (name, false),
            Some(_) => return Err(Fault::syntax("Malformed $orderby")),
            None => (field, false),
        };
        if !known.contains(&name) {
            return Err(Fault::syntax(format!("Property '{name}' is not sortable or does not exist")));
        }
        found.sort_by(|one, other| {
            let ordering = text(one, name).cmp(text(other, name));
            if descending { ordering.reverse() } else { ordering }
        });
    }
    Ok(())
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~$(),:/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
