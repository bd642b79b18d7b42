//! Signatures of each kind, and what is not believed.

use super::*;

const BODY: &[u8] = br#"{"test": 2432232314}"#;

fn config(sender: &str) -> InboundConfig {
    toml::from_str(&format!("sender = {sender}")).unwrap()
}

/// `CARGO_PKG_NAME` and `CARGO_PKG_VERSION` are there whenever tests run: two secrets of a test.
fn secrets() -> &'static str {
    "[{ env = \"CARGO_PKG_NAME\" }, { env = \"CARGO_PKG_VERSION\" }]"
}

fn checked(config: &InboundConfig, headers: &[(&str, &str)], body: &[u8], now: i64) -> Result<Option<String>, Forged> {
    let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    check(config, &headers, body, Timestamp::from_second(now).unwrap()).map(|proof| proof.id)
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn with_body(before: &str) -> Vec<u8> {
    [before.as_bytes(), BODY].concat()
}

#[test]
fn f12_an_hmac_header_proves_the_sender_with_either_secret() {
    let config =
        config(&format!("{{ type = \"hmac_sha256\", header = \"X-Hub\", prefix = \"sha256=\", secrets = {} }}", secrets()));
    for secret in [env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")] {
        let signature = format!("sha256={}", data_encoding::HEXUPPER.encode(&mac(secret.as_bytes(), BODY)));
        assert_eq!(checked(&config, &[("x-hub", &signature)], BODY, 0), Ok(None));
        assert_eq!(checked(&config, &[("x-hub", &signature)], b"{}", 0), Err(Forged::WrongSignature));
        assert_eq!(checked(&config, &[("x-hub", &signature[7..])], BODY, 0), Err(Forged::Malformed));
        let cut = &signature[..signature.len() - 2];
        assert_eq!(checked(&config, &[("x-hub", cut)], BODY, 0), Err(Forged::WrongSignature), "a part of it is not enough");
        assert_eq!(checked(&config, &[("x-hub", &signature), ("X-Hub", "x")], BODY, 0), Err(Forged::Unsigned), "twice");
    }
    assert_eq!(checked(&config, &[], BODY, 0), Err(Forged::Unsigned));
    assert_eq!(checked(&config, &[("x-hub", "sha256=")], BODY, 0), Err(Forged::WrongSignature));
}

#[test]
fn f12_a_timestamp_is_signed_with_the_body_and_good_for_a_while() {
    let sender = "{ type = \"hmac_sha256\", header = \"x-signature\", encoding = \"base64\", timestamp_header = \"x-time\", signed = \"v0:{timestamp}:{body}\"";
    let config = config(&format!("{sender}, secrets = {} }}", secrets()));
    let signature = BASE64.encode(&mac(env!("CARGO_PKG_NAME").as_bytes(), &with_body("v0:1000:")));
    let at = |time: &str, now| checked(&config, &[("x-signature", &signature), ("x-time", time)], BODY, now);
    assert_eq!(at("1000", 1_300), Ok(Some(signature.clone())), "the same message again has the same signature");
    assert_eq!(
        (at("1000", 700).is_ok(), at("1000", 1_301), at("1000", 699)),
        (true, Err(Forged::WrongTime), Err(Forged::WrongTime))
    );
    assert_eq!(at("1001", 1_000), Err(Forged::WrongSignature), "another timestamp");
    for odd in ["", "-1", "1e3", "99999999999999"] {
        assert!(at(odd, 1_000).is_err(), "{odd}");
    }
}

#[test]
fn f12_which_secret_proved_the_sender_is_told_so_that_the_old_one_can_be_taken_out() {
    let config = config(&format!("{{ type = \"token\", secrets = {} }}", secrets()));
    let secret = |token: &str| {
        let headers = [("authorization".to_owned(), token.to_owned())];
        check(&config, &headers, BODY, Timestamp::UNIX_EPOCH).map(|proof| proof.secret)
    };
    assert_eq!((secret(env!("CARGO_PKG_NAME")), secret(env!("CARGO_PKG_VERSION"))), (Ok(1), Ok(2)));
}

#[test]
fn timestamps_are_seconds_or_milliseconds() {
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let second = Duration::from_secs(1);
    assert_eq!(in_time("1700000000", second, now), Ok(()));
    assert_eq!(in_time("1700000000999", second, now), Ok(()));
    assert_eq!(in_time("1700000001001", second, now), Err(Forged::WrongTime));
}

#[test]
fn f12_the_standard_webhooks_own_example_is_accepted() {
    // From the specification's reference libraries.
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let other = Secret::new(format!("whsec_{}", BASE64.encode(&[7; 32])));
    let sender = SenderConfig::StandardWebhooks { secrets: vec![other, secret] };
    let config = InboundConfig { sender, ..config("{ type = \"token\", secrets = [] }") };
    let (id, time, signature) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let send = |id, time, signature: &str, now| {
        checked(&config, &[("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)], BODY, now)
    };
    assert_eq!(send(id, time, signature, 1_614_265_400), Ok(Some(id.to_owned())));
    assert_eq!(send(id, time, &format!("v2,x v1a,y v1,AAAA {signature}"), 1_614_265_400), Ok(Some(id.to_owned())));
    assert_eq!(send(id, time, signature, 1_614_265_330 + 301), Err(Forged::WrongTime));
    assert_eq!(send("msg_other", time, signature, 1_614_265_400), Err(Forged::WrongSignature));
    assert_eq!(send(id, "1614265331", signature, 1_614_265_400), Err(Forged::WrongSignature));
    assert_eq!(send(id, time, signature.trim_start_matches("v1,"), 1_614_265_400), Err(Forged::WrongSignature));
    let flood = "v1,AAAA ".repeat(MAX_SIGNATURES) + signature;
    assert_eq!(send(id, time, &flood, 1_614_265_400), Err(Forged::WrongSignature), "not all of a thousand are tried");
}

#[test]
fn f12_a_token_is_the_whole_token() {
    let plain = config(&format!("{{ type = \"token\", header = \"x-api-key\", secrets = {} }}", secrets()));
    assert_eq!(checked(&plain, &[("X-Api-Key", env!("CARGO_PKG_NAME"))], BODY, 0), Ok(None));
    let bearer = config(&format!("{{ type = \"token\", secrets = {} }}", secrets()));
    assert_eq!(checked(&bearer, &[("authorization", concat!("bearer ", env!("CARGO_PKG_VERSION")))], BODY, 0), Ok(None));
    for wrong in ["", "Bearer ", "Bearer ordergat", "Bearer ordergatee"] {
        assert_eq!(checked(&bearer, &[("authorization", wrong)], BODY, 0), Err(Forged::WrongSignature), "{wrong}");
    }
}
