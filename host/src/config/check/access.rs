//! Rules of `[access]` (rule A1).

use std::collections::BTreeSet;

use super::{Checker, MIN_KEY_CHARACTERS};
use crate::config::{Config, JwksConfig, JwtConfig, Secret};
use crate::domain::{Scope, StoreName};

/// The output of the smallest hash (RFC 7518, section 3.2).
const MIN_SHARED_SECRET_BYTES: usize = 32;

impl Checker<'_, '_> {
    pub(super) fn access(&mut self, config: &Config) {
        let keys = &config.access.api_keys;
        if let Some(jwt) = &config.access.jwt {
            self.jwt(config, jwt);
        }
        for (index, key) in keys.iter().enumerate() {
            let place = index.to_string();
            let path = |option| ["access", "api_keys", place.as_str(), option];
            self.stores_of(config, &path("stores"), &format!("the key of {:?}", key.name), &key.stores);
            let earlier = || keys.iter().take(index);
            if earlier().any(|other| other.name == key.name) {
                self.report(&path("name"), "C015", format!("two keys are named {:?}: give each its own name", key.name));
            }
            if earlier().any(|other| other.key.expose() == key.key.expose()) {
                self.report(&path("key"), "C015", format!("the key of {:?} is used twice: make a new one", key.name));
            }
            if key.key.expose().len() < MIN_KEY_CHARACTERS {
                let message =
                    format!("the key of {:?} is shorter than {MIN_KEY_CHARACTERS} characters: make a longer one", key.name);
                self.report(&path("key"), "C015", message);
            }
            if let Some(problem) = key.rate().and_then(|rate| rate.problem()) {
                self.report(&path("per_sec"), "C013", problem);
            }
            if key.accounts.len() > 1 && key.accounts.iter().any(|account| account.as_str() == "*") {
                self.report(&path("accounts"), "C015", "\"*\" stands for every account: leave out the others, or leave it out");
            }
            if key.scopes.contains(&Scope::Operate) {
                self.report(&path("scopes"), "C015", "the scope \"ops\" belongs to ops.key, not to a storefront's key");
            }
        }
    }

    pub(super) fn ops_keys(&mut self, config: &Config) {
        let ops = &config.ops;
        let too_short =
            || format!("is shorter than {MIN_KEY_CHARACTERS} characters: make a longer one, such as `openssl rand -hex 32`");
        if ops.key.as_ref().is_some_and(|key| key.expose().len() < MIN_KEY_CHARACTERS) {
            self.report(&["ops", "key"], "C015", too_short());
        }
        let mut earlier: Vec<_> = ops.key.iter().map(Secret::expose).collect();
        for (index, key) in ops.keys.iter().enumerate() {
            let place = index.to_string();
            let path = |option| ["ops", "keys", place.as_str(), option];
            if key.key.expose().len() < MIN_KEY_CHARACTERS {
                self.report(&path("key"), "C015", too_short());
            }
            if earlier.contains(&key.key.expose()) {
                self.report(&path("key"), "C015", format!("the key of {:?} is used twice: make a new one", key.name));
            }
            earlier.push(key.key.expose());
            if ops.keys.iter().take(index).any(|other| other.name == key.name) {
                self.report(&path("name"), "C015", format!("two keys are named {:?}: give each its own name", key.name));
            }
            if key.scopes.is_empty() {
                self.report(&path("scopes"), "C015", "is empty: the key would open nothing");
            }
        }
    }

    fn jwt(&mut self, config: &Config, jwt: &JwtConfig) {
        self.stores_of(config, &["access", "jwt", "stores"], "access.jwt", &jwt.stores);
        match (&jwt.key, &jwt.jwks_url) {
            (Some(key), None) => self.key(jwt, key),
            (None, Some(url)) => self.jwks(config, jwt, url),
            (Some(_), Some(_)) => self.report(
                &["access", "jwt", "jwks_url"],
                "C033",
                "stands beside access.jwt.key: leave out the one that is not meant",
            ),
            (None, None) => {
                let message =
                    "says not with which key tokens are checked: add `key`, or `jwks_url` where the issuer publishes its keys";
                self.report(&["access", "jwt"], "C033", message);
            }
        }
    }

    fn key(&mut self, jwt: &JwtConfig, key: &Secret) {
        if jwt.algorithm.shares_secret() && key.expose().len() < MIN_SHARED_SECRET_BYTES {
            let message = format!(
                "has fewer than {MIN_SHARED_SECRET_BYTES} bytes: whoever has a token can guess it and make their own (RFC 7518, section 3.2)"
            );
            self.report(&["access", "jwt", "key"], "C015", message);
        }
        if jwt.jwks != JwksConfig::default() {
            self.report(&["access", "jwt", "jwks"], "C033", "has no effect without access.jwt.jwks_url");
        }
    }

    fn jwks(&mut self, config: &Config, jwt: &JwtConfig, url: &str) {
        if jwt.algorithm.shares_secret() {
            let message =
                "is for a shared secret, which nobody publishes: name the algorithm of the issuer's keys, such as \"RS256\"";
            self.report(&["access", "jwt", "algorithm"], "C034", message);
        }
        if let Err(message) = jwt.jwks.check_url(url) {
            self.report(&["access", "jwt", "jwks_url"], "C034", message);
        }
        for limit in jwt.jwks.limits() {
            self.limit(&["access", "jwt", "jwks"], &limit);
        }
        if jwt.jwks.keep_secs < jwt.jwks.refresh_secs {
            self.report(&["access", "jwt", "jwks", "keep_secs"], "C013", "must not be below refresh_secs");
        }
        let roots = jwt.jwks.roots.as_ref().map(|roots| config.folder().join(roots));
        if let Some(roots) = roots.filter(|roots| !roots.is_file()) {
            self.report(&["access", "jwt", "jwks", "roots"], "C016", format!("there is no file {}", roots.display()));
        }
    }

    /// The same account number is another customer in another store's back end (rule A1).
    fn stores_of(&mut self, config: &Config, path: &[&str], who: &str, stores: &BTreeSet<StoreName>) {
        if let Some(unknown) = stores.iter().find(|store| !config.stores.contains_key(*store)) {
            self.report(path, "C021", format!("{who} names a store that is not there: {unknown:?}"));
        }
        if stores.is_empty() && config.stores.len() > 1 {
            self.report(
                path,
                "C021",
                format!("{who} must name its `stores`: there are several, and an account number means another customer in each"),
            );
        }
    }
}
