//! `$filter`: comparisons of a field with a literal, joined by `and`, `or` and parentheses. There is no `in` in V2.

use crate::fault::Fault;
use crate::resource::string;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    Compare { field: String, operator: String, literal: Literal },
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    /// A day, in milliseconds since 1970.
    Day(i64),
}

impl Filter {
    /// `known` are the filterable fields.
    pub(crate) fn parse(text: &str, known: &[&str]) -> Result<Self, Fault> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, known };
        let filter = parser.alternatives()?;
        if parser.tokens.is_empty() {
            Ok(filter)
        } else {
            Err(Fault::syntax(format!("Unexpected {:?} in $filter", parser.tokens.first())))
        }
    }

    pub(crate) fn holds(&self, entity: &Value) -> bool {
        match self {
            Self::And(one, other) => one.holds(entity) && other.holds(entity),
            Self::Or(one, other) => one.holds(entity) || other.holds(entity),
            Self::Compare { field, operator, literal } => {
                let ordering = match literal {
                    Literal::Text(text) => entity[field].as_str().unwrap_or_default().cmp(text),
                    Literal::Day(day) => match crate::entity::milliseconds(&entity[field]) {
                        Some(value) => value.cmp(day),
                        None => return false,
                    },
                };
                match operator.as_str() {
                    "eq" => ordering.is_eq(),
                    "ne" => ordering.is_ne(),
                    "ge" => ordering.is_ge(),
                    "gt" => ordering.is_gt(),
                    "le" => ordering.is_le(),
                    _ => ordering.is_lt(),
                }
            }
        }
    }
}

struct Parser<'a> {
    tokens: &'a [String],
    known: &'a [&'a str],
}

impl Parser<'_> {
    fn next(&mut self) -> Result<String, Fault> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| Fault::syntax("Unexpected end of $filter"))?;
        self.tokens = rest;
        Ok(first.clone())
    }

    fn takes(&mut self, word: &str) -> bool {
        match self.tokens.split_first() {
            Some((first, rest)) if first == word => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn alternatives(&mut self) -> Result<Filter, Fault> {
        let mut filter = self.conjunction()?;
        while self.takes("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.conjunction()?));
        }
        Ok(filter)
    }

    fn conjunction(&mut self) -> Result<Filter, Fault> {
        let mut filter = self.term()?;
        while self.takes("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.term()?));
        }
        Ok(filter)
    }

    fn term(&mut self) -> Result<Filter, Fault> {
        if self.takes("(") {
            let filter = self.alternatives()?;
            return if self.takes(")") { Ok(filter) } else { Err(Fault::syntax("A parenthesis is not closed in $filter")) };
        }
        let field = self.next()?;
        if !self.known.contains(&field.as_str()) {
            return Err(Fault::syntax(format!("Property '{field}' is not filterable or does not exist")));
        }
        let operator = self.next()?;
        if !["eq", "ne", "ge", "gt", "le", "lt"].contains(&operator.as_str()) {
            return Err(Fault::syntax(format!("Operator '{operator}' is not supported")));
        }
        Ok(Filter::Compare { field, operator, literal: literal(&self.next()?)? })
    }
}

fn literal(token: &str) -> Result<Literal, Fault> {
    if let Some(rest) = token.strip_prefix("datetime") {
        let text = string(rest)?;
        let day = text.strip_suffix("T00:00:00").and_then(|day| day.parse::<jiff::civil::Date>().ok());
        let day = day.ok_or_else(|| Fault::syntax(format!("{token} is no date")))?;
        return Ok(Literal::Day(crate::entity::ms_of(day)));
    }
    string(token).map(Literal::Text)
}

/// Words, parentheses, and literals with their quotes.
fn tokens(text: &str) -> Result<Vec<String>, Fault> {
    let (mut found, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        quoted ^= character == '\'';
        match character {
            '(' | ')' if !quoted => {
                found.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                found.push(character.to_string());
            }
            ' ' if !quoted => found.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            character => word.push(character),
        }
    }
    if quoted {
        return Err(Fault::syntax("A literal is not closed in $filter"));
    }
    found.extend((!word.is_empty()).then_some(word));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KNOWN: [&str; 3] = ["A", "B", "Day"];

    #[test]
    fn comparisons_are_joined_as_written() {
        let filter =
            Filter::parse("A eq 'it''s' and (B eq '1' or B eq '2') and Day ge datetime'2026-11-22T00:00:00'", &KNOWN).unwrap();
        assert!(filter.holds(&json!({"A": "it's", "B": "2", "Day": "/Date(1795305600000)/"})));
        assert!(!filter.holds(&json!({"A": "it's", "B": "3", "Day": "/Date(1795305600000)/"})));
        assert!(!filter.holds(&json!({"A": "it's", "B": "2", "Day": "/Date(1795219200000)/"})));
    }

    #[test]
    fn what_v2_does_not_have_is_refused() {
        for wrong in [
            "A in ('1','2')",
            "C eq '1'",
            "A eq 1",
            "A eq 'x",
            "(A eq 'x'",
            "A eq 'x' and",
            "A eq 'x' A",
            "Day ge datetime'2026'",
        ] {
            assert_eq!(Filter::parse(wrong, &KNOWN).unwrap_err().status, 400, "{wrong}");
        }
    }
}
