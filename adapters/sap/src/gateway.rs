//! Talking to SAP Gateway: addresses, client and language, the CSRF token, and what an unsuccessful reply stands for.
//!
//! The token belongs to a session, whose cookies the host keeps (`cookies = true` at the endpoint). Both are used by all calls until the back end
//! says `x-csrf-token: Required`; then the token is fetched once more and what was refused is sent again, once.

use crate::failures;
use crate::settings::Settings;
use ordergate_sdk::failure::code;
use ordergate_sdk::http::{Request, Response, send_many};
use ordergate_sdk::types::Failure;
use ordergate_sdk::{log, session};
use std::time::Duration;

const TOKEN: &str = "x-csrf-token";

/// A session ends after some 30 minutes by default; an older token is refused and fetched again anyway.
const TOKEN_LIFE: Duration = Duration::from_secs(25 * 60);

/// The services of one system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gateway<'a> {
    settings: &'a Settings,
}

impl<'a> Gateway<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// A request to `path` (encoded) of a service. Without `Accept` a V2 service answers in Atom XML.
    pub(crate) fn request(self, method: &str, service: &str, path: &str) -> Request {
        let settings = self.settings;
        let address = format!("{}/{service}/{path}", settings.service_path);
        let request = Request::new(method, &settings.endpoint, address).header("accept", "application/json");
        let parameters = [("sap-client", &settings.client), ("sap-language", &settings.language)];
        parameters
            .into_iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| (name, value)))
            .fold(request, |request, (name, value)| request.query(name, value))
    }

    /// A read by GET, which needs no token.
    pub(crate) fn read(self, request: Request) -> Result<Response, Failure> {
        request.send()?.ok_or(|response| failures::explain(self.settings, response))
    }

    pub(crate) fn read_all(self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        send_many(requests).into_iter().map(|reply| self.explained(reply)).collect()
    }

    /// A POST, PATCH or `$batch` of a service.
    pub(crate) fn post(self, service: &str, request: Request) -> Result<Response, Failure> {
        let none = || Err(Failure::outcome_unknown("there is no reply"));
        self.post_all(service, vec![request]).pop().unwrap_or_else(none)
    }

    /// Several at once, under one token.
    pub(crate) fn post_all(self, service: &str, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        if requests.is_empty() {
            return Vec::new();
        }
        let token = match session::get(&self.session_key()).map_or_else(|| self.fetch_token(service), Ok) {
            Ok(token) => token,
            Err(failure) => return requests.iter().map(|_| Err(failure.clone())).collect(),
        };
        let mut replies = send_many(requests.iter().map(|request| request.clone().header(TOKEN, &token)).collect());
        let refused: Vec<usize> = replies
            .iter()
            .enumerate()
            .filter(|(_, reply)| reply.as_ref().is_ok_and(wants_token))
            .map(|(index, _)| index)
            .collect();
        if !refused.is_empty() {
            log::debug("the CSRF token is not valid any more", &[("requests", refused.len().to_string())]);
            let again = self.fetch_token(service).map(|token| {
                let refused = refused.iter().filter_map(|index| requests.get(*index));
                send_many(refused.map(|request| request.clone().header(TOKEN, &token)).collect())
            });
            let again = again.unwrap_or_else(|failure| refused.iter().map(|_| Err(failure.clone())).collect());
            for (index, reply) in refused.into_iter().zip(again) {
                if let Some(place) = replies.get_mut(index) {
                    *place = reply;
                }
            }
        }
        replies.into_iter().map(|reply| self.explained(reply)).collect()
    }

    /// Asks the root of a service for a token. Nothing of the operation has been sent, so its failure is never an unknown outcome.
    pub(crate) fn fetch_token(self, service: &str) -> Result<String, Failure> {
        let reply = self.read(self.request("GET", service, "").header(TOKEN, "fetch")).map_err(|failure| {
            match failure.code.as_str() {
                code::AUTH | code::THROTTLED | code::UNAVAILABLE => failure,
                _ => Failure { code: code::UNAVAILABLE.to_owned(), ..failure },
            }
        })?;
        let token = reply.header(TOKEN).filter(|token| !token.eq_ignore_ascii_case("required")).map(ToOwned::to_owned);
        let token = token.ok_or_else(|| {
            Failure::unavailable("The back end gives no CSRF token.").detail(format!(
                "GET {service} with x-csrf-token: fetch was answered without a token; is it served by SAP Gateway?"
            ))
        })?;
        session::put(&self.session_key(), &token, TOKEN_LIFE);
        Ok(token)
    }

    /// A session is of one client.
    fn session_key(self) -> String {
        format!("csrf.{}", self.settings.client.as_deref().unwrap_or_default())
    }

    fn explained(self, reply: Result<Response, Failure>) -> Result<Response, Failure> {
        reply?.ok_or(|response| failures::explain(self.settings, response))
    }
}

/// The token is missing, expired, or of another session. A 403 without this header is a missing authorization.
pub(crate) fn wants_token(response: &Response) -> bool {
    response.status() == 403 && response.header(TOKEN).is_some_and(|value| value.eq_ignore_ascii_case("required"))
}
