//! The cookies of one endpoint, for back ends that keep a session in them (SAP's token against forged requests holds only together with its
//! session's cookie). Kept by the host as RFC 6265 says, bounded, sent to this endpoint only, and never shown to an adapter. One jar for all
//! calls of the adapter: it holds the session of the endpoint's credential, not of a customer.

use cookie::Cookie;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::base_url::BaseUrl;
use crate::clock::Clock;

/// The oldest gives way to a new one.
const MAX_COOKIES: usize = 50;
/// Name, value and path of one cookie; a larger one is not kept.
const MAX_COOKIE_BYTES: usize = 4 * 1024;
/// The same of all cookies; the oldest give way.
const MAX_BYTES: usize = 16 * 1024;

pub(super) struct CookieJar {
    host: String,
    is_encrypted: bool,
    /// The oldest first.
    kept: Mutex<Vec<Kept>>,
    clock: Clock,
}

#[derive(Debug)]
struct Kept {
    name: String,
    value: String,
    path: String,
    /// Absent: as long as the adapter's generation.
    until: Option<Timestamp>,
}

impl Kept {
    fn bytes(&self) -> usize {
        self.name.len() + self.value.len() + self.path.len()
    }

    /// RFC 6265, section 5.1.4.
    fn is_for(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'))
    }
}

impl CookieJar {
    pub(super) fn new(base: &BaseUrl, clock: Clock) -> Self {
        let host = base.authority.host().to_ascii_lowercase();
        Self { host, is_encrypted: base.scheme == http::uri::Scheme::HTTPS, kept: Mutex::default(), clock }
    }

    /// The `Cookie` header of a request for that path; none when there is nothing to send.
    pub(super) fn header(&self, path: &str) -> Option<HeaderValue> {
        let now = self.clock.now();
        let mut kept = self.kept.lock();
        kept.retain(|cookie| cookie.until.is_none_or(|until| until > now));
        let mut fitting: Vec<_> = kept.iter().filter(|cookie| cookie.is_for(path)).collect();
        fitting.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = fitting.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let mut value = HeaderValue::from_str(&pairs.join("; ")).ok().filter(|value| !value.is_empty())?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Keeps what the reply to a request for that path sets. What cannot be kept is left out, as RFC 6265 demands.
    pub(super) fn take(&self, path: &str, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|text| Cookie::parse(text.to_str().ok()?).ok()) {
            if self.is_ours(&cookie) {
                self.keep(&cookie, path);
            }
        }
    }

    fn is_ours(&self, cookie: &Cookie<'_>) -> bool {
        let in_domain = cookie.domain().is_none_or(|domain| {
            let domain = domain.to_ascii_lowercase();
            self.host == domain || self.host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
        });
        in_domain && (self.is_encrypted || cookie.secure() != Some(true))
    }

    fn keep(&self, cookie: &Cookie<'_>, request_path: &str) {
        let path = cookie.path().filter(|path| path.starts_with('/')).unwrap_or_else(|| folder(request_path));
        let until = self.end_of(cookie);
        let new = Kept { name: cookie.name().into(), value: cookie.value().into(), path: path.into(), until };
        let mut kept = self.kept.lock();
        kept.retain(|old| old.name != new.name || old.path != new.path);
        let is_over = until.is_some_and(|until| until <= self.clock.now());
        if is_over || new.bytes() > MAX_COOKIE_BYTES || HeaderValue::from_str(&new.value).is_err() {
            return;
        }
        kept.push(new);
        while kept.len() > MAX_COOKIES || kept.iter().map(Kept::bytes).sum::<usize>() > MAX_BYTES {
            kept.remove(0);
        }
    }

    /// `Max-Age` wins over `Expires`.
    fn end_of(&self, cookie: &Cookie<'_>) -> Option<Timestamp> {
        match (cookie.max_age(), cookie.expires_datetime()) {
            (Some(age), _) => {
                let end = self.clock.now().saturating_add(SignedDuration::from_secs(age.whole_seconds()));
                Some(end.unwrap_or(Timestamp::MAX))
            }
            (None, Some(end)) => Some(Timestamp::from_second(end.unix_timestamp()).unwrap_or(Timestamp::MAX)),
            (None, None) => None,
        }
    }
}

