//! Two answers to one question, compared field by field. Pure.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::Value;

/// Most differences that one comparison tells.
const MOST: usize = 50;
/// Both adapters are asked one after the other: what their back ends count from now may differ by so much.
const ONE_AFTER_THE_OTHER: SignedDuration = SignedDuration::from_mins(1);
/// Longest shown value, in characters.
const SHOWN: usize = 120;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Where, in any answer: `[].price.amount`.
    pub field: String,
    /// Where, in this answer: `[3].price.amount`.
    pub place: String,
    pub live: String,
    pub shadow: String,
}

/// What differs, in the order of the fields. What is left out equals null, 1.50 equals 1.5, and instants within a minute are the same,
/// because both were asked one after the other; when an answer was made is not compared.
pub(super) fn differences(live: &Value, shadow: &Value) -> Vec<Difference> {
    let failure = |answer: &Value| answer.get("failure").map_or_else(|| "an answer".to_owned(), shown);
    let (one, other) = (failure(live), failure(shadow));
    let mut found = Vec::new();
    if one == other {
        compare(&Place::default(), live, shadow, &mut found);
    } else {
        found.push(Difference { field: "failure".into(), place: "failure".into(), live: one, shadow: other });
    }
    found
}

#[derive(Clone, Default)]
struct Place {
    field: String,
    place: String,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        // What an adapter puts into extensions is of its own naming.
        let field = if name == "ext" || self.field == "ext" || self.field.ends_with(".ext") { "ext" } else { name };
        let join = |head: &str, tail: &str| match head {
            "" => tail.to_owned(),
            head if head.ends_with("ext") && tail == "ext" => head.to_owned(),
            head => format!("{head}.{tail}"),
        };
        Self { field: join(&self.field, field), place: join(&self.place, &cut(name)) }
    }

    fn element(&self, name: &str) -> Self {
        Self { field: format!("{}[]", self.field), place: format!("{}[{}]", self.place, cut(name)) }
    }
}

static NOTHING: Value = Value::Null;

fn compare(place: &Place, live: &Value, shadow: &Value, found: &mut Vec<Difference>) {
    // Most of two long answers is equal: no place is made up for it.
    if found.len() >= MOST || live == shadow {
        return;
    }
    match (live, shadow) {
        (Value::Object(one), Value::Object(other)) => {
            let only_there = other.keys().filter(|name| !one.contains_key(*name));
            for name in one.keys().chain(only_there).filter(|name| *name != "as_of") {
                compare(&place.member(name), one.get(name).unwrap_or(&NOTHING), other.get(name).unwrap_or(&NOTHING), found);
            }
        }
        (Value::Array(one), Value::Array(other)) => compare_lists(place, one, other, found),
        (one, other) if is_same(one, other) => {}
        (one, other) => found.push(Difference {
            field: place.field.clone(),
            place: place.place.clone(),
            live: shown(one),
            shadow: shown(other),
        }),
    }
}

/// By number or identifier where every element of both has its own, else by position. Lists have as many elements as an adapter likes, so each is
/// looked up in no more than a map's time.
fn compare_lists(place: &Place, live: &[Value], shadow: &[Value], found: &mut Vec<Difference>) {
    let (Some(one), Some(other)) = (identities(live), identities(shadow)) else {
        for index in 0..live.len().max(shadow.len()) {
            if found.len() >= MOST {
                return;
            }
            let (live, shadow) = (live.get(index).unwrap_or(&NOTHING), shadow.get(index).unwrap_or(&NOTHING));
            compare(&place.element(&index.to_string()), live, shadow, found);
        }
        return;
    };
    let (live, shadow): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (one.iter().copied().zip(live).collect(), other.iter().copied().zip(shadow).collect());
    let only_there = other.iter().filter(|name| !live.contains_key(*name));
    for name in one.iter().chain(only_there) {
        if found.len() >= MOST {
            return;
        }
        let (live, shadow) = (live.get(name).copied(), shadow.get(name).copied());
        compare(&place.element(name), live.unwrap_or(&NOTHING), shadow.unwrap_or(&NOTHING), found);
    }
}

fn identities(list: &[Value]) -> Option<Vec<&str>> {
    ["number", "id"].into_iter().find_map(|field| {
        let names: Vec<_> = list.iter().map(|element| element.get(field).and_then(Value::as_str)).collect::<Option<_>>()?;
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        (unique.len() == names.len()).then_some(names)
    })
}

