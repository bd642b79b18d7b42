//! One bound endpoint: joins the adapter's path to the base URL, adds credential and tracing headers, sends, and repeats only what is safe to
//! repeat.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::COOKIE;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, StatusCode, Uri};
use tokio::time::Instant;

use super::base_url::{BaseUrl, BaseUrlError};
use super::client::{Allowance, Clients, Head, Outgoing, PooledClient, Reply, effect_of};
use super::conceal::conceal;
use super::connector::Connector;
use super::cookies::CookieJar;
use super::credential::{Credential, CredentialError};
use super::error::{Effect, EgressError};
use super::script::Script;
use super::tls::{self, CertificateFiles, TlsError};
use super::{Budget, base_url, headers, path};
use crate::clock::Clock;
use crate::config::EndpointConfig;

/// Why an endpoint cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("base_url: {0}")]
    BaseUrl(#[from] BaseUrlError),
    #[error("tls: {0}")]
    Tls(#[from] TlsError),
    #[error("credential: {0}")]
    Credential(#[from] CredentialError),
}

/// What an adapter asks an endpoint for.
#[derive(Clone, Debug)]
pub struct EgressRequest {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    pub timeout: Option<Duration>,
}

/// Which call a request belongs to.
#[derive(Clone, Debug)]
pub struct Trace {
    pub request_id: String,
    /// W3C `traceparent`.
    pub trace_parent: Option<String>,
}

pub struct Endpoint {
    base: BaseUrl,
    clients: Clients,
    credential: Credential,
    cookies: Option<CookieJar>,
    certificates: CertificateFiles,
    total: Duration,
    /// Answers instead of the network.
    script: Option<Script>,
}

impl Endpoint {
    pub fn bind(config: &EndpointConfig, base_dir: &std::path::Path, clock: Clock) -> Result<Self, BindError> {
        let allowed: Arc<[_]> = config.allow.clone().into();
        let base = BaseUrl::parse(&config.base_url, &allowed)?;
        let keeps_secrets = config.keeps_secrets();
        if keeps_secrets {
            base_url::check_secret(Some(base.scheme.as_str()), Some(base.authority.host())).map_err(BaseUrlError::from)?;
        }
        let credential = Credential::new(config.credential.as_ref(), &allowed, clock.clone())?;
        let cookies = config.cookies.then(|| CookieJar::new(&base, clock));
        let certificates = CertificateFiles::read(&config.tls, base_dir)?;
        let tls = tls::client_config(&config.tls, &certificates)?;
        let connector = Connector::new(tls, allowed, keeps_secrets, Duration::from_millis(config.connect_timeout_ms));
        let clients = Clients::new(&connector, config);
        let total = Duration::from_millis(config.total_timeout_ms);
        Ok(Self { base, clients, credential, cookies, certificates, total, script: None })
    }

    pub(super) fn scripted(self, script: Script) -> Self {
        Self { script: Some(script), ..self }
    }

    /// Whether the certificates that the configuration names now are those that it was bound with.
    pub(super) fn has_certificates(&self, config: &EndpointConfig, base_dir: &std::path::Path) -> bool {
        CertificateFiles::read(&config.tls, base_dir).is_ok_and(|files| files == self.certificates)
    }

    /// Sends a request, which the caller took out of the budget, and waits for the whole reply.
    pub(super) async fn send(&self, request: EgressRequest, trace: &Trace, budget: &Budget) -> Result<Reply, EgressError> {
        let timeout = request.timeout.map_or(self.total, |wish| wish.min(self.total));
        let outgoing = self.outgoing(request, trace)?;
        let effect = effect_of(&outgoing.head.method);
        let Some(_place) = budget.place().await else { return Err(EgressError::TooManyRequests) };
        let allowance = Allowance {
            leaves_by: budget.leaves_by(),
            ends: budget.ends().min(Instant::now() + timeout),
            reply_bytes: budget.reply_bytes(),
            take_bytes: &|bytes| budget.take_reply_bytes(bytes),
            change_mark: Some(budget.change_mark()),
        };
        let result = self.send_authorized(outgoing, &allowance, budget).await;
        if effect == Effect::Change {
            budget.note_change(&result);
        }
        result
    }

    async fn send_authorized(
        &self,
        mut outgoing: Outgoing,
        allowance: &Allowance<'_>,
        budget: &Budget,
    ) -> Result<Reply, EgressError> {
        let client = self.clients.of(budget.traffic());
        let value = self.credential.value(client, allowance).await?;
        self.dress(&mut outgoing.head, value.clone());
        if let Some(script) = &self.script {
            return script.exchange(outgoing);
        }
        let reply = exchange_or_reread(client, outgoing.clone(), allowance, budget).await?;
        let reply = self.received(&outgoing.head, reply);
        match value {
            // A 401 was turned away at the door, so even a change may be sent again.
            Some(refused) if reply.status == StatusCode::UNAUTHORIZED => {
                let Some(renewed) = self.credential.renewed(&refused, client, allowance).await? else { return Ok(reply) };
                if !budget.take_request() {
                    return Ok(reply);
                }
                self.dress(&mut outgoing.head, Some(renewed));
                let reply = client.exchange(outgoing.clone(), allowance).await?;
                Ok(self.received(&outgoing.head, reply))
            }
            _ => Ok(reply),
        }
    }

    fn outgoing(&self, request: EgressRequest, trace: &Trace) -> Result<Outgoing, EgressError> {
        let method = method(&request.method)?;
        let uri = self.uri(&request)?;
        let mut headers = headers::admit(&request.headers, effect_of(&method), self.credential.header_name().as_ref())?;
        insert_text(&mut headers, "x-request-id", &trace.request_id);
        if let Some(trace_parent) = &trace.trace_parent {
            insert_text(&mut headers, "traceparent", trace_parent);
        }
        let body = request.body.map(Bytes::from).unwrap_or_default();
        Ok(Outgoing { head: Head { method, uri, headers }, body })
    }

    fn uri(&self, request: &EgressRequest) -> Result<Uri, EgressError> {
        let path = path::join(&self.base.prefix, &request.path)?;
        let target = match path::encode_query(&request.query)? {
            query if query.is_empty() => path,
            query => format!("{path}?{query}"),
        };
        let target = PathAndQuery::try_from(target).map_err(|_| path::PathRefusal::TooLong)?;
        let uri = Uri::builder().scheme(self.base.scheme.clone()).authority(self.base.authority.clone()).path_and_query(target);
        Ok(uri.build().map_err(|_| path::PathRefusal::TooLong)?)
    }

    /// Adds what the adapter has no part in: credential and cookies.
    fn dress(&self, head: &mut Head, value: Option<HeaderValue>) {
        if let (Some(name), Some(value)) = (self.credential.header_name(), value) {
            head.headers.insert(name, value);
        }
        if let Some(cookies) = self.cookies.as_ref().and_then(|jar| jar.header(head.uri.path())) {
            head.headers.insert(COOKIE, cookies);
        }
    }

    /// What the adapter may see of a reply; its cookies are kept.
    fn received(&self, head: &Head, reply: Reply) -> Reply {
        if let Some(jar) = &self.cookies {
            jar.take(head.uri.path(), &reply.headers);
        }
        conceal(reply, &head.headers)
    }
}

/// A read whose connection died is asked once more, on another connection; a change never.
async fn exchange_or_reread(
    client: &PooledClient,
    outgoing: Outgoing,
    allowance: &Allowance<'_>,
    budget: &Budget,
) -> Result<Reply, EgressError> {
    let again = (effect_of(&outgoing.head.method) == Effect::None).then(|| outgoing.clone());
    match (client.exchange(outgoing, allowance).await, again) {
        (Err(EgressError::Lost { .. }), Some(outgoing)) if budget.take_request() => client.exchange(outgoing, allowance).await,
        (result, _) => result,
    }
}

fn method(name: &str) -> Result<Method, EgressError> {
    match name {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        other => Err(EgressError::Method(other.chars().take(32).collect())),
    }
}

/// Text that a header cannot carry is left out: an identifier is no reason to fail a request.
fn insert_text(headers: &mut http::HeaderMap, name: &'static str, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
