//! Customers' tokens (JSON Web Tokens), good ones and forged ones.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};

/// The secret that hosts under test share with the identity provider.
pub(crate) const SECRET: &str = "identity-provider-secret-of-this-test";

/// A key pair made for these tests; nothing else trusts it.
pub const ES256_PRIVATE: &str = include_str!("keys/es256-private.pem");
pub const ES256_PUBLIC: &str = include_str!("keys/es256-public.pem");

/// Claims of a token. It is good until something is changed.
#[derive(Clone, Debug)]
pub struct Token {
    claims: Map<String, Value>,
    secret: String,
}

impl Token {
    /// A customer with these accounts.
    pub fn of(accounts: &[&str]) -> Self {
        let now = jiff::Timestamp::now().as_second();
        let claims = json!({
            "sub": format!("customer-{}", accounts.join("-")),
            "iss": "https://login.shop.example",
            "aud": "ordergate",
            "iat": now,
            "exp": now + 600,
            "accounts": accounts,
        });
        let Value::Object(claims) = claims else { unreachable!("claims are an object") };
        Self { claims, secret: SECRET.to_owned() }
    }

    /// With another claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims.insert(name.to_owned(), value);
        self
    }

    /// Without a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Expired for so many seconds.
    #[must_use]
    pub fn expired(self, secs: i64) -> Self {
        self.claim("exp", json!(jiff::Timestamp::now().as_second() - secs))
    }

    /// Signed with another secret.
    #[must_use]
    pub fn with_secret(mut self, secret: &str) -> Self {
        self.secret = secret.to_owned();
        self
    }

    /// Signed with HS256, as hosts under test expect it.
    pub fn signed(&self) -> String {
        self.signed_as(Algorithm::HS256, &EncodingKey::from_secret(self.secret.as_bytes()))
    }

    /// Signed with another algorithm of the same kind.
    pub fn signed_hs512(&self) -> String {
        self.signed_as(Algorithm::HS512, &EncodingKey::from_secret(self.secret.as_bytes()))
    }

    /// Signed with the private key of [`ES256_PRIVATE`].
    pub fn signed_es256(&self) -> String {
        self.signed_as(Algorithm::ES256, &EncodingKey::from_ec_pem(ES256_PRIVATE.as_bytes()).expect("a key"))
    }

    /// Not signed at all (`"alg": "none"`).
    pub fn unsigned(&self) -> String {
        self.unsigned_under(&json!({"alg": "none", "typ": "JWT"}))
    }

    /// Not signed, with any header.
    pub fn unsigned_under(&self, header: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(header), part(&Value::Object(self.claims.clone())))
    }

    fn signed_as(&self, algorithm: Algorithm, key: &EncodingKey) -> String {
        self.signed_with(&Header::new(algorithm), key)
    }

    /// With any header and key.
    pub fn signed_with(&self, header: &Header, key: &EncodingKey) -> String {
        encode(header, &self.claims, key).expect("a token")
    }
}
