//! The file of a recorded run: versioned JSON.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::adapter::bench::Called;
use crate::config::regular_file;
use crate::domain::{Failure, FailureCode, Reference};
use crate::egress::{EgressError, EgressRequest, Heard, Reply};

/// Of the format.
const VERSION: u32 = 1;

/// Largest file that is written or read.
pub(super) const CASSETTE_BYTES: usize = 64 * 1024 * 1024;

/// Why a recorded run cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    #[error("{file}: {cause}")]
    File { file: String, cause: std::io::Error },
    #[error("{file}: this is no recorded run: {cause}")]
    Format { file: String, cause: serde_json::Error },
    #[error("{file}: it was recorded in format {found}; this version reads {VERSION}: record it again")]
    Version { file: String, found: u32 },
    #[error("{file}: the run has more than {CASSETTE_BYTES} bytes: record fewer operations (--only)")]
    TooLarge { file: String },
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Cassette {
    version: u32,
    /// SHA-256 of the component.
    pub(super) digest: String,
    pub(super) seed: u64,
    pub(super) started: Timestamp,
    pub(super) has_witness: bool,
    /// By request id.
    calls: BTreeMap<String, Kept>,
    /// What the witness said, each time that it was asked about a reference.
    #[serde(with = "counts")]
    counts: Mutex<BTreeMap<String, VecDeque<usize>>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Of clocks, and of the time left.
    readings: Vec<u64>,
    exchanges: Vec<KeptExchange>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptExchange {
    endpoint: String,
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<Text>,
    timeout_ms: Option<u64>,
    came: Option<KeptAnswer>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptAnswer {
    Reply { status: u16, headers: Vec<(String, String)>, body: Text },
    Failed { code: FailureCode, message: String },
}

/// Bytes, as text where they are some.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Text {
    Text(String),
    Base64(String),
}

impl Cassette {
    pub(super) fn new(seed: u64, started: Timestamp) -> Self {
        let (calls, counts) = (BTreeMap::new(), Mutex::default());
        Self { version: VERSION, digest: String::new(), seed, started, has_witness: false, calls, counts }
    }

    pub(super) fn read(file: &Path) -> Result<Self, CassetteError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let name = || file.display().to_string();
        let text = regular_file::read_text(file, CASSETTE_BYTES).map_err(|cause| CassetteError::File { file: name(), cause })?;
        let format = |cause| CassetteError::Format { file: name(), cause };
        let Versioned { version } = serde_json::from_str(&text).map_err(format)?;
        if version != VERSION {
            return Err(CassetteError::Version { file: name(), found: version });
        }
        serde_json::from_str(&text).map_err(format)
    }

    pub(super) fn write(&self, file: &Path) -> Result<(), CassetteError> {
        let name = || file.display().to_string();
        let text = serde_json::to_string_pretty(self).map_err(|cause| CassetteError::Format { file: name(), cause })?;
        if text.len() > CASSETTE_BYTES {
            return Err(CassetteError::TooLarge { file: name() });
        }
        std::fs::write(file, text).map_err(|cause| CassetteError::File { file: name(), cause })
    }

    pub(super) fn keep(&mut self, call: &str, called: &Called) {
        let exchanges = called.heard.iter().map(KeptExchange::of).collect();
        self.calls.insert(call.to_owned(), Kept { readings: called.readings.clone(), exchanges });
    }

    pub(super) fn call(&self, call: &str) -> (Vec<Heard>, Vec<u64>) {
        let kept = self.calls.get(call);
        let exchanges = kept.map(|kept| kept.exchanges.iter().map(KeptExchange::heard).collect()).unwrap_or_default();
        (exchanges, kept.map(|kept| kept.readings.clone()).unwrap_or_default())
    }

    pub(super) fn keep_count(&self, reference: &Reference, count: usize) {
        self.counts.lock().entry(reference.to_string()).or_default().push_back(count);
    }

    pub(super) fn counted(&self, reference: &Reference) -> Option<usize> {
        self.counts.lock().get_mut(reference.as_str())?.pop_front()
    }
}

impl KeptExchange {
    fn of(heard: &Heard) -> Self {
        let Heard { request, endpoint, came } = heard;
        let came = came.as_ref().map(|came| match came {
            Ok(reply) => KeptAnswer::Reply {
                status: reply.status.as_u16(),
                headers: reply.headers.iter().filter_map(text_header).collect(),
                body: Text::of(&reply.body),
            },
            Err(error) => {
                let Failure { code, message, .. } = Failure::from(error);
                KeptAnswer::Failed { code, message }
            }
        });
        Self {
            endpoint: endpoint.clone(),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers.clone(),
            body: request.body.as_deref().map(Text::of),
            timeout_ms: request.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            came,
        }
    }

