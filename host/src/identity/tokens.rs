//! Checks a token and tells whose it is.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::issuer::Issuer;
use crate::clock::Clock;
use crate::config::{JwtAlgorithm, JwtConfig};
use crate::domain::{AccountGrant, AccountNumber, Principal, PrincipalKind, Scope, StoreName, is_identifier};
use crate::egress::BindError;

/// Knows whom tokens are believed from.
pub struct Tokens {
    stores: BTreeSet<StoreName>,
    keys: Keys,
    algorithm: Algorithm,
    validation: Validation,
    accounts_claim: String,
}

enum Keys {
    Configured(DecodingKey),
    Published(Box<Issuer>),
}

/// The configured way to check tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("does not fit access.jwt.algorithm: {0}")]
    Key(#[from] jsonwebtoken::errors::Error),
    #[error("there is neither a key nor a jwks_url")]
    NoKey,
    #[error("is no URL")]
    Url,
    #[error(transparent)]
    Bind(BindError),
}

impl SetupError {
    /// The option that it is about.
    pub fn option(&self) -> &'static str {
        match self {
            Self::Key(_) | Self::NoKey => "access.jwt.key",
            Self::Url | Self::Bind(_) => "access.jwt.jwks_url",
        }
    }
}

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefusal {
    #[error("{}", told(.0))]
    Invalid(#[from] jsonwebtoken::errors::Error),
    #[error("the token is signed with another algorithm than access.jwt.algorithm")]
    Algorithm,
    #[error("the token asks for extensions that are not understood (crit)")]
    Critical,
    #[error("the issuer has no key that the token names")]
    UnknownKey,
    /// It may be good: nobody can tell.
    #[error("the issuer's keys are not known")]
    NoKeys,
}

/// Without what stands in the token: its claims are personal.
fn told(cause: &jsonwebtoken::errors::Error) -> String {
    match cause.kind() {
        ErrorKind::Json(cause) => format!("a part of the token is no JSON as it should be (column {})", cause.column()),
        ErrorKind::Base64(_) | ErrorKind::Utf8(_) => "a part of the token is not encoded as it should be".to_owned(),
        _ => cause.to_string(),
    }
}

impl TokenRefusal {
    /// Whether somebody may be trying out signatures. A token that is signed as configured and wrong in something else was not guessed, nor is one
    /// whose key is not known: that is what tokens look like for a moment when an issuer changes its keys.
    pub fn is_guess(&self) -> bool {
        match self {
            Self::Algorithm | Self::Critical => true,
            Self::UnknownKey | Self::NoKeys => false,
            Self::Invalid(cause) => !matches!(
                cause.kind(),
                ErrorKind::ExpiredSignature
                    | ErrorKind::ImmatureSignature
                    | ErrorKind::InvalidAudience
                    | ErrorKind::InvalidIssuer
                    | ErrorKind::InvalidSubject
                    | ErrorKind::MissingRequiredClaim(_)
            ),
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// Unix seconds, which RFC 7519 lets have a fraction.
    exp: f64,
    #[serde(flatten)]
    others: HashMap<String, serde_json::Value>,
}

impl Claims {
    /// The account numbers in a claim: a text or a list of texts. The standard claims count too, such as `sub` where each customer is
    /// an account.
    fn accounts(&self, claim: &str) -> BTreeSet<AccountNumber> {
        let named: Vec<&str> = match (claim, self.others.get(claim)) {
            ("iss", _) => vec![&self.iss],
            ("sub", _) => vec![&self.sub],
            (_, Some(serde_json::Value::String(account))) => vec![account],
            (_, Some(serde_json::Value::Array(accounts))) => accounts.iter().filter_map(|account| account.as_str()).collect(),
            _ => vec![],
        };
        named.into_iter().filter(|account| is_identifier(account)).map(AccountNumber::new).collect()
    }
}

impl Tokens {
    /// Files start at `folder`. Published keys are there when [`Tokens::keep`] has fetched them.
    pub fn new(config: &JwtConfig, folder: &Path, clock: &Clock) -> Result<Self, SetupError> {
        let keys = match (&config.jwks_url, &config.key) {
            (Some(url), _) => Keys::Published(Box::new(Issuer::new(url, config, folder, clock)?)),
            (None, Some(key)) => Keys::Configured(decoding_key(config.algorithm, key.expose().as_bytes())?),
            (None, None) => return Err(SetupError::NoKey),
        };
        let algorithm = algorithm(config.algorithm);
        // Only the configured algorithm: a token cannot choose how it is checked.
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = config.leeway_secs;
        validation.validate_nbf = true;
        Ok(Self { stores: config.stores.clone(), keys, algorithm, validation, accounts_claim: config.accounts_claim.clone() })
    }

    /// Keeps published keys up to date. Never returns.
    pub async fn keep(&self) {
        match &self.keys {
            Keys::Configured(_) => std::future::pending().await,
            Keys::Published(issuer) => issuer.keep().await,
        }
    }

    /// Whether tokens can be checked; once they can, it stays so, whatever becomes of the issuer.
    pub fn are_ready(&self) -> bool {
        match &self.keys {
            Keys::Configured(_) => true,
            Keys::Published(issuer) => issuer.has_keys(),
        }
    }

    /// Whose token it is.
    pub async fn check(&self, token: &str) -> Result<Principal, TokenRefusal> {
        let claims = match &self.keys {
            Keys::Configured(key) => self.claims(token, key)?,
            Keys::Published(issuer) => self.claims_by(issuer, token).await?,
        };
        let accounts = claims.accounts(&self.accounts_claim);
        Ok(Principal {
            kind: PrincipalKind::Customer,
            id: format!("customer:{}|{}", claims.iss, claims.sub),
            accounts: AccountGrant::Only(accounts),
            stores: self.stores.clone(),
            scopes: Scope::CUSTOMER.into(),
            expires_at: self.end_of(&claims),
        })
    }

    /// From when on it is refused; nothing when that is beyond the end of the calendar. It is checked in whole seconds, and is good in its last one.
    fn end_of(&self, claims: &Claims) -> Option<Timestamp> {
        let leeway = SignedDuration::from_secs(self.validation.leeway.checked_add(1)?.try_into().ok()?);
        let last = SignedDuration::try_from_secs_f64(claims.exp.round()).ok()?;
        Timestamp::from_duration(last.checked_add(leeway)?).ok()
    }

    /// Of the header, only the key's id counts, and only among the keys that were fetched: where it says that keys are (`jku`, `jwk`, `x5u`) is
    /// not looked at.
    async fn claims_by(&self, issuer: &Issuer, token: &str) -> Result<Claims, TokenRefusal> {
        let header = decode_header(token)?;
        if header.alg != self.algorithm {
            return Err(TokenRefusal::Algorithm);
        }
        if header.crit.is_some() {
            return Err(TokenRefusal::Critical);
        }
        let id = header.kid.as_deref();
        if let Some(known) = issuer.known()
            && let Some(key) = known.keys.key(id)
        {
            return self.claims(token, key);
        }
        let known = issuer.newer().await.ok_or(TokenRefusal::NoKeys)?;
        self.claims(token, known.keys.key(id).ok_or(TokenRefusal::UnknownKey)?)
    }

    fn claims(&self, token: &str, key: &DecodingKey) -> Result<Claims, TokenRefusal> {
        Ok(decode::<Claims>(token, key, &self.validation)?.claims)
    }
}

fn algorithm(configured: JwtAlgorithm) -> Algorithm {
    match configured {
        JwtAlgorithm::HS256 => Algorithm::HS256,
        JwtAlgorithm::HS384 => Algorithm::HS384,
        JwtAlgorithm::HS512 => Algorithm::HS512,
        JwtAlgorithm::RS256 => Algorithm::RS256,
        JwtAlgorithm::RS384 => Algorithm::RS384,
        JwtAlgorithm::RS512 => Algorithm::RS512,
        JwtAlgorithm::ES256 => Algorithm::ES256,
        JwtAlgorithm::ES384 => Algorithm::ES384,
        JwtAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

fn decoding_key(configured: JwtAlgorithm, key: &[u8]) -> Result<DecodingKey, jsonwebtoken::errors::Error> {
    match configured {
        JwtAlgorithm::HS256 | JwtAlgorithm::HS384 | JwtAlgorithm::HS512 => Ok(DecodingKey::from_secret(key)),
        JwtAlgorithm::RS256 | JwtAlgorithm::RS384 | JwtAlgorithm::RS512 => DecodingKey::from_rsa_pem(key),
        JwtAlgorithm::ES256 | JwtAlgorithm::ES384 => DecodingKey::from_ec_pem(key),
        JwtAlgorithm::EdDSA => DecodingKey::from_ed_pem(key),
    }
}

#[cfg(test)]
mod tests;
