//! Row-match expressions for `q` (REST framework version 2 and later). A value that could end its literal is not expressed at all: how it would have
//! to be escaped is not documented.

/// `Field='value'`
pub(crate) fn eq(field: &str, value: &str) -> Option<String> {
    compare(field, "=", value)
}

/// `Field>='value'`, or another operator.
pub(crate) fn compare(field: &str, operator: &str, value: &str) -> Option<String> {
    let is_plain = !value.is_empty() && value.chars().all(|one| !matches!(one, '\'' | '"' | '\\' | ';') && !one.is_control());
    is_plain.then(|| format!("{field}{operator}'{value}'"))
}

/// All of them.
pub(crate) fn and(parts: &[String]) -> String {
    parts.join(" and ")
}

/// Any of them.
pub(crate) fn or(parts: &[String]) -> String {
    format!("({})", parts.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn expressions_are_joined() {
        let both = [eq("BuyingPartyNumber", "10060").unwrap(), compare("CreationDate", ">=", "2026-11-01").unwrap()];
        assert_eq!(and(&both), "BuyingPartyNumber='10060' and CreationDate>='2026-11-01'");
        assert_eq!(or(&both), "(BuyingPartyNumber='10060' or CreationDate>='2026-11-01')");
    }

    #[test]
    fn a_value_that_could_end_its_literal_is_not_expressed() {
        for wrong in ["O'Neil", "x' or HeaderId>'0", "a\\", "a\"b", "a;b", "a\nb", ""] {
            assert_eq!(eq("CustomerPONumber", wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_expressed_has_exactly_one_literal(value in ".{0,20}") {
            if let Some(expression) = eq("F", &value) {
                prop_assert_eq!(expression.matches('\'').count(), 2);
            }
        }
    }
}
