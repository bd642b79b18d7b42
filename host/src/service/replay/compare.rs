//! What an adapter asks now beside what it asked then. Pure.

use serde::Serialize;
use serde_json::Value;

use crate::domain::{Excerpt, Exchange};

/// Most differences that are told of one request.
const MOST: usize = 50;
/// Longest shown value, in characters.
const SHOWN: usize = 200;

/// One request of both, or of one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedExchange {
    pub request: Sameness,
    /// What differs in the bodies.
    pub differences: Vec<Difference>,
    pub then: Option<Exchange>,
    pub now: Option<Exchange>,
}

/// How a request of now stands to those of then. They are the same request when endpoint, method and target are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sameness {
    Same,
    /// The same request with another body: the answer that is played is one to the body of then.
    OtherBody,
    /// Nothing answered it: the back end was never asked this.
    New,
    /// It is not asked any more.
    Gone,
}

/// One place of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// JSON pointer (RFC 6901) into a JSON body, `line N` of any other.
    pub place: String,
    pub then: Option<String>,
    pub now: Option<String>,
}

/// Pairs the requests as they were played: each of now with the first one of then that is like it and has no partner yet.
pub(super) fn compared(then: Vec<Exchange>, now: Vec<Exchange>) -> Vec<ComparedExchange> {
    let mut then: Vec<_> = then.into_iter().map(Some).collect();
    let mut pairs = Vec::new();
    for now in now {
        let partner = then.iter_mut().find(|then| then.as_ref().is_some_and(|then| is_like(then, &now)));
        pairs.push((partner.and_then(Option::take), Some(now)));
    }
    pairs.extend(then.into_iter().flatten().map(|gone| (Some(gone), None)));
    pairs.into_iter().map(|(then, now)| pair(then, now)).collect()
}

fn is_like(one: &Exchange, other: &Exchange) -> bool {
    (&one.endpoint, &one.method, &one.target) == (&other.endpoint, &other.method, &other.target)
}

fn pair(then: Option<Exchange>, now: Option<Exchange>) -> ComparedExchange {
    let (request, differences) = match (&then, &now) {
        (Some(then), Some(now)) => {
            let found = differences(text(then.request.as_ref()), text(now.request.as_ref()));
            (if found.is_empty() { Sameness::Same } else { Sameness::OtherBody }, found)
        }
        (None, _) => (Sameness::New, Vec::new()),
        (_, None) => (Sameness::Gone, Vec::new()),
    };
    ComparedExchange { request, differences, then, now }
}

fn text(excerpt: Option<&Excerpt>) -> &str {
    excerpt.and_then(|excerpt| excerpt.text.as_deref()).unwrap_or_default()
}

fn differences(then: &str, now: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    match (serde_json::from_str(then), serde_json::from_str(now)) {
        (Ok(then), Ok(now)) => compare("", Some(&then), Some(&now), &mut found),
        _ => compare_lines(then, now, &mut found),
    }
    found.truncate(MOST);
    found
}

fn compare(place: &str, then: Option<&Value>, now: Option<&Value>, found: &mut Vec<Difference>) {
    if found.len() >= MOST || then == now {
        return;
    }
    match (then, now) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let only_now = other.keys().filter(|name| !one.contains_key(*name));
            for name in one.keys().chain(only_now) {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                compare(&place, one.get(name), other.get(name), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for index in 0..one.len().max(other.len()) {
                compare(&format!("{place}/{index}"), one.get(index), other.get(index), found);
            }
        }
        (then, now) => found.push(Difference { place: place.to_owned(), then: then.map(shown), now: now.map(shown) }),
    }
}

fn compare_lines(then: &str, now: &str, found: &mut Vec<Difference>) {
    let (mut one, mut other) = (then.lines(), now.lines());
    for number in 1.. {
        let (then, now) = (one.next(), other.next());
        if (then.is_none() && now.is_none()) || found.len() >= MOST {
            return;
        }
        if then != now {
            let place = format!("line {number}");
            found.push(Difference { place, then: then.map(cut), now: now.map(cut) });
        }
    }
}

fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(target: &str, body: &str) -> Exchange {
        Exchange {
            endpoint: "api".into(),
            method: "POST".into(),
            target: target.into(),
            session: vec![],
            request: Some(Excerpt { text: Some(body.into()), bytes: body.len(), is_cut: false }),
            status: Some(200),
            headers: vec![],
            reply: None,
            failure: None,
            took_ms: None,
        }
    }

    fn told(then: &str, now: &str) -> Vec<(String, Option<String>, Option<String>)> {
        differences(then, now).into_iter().map(|one| (one.place, one.then, one.now)).collect()
    }

    #[test]
    fn t11_every_place_of_a_body_that_differs_is_told() {
        let then = r#"{"po":"PO-1","lines":[{"qty":"1.5"},{"qty":"2"}],"a/b":1}"#;
        let now = r#"{"po":"PO-1","lines":[{"qty":"1.50"}],"note":"x","a/b":2}"#;
        assert_eq!(
            told(then, now),
            [
                ("/a~1b".into(), Some("1".into()), Some("2".into())),
                ("/lines/0/qty".into(), Some("\"1.5\"".into()), Some("\"1.50\"".into())),
                ("/lines/1".into(), Some("{\"qty\":\"2\"}".into()), None),
                ("/note".into(), None, Some("\"x\"".into())),
            ]
        );
        assert_eq!(told(then, then), []);
        assert_eq!(told("<a>\n<b>1</b>", "<a>\n<b>2</b>"), [("line 2".into(), Some("<b>1</b>".into()), Some("<b>2</b>".into()))]);
    }

    #[test]
    fn t11_a_request_is_paired_with_the_one_that_it_was_and_others_are_new_or_gone() {
        let then = vec![exchange("/token", ""), exchange("/orders", "{\"a\":1}"), exchange("/old", "")];
        let now = vec![exchange("/orders", "{\"a\":2}"), exchange("/new", ""), exchange("/token", ""), exchange("/token", "")];
        let found: Vec<_> = compared(then, now).into_iter().map(|one| one.request).collect();
        assert_eq!(found, [Sameness::OtherBody, Sameness::New, Sameness::Same, Sameness::New, Sameness::Gone]);
    }

    #[test]
    fn what_is_told_of_a_request_is_bounded() {
        let many = |number: usize| (0..number).map(|n| format!("\"{n}\":{n}")).collect::<Vec<_>>().join(",");
        assert_eq!(told("{}", &format!("{{{}}}", many(1_000))).len(), MOST);
        assert_eq!(
            told("1", &format!("\"{}\"", "x".repeat(1_000)))[0].2.as_ref().map(|text| text.chars().count()),
            Some(SHOWN + 1)
        );
    }
}
