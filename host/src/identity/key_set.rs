//! A set of published keys (RFC 7517): which of them may check a token is decided here and by the configuration, never by the token. Pure.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;

use crate::config::JwtAlgorithm;

/// Shorter RSA keys can be broken (RFC 7518, section 3.3).
const MIN_RSA_BYTES: usize = 256;

/// Longer ones only cost time to check.
const MAX_RSA_BYTES: usize = 512;

/// Keys of one algorithm, by their ids.
pub(super) struct KeySet(HashMap<Option<String>, DecodingKey>);

/// Why a set is not taken. The one before it stays in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    #[error("the answer is no JSON Web Key Set")]
    Malformed,
    #[error("the set has {0} keys, more than max_keys")]
    TooMany(usize),
    #[error("the set has no key that fits access.jwt.algorithm")]
    NoneFits,
    #[error("two keys of the set have the same `kid`, or none")]
    Ambiguous,
    #[error("a key of the set cannot be used: {0}")]
    Unusable(&'static str),
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Takes the keys that fit the configured algorithm; others, also of kinds that nobody knows yet, and those that are too weak or broken, are
    /// passed over.
    pub(super) fn read(body: &[u8], algorithm: JwtAlgorithm, max_keys: usize) -> Result<Self, KeySetError> {
        let Published { keys } = serde_json::from_slice(body).map_err(|_| KeySetError::Malformed)?;
        if keys.len() > max_keys {
            return Err(KeySetError::TooMany(keys.len()));
        }
        let (mut taken, mut refused) = (HashMap::new(), None);
        for key in keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok()).filter(|key| fits(key, algorithm)) {
            match usable(&key) {
                Ok(decoding) => {
                    if taken.insert(key.common.key_id, decoding).is_some() {
                        return Err(KeySetError::Ambiguous);
                    }
                }
                Err(why) => refused = Some(why),
            }
        }
        if taken.is_empty() { Err(refused.unwrap_or(KeySetError::NoneFits)) } else { Ok(Self(taken)) }
    }

    /// The key of that id. A token that names none is checked with the only key, when there is only one.
    pub(super) fn key(&self, id: Option<&str>) -> Option<&DecodingKey> {
        match id {
            Some(id) => self.0.iter().find(|(known, _)| known.as_deref() == Some(id)).map(|(_, key)| key),
            None if self.0.len() == 1 => self.0.values().next(),
            None => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Kind, curve, purpose and algorithm of a key, as far as it states them.
fn fits(key: &Jwk, algorithm: JwtAlgorithm) -> bool {
    let common = &key.common;
    let is_for_signatures = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let (named, is_of_kind) = match (algorithm, &key.algorithm) {
        (JwtAlgorithm::RS256, AlgorithmParameters::RSA(_)) => (KeyAlgorithm::RS256, true),
        (JwtAlgorithm::RS384, AlgorithmParameters::RSA(_)) => (KeyAlgorithm::RS384, true),
        (JwtAlgorithm::RS512, AlgorithmParameters::RSA(_)) => (KeyAlgorithm::RS512, true),
        (JwtAlgorithm::ES256, AlgorithmParameters::EllipticCurve(key)) => (KeyAlgorithm::ES256, key.curve == EllipticCurve::P256),
        (JwtAlgorithm::ES384, AlgorithmParameters::EllipticCurve(key)) => (KeyAlgorithm::ES384, key.curve == EllipticCurve::P384),
        (JwtAlgorithm::EdDSA, AlgorithmParameters::OctetKeyPair(key)) => {
            (KeyAlgorithm::EdDSA, key.curve == EllipticCurve::Ed25519)
        }
        // A shared secret is never published, and never taken from a set.
        _ => return false,
    };
    is_of_kind && is_for_signatures && verifies && common.key_algorithm.is_none_or(|stated| stated == named)
}

fn usable(key: &Jwk) -> Result<DecodingKey, KeySetError> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| KeySetError::Unusable("a part of it is no base64url"));
    match &key.algorithm {
        AlgorithmParameters::RSA(key) => {
            bytes(&key.e)?;
            if !(MIN_RSA_BYTES..=MAX_RSA_BYTES).contains(&bytes(&key.n)?.len()) {
                return Err(KeySetError::Unusable("an RSA key has 2048 to 4096 bits"));
            }
        }
        AlgorithmParameters::EllipticCurve(key) => {
            let length = if key.curve == EllipticCurve::P384 { 48 } else { 32 };
            if bytes(&key.x)?.len() != length || bytes(&key.y)?.len() != length {
                return Err(KeySetError::Unusable("a coordinate has another length than its curve"));
            }
        }
        AlgorithmParameters::OctetKeyPair(key) if bytes(&key.x)?.len() != 32 => {
            return Err(KeySetError::Unusable("an Ed25519 key has 32 bytes"));
        }
        _ => {}
    }
    DecodingKey::from_jwk(key).map_err(|_| KeySetError::Unusable("it is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn ec(id: &str) -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": id, "x": URL_SAFE_NO_PAD.encode([1; 32]), "y": URL_SAFE_NO_PAD.encode([2; 32])})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn rsa(bytes: usize) -> Value {
        json!({"kty": "RSA", "kid": "r", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB"})
    }

    fn read(algorithm: JwtAlgorithm, keys: &[Value]) -> Result<KeySet, KeySetError> {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes(), algorithm, 3)
    }

    fn refusal(algorithm: JwtAlgorithm, keys: &[Value]) -> Option<KeySetError> {
        read(algorithm, keys).err()
    }

    #[test]
    fn a1_only_keys_that_fit_the_configured_algorithm_are_taken() {
        let secret = json!({"kty": "oct", "kid": "s", "k": URL_SAFE_NO_PAD.encode([7; 64]), "alg": "HS256"});
        let unknown = json!({"kty": "new", "kid": "n"});
        let set = read(JwtAlgorithm::ES256, &[ec("a"), secret.clone(), unknown]).unwrap();
        assert_eq!((set.len(), set.key(Some("a")).is_some(), set.key(Some("s")).is_some()), (1, true, false));
        for foreign in [
            secret,
            rsa(256),
            with(ec("a"), "crv", json!("P-384")),
            with(ec("a"), "use", json!("enc")),
            with(ec("a"), "key_ops", json!(["sign"])),
            with(ec("a"), "alg", json!("HS256")),
            with(ec("a"), "alg", json!("something new")),
        ] {
            assert_eq!(refusal(JwtAlgorithm::ES256, std::slice::from_ref(&foreign)), Some(KeySetError::NoneFits), "{foreign}");
        }
        assert_eq!(refusal(JwtAlgorithm::HS256, &[ec("a"), rsa(256)]), Some(KeySetError::NoneFits));
        assert!(read(JwtAlgorithm::RS256, &[rsa(256)]).is_ok());
    }

    #[test]
    fn a1_malformed_too_large_weak_and_ambiguous_sets_are_refused() {
        for body in ["", "[]", "{}", "{\"keys\": 1}", "<html>"] {
            assert_eq!(KeySet::read(body.as_bytes(), JwtAlgorithm::ES256, 3).err(), Some(KeySetError::Malformed), "{body}");
        }
        let es = |keys: &[Value]| refusal(JwtAlgorithm::ES256, keys);
        assert_eq!(es(&[]), Some(KeySetError::NoneFits));
        assert_eq!(es(&[ec("a"), ec("b"), ec("c"), ec("d")]), Some(KeySetError::TooMany(4)));
        assert_eq!(es(&[ec("a"), ec("a")]), Some(KeySetError::Ambiguous));
        assert!(matches!(es(&[with(ec("a"), "x", json!("!"))]), Some(KeySetError::Unusable(_))));
        assert!(matches!(es(&[with(ec("a"), "x", json!("AQAB"))]), Some(KeySetError::Unusable(_))));
        assert!(matches!(refusal(JwtAlgorithm::RS256, &[rsa(128)]), Some(KeySetError::Unusable(_))));
        assert!(matches!(refusal(JwtAlgorithm::RS256, &[rsa(1024)]), Some(KeySetError::Unusable(_))));
    }

    #[test]
    fn a1_a_key_that_cannot_be_used_keeps_no_other_one_out() {
        let set = read(JwtAlgorithm::ES256, &[ec("a"), with(ec("b"), "x", json!("!"))]).unwrap();
        assert!(set.key(Some("a")).is_some() && set.key(Some("b")).is_none());
    }

    #[test]
    fn a1_a_token_without_key_id_is_checked_with_the_only_key_or_not_at_all() {
        assert!(read(JwtAlgorithm::ES256, &[ec("a")]).unwrap().key(None).is_some());
        let two = read(JwtAlgorithm::ES256, &[ec("a"), ec("b")]).unwrap();
        assert!(two.key(None).is_none() && two.key(Some("b")).is_some());
        for odd in ["", "../a", "a\0", "A", "https://evil.example/keys"] {
            assert!(two.key(Some(odd)).is_none(), "{odd:?}");
        }
    }
}
