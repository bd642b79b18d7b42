//! Error texts without data: replies hold names, addresses and prices, which must not reach logs through a mapping error.

use jaq_json::Val;

const LONGEST: usize = 240;

/// What kind of value it is: type, and for objects the first field names.
pub(crate) fn shape(value: &Val) -> String {
    match value {
        Val::Null => "null".to_owned(),
        Val::Bool(_) => "a boolean".to_owned(),
        Val::Num(_) => "a number".to_owned(),
        Val::BStr(_) | Val::TStr(_) => "a text".to_owned(),
        Val::Arr(items) => format!("an array of {}", items.len()),
        Val::Obj(map) if map.is_empty() => "an empty object".to_owned(),
        Val::Obj(map) => {
            let names: Vec<String> =
                map.keys().take(6).map(|key| super::value::text_of(key).chars().take(30).collect()).collect();
            let more = if map.len() > 6 { ", …" } else { "" };
            format!("an object with {}{more}", names.join(", "))
        }
    }
}

/// A message of the mapping engine with the JSON values in it replaced by their shapes. The key in `with "key"` stays.
pub(super) fn message(said: &str) -> String {
    let mut clean = String::new();
    let mut rest = said;
    while let Some(start) = rest.find(['"', '{', '[']) {
        let (before, from) = rest.split_at(start);
        clean.push_str(before);
        let length = literal_length(from);
        let (literal, after) = from.split_at(length);
        clean.push_str(&replacement(before, literal));
        rest = after;
        if clean.len() > LONGEST {
            break;
        }
    }
    clean.push_str(rest);
    clean.chars().take(LONGEST).collect()
}

fn replacement(before: &str, literal: &str) -> String {
    if before.ends_with(" with ") && literal.len() <= 42 {
        return literal.to_owned();
    }
    super::value::parse(literal.as_bytes()).map_or_else(|_| "…".to_owned(), |value| shape(&value))
}

/// Bytes of the JSON literal at the start of `text`; all of `text` when it does not end.
fn literal_length(text: &str) -> usize {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && !in_text && !escaped {
            return index + 1;
        }
    }
    text.len()
}
