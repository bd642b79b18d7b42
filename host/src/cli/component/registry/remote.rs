//! One repository of a registry: its manifests and blobs. What is fetched is held against its size and digest before anybody sees it.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::Full;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use url::Url;

use super::RegistryArgs;
use super::artifact::{Descriptor, MANIFEST_TYPE};
use super::authority::{Login, answer};
use super::challenge::Challenge;
use super::error::RegistryError;
use super::reference::{Reference, Version};
use super::wire::{Most, Wire};

const MANIFEST_BYTES: usize = 64 * 1024;
/// Of an answer that says only that something was done, or why not.
const ANSWER_BYTES: usize = 64 * 1024;
/// A registry leads to its store, which may lead on.
const MOST_REDIRECTS: usize = 4;

/// `sha256:` and the digest in hexadecimal.
pub(in super::super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(bytes)))
}

pub(in super::super) struct Remote {
    wire: Wire,
    reference: Reference,
    /// With the path of the repository.
    base: Url,
    login: Option<Login>,
    /// What let the last request in.
    authorization: Mutex<Option<HeaderValue>>,
}

/// One request, which may have to be sent again to be let in.
struct Asked<'a> {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    most: Most<'a>,
}

impl Remote {
    /// Sends nothing yet.
    pub(in super::super) fn new(reference: &Reference, args: &RegistryArgs) -> Result<Self, RegistryError> {
        let wire = Wire::new(args.insecure_http)?;
        let scheme = wire.scheme(&reference.registry);
        let base = format!("{scheme}://{}/v2/{}/", reference.registry, reference.repository);
        let base = Url::parse(&base)
            .map_err(|cause| RegistryError::Unreachable { host: reference.registry.clone(), cause: cause.to_string() })?;
        Ok(Self { wire, reference: reference.clone(), base, login: Login::from_environment()?, authorization: Mutex::default() })
    }

