//! Native tests of adapters: a scripted back end on this thread, with settings, value maps, session and log.
//!
//! `let backend = Backend::new().reply(Reply::json(200, "{}"));` … run the adapter … `backend.requests()`.
//! Dropping the `Backend` ends the script. Without one, every request is `unavailable`.

use crate::bindings::ordergate::adapter::transport;
use crate::types::Failure;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

pub use transport::Request as SentRequest;

thread_local! {
    static SCENE: RefCell<Scene> = RefCell::new(Scene::default());
}

#[derive(Default)]
struct Scene {
    settings: Option<String>,
    maps: BTreeMap<(String, String), String>,
    session: BTreeMap<String, String>,
    replies: VecDeque<Reply>,
    requests: Vec<SentRequest>,
    log: Vec<String>,
}

/// The scripted surroundings of an adapter on this thread.
#[derive(Debug)]
#[must_use = "the script ends when this is dropped"]
pub struct Backend(());

/// What the back end answers to one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply(Result<transport::Response, Failure>);

impl Backend {
    #[expect(clippy::new_without_default, reason = "it has an effect on the thread")]
    pub fn new() -> Self {
        SCENE.set(Scene::default());
        Backend(())
    }

    /// What `settings.get` gives.
    pub fn settings(self, json: impl Into<String>) -> Self {
        SCENE.with_borrow_mut(|scene| scene.settings = Some(json.into()));
        self
    }

    /// An entry of the operator's value maps.
    pub fn map_entry(self, map: &str, key: &str, value: &str) -> Self {
        SCENE.with_borrow_mut(|scene| scene.maps.insert((map.to_owned(), key.to_owned()), value.to_owned()));
        self
    }

    /// Something that an earlier call left in the session.
    pub fn session_entry(self, key: &str, value: &str) -> Self {
        SCENE.with_borrow_mut(|scene| scene.session.insert(key.to_owned(), value.to_owned()));
        self
    }

    /// Answers the next request that has no answer yet.
    pub fn reply(self, reply: Reply) -> Self {
        SCENE.with_borrow_mut(|scene| scene.replies.push_back(reply));
        self
    }

    /// All requests so far, in the order sent.
    pub fn requests(&self) -> Vec<SentRequest> {
        SCENE.with_borrow(|scene| scene.requests.clone())
    }

    /// The session as it is now.
    pub fn session(&self) -> BTreeMap<String, String> {
        SCENE.with_borrow(|scene| scene.session.clone())
    }

    /// Log lines so far, as `level message name=value`.
    pub fn log_lines(&self) -> Vec<String> {
        SCENE.with_borrow(|scene| scene.log.clone())
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        SCENE.set(Scene::default());
    }
}

impl Reply {
    /// A reply with a JSON body (or what claims to be one).
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::body(status, "application/json", body.into())
    }

    /// A reply with any body.
    pub fn body(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Reply(Ok(transport::Response { status, headers, body: body.into() }))
    }

    /// A reply without a body.
    pub fn status(status: u16) -> Self {
        Reply(Ok(transport::Response { status, ..transport::Response::default() }))
    }

    /// No reply at all.
    pub fn failure(failure: Failure) -> Self {
        Reply(Err(failure))
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(response) = &mut self.0 {
            response.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        self
    }
}

/// What `crate::host` is natively.
pub(crate) mod host {
    use super::{SCENE, SentRequest};
    use crate::bindings::ordergate::adapter::log::Level;
    use crate::bindings::ordergate::adapter::transport::Response;
    use crate::types::Failure;

    pub(crate) fn send(request: &SentRequest) -> Result<Response, Failure> {
        SCENE.with_borrow_mut(|scene| {
            scene.requests.push(request.clone());
            let unscripted =
                || Err(Failure::unavailable(format!("the test scripted no reply to {} {}", request.method, request.path)));
            scene.replies.pop_front().map_or_else(unscripted, |reply| reply.0)
        })
    }

    pub(crate) fn send_many(requests: &[SentRequest]) -> Vec<Result<Response, Failure>> {
        requests.iter().map(send).collect()
    }

    pub(crate) fn settings() -> String {
        SCENE.with_borrow(|scene| scene.settings.clone()).unwrap_or_else(|| "{}".to_owned())
    }

    pub(crate) fn lookup(map: &str, key: &str) -> Option<String> {
        SCENE.with_borrow(|scene| scene.maps.get(&(map.to_owned(), key.to_owned())).cloned())
    }

    pub(crate) fn session_get(key: &str) -> Option<String> {
        SCENE.with_borrow(|scene| scene.session.get(key).cloned())
    }

    pub(crate) fn session_put(key: &str, value: &str, _ttl_ms: u32) {
        SCENE.with_borrow_mut(|scene| scene.session.insert(key.to_owned(), value.to_owned()));
    }

    pub(crate) fn log(level: Level, message: &str, fields: &[(String, String)]) {
        let fields: String = fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        SCENE.with_borrow_mut(|scene| scene.log.push(format!("{level:?} {message}{fields}")));
    }
}
