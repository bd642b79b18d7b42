//! Addresses: `Service/Set('key')`, `Service/Set(A='1',B='2')`, `Service/Function`, and query options.

use backend_server::{decoded, pairs};

use crate::fault::Fault;

/// What stands behind the service's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) set: String,
    /// Key fields; the name of a single one is empty.
    pub(crate) key: Option<Vec<(String, String)>>,
}

/// Query options in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(pairs(text))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Fault> {
        let parse = |text: &str| text.parse().map_err(|_| Fault::syntax(format!("{name} is no number")));
        self.get(name).map(parse).transpose()
    }

    /// Fails on a system query option that is not among these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        match self.0.iter().find(|(name, _)| name.starts_with('$') && !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Fault::syntax(format!("System query option '{name}' is not allowed here"))),
            None => Ok(()),
        }
    }
}

impl Resource {
    /// `text` is one segment, still encoded.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let text = decoded(text);
        let Some((set, rest)) = text.split_once('(') else { return Ok(Self { set: text, key: None }) };
        let inside = rest.strip_suffix(')').ok_or_else(|| Fault::syntax("Malformed key"))?;
        let key = literals(inside)?.into_iter().map(|(name, value)| Ok((name, string(&value)?))).collect::<Result<_, Fault>>()?;
        Ok(Self { set: set.to_owned(), key: Some(key) })
    }

    /// The value of a key field; the name does not matter when there is one only.
    pub(crate) fn key(&self, name: &str) -> Option<&str> {
        let key = self.key.as_ref()?;
        key.iter().find(|(known, _)| known == name || known.is_empty() && key.len() == 1).map(|(_, value)| value.as_str())
    }
}

/// `'a'` or `A='1',B='2'`; commas in quotes do not separate.
fn literals(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for character in text.chars() {
        quoted ^= character == '\'';
        match (character, quoted, parts.last_mut()) {
            (',', false, _) => parts.push(String::new()),
            (character, _, Some(part)) => part.push(character),
            _ => {}
        }
    }
    if quoted {
        return Err(Fault::syntax("Malformed literal"));
    }
    let pair = |part: &String| match part.split_once("='") {
        Some((name, value)) => (name.to_owned(), format!("'{value}")),
        None => (String::new(), part.clone()),
    };
    Ok(parts.iter().map(pair).collect())
}

/// What a string literal means.
pub(crate) fn string(literal: &str) -> Result<String, Fault> {
    let inside = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inside.map(|inside| inside.replace("''", "'")).ok_or_else(|| Fault::syntax(format!("{literal} is no string literal")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_and_without_names() {
        let one = Resource::parse("A_SalesOrder('1%27%27x')").unwrap();
        assert_eq!((one.set.as_str(), one.key("SalesOrder")), ("A_SalesOrder", Some("1'x")));
        let two = Resource::parse("A_SalesOrderItem(SalesOrder='1',SalesOrderItem='10')").unwrap();
        assert_eq!((two.key("SalesOrder"), two.key("SalesOrderItem")), (Some("1"), Some("10")));
        assert!(Resource::parse("A(1)").is_err() && Resource::parse("A('1").is_err());
    }

    #[test]
    fn query_options_that_are_not_known_are_refused() {
        let query = Query::parse("sap-client=100&%24top=5&$filter=a%20eq%20'b'");
        assert_eq!((query.get("$filter"), query.number("$top").unwrap()), (Some("a eq 'b'"), Some(5)));
        assert!(query.only(&["$top", "$filter"]).is_ok() && query.only(&["$top"]).is_err());
    }
}
