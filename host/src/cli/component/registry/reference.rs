//! Names of artifacts: `registry.example.com:5000/adapters/erp:1.2.0` or `…/erp@sha256:…`.

use std::fmt;
use std::str::FromStr;

/// One artifact in a registry. Names no registry by default, and no tag: what is loaded is said in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Reference {
    /// Host, and port when it is not the usual one.
    pub registry: String,
    pub repository: String,
    pub version: Version,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Version {
    Tag(String),
    /// `sha256:` and 64 hexadecimal digits.
    Digest(String),
}

impl Version {
    pub(super) fn as_str(&self) -> &str {
        let (Self::Tag(text) | Self::Digest(text)) = self;
        text
    }
}

impl Reference {
    /// The same repository, at a digest.
    pub(in super::super) fn at(&self, digest: &str) -> Self {
        Self { version: Version::Digest(digest.to_owned()), ..self.clone() }
    }

    /// The last part of the repository's name: `erp` of `adapters/erp`.
    pub(in super::super) fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if matches!(self.version, Version::Tag(_)) { ':' } else { '@' };
        write!(f, "{}/{}{mark}{}", self.registry, self.repository, self.version.as_str())
    }
}

/// Why a text names no artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum ReferenceError {
    #[error("it names no registry: write REGISTRY/NAME:TAG, such as registry.example.com/adapters/erp:1.2.0")]
    Registry,
    #[error("a repository has small letters and digits, joined by '.', '_', '-' or '/', such as adapters/erp")]
    Repository,
    #[error("it names no version: end it with :TAG, such as :1.2.0, or with @sha256:DIGEST")]
    Version,
    #[error("a tag has at most 128 letters, digits, '.', '_' and '-'")]
    Tag,
    #[error("a digest is sha256: and 64 hexadecimal digits in small letters")]
    Digest,
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (registry, rest) = text.split_once('/').ok_or(ReferenceError::Registry)?;
        if !is_registry(registry) {
            return Err(ReferenceError::Registry);
        }
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (rest, None),
        };
        let (repository, tag) = match name.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (name, None),
        };
        if !is_repository(repository) {
            return Err(ReferenceError::Repository);
        }
        // Of a tag with a digest the digest counts, as everywhere.
        let version = match (digest, tag) {
            (Some(digest), _) if is_digest(digest) => Version::Digest(digest.to_owned()),
            (Some(_), _) => return Err(ReferenceError::Digest),
            (None, Some(tag)) if is_tag(tag) => Version::Tag(tag.to_owned()),
            (None, Some(_)) => return Err(ReferenceError::Tag),
            (None, None) => return Err(ReferenceError::Version),
        };
        Ok(Self { registry: registry.to_owned(), repository: repository.to_owned(), version })
    }
}

pub(super) fn is_digest(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(is_hex))
}

/// A host name is told from the first part of a repository by a dot, a port, or being this machine.
fn is_registry(text: &str) -> bool {
    let is_host = text.contains('.') || text.contains(':') || text == "localhost";
    is_host && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

fn is_repository(text: &str) -> bool {
    let is_part = |part: &str| {
        let letters_fit = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte));
        let is_end = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
        letters_fit && is_end(part.chars().next()) && is_end(part.chars().next_back())
    };
    text.len() <= 255 && text.split('/').all(is_part)
}

fn is_tag(text: &str) -> bool {
    let letters_fit = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    (1..=128).contains(&text.len()) && letters_fit && !text.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for text in
            ["registry.example.com/adapters/erp:1.2.0", "localhost/erp:x", "127.0.0.1:5000/a/b_c-d.e:v1", "[::1]:5000/erp:1"]
        {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
        let both: Reference = format!("r.example/adapters/erp:1.2.0@{digest}").parse().unwrap();
        assert_eq!(both.to_string(), format!("r.example/adapters/erp@{digest}"));
        assert_eq!((both.name(), &both.version), ("erp", &Version::Digest(digest)));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, error) in [
            ("erp:1.2.0", ReferenceError::Registry),
            ("adapters/erp:1.2.0", ReferenceError::Registry),
            ("user@r.example/erp:1", ReferenceError::Registry),
            ("r.example/erp", ReferenceError::Version),
            ("r.example/Erp:1", ReferenceError::Repository),
            ("r.example/a//b:1", ReferenceError::Repository),
            ("r.example/../b:1", ReferenceError::Repository),
            ("r.example/erp:", ReferenceError::Tag),
            ("r.example/erp:-x", ReferenceError::Tag),
            ("r.example/erp@sha256:AB", ReferenceError::Digest),
            ("r.example/erp@md5:00", ReferenceError::Digest),
        ] {
            assert_eq!(text.parse::<Reference>(), Err(error), "{text}");
        }
    }
}