/// Where a cookie without a path belongs: the folder of the request.
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => path.get(..end).unwrap_or("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str) -> (CookieJar, Clock) {
        let clock = Clock::manual("2026-11-22T12:00:00Z".parse().unwrap());
        (CookieJar::new(&BaseUrl::parse(url, &[]).unwrap(), clock.clone()), clock)
    }

    fn set(jar: &CookieJar, cookies: &[&str]) {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(SET_COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        jar.take("/sap/opu/odata", &headers);
    }

    fn sent(jar: &CookieJar, path: &str) -> Option<String> {
        jar.header(path).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_session_comes_back_with_every_request_until_it_is_replaced_or_ended() {
        let (jar, _) = jar("https://erp.example.com");
        assert_eq!(sent(&jar, "/"), None);
        set(&jar, &["SAP_SESSIONID_X=abc%3d; path=/; secure; HttpOnly", "sap-usercontext=client=100; path=/"]);
        assert_eq!(sent(&jar, "/any/path").as_deref(), Some("SAP_SESSIONID_X=abc%3d; sap-usercontext=client=100"));
        set(&jar, &["SAP_SESSIONID_X=new; path=/; secure", "sap-usercontext=; path=/; Max-Age=0"]);
        assert_eq!(sent(&jar, "/").as_deref(), Some("SAP_SESSIONID_X=new"));
    }

    #[test]
    fn a_cookie_is_sent_below_its_path_only() {
        let (jar, _) = jar("https://erp.example.com");
        set(&jar, &["a=1; path=/sap", "b=2", "c=3; path=/"]);
        assert_eq!(sent(&jar, "/sap/opu/odata/x").as_deref(), Some("b=2; a=1; c=3"));
        assert_eq!(sent(&jar, "/sapphire").as_deref(), Some("c=3"));
        assert_eq!(sent(&jar, "/other").as_deref(), Some("c=3"));
    }

    #[test]
    fn cookies_of_other_hosts_and_secure_ones_without_encryption_are_not_kept() {
        let (jar, _) = jar("http://erp.example.com");
        set(
            &jar,
            &["a=1; domain=evil.test", "b=2; domain=rp.example.com", "c=3; secure", "d=4; domain=.example.com", "nonsense"],
        );
        assert_eq!(sent(&jar, "/sap/opu").as_deref(), Some("d=4"));
    }

    #[test]
    fn a_cookie_ends_when_it_says() {
        let (jar, clock) = jar("https://erp.example.com");
        set(&jar, &["a=1; path=/; Max-Age=60", "b=2; path=/; Expires=Sun, 22 Nov 2026 12:02:00 GMT", "c=3; path=/"]);
        assert_eq!(sent(&jar, "/").as_deref(), Some("a=1; b=2; c=3"));
        clock.advance(SignedDuration::from_secs(60));
        assert_eq!(sent(&jar, "/").as_deref(), Some("b=2; c=3"));
        clock.advance(SignedDuration::from_secs(60));
        assert_eq!(sent(&jar, "/").as_deref(), Some("c=3"));
    }

    #[test]
    fn a_jar_is_bounded_in_number_and_size() {
        let (jar, _) = jar("https://erp.example.com");
        for number in 0..1_000 {
            set(&jar, &[&format!("n{number}=x; path=/")]);
        }
        let many = sent(&jar, "/").unwrap();
        assert_eq!((many.split("; ").count(), many.ends_with("n999=x")), (MAX_COOKIES, true));
        set(&jar, &[&format!("large={}; path=/", "x".repeat(MAX_COOKIE_BYTES))]);
        set(&jar, &[&format!("deep=x; path=/{}", "x".repeat(MAX_COOKIE_BYTES))]);
        assert!(!sent(&jar, "/").unwrap().contains("large"));
        assert!(jar.kept.lock().iter().all(|cookie| cookie.name != "deep"));
        for number in 0..10 {
            set(&jar, &[&format!("big{number}={}; path=/", "x".repeat(4_000))]);
        }
        assert!(sent(&jar, "/").unwrap().len() <= MAX_BYTES + 3 * MAX_COOKIES);
    }

    #[test]
    fn the_header_is_not_shown_when_a_request_is_printed() {
        let (jar, _) = jar("https://erp.example.com");
        set(&jar, &["a=secret; path=/"]);
        assert!(jar.header("/").unwrap().is_sensitive());
    }
}
