//! Row-match expressions: `A='x' and (B>='y' or C=7)`. Version 1 of the framework does not have them.

use crate::fault::Fault;
use serde_json::Value;

/// An expression that can be asked of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Match {
    All(Vec<Match>),
    Any(Vec<Match>),
    Is { field: String, operator: String, value: String },
}

impl Match {
    /// `known` are the attributes that can be asked for.
    pub(crate) fn parse(text: &str, known: &[&str]) -> Result<Self, Fault> {
        let parts = split(text, " and ")?;
        if parts.len() > 1 {
            return Ok(Self::All(parts.iter().map(|part| Self::parse(part, known)).collect::<Result<_, _>>()?));
        }
        let text = text.trim();
        if let Some(inside) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            let parts = split(inside, " or ")?;
            return Ok(Self::Any(parts.iter().map(|part| Self::parse(part, known)).collect::<Result<_, _>>()?));
        }
        comparison(text, known)
    }

    pub(crate) fn holds(&self, resource: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(resource)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(resource)),
            Self::Is { field, operator, value } => {
                let found = resource.get(field).map(|found| found.as_str().map_or_else(|| found.to_string(), ToOwned::to_owned));
                let Some(found) = found else { return false };
                match operator.as_str() {
                    "=" => found == *value,
                    ">=" => *found >= **value,
                    "<=" => *found <= **value,
                    ">" => *found > **value,
                    _ => *found < **value,
                }
            }
        }
    }
}

fn comparison(text: &str, known: &[&str]) -> Result<Match, Fault> {
    let wrong = || Fault::payload(format!("The expression {text} cannot be parsed"));
    let start = text.find(['=', '<', '>', ' ']).ok_or_else(wrong)?;
    let (field, rest) = text.split_at(start);
    let rest = rest.trim_start();
    let operator = [">=", "<=", "=", ">", "<"].into_iter().find(|operator| rest.starts_with(operator)).ok_or_else(wrong)?;
    let literal = rest.strip_prefix(operator).unwrap_or_default().trim();
    if !known.contains(&field) {
        return Err(Fault::payload(format!("Attribute {field} does not exist or cannot be queried")));
    }
    let quoted = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let value = match quoted {
        Some(inside) if !inside.contains('\'') => inside,
        None if !literal.is_empty() && literal.bytes().all(|byte| byte.is_ascii_digit()) => literal,
        _ => return Err(wrong()),
    };
    Ok(Match::Is { field: field.to_owned(), operator: operator.to_owned(), value: value.to_owned() })
}

/// At a word that stands neither in quotes nor in parentheses.
fn split<'a>(text: &'a str, word: &str) -> Result<Vec<&'a str>, Fault> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (place, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        let rest = text.get(place..).unwrap_or_default();
        if !quoted && depth == 0 && place >= start && rest.starts_with(word) {
            parts.push(text.get(start..place).unwrap_or_default());
            start = place + word.len();
        }
    }
    if quoted || depth != 0 {
        return Err(Fault::payload("The expression is not closed"));
    }
    parts.push(text.get(start..).unwrap_or_default());
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KNOWN: [&str; 3] = ["Name", "Day", "Id"];

    fn holds(expression: &str) -> bool {
        let resource = json!({"Name": "A and B", "Day": "2026-11-22", "Id": 300_000_000_000_012_345_u64});
        Match::parse(expression, &KNOWN).unwrap().holds(&resource)
    }

    #[test]
    fn expressions_are_understood() {
        assert!(holds("Name='A and B' and Day>='2026-11-01'") && holds("Id=300000000000012345"));
        assert!(holds("(Name='x' or Name='A and B') and Day<='2026-11-22'"));
        assert!(!holds("Name='x'") && !holds("Day > '2026-11-22'"));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for wrong in ["", "Name", "Name=x", "Other='1'", "Name='a' or 'b'", "Name='it''s'", "Name='a", "(Name='a'", "Name=='a'"] {
            assert_eq!(Match::parse(wrong, &KNOWN).map_err(|fault| fault.status), Err(400), "{wrong}");
        }
    }
}
