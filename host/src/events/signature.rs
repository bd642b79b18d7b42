//! The signature of a message, as <https://www.standardwebhooks.com> describes it: HMAC-SHA256 of `id.timestamp.body`. Pure.

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::Secret;

/// What messages to one receiver are signed with. Shows nothing of it.
pub(super) struct Keys(Vec<Hmac<Sha256>>);

impl Keys {
    /// Nothing when a secret is none (`whsec_` and Base64).
    pub(super) fn new(secrets: &[Secret]) -> Option<Self> {
        let key = |secret: &Secret| {
            let bytes = BASE64.decode(secret.expose().strip_prefix("whsec_")?.as_bytes()).ok()?;
            Hmac::new_from_slice(&bytes).ok()
        };
        secrets.iter().map(key).collect::<Option<_>>().map(Self)
    }

    /// The header `webhook-signature`: one signature for each secret, so that a receiver that knows either believes it.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signature = |mac: &Hmac<Sha256>| {
            let mut mac = mac.clone();
            mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
            format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
        };
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_s_example_is() {
        // The example of the specification's reference libraries.
        let keys = Keys::new(&[Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]).unwrap();
        let signature = keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_secrets_are_changed_each_signs() {
        let secret = |byte: u8| Secret::new(format!("whsec_{}", BASE64.encode(&[byte; 32])));
        let both = Keys::new(&[secret(1), secret(2)]).unwrap().sign("id", 1, "{}");
        let alone = |byte: u8| Keys::new(&[secret(byte)]).unwrap().sign("id", 1, "{}");
        assert_eq!(both, format!("{} {}", alone(1), alone(2)));
        assert!(Keys::new(&[Secret::new("whsec_!")]).is_none() && Keys::new(&[Secret::new("abc")]).is_none());
    }
}
