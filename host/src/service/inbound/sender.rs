//! Who sent a message. Pure. Nothing in it tells by its time how much of a secret was right.

use std::fmt;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Encoding, InboundConfig, Secret, SenderConfig};

/// Most signatures in one header that are looked at.
const MAX_SIGNATURES: usize = 16;
/// Longest id of a message.
const MAX_ID_BYTES: usize = 256;

/// What is known of a proven sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// Under which the same message would come again, where the sender has one.
    pub id: Option<String>,
    /// Which of the secrets it was, counted from 1.
    pub secret: usize,
}

/// Why a sender is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forged {
    /// A header is not there, or there more than once.
    Unsigned,
    /// A header cannot be read.
    Malformed,
    WrongSignature,
    /// Its timestamp is too far from our clock.
    WrongTime,
}

impl Forged {
    /// As metrics name it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Malformed => "malformed_signature",
            Self::WrongSignature => "wrong_signature",
            Self::WrongTime => "wrong_time",
        }
    }
}

impl fmt::Display for Forged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the back end sent it.
pub(super) fn check(config: &InboundConfig, headers: &[(String, String)], body: &[u8], now: Timestamp) -> Result<Proof, Forged> {
    let tolerance = config.tolerance();
    match &config.sender {
        SenderConfig::Token { header: name, secrets } => {
            let text = header(headers, name)?;
            let bearer = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let token = bearer.map_or(text, |(_, token)| token.trim());
            any(secrets, |secret| Sha256::digest(secret).ct_eq(&Sha256::digest(token)).into())
                .map(|secret| Proof { id: None, secret })
        }
        SenderConfig::HmacSha256 { header: name, encoding, prefix, timestamp_header, signed, secrets } => {
            let text = header(headers, name)?.strip_prefix(prefix.as_str()).ok_or(Forged::Malformed)?;
            let signature = decode(text, *encoding)?;
            let timestamp = timestamp_header.as_ref().map(|name| header(headers, name)).transpose()?;
            let template = signed.as_deref().unwrap_or(if timestamp.is_some() { "{timestamp}.{body}" } else { "{body}" });
            let before = template.trim_end_matches("{body}").replace("{timestamp}", timestamp.unwrap_or_default());
            let secret = any(secrets, |secret| is_signed(secret.as_bytes(), [before.as_bytes(), body], &signature))?;
            timestamp.map(|timestamp| in_time(timestamp, tolerance, now)).transpose()?;
            // Without a timestamp, what is signed alike may be meant twice.
            Ok(Proof { id: timestamp.map(|_| text.to_owned()), secret })
        }
        SenderConfig::StandardWebhooks { secrets } => {
            let (id, timestamp) = (header(headers, "webhook-id")?, header(headers, "webhook-timestamp")?);
            if id.is_empty() || id.len() > MAX_ID_BYTES {
                return Err(Forged::Malformed);
            }
            let signatures = header(headers, "webhook-signature")?.split(' ').take(MAX_SIGNATURES);
            // Other versions than this one are for others.
            let signatures: Vec<_> =
                signatures.filter_map(|text| BASE64.decode(text.strip_prefix("v1,")?.as_bytes()).ok()).collect();
            let before = format!("{id}.{timestamp}.");
            let is_signed_with = |secret: &str| {
                let key = secret.strip_prefix("whsec_").and_then(|text| BASE64.decode(text.as_bytes()).ok());
                key.is_some_and(|key| signatures.iter().any(|signature| is_signed(&key, [before.as_bytes(), body], signature)))
            };
            let secret = any(secrets, is_signed_with)?;
            in_time(timestamp, tolerance, now)?;
            Ok(Proof { id: Some(id.to_owned()), secret })
        }
    }
}

/// A header that is there once.
fn header<'a>(headers: &'a [(String, String)], name: &str) -> Result<&'a str, Forged> {
    let mut found = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    match (found.next(), found.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Forged::Unsigned),
    }
}

/// Which one fits, counted from 1.
fn any(secrets: &[Secret], fits: impl Fn(&str) -> bool) -> Result<usize, Forged> {
    // All are tried, so that the time does not tell which one fitted.
    let fitting: Vec<bool> = secrets.iter().map(|secret| fits(secret.expose())).collect();
    fitting.iter().position(|fits| *fits).map(|index| index + 1).ok_or(Forged::WrongSignature)
}

fn is_signed(key: &[u8], parts: [&[u8]; 2], signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    parts.iter().for_each(|part| mac.update(part));
    mac.verify_slice(signature).is_ok()
}

fn decode(text: &str, encoding: Encoding) -> Result<Vec<u8>, Forged> {
    let decoded = match encoding {
        Encoding::Hex => HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
        Encoding::Base64 => BASE64.decode(text.as_bytes()),
    };
    decoded.map_err(|_| Forged::Malformed)
}

/// Unix seconds, or milliseconds where there are too many digits for seconds.
fn in_time(timestamp: &str, tolerance: Duration, now: Timestamp) -> Result<(), Forged> {
    let is_number = !timestamp.is_empty() && timestamp.len() <= 13 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = is_number.then(|| timestamp.parse().ok()).flatten().ok_or(Forged::Malformed)?;
    let at = if timestamp.len() > 11 { Timestamp::from_millisecond(number) } else { Timestamp::from_second(number) };
    let away = now.duration_since(at.map_err(|_| Forged::Malformed)?).abs();
    if away <= SignedDuration::try_from(tolerance).unwrap_or(SignedDuration::MAX) { Ok(()) } else { Err(Forged::WrongTime) }
}

#[cfg(test)]
mod tests;
