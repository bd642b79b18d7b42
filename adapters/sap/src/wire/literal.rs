//! Keys, literals and filters of OData V2 URLs.

use ordergate_sdk::percent;

/// A string literal: quotes in it are doubled. Not encoded for a URL.
pub(crate) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A day in a filter or a function's argument.
pub(crate) fn date(day: &str) -> String {
    format!("datetime'{day}T00:00:00'")
}

/// The first instant of a day, in UTC.
pub(crate) fn midnight(day: &str) -> String {
    format!("datetimeoffset'{day}T00:00:00Z'")
}

/// A decimal; it must be decimal text.
pub(crate) fn decimal(value: &str) -> String {
    format!("{value}M")
}

pub(crate) fn eq(field: &str, value: &str) -> String {
    format!("{field} eq {}", text(value))
}

/// `(F eq 'a' or F eq 'b')`: V2 has no `in`.
pub(crate) fn one_of<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let alternatives: Vec<String> = values.into_iter().map(|value| eq(field, value)).collect();
    format!("({})", alternatives.join(" or "))
}

/// `A_SalesOrder('1')`, encoded as one segment of a path.
pub(crate) fn entity(set: &str, key: &str) -> String {
    format!("{set}({})", encoded(key))
}

/// `A_SalesOrderItem(SalesOrder='1',SalesOrderItem='10')`, encoded as one segment of a path.
pub(crate) fn compound(set: &str, keys: &[(&str, &str)]) -> String {
    let keys: Vec<String> = keys.iter().map(|(name, key)| format!("{name}={}", encoded(key))).collect();
    format!("{set}({})", keys.join(","))
}

/// `Name?a=…&b=…`, encoded; the values are literals already.
pub(crate) fn call(function: &str, arguments: &[(&str, String)]) -> String {
    let arguments: Vec<String> =
        arguments.iter().map(|(name, literal)| format!("{name}={}", percent::segment(literal))).collect();
    format!("{function}?{}", arguments.join("&"))
}

/// Quotes stay as they are: a path may have them, and gateways match keys more reliably that way.
fn encoded(key: &str) -> String {
    format!("'{}'", percent::segment(&key.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quote_in_a_key_or_filter_cannot_end_the_literal() {
        assert_eq!(eq("SoldToParty", "O'Neil' or 1 eq 1"), "SoldToParty eq 'O''Neil'' or 1 eq 1'");
        assert_eq!(entity("A_SalesOrder", "1')/x"), "A_SalesOrder('1%27%27%29%2Fx')");
        assert_eq!(compound("Set", &[("A", "1"), ("B", "10")]), "Set(A='1',B='10')");
    }

    #[test]
    fn function_arguments_are_encoded_literals() {
        let called = call("F", &[("Material", text("A&B")), ("At", midnight("2026-11-22")), ("Q", decimal("500"))]);
        assert_eq!(called, "F?Material=%27A%26B%27&At=datetimeoffset%272026-11-22T00%3A00%3A00Z%27&Q=500M");
    }

    #[test]
    fn alternatives_are_joined_by_or() {
        assert_eq!(one_of("Material", ["A", "B"]), "(Material eq 'A' or Material eq 'B')");
    }

    proptest! {
        #[test]
        fn an_unquoted_literal_is_the_value_again(value in "[a-z' ()/]{0,20}") {
            let literal = text(&value);
            let inside = &literal[1..literal.len() - 1];
            prop_assert_eq!(inside.replace("''", "'"), value);
            prop_assert_eq!(inside.matches('\'').count() % 2, 0);
        }
    }
}
