//! Which generation a decision is about. Somebody decides on what was shown to them; when the decision arrives, another generation may stand there.

use std::fmt;

use super::Adapter;

/// As far as whoever decides has said. When nothing is said: whichever stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    pub generation: Option<u64>,
    /// The component's SHA-256 in hexadecimal, or its beginning.
    pub digest: Option<String>,
}

impl Meant {
    pub(super) fn generation(number: u64) -> Self {
        Self { generation: Some(number), digest: None }
    }

    pub(super) fn is(&self, adapter: &Adapter) -> bool {
        self.fits(adapter.generation(), adapter.digest())
    }

    fn fits(&self, generation: u64, digest: &str) -> bool {
        let begins = |meant: &String| digest.get(..meant.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(meant));
        self.generation.is_none_or(|number| number == generation) && self.digest.as_ref().is_none_or(begins)
    }
}

impl fmt::Display for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.generation, &self.digest) {
            (None, None) => f.write_str("any generation"),
            (Some(number), None) => write!(f, "generation {number}"),
            (None, Some(digest)) => write!(f, "the digest {digest}"),
            (Some(number), Some(digest)) => write!(f, "generation {number} with the digest {digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_was_said_has_to_fit() {
        let digest = "ab12".repeat(16);
        let meant = |generation, digest: Option<&str>| Meant { generation, digest: digest.map(str::to_owned) };
        assert!(Meant::default().fits(3, &digest) && meant(Some(3), None).fits(3, &digest));
        assert!(meant(Some(3), Some("AB12ab")).fits(3, &digest) && meant(None, Some(&digest)).fits(3, &digest));
        assert!(!meant(Some(2), Some("ab12")).fits(3, &digest) && !meant(Some(3), Some("ab13")).fits(3, &digest));
        assert!(!meant(None, Some(&format!("{digest}00"))).fits(3, &digest), "longer than any digest");
    }
}