    /// The manifest, exactly as it is kept, and its digest.
    pub(in super::super) async fn manifest(&self) -> Result<(Bytes, String), RegistryError> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(MANIFEST_TYPE))]);
        let most = Most { what: "the manifest", bytes: MANIFEST_BYTES, option: "fixed" };
        let url = self.url(&format!("manifests/{}", self.reference.version.as_str()))?;
        let asked = Asked { method: Method::GET, url, headers, body: Bytes::new(), most };
        let reply = self.succeed(asked, &[StatusCode::OK]).await?.into_body();
        let found = digest(&reply);
        match &self.reference.version {
            Version::Digest(wanted) if *wanted != found => {
                Err(RegistryError::Changed { what: "the manifest".into(), wanted: wanted.clone(), found })
            }
            _ => Ok((reply, found)),
        }
    }

    /// What is at a digest. `most`: what it may have, whatever its manifest says.
    pub(in super::super) async fn blob(
        &self,
        blob: &Descriptor,
        what: &str,
        most: usize,
        option: &'static str,
    ) -> Result<Bytes, RegistryError> {
        if blob.size > most as u64 {
            return Err(RegistryError::TooLarge { what: what.to_owned(), most, option });
        }
        let bytes = usize::try_from(blob.size).unwrap_or(most);
        let mut url = self.url(&format!("blobs/{}", blob.digest))?;
        for _ in 0..MOST_REDIRECTS {
            let most = Most { what, bytes: bytes.max(ANSWER_BYTES), option: "its manifest" };
            let asked = Asked { method: Method::GET, url: url.clone(), headers: HeaderMap::new(), body: Bytes::new(), most };
            let reply = self.succeed(asked, &REDIRECTS).await?;
            if reply.status() == StatusCode::OK {
                let found = digest(reply.body());
                let changed =
                    || RegistryError::Changed { what: what.to_owned(), wanted: blob.digest.clone(), found: found.clone() };
                return if found == blob.digest { Ok(reply.into_body()) } else { Err(changed()) };
            }
            url = self.location(&url, &reply)?;
        }
        Err(self.nonsense("a request for a blob", format!("it leads on more than {MOST_REDIRECTS} times")))
    }

    /// Unless it is there already.
    pub(in super::super) async fn put_blob(&self, bytes: &Bytes) -> Result<(), RegistryError> {
        let digest = digest(bytes);
        let there = Asked::new(Method::HEAD, self.url(&format!("blobs/{digest}"))?);
        // A registry may lead to where it is.
        let known = [&REDIRECTS[..], &[StatusCode::NOT_FOUND]].concat();
        if self.succeed(there, &known).await?.status() != StatusCode::NOT_FOUND {
            return Ok(());
        }
        let began = self.url("blobs/uploads/")?;
        let begun = self.succeed(Asked::new(Method::POST, began.clone()), &[StatusCode::ACCEPTED]).await?;
        let mut url = self.location(&began, &begun)?;
        url.query_pairs_mut().append_pair("digest", &digest);
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))]);
        let upload = Asked { headers, body: bytes.clone(), ..Asked::new(Method::PUT, url) };
        self.succeed(upload, &[StatusCode::CREATED]).await.map(drop)
    }

    /// Under the reference's tag.
    pub(in super::super) async fn put_manifest(&self, manifest: Vec<u8>) -> Result<(), RegistryError> {
        let url = self.url(&format!("manifests/{}", self.reference.version.as_str()))?;
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(MANIFEST_TYPE))]);
        let asked = Asked { headers, body: manifest.into(), ..Asked::new(Method::PUT, url) };
        self.succeed(asked, &[StatusCode::CREATED]).await.map(drop)
    }

    fn url(&self, path: &str) -> Result<Url, RegistryError> {
        self.base.join(path).map_err(|cause| self.nonsense("nothing yet", cause.to_string()))
    }

    /// Where a reply leads.
    fn location(&self, from: &Url, reply: &Response<Bytes>) -> Result<Url, RegistryError> {
        let location = reply.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let url = location.and_then(|location| from.join(location).ok());
        let url = url.ok_or_else(|| self.nonsense(from.path(), "it leads nowhere".into()))?;
        self.wire.check(&url).map(|()| url)
    }

    /// Sends it, once more when the registry wants to know who asks, and gives the reply when it has one of these statuses.
    async fn succeed(&self, asked: Asked<'_>, good: &[StatusCode]) -> Result<Response<Bytes>, RegistryError> {
        let mut reply = self.send(&asked).await?;
        if reply.status() == StatusCode::UNAUTHORIZED && self.is_own(&asked.url) {
            let challenges = reply.headers().get_all(header::WWW_AUTHENTICATE).into_iter();
            let challenge = challenges.filter_map(|value| Challenge::read(value.to_str().ok()?)).next();
            if let Some(challenge) = challenge {
                let let_in = answer(&self.wire, &self.reference.registry, self.login.as_ref(), &challenge).await?;
                *self.authorization.lock().await = Some(let_in);
                reply = self.send(&asked).await?;
            }
        }
        if good.contains(&reply.status()) { Ok(reply) } else { Err(self.refusal(&asked, &reply)) }
    }

    async fn send(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, RegistryError> {
        let mut request = Request::new(Full::new(asked.body.clone()));
        *request.method_mut() = asked.method.clone();
        *request.uri_mut() = uri(&asked.url)?;
        *request.headers_mut() = asked.headers.clone();
        // Wherever else it leads, who asks is nobody's business there.
        if let Some(authorization) = self.authorization.lock().await.clone().filter(|_| self.is_own(&asked.url)) {
            request.headers_mut().insert(header::AUTHORIZATION, authorization);
        }
        self.wire.send(request, &asked.most).await
    }

    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    fn refusal(&self, asked: &Asked<'_>, reply: &Response<Bytes>) -> RegistryError {
        let (host, status) = (self.reference.registry.clone(), reply.status());
        let what = format!("{} {}", asked.method, asked.url.path());
        let told = serde_json::from_slice::<Value>(reply.body()).ok();
        let told = told.as_ref().and_then(|told| told.pointer("/errors/0"));
        match (status, told, &self.login) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _, Some(login)) => {
                RegistryError::Refused { host, user: login.user.clone() }
            }
            (StatusCode::UNAUTHORIZED, _, None) => RegistryError::Anonymous { host },
            (StatusCode::NOT_FOUND, Some(_), _) => RegistryError::NotFound(self.reference.to_string()),
            (_, None, _) if !status.is_server_error() => RegistryError::NoRegistry { host, status, what },
            (_, told, _) => {
                let text = |name: &str| told.and_then(|told| told.get(name)?.as_str()).unwrap_or_default();
                RegistryError::Status { host, status, what, message: format!("{} {}", text("code"), text("message")) }
            }
        }
    }

    fn nonsense(&self, what: &str, reason: String) -> RegistryError {
        RegistryError::Nonsense { host: self.reference.registry.clone(), what: what.to_owned(), reason }
    }
}

const REDIRECTS: [StatusCode; 6] = [
    StatusCode::OK,
    StatusCode::MOVED_PERMANENTLY,
    StatusCode::FOUND,
    StatusCode::SEE_OTHER,
    StatusCode::TEMPORARY_REDIRECT,
    StatusCode::PERMANENT_REDIRECT,
];

impl Asked<'_> {
    fn new(method: Method, url: Url) -> Self {
        let most = Most { what: "the answer", bytes: ANSWER_BYTES, option: "fixed" };
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new(), most }
    }
}

pub(super) fn uri(url: &Url) -> Result<Uri, RegistryError> {
    url.as_str().parse().map_err(|_| RegistryError::Nonsense {
        host: url.host_str().unwrap_or_default().to_owned(),
        what: "a request".into(),
        reason: format!("{url} is no address"),
    })
}
