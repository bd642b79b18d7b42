//! Sessions and their CSRF tokens. A token is good with the cookie of its session only.

use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Name of the cookie: `SAP_SESSIONID_<SID>_<client>`.
pub(crate) const COOKIE: &str = "SAP_SESSIONID_S4X_100";

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    tokens: Mutex<(u64, BTreeMap<String, String>)>,
}

impl Sessions {
    /// The session of these cookies, or a new one; and its token.
    pub(crate) fn fetch(&self, cookies: &str) -> (String, String) {
        let mut kept = self.tokens.lock();
        let (count, tokens) = &mut *kept;
        if let Some((session, token)) = session(cookies).and_then(|session| tokens.get_key_value(session)) {
            return (session.clone(), token.clone());
        }
        *count += 1;
        let (session, token) = (format!("session{count}"), format!("token{count}=="));
        tokens.insert(session.clone(), token.clone());
        (session, token)
    }

    pub(crate) fn is_good(&self, cookies: &str, token: Option<&str>) -> bool {
        let kept = self.tokens.lock();
        token.is_some() && session(cookies).and_then(|session| kept.1.get(session)).map(String::as_str) == token
    }

    /// Everybody has to log on again.
    pub(crate) fn expire(&self) {
        self.tokens.lock().1.clear();
    }
}

fn session(cookies: &str) -> Option<&str> {
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_with_its_own_cookie_only() {
        let sessions = Sessions::default();
        let (one, first) = sessions.fetch("");
        let (two, second) = sessions.fetch("other=1");
        let cookie = |session: &str| format!("sap-usercontext=x; {COOKIE}={session}");
        assert!(sessions.is_good(&cookie(&one), Some(&first)) && sessions.is_good(&cookie(&two), Some(&second)));
        assert!(
            !sessions.is_good(&cookie(&one), Some(&second))
                && !sessions.is_good("", Some(&first))
                && !sessions.is_good(&cookie(&one), None)
        );
        assert_eq!(sessions.fetch(&cookie(&one)).1, first);
        sessions.expire();
        assert!(!sessions.is_good(&cookie(&one), Some(&first)));
    }
}
