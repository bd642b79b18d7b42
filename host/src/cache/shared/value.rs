//! An answer as it lies in the shared cache, format 1: lines of text, so that a person can read it.
//!
//! ```text
//! ordergate 1 -                                  (or the tag of a signature, in hexadecimal)
//! ["…","erp","main",1,"NW-1014",…]               the whole key
//! {"asked":1795641029361107,"under":["…","…"],"as_of":null,"answer":{"value":{…}}}
//! ```
//!
//! Whatever does not fit is no value: another format, another key, another signature, what cannot be read.

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::names::FORMAT;
use crate::config::Secret;
use crate::domain::Failure;

/// What is written and read of an answer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Value<V> {
    /// When it was looked for before it was asked, by the server's clock: microseconds since 1970.
    pub(super) asked: u64,
    /// The versions that it was asked under.
    pub(super) under: [String; 2],
    /// When the back end determined it, where it says so.
    pub(super) as_of: Option<Timestamp>,
    pub(super) answer: Answer<V>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer<V> {
    Value(V),
    /// "There is no such thing" is remembered as well.
    Failure(Failure),
}

/// Why stored bytes are no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Another format, or what cannot be read.
    Unreadable,
    /// The answer to another key.
    Foreign,
    /// The signature is not ours.
    Forged,
}

/// Signs values, when there is a key.
pub(super) struct Signer(Option<Hmac<Sha256>>);

impl Signer {
    pub(super) fn new(key: Option<&Secret>) -> Self {
        // A key of any length will do.
        Self(key.and_then(|key| Hmac::new_from_slice(key.expose().as_bytes()).ok()))
    }

    /// The tag of a text; `-` without a key.
    fn tag(&self, text: &str) -> String {
        self.0.clone().map_or_else(|| "-".to_owned(), |mac| HEXLOWER.encode(&mac.chain_update(text).finalize().into_bytes()))
    }

    /// In constant time.
    fn accepts(&self, tag: &str, text: &str) -> bool {
        let Some(mac) = self.0.clone() else { return true };
        HEXLOWER.decode(tag.as_bytes()).is_ok_and(|tag| mac.chain_update(text).verify_slice(&tag).is_ok())
    }
}

/// As it is stored; nothing when it cannot be written.
pub(super) fn encode<V: Serialize>(signer: &Signer, key: &str, value: &Value<V>) -> Option<Vec<u8>> {
    let text = format!("{key}\n{}", serde_json::to_string(value).ok()?);
    Some(format!("ordergate {FORMAT} {}\n{text}", signer.tag(&text)).into_bytes())
}

/// What is stored under a key.
pub(super) fn decode<V: DeserializeOwned>(signer: &Signer, key: &str, stored: &[u8]) -> Result<Value<V>, Unusable> {
    let text = std::str::from_utf8(stored).map_err(|_| Unusable::Unreadable)?;
    let tagged = text.strip_prefix(&format!("ordergate {FORMAT} ")).ok_or(Unusable::Unreadable)?;
    let (tag, text) = tagged.split_once('\n').ok_or(Unusable::Unreadable)?;
    if !signer.accepts(tag, text) {
        return Err(Unusable::Forged);
    }
    let (stored_key, value) = text.split_once('\n').ok_or(Unusable::Unreadable)?;
    if stored_key != key {
        return Err(Unusable::Foreign);
    }
    serde_json::from_str(value).map_err(|_| Unusable::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureCode;
    use proptest::prelude::*;

    fn signer(key: Option<&str>) -> Signer {
        Signer::new(key.map(Secret::new).as_ref())
    }

    fn value(answer: Answer<u32>) -> Value<u32> {
        Value { asked: 1_795_641_029_361_107, under: ["v".into(), "w".into()], as_of: Some(Timestamp::UNIX_EPOCH), answer }
    }

    #[test]
    fn what_was_written_is_read() {
        for key in [None, Some("secret")] {
            for answer in [7.into(), Answer::Failure(Failure::new(FailureCode::NotFound, "no such item"))] {
                let value = value(answer);
                let stored = encode(&signer(key), "[\"A\"]", &value).unwrap();
                assert_eq!(decode::<u32>(&signer(key), "[\"A\"]", &stored), Ok(value));
            }
        }
    }

    impl From<u32> for Answer<u32> {
        fn from(number: u32) -> Self {
            Self::Value(number)
        }
    }

    #[test]
    fn another_key_another_format_and_what_cannot_be_read_is_no_value() {
        let stored = encode(&signer(None), "[\"A\"]", &value(7.into())).unwrap();
        let text = String::from_utf8(stored.clone()).unwrap();
        let read = |text: &str| decode::<u32>(&signer(None), "[\"A\"]", text.as_bytes());
        assert_eq!(decode::<u32>(&signer(None), "[\"B\"]", &stored), Err(Unusable::Foreign));
        for broken in [
            text.replace("ordergate 1", "ordergate 2"),
            text.replace("asked", "asks"),
            text.replace("\"as_of\"", "\"more\":1,\"as_of\""),
            text.replace("1795641029361107", "-1"),
            text.replace("{\"value\":7}", &"[".repeat(100_000)),
            text[..text.len() - 1].to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&broken), Err(Unusable::Unreadable), "{broken:.80}");
        }
        assert_eq!(decode::<u32>(&signer(None), "[\"A\"]", b"\xff\xfe"), Err(Unusable::Unreadable));
    }

    #[test]
    fn with_a_key_only_what_was_signed_with_it_is_a_value() {
        let stored = encode(&signer(Some("secret")), "[\"A\"]", &value(7.into())).unwrap();
        let text = String::from_utf8(stored.clone()).unwrap();
        let unsigned = encode(&signer(None), "[\"A\"]", &value(7.into())).unwrap();
        let read = |stored: &[u8]| decode::<u32>(&signer(Some("secret")), "[\"A\"]", stored);
        assert!(read(&stored).is_ok());
        assert_eq!(read(&unsigned), Err(Unusable::Forged));
        assert_eq!(read(text.replace(":7}", ":8}").as_bytes()), Err(Unusable::Forged));
        assert_eq!(read(&encode(&signer(Some("other")), "[\"A\"]", &value(7.into())).unwrap()), Err(Unusable::Forged));
    }

    proptest! {
        #[test]
        fn no_bytes_whatever_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), head in any::<bool>()) {
            let bytes = if head { [b"ordergate 1 -\n[\"A\"]\n{".as_slice(), &bytes].concat() } else { bytes };
            let _ = decode::<u32>(&signer(None), "[\"A\"]", &bytes);
            let _ = decode::<u32>(&signer(Some("secret")), "[\"A\"]", &bytes);
        }
    }
}
