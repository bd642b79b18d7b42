//! JSON values of the mapping language: reading, writing, texts, exact decimals.

use jaq_json::{Num, Val, read};

/// Deeper JSON is refused: the reader recurses, and an instance has one small stack.
const DEEPEST: usize = 128;

/// Parses JSON and keeps every number as it is written. Empty text is null.
pub(crate) fn parse(json: &[u8]) -> Result<Val, String> {
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    if json.iter().all(u8::is_ascii_whitespace) {
        return Ok(Val::Null);
    }
    // The reader knows more than JSON (comments, NaN, byte strings); a reply begins like JSON or is none.
    let begins = json.iter().find(|byte| !byte.is_ascii_whitespace());
    if begins.is_some_and(|byte| matches!(byte, b'#' | b'b' | b'N' | b'I' | b'+')) {
        return Err("it is no JSON".to_owned());
    }
    if too_deep(json) {
        return Err(format!("it is nested more than {DEEPEST} levels deep"));
    }
    read::parse_single(json).map_err(|error| format!("it is no JSON: {error}"))
}

/// JSON text of a value. Numbers stand as they were read.
pub(crate) fn to_json(value: &Val) -> String {
    value.to_string()
}

pub(crate) fn is_null(value: &Val) -> bool {
    matches!(value, Val::Null)
}

/// As jq sees it: anything but null and false.
pub(crate) fn is_true(value: &Val) -> bool {
    !matches!(value, Val::Null | Val::Bool(false))
}

/// A field of an object; null when there is none.
pub(crate) fn field(value: &Val, name: &str) -> Val {
    match value {
        Val::Obj(map) => map.get(&text(name)).cloned().unwrap_or_default(),
        _ => Val::Null,
    }
}

/// The object with one field set anew.
pub(crate) fn with_field(value: Val, name: &str, field: Val) -> Val {
    match value {
        Val::Obj(map) => {
            let mut map = (*map).clone();
            map.insert(text(name), field);
            Val::obj(map)
        }
        other => other,
    }
}

/// The object without one field.
pub(crate) fn without_field(value: Val, name: &str) -> Val {
    match value {
        Val::Obj(map) => {
            let name = text(name);
            match map.contains_key(&name) {
                true => Val::obj(
                    map.iter().filter(|(key, _)| **key != name).map(|(key, value)| (key.clone(), value.clone())).collect(),
                ),
                false => Val::Obj(map),
            }
        }
        other => other,
    }
}

/// An object from names and values.
pub(crate) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Val)>) -> Val {
    Val::obj(fields.into_iter().map(|(name, value)| (text(name), value)).collect())
}

pub(crate) fn text(text: &str) -> Val {
    Val::from(text.to_owned())
}

/// A text as it is, null as nothing, anything else as JSON.
pub(crate) fn text_of(value: &Val) -> String {
    match value {
        Val::Null => String::new(),
        Val::TStr(bytes) | Val::BStr(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => to_json(other),
    }
}

/// The contract's decimal text: sign, digits, fraction; every digit kept. The problem names no value.
pub(crate) fn decimal_text(value: &Val) -> Result<String, String> {
    match value {
        Val::Num(Num::Float(number)) => whole(*number).ok_or_else(|| INEXACT.to_owned()),
        Val::Num(number) => plain(&number.to_string()),
        Val::TStr(_) => plain(&text_of(value)),
        other => Err(format!("expected a decimal, found {}", super::shape(other))),
    }
}

const INEXACT: &str = "a fraction that jq calculated is not exact; use decimal_add, decimal_mul, decimal_div, decimal_sum";

/// A whole number that a float holds exactly.
fn whole(number: f64) -> Option<String> {
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then(|| format!("{number:.0}"))
}

/// Without exponent and plus sign; the digits stay as they are.
fn plain(number: &str) -> Result<String, String> {
    let none = || "expected a decimal number".to_owned();
    let (negative, unsigned) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent: i32 = exponent.parse().ok().filter(|exponent| (-64..=64).contains(exponent)).ok_or_else(none)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || mantissa.ends_with('.') {
        return Err(none());
    }
    let sign = if negative { "-" } else { "" };
    if exponent == 0 {
        return Ok(format!("{sign}{mantissa}"));
    }
    Ok(format!("{sign}{}", shifted(&digits, i32::try_from(whole.len()).map_err(|_| none())? + exponent)))
}

/// Digits with the point after `position` of them.
fn shifted(digits: &str, position: i32) -> String {
    let missing_before = usize::try_from(1 - position).unwrap_or(0);
    let padded = format!("{}{digits}", "0".repeat(missing_before));
    let position = usize::try_from(position).unwrap_or(0).max(1);
    let padded = format!("{padded}{}", "0".repeat(position.saturating_sub(padded.len())));
    let (whole, fraction) = padded.split_at_checked(position).unwrap_or((&padded, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

fn too_deep(json: &[u8]) -> bool {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest > DEEPEST
}
