//! A reader of server-sent events, as the WHATWG describes it (HTML, 9.2.6): what a browser's `EventSource` hears.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

use crate::Client;

/// How long anything may take to be heard.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream. It is closed when it is dropped.
pub struct Listening {
    pub headers: HeaderMap,
    body: Incoming,
    buffer: String,
    last_id: Option<String>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// `message` when it has no name.
    pub name: String,
    /// Of this event or of the last one that had one: what `Last-Event-ID` says when the stream is opened again.
    pub last_id: Option<String>,
    pub data: Value,
}

impl Heard {
    /// The event's type.
    pub fn kind(&self) -> &str {
        self.data["type"].as_str().unwrap_or_else(|| panic!("an event without a type: {self:?}"))
    }
}

impl Client {
    /// Opens a stream of events.
    pub async fn listen(&self, path: &str) -> Listening {
        let response = self.open(Method::GET, path, Bytes::new()).await.unwrap();
        let (head, body) = response.into_parts();
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(head.headers["content-type"], "text/event-stream", "{path}");
        Listening { headers: head.headers, body, buffer: String::new(), last_id: None }
    }

    /// Opens it again after the event with this id.
    pub async fn listen_after(&self, path: &str, last_id: &str) -> Listening {
        self.with("last-event-id", last_id).listen(path).await
    }
}

impl Listening {
    /// The next event; nothing when the stream has ended.
    pub async fn hear(&mut self) -> Option<Heard> {
        loop {
            let block = self.block().await?;
            let (mut name, mut data) = (String::new(), Vec::new());
            for (field, value) in block.lines().filter_map(field) {
                match field {
                    "event" => name = value.to_owned(),
                    "data" => data.push(value),
                    "id" => self.last_id = Some(value.to_owned()),
                    _ => {}
                }
            }
            // Comments, and blocks without data, are no events.
            if !data.is_empty() {
                let data = serde_json::from_str(&data.join("\n")).unwrap();
                let name = if name.is_empty() { "message".to_owned() } else { name };
                return Some(Heard { name, last_id: self.last_id.clone(), data });
            }
        }
    }

    /// The next event's type.
    pub async fn kind(&mut self) -> String {
        self.hear().await.expect("the stream goes on").kind().to_owned()
    }

    /// The next comment, such as `alive`.
    pub async fn comment(&mut self) -> Option<String> {
        loop {
            let block = self.block().await?;
            if let Some(comment) = block.lines().find_map(|line| line.strip_prefix(':')) {
                return Some(comment.trim().to_owned());
            }
        }
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                return Some(block);
            }
            let frame = timeout(PATIENCE, self.body.frame()).await.expect("something is heard in time")?;
            // A connection that breaks ends the stream as well.
            let piece = frame.ok()?.into_data().unwrap();
            self.buffer.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}

fn field(line: &str) -> Option<(&str, &str)> {
    let (field, value) = line.split_once(':').filter(|(field, _)| !field.is_empty())?;
    Some((field, value.strip_prefix(' ').unwrap_or(value)))
}
