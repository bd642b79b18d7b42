//! Checks the URL that an operator bound, and takes it apart. A literal address in it is checked here; a name is checked when it resolves.

use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};

use super::address::{self, AddressRefusal};
use crate::config::AddressRange;

/// Why a URL cannot be bound.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Without the text: it may hold a password.
    #[error("this is no URL")]
    Syntax,
    #[error("a URL here begins with http:// or https://")]
    Scheme,
    #[error("a URL here has no user name or password: give them as `credential`")]
    User,
    #[error("a URL here has no query or fragment")]
    Query,
    #[error(transparent)]
    Address(#[from] AddressRefusal),
}

/// A base URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaseUrl {
    pub scheme: Scheme,
    pub authority: Authority,
    /// Path without its trailing slash; empty for the root.
    pub prefix: String,
}

impl BaseUrl {
    pub(super) fn parse(text: &str, allowed: &[AddressRange]) -> Result<Self, BaseUrlError> {
        // `http::Uri` drops a fragment silently.
        if text.contains('#') {
            return Err(BaseUrlError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| BaseUrlError::Syntax)?;
        check(&uri, allowed)?;
        if uri.query().is_some() {
            return Err(BaseUrlError::Query);
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) => Ok(Self { scheme: scheme.clone(), authority: authority.clone(), prefix }),
            _ => Err(BaseUrlError::Scheme),
        }
    }
}

/// Scheme, user name and literal address of a URL.
pub(super) fn check(uri: &Uri, allowed: &[AddressRange]) -> Result<(), BaseUrlError> {
    let Some(authority) = uri.authority().filter(|_| matches!(uri.scheme_str(), Some("http" | "https"))) else {
        return Err(BaseUrlError::Scheme);
    };
    if authority.as_str().contains('@') {
        return Err(BaseUrlError::User);
    }
    match literal(authority.host()) {
        Some(address) => Ok(address::check(address, allowed)?),
        None => Ok(()),
    }
}

/// Refuses a literal public address of a URL to which a secret would travel unencrypted.
pub(super) fn check_secret(scheme: Option<&str>, host: Option<&str>) -> Result<(), AddressRefusal> {
    match host.and_then(literal).filter(|_| scheme == Some("http")) {
        Some(address) => address::check_own(address),
        None => Ok(()),
    }
}

fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_to_no_public_address_over_http() {
        let check = |url: &str| check_secret(url.parse::<Uri>().unwrap().scheme_str(), url.parse::<Uri>().unwrap().host());
        assert!(matches!(check("http://8.8.8.8/a"), Err(AddressRefusal::InTheClear(_))));
        assert!(matches!(check("http://[2606:4700::1111]:8080"), Err(AddressRefusal::InTheClear(_))));
        for passes in ["https://8.8.8.8", "http://10.0.0.1", "http://127.0.0.1:80", "http://erp.local"] {
            assert_eq!(check(passes), Ok(()), "{passes}");
        }
    }

    #[test]
    fn a_base_url_is_taken_apart() {
        let url = BaseUrl::parse("https://erp.example.com:8443/api/v2/", &[]).unwrap();
        assert_eq!(
            (url.scheme.as_str(), url.authority.as_str(), url.prefix.as_str()),
            ("https", "erp.example.com:8443", "/api/v2")
        );
        assert_eq!(BaseUrl::parse("http://erp.example.com", &[]).unwrap().prefix, "");
    }

    #[test]
    fn a_base_url_with_a_literal_refused_address_is_refused_when_it_is_bound() {
        for url in ["http://127.0.0.1:8080/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest"] {
            assert!(matches!(BaseUrl::parse(url, &[]), Err(BaseUrlError::Address(_))), "{url}");
        }
        assert!(BaseUrl::parse("http://127.0.0.1:8080/", &[AddressRange::Loopback]).is_ok());
    }

    #[test]
    fn a_text_that_is_no_url_is_never_repeated() {
        let error = BaseUrl::parse("https://user:pa ss@erp.example.com", &[]).unwrap_err();
        assert_eq!((&error, error.to_string().as_str()), (&BaseUrlError::Syntax, "this is no URL"));
    }

    #[test]
    fn other_schemes_users_queries_and_fragments_are_refused() {
        assert_eq!(BaseUrl::parse("ftp://erp.example.com", &[]), Err(BaseUrlError::Scheme));
        assert_eq!(BaseUrl::parse("/api", &[]), Err(BaseUrlError::Scheme));
        assert_eq!(BaseUrl::parse("https://user:pass@erp.example.com", &[]), Err(BaseUrlError::User));
        assert_eq!(BaseUrl::parse("https://erp.example.com/?a=1", &[]), Err(BaseUrlError::Query));
        assert_eq!(BaseUrl::parse("https://erp.example.com/#a", &[]), Err(BaseUrlError::Query));
    }
}
