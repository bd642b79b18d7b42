//! `[trust]`: whose signatures make an adapter acceptable. Read by `adapter` when a component is loaded and by the `adapter` commands; checks no
//! signature itself.

use std::fmt;

use data_encoding::BASE64;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

/// Bytes of a minisign public key: algorithm, key ID, Ed25519 key.
const KEY_BYTES: usize = 42;

/// Which components may be loaded.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct TrustConfig {
    /// Whether every component needs a valid signature by one of the keys. A signature that is there and broken is refused in any case.
    pub require_signatures: bool,
    pub keys: Vec<TrustedKey>,
}

impl Default for TrustConfig {
    fn default() -> Self {
        Self { require_signatures: true, keys: Vec::new() }
    }
}

impl TrustConfig {
    /// The names of the keys, for messages.
    pub fn names(&self) -> String {
        self.keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The key with this ID.
    pub fn key(&self, id: KeyId) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.public_key.id() == id)
    }
}

/// One trusted signer.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// Whose it is, for messages and the lock file.
    pub name: String,
    pub public_key: PublicKey,
    /// The last day (UTC) on which a signature by this key is accepted.
    pub expires: Option<Date>,
}

impl TrustedKey {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|last| now.to_zoned(TimeZone::UTC).date() > last)
    }
}

/// A minisign public key: the second line of a `.pub` file.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: minisign_verify::PublicKey,
}

impl PublicKey {
    /// From base64 text, or from the text of a `.pub` file.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let text = text.trim().lines().next_back().unwrap_or_default().trim();
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| KeyTextError)?;
        let id = bytes.get(2..10).and_then(|id| id.try_into().ok()).map(KeyId).ok_or(KeyTextError)?;
        let key = minisign_verify::PublicKey::from_base64(text).map_err(|_| KeyTextError)?;
        (bytes.len() == KEY_BYTES).then_some(Self { id, key }).ok_or(KeyTextError)
    }

    pub fn id(&self) -> KeyId {
        self.id
    }

    /// For checking a signature.
    pub fn minisign(&self) -> &minisign_verify::PublicKey {
        &self.key
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The text is no public key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no minisign public key: write the second line of its .pub file, 56 characters that begin with RW (`ordergate adapter keygen` prints it)"
)]
pub struct KeyTextError;

/// Which key made a signature; shown as minisign shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From minisign's manual.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn a_key_is_known_by_the_id_that_minisign_prints() {
        let key = PublicKey::parse(KEY).unwrap();
        assert_eq!(key.id().to_string(), "E7620F1842B4E81F");
        let file = format!("untrusted comment: minisign public key E7620F1842B4E81F\n{KEY}\n");
        assert_eq!(PublicKey::parse(&file).unwrap(), key);
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        for text in ["", "RW", "hunter2", "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO", "äöü"] {
            assert_eq!(PublicKey::parse(text).err(), Some(KeyTextError), "{text}");
        }
    }

    #[test]
    fn signatures_are_required_unless_the_operator_says_otherwise() {
        assert!(toml::from_str::<TrustConfig>("").unwrap().require_signatures);
        assert!(!toml::from_str::<TrustConfig>("require_signatures = false").unwrap().require_signatures);
    }

    #[test]
    fn a_key_is_good_through_its_last_day() {
        let text = format!("keys = [{{ name = 'acme', public_key = '{KEY}', expires = '2027-12-31' }}]");
        let trust: TrustConfig = toml::from_str(&text).unwrap();
        let key = &trust.keys[0];
        assert!(!key.is_expired("2027-12-31T23:59:59Z".parse().unwrap()));
        assert!(key.is_expired("2028-01-01T00:00:00Z".parse().unwrap()));
    }
}
