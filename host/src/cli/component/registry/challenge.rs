//! What a registry asks of who is not known to it (RFC 9110, section 11.6.1; the token flow of the distribution specification). Pure.

use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Name and password, with every request.
    Basic,
    /// A token, which `realm` gives.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

impl Challenge {
    /// The value of `WWW-Authenticate`; none when it asks for something else.
    pub(super) fn read(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => Some(Self::Basic),
            "bearer" => {
                let mut given = parameters(rest);
                let realm = given.remove("realm")?;
                Some(Self::Bearer { realm, service: given.remove("service"), scope: given.remove("scope") })
            }
            _ => None,
        }
    }
}

/// `name="value", name=value`: values may have commas in quotes.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.insert(name.trim_matches([' ', ',']).to_ascii_lowercase(), value.trim().to_owned());
        rest = left;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_be_let_in_are_understood() {
        assert_eq!(Challenge::read("Basic realm=\"registry\""), Some(Challenge::Basic));
        let header = "Bearer realm=\"https://auth.example/token\",service=\"r.example\", scope=\"repository:a/b:pull,push\"";
        let expected = Challenge::Bearer {
            realm: "https://auth.example/token".into(),
            service: Some("r.example".into()),
            scope: Some("repository:a/b:pull,push".into()),
        };
        assert_eq!(Challenge::read(header), Some(expected));
        let plain = Challenge::read("bearer realm=https://auth.example/token,service=x");
        assert!(matches!(plain, Some(Challenge::Bearer { service: Some(service), scope: None, .. }) if service == "x"));
    }

    #[test]
    fn anything_else_is_none_of_them() {
        for header in ["", "Negotiate abc", "Bearer", "Bearer realm", "Bearer service=\"x\""] {
            assert_eq!(Challenge::read(header), None, "{header}");
        }
    }
}