fn is_same(one: &Value, other: &Value) -> bool {
    let (Some(first), Some(second)) = (one.as_str(), other.as_str()) else { return one == other };
    let decimal = |text| Decimal::from_str(text).ok();
    let instant = |text: &str| text.parse::<Timestamp>().ok();
    first == second
        || decimal(first).is_some_and(|one| decimal(second) == Some(one))
        || instant(first).zip(instant(second)).is_some_and(|(one, other)| one.duration_since(other).abs() <= ONE_AFTER_THE_OTHER)
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    cut(&text)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(live: &Value, shadow: &Value) -> Vec<(String, String)> {
        differences(live, shadow).into_iter().map(|difference| (difference.field, difference.place)).collect()
    }

    fn at(field: &str, place: &str) -> Vec<(String, String)> {
        vec![(field.to_owned(), place.to_owned())]
    }

    #[test]
    fn equal_answers_have_no_differences_however_their_numbers_are_written() {
        let live = json!([{"price": {"amount": "12.50"}, "as_of": "2026-01-01T00:00:00Z"}]);
        let shadow = json!([{"price": {"amount": "12.5"}, "as_of": "2026-01-02T00:00:00Z", "note": null}]);
        assert_eq!(differences(&live, &shadow), vec![]);
    }

    #[test]
    fn instants_that_count_from_now_may_differ_by_a_minute() {
        let at = |time: &str| json!({ "valid_until": time });
        assert_eq!(differences(&at("2026-01-01T10:00:00Z"), &at("2026-01-01T11:00:30+01:00")), vec![]);
        assert_eq!(
            fields(&at("2026-01-01T10:00:00Z"), &at("2026-01-01T10:02:00Z")),
            super::tests::at("valid_until", "valid_until")
        );
    }

    #[test]
    fn a_failure_on_one_side_is_one_difference() {
        let found = differences(&json!([{"sku": "A"}]), &json!({"failure": "unavailable"}));
        assert_eq!(
            found,
            [Difference {
                field: "failure".into(),
                place: "failure".into(),
                live: "an answer".into(),
                shadow: "unavailable".into()
            }]
        );
        assert_eq!(differences(&json!({"failure": "timeout"}), &json!({"failure": "timeout"})), vec![]);
    }

    #[test]
    fn a_difference_names_its_field_and_its_place() {
        let live = json!([{"sku": "A", "price": {"amount": "1"}}, {"sku": "B", "price": {"amount": "2"}}]);
        let shadow = json!([{"sku": "A", "price": {"amount": "1"}}, {"sku": "B", "price": {"amount": "3"}}]);
        let found = differences(&live, &shadow);
        assert_eq!(
            found,
            vec![Difference {
                field: "[].price.amount".into(),
                place: "[1].price.amount".into(),
                live: "2".into(),
                shadow: "3".into()
            }]
        );
    }

    #[test]
    fn what_is_missing_on_either_side_is_a_difference() {
        assert_eq!(fields(&json!({"a": 1, "b": 2}), &json!({"a": 1})), at("b", "b"));
        assert_eq!(fields(&json!({"a": 1}), &json!({"a": 1, "b": 2})), at("b", "b"));
        assert_eq!(fields(&json!([1, 2]), &json!([1])), at("[]", "[1]"));
    }

    #[test]
    fn documents_are_compared_by_their_number_whatever_their_order() {
        let live = json!({"items": [{"number": "7", "status": "open"}, {"number": "8", "status": "open"}]});
        let shadow = json!({"items": [{"number": "8", "status": "open"}, {"number": "7", "status": "shipped"}]});
        assert_eq!(fields(&live, &shadow), at("items[].status", "items[7].status"));
    }

    #[test]
    fn extensions_are_one_field_however_an_adapter_names_them() {
        let live = json!({"line": {"ext": {"z1": "a"}}, "ext": {"deep": {"er": 1}}});
        let shadow = json!({"line": {"ext": {"z1": "b"}}, "ext": {"deep": {"er": 2}}});
        let mut found = fields(&live, &shadow);
        found.sort();
        assert_eq!(found, [("ext".to_owned(), "ext.deep.er".to_owned()), ("line.ext".to_owned(), "line.ext.z1".to_owned())]);
    }

    #[test]
    fn a_flood_of_differences_and_endless_values_are_cut() {
        let live: Vec<_> = (0..1_000).map(|number| json!(format!("a{number}"))).collect();
        let shadow: Vec<_> = (0..1_000).map(|_| json!("x".repeat(10_000))).collect();
        let found = differences(&json!(live), &json!(shadow));
        assert_eq!(found.len(), MOST);
        assert!(found.iter().all(|difference| difference.shadow.chars().count() == SHOWN + 1));
    }

    #[test]
    fn the_place_of_a_difference_is_cut_where_an_adapter_names_it() {
        let of =
            |value: &str| json!({"ext": {"k".repeat(1_000_000): value}, "lines": [{"id": "i".repeat(1_000_000), "a": value}]});
        let found = differences(&of("1"), &of("2"));
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|difference| difference.place.chars().count() < 2 * SHOWN), "{found:?}");
    }

    /// Compared each with each, they would take minutes.
    #[test]
    fn long_lists_are_compared_in_their_length() {
        let list = |from: usize| (from..from + 50_000).map(|number| json!({"id": number.to_string(), "a": "1"})).collect();
        let (one, other): (Vec<_>, Vec<_>) = (list(0), list(1));
        let found = differences(&json!(one), &json!(other));
        assert_eq!(found.iter().map(|difference| difference.place.as_str()).collect::<Vec<_>>(), ["[0]", "[50000]"]);
    }
}