    fn heard(&self) -> Heard {
        let came = self.came.as_ref().map(|came| match came {
            KeptAnswer::Reply { status, headers, body } => Ok(Reply {
                status: StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                headers: headers.iter().filter_map(header).collect::<HeaderMap>(),
                body: body.bytes().into(),
            }),
            KeptAnswer::Failed { code, message } => Err(EgressError::Kept(Box::new(Failure::new(*code, message.clone())))),
        });
        let request = EgressRequest {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.as_ref().map(Text::bytes),
            timeout: self.timeout_ms.map(Duration::from_millis),
        };
        Heard { request, endpoint: self.endpoint.clone(), came }
    }
}

/// Cookies are not shown to adapters, so they are not kept.
fn text_header((name, value): (&HeaderName, &HeaderValue)) -> Option<(String, String)> {
    let value = (*name != http::header::SET_COOKIE).then_some(value)?;
    Some((name.to_string(), value.to_str().ok()?.to_owned()))
}

fn header((name, value): &(String, String)) -> Option<(HeaderName, HeaderValue)> {
    Some((name.parse().ok()?, value.parse().ok()?))
}

impl Text {
    fn of(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        std::str::from_utf8(bytes).map_or_else(|_| Self::Base64(BASE64.encode(bytes)), |text| Self::Text(text.to_owned()))
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Base64(text) => BASE64.decode(text.as_bytes()).unwrap_or_default(),
        }
    }
}

/// Counts stand behind a lock: they are used up while they are read.
mod counts {
    use std::collections::{BTreeMap, VecDeque};

    use parking_lot::Mutex;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Counts = BTreeMap<String, VecDeque<usize>>;

    pub(super) fn serialize<S: Serializer>(counts: &Mutex<Counts>, serializer: S) -> Result<S::Ok, S::Error> {
        counts.lock().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mutex<Counts>, D::Error> {
        Counts::deserialize(deserializer).map(Mutex::new)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn heard(came: Option<Result<Reply, EgressError>>) -> Heard {
        let request = EgressRequest {
            method: "POST".into(),
            path: "/orders".into(),
            query: vec![("a".into(), "b".into())],
            headers: vec![("accept".into(), "application/json".into())],
            body: Some(b"\xff\x00".to_vec()),
            timeout: Some(Duration::from_millis(70)),
        };
        Heard { request, endpoint: "api".into(), came }
    }

    #[test]
    fn exchanges_come_back_as_they_were_without_cookies() {
        let headers = HeaderMap::from_iter([
            (http::header::ETAG, HeaderValue::from_static("x")),
            (http::header::SET_COOKIE, HeaderValue::from_static("session=secret")),
        ]);
        let reply = Reply { status: StatusCode::CREATED, headers, body: Bytes::from_static(b"{}") };
        let text = serde_json::to_string(&KeptExchange::of(&heard(Some(Ok(reply))))).unwrap();
        assert!(!text.contains("secret"), "{text}");
        let again = serde_json::from_str::<KeptExchange>(&text).unwrap().heard();
        assert!(again.asks_the_same(&heard(None)));
        let reply = again.came.unwrap().unwrap();
        assert_eq!((reply.status.as_u16(), &*reply.body, reply.headers.len()), (201, b"{}".as_slice(), 1));
    }

    #[test]
    fn a_lost_reply_comes_back_as_one_that_may_have_been_taken() {
        let lost = EgressError::Lost { cause: "reset".into(), effect: crate::egress::Effect::Change };
        let again = KeptExchange::of(&heard(Some(Err(lost)))).heard().came.unwrap().unwrap_err();
        assert!(again.may_have_been_taken());
        assert_eq!(Failure::from(&again).code, FailureCode::OutcomeUnknown);
    }

    #[test]
    fn a_run_of_another_format_or_one_that_is_too_large_is_refused_with_the_mend() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.json");
        std::fs::write(&file, "{\"version\": 9}").unwrap();
        let error = Cassette::read(&file).unwrap_err().to_string();
        assert!(error.ends_with("it was recorded in format 9; this version reads 1: record it again"), "{error}");
        let mut cassette = Cassette::new(1, Timestamp::UNIX_EPOCH);
        let large = Text::Text("x".repeat(CASSETTE_BYTES));
        let exchange = KeptExchange { body: Some(large), ..KeptExchange::of(&heard(None)) };
        cassette.calls.insert("c".into(), Kept { readings: vec![], exchanges: vec![exchange] });
        let error = cassette.write(&file).unwrap_err().to_string();
        assert!(error.contains("more than 67108864 bytes: record fewer operations"), "{error}");
    }
}
