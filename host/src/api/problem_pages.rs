//! Every problem code with its status, and a page that says what it means and what to do.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::route::Path;

/// What a code stands for.
#[derive(Debug)]
pub struct Page {
    pub code: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
    /// The same request may succeed later.
    pub retryable: bool,
    /// What the caller should do.
    pub help: &'static str,
}

macro_rules! pages {
    ($($name:ident $code:literal $status:ident $retry:ident $title:literal $help:literal)+) => {
        $(pub static $name: Page = Page { code: $code, status: StatusCode::$status, title: $title, retryable: pages!(@ $retry), help: $help };)+
        static ALL: &[&Page] = &[$(&$name),+];
    };
    (@ again) => { true };
    (@ never) => { false };
}

pages! {
    UNAUTHENTICATED "unauthenticated" UNAUTHORIZED never "The request carries no credentials"
        "Send `Authorization: Bearer …` with an API key or a customer's token."
    TOKEN_INVALID "token_invalid" UNAUTHORIZED never "The credentials are not accepted"
        "The key is unknown, or the token is expired, signed otherwise than configured, or meant for someone else. Get a new one."
    IDENTITY_UNAVAILABLE "identity_unavailable" SERVICE_UNAVAILABLE again "Tokens cannot be checked at the moment"
        "The issuer's keys (`access.jwt.jwks_url`) could not be fetched for too long. Try again after `Retry-After`; API keys are not concerned."
    SENDER_UNPROVEN "sender_unproven" UNAUTHORIZED never "The sender of the message is not proven"
        "Sign as `[adapters.NAME.inbound]` says, with one of its secrets, the body exactly as it is sent, and a clock that is right. The host counts why in `ordergate_inbound_messages_total`."
    MESSAGE_UNREADABLE "message_unreadable" UNPROCESSABLE_ENTITY never "The adapter cannot read the message"
        "The detail says why. Sending it again does not help: mend the message, or the adapter's `inbound.translate`."
    SCOPE_MISSING "scope_missing" FORBIDDEN never "The caller may not do this"
        "The key or token lacks the scope that the detail names. An operator grants scopes in `access.api_keys`."
    ACCOUNT_REQUIRED "account_required" BAD_REQUEST never "The request names no account"
        "The caller may act for several accounts: name one in the header `X-Account`."
    ACCOUNT_FORBIDDEN "account_forbidden" FORBIDDEN never "The caller may not act for this account"
        "Name an account that the key or token covers."
    STORE_UNKNOWN "store_unknown" NOT_FOUND never "There is no such store"
        "Name one of the configured stores in the header `X-Store`."
    STORE_FORBIDDEN "store_forbidden" FORBIDDEN never "The caller may not use this store"
        "Name a store that the key or token is for."
    MALFORMED_JSON "malformed_json" BAD_REQUEST never "The body is no JSON"
        "Send well-formed JSON in UTF-8; the detail names line and column."
    UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE never "The body must be JSON"
        "Send the header `Content-Type: application/json`, and the body without a `Content-Encoding`."
    BODY_TOO_LARGE "body_too_large" PAYLOAD_TOO_LARGE never "The body is too large"
        "Send less at once. The limit is `server.max_body_bytes`."
    INVALID_REQUEST "invalid_request" UNPROCESSABLE_ENTITY never "The request is not valid"
        "Each entry of `errors` points at a field and says what is wrong with it."
    NOT_FOUND "not_found" NOT_FOUND never "There is no such thing"
        "It does not exist, or it is another account's."
    METHOD_NOT_ALLOWED "method_not_allowed" METHOD_NOT_ALLOWED never "The route does not take this method"
        "See `/openapi.json`."
    SKU_UNKNOWN "sku_unknown" NOT_FOUND never "The back end does not know the item"
        "Check the SKU. The answer is remembered for a short time."
    NOT_CACHED "not_cached" SERVICE_UNAVAILABLE again "Nothing is known about the item at the moment"
        "The operator lets it be asked at checkout only (`call_on_miss = false`); a checkout, or the back end itself, brings it. Ask with the purpose `checkout`, or later."
    ADAPTER_REFUSED "adapter_refused" UNPROCESSABLE_ENTITY never "The new version of the adapter is refused; the old one serves on"
        "Each entry of `errors` names a place in the configuration and says what is wrong and how to mend it."
    CONFIG_REFUSED "config_refused" UNPROCESSABLE_ENTITY never "The configuration is refused; nothing of it was applied"
        "Each entry of `errors` names a place in the configuration and says what is wrong and how to mend it. `ordergate check` says the same with lines."
    CHECKOUT_UNKNOWN "checkout_unknown" NOT_FOUND never "There is no such checkout"
        "It was abandoned, never made, or is another account's. Make a new one with `POST /v1/checkouts`."
    CHECKOUT_USED "checkout_used" CONFLICT never "An order came from this checkout already"
        "One checkout makes one order; the detail names it. For another order make a new checkout."
    CHECKOUT_BUSY "checkout_busy" CONFLICT again "The checkout was changed by another request at the same time"
        "Send the same request again."
    PRICES_UNKNOWN "prices_unknown" SERVICE_UNAVAILABLE again "The back end does not answer, and not every price is known"
        "Each entry of `errors` names a line of which no recent price is known; the others could be sealed. Try again after `Retry-After`, or without these lines."
    CHECKOUT_CONTRADICTED "checkout_contradicted" UNPROCESSABLE_ENTITY never "The order says something else than its checkout"
        "Amounts come from the checkout, never from the order. Leave them out, or make a new checkout."
    PRICE_CHANGED "price_changed" CONFLICT never "Prices have changed since the checkout"
        "Show `differences` and `payable` to the customer and send the order again with `\"consent\": true`, or make a new checkout."
    REVISION_STALE "revision_stale" CONFLICT never "The quote has a newer revision"
        "Show the customer the new revision and act on that one."
    ACTION_NOT_ALLOWED "action_not_allowed" CONFLICT never "The document does not allow this now"
        "Only what stands in `allowed_actions` can be done."
    IDEMPOTENCY_KEY_MISSING "idempotency_key_missing" BAD_REQUEST never "The request needs an Idempotency-Key"
        "Send a header `Idempotency-Key` with a new unique value (such as a UUID) for every new intent, and the same value for every retry."
    IDEMPOTENCY_KEY_REUSED "idempotency_key_reused" UNPROCESSABLE_ENTITY never "The Idempotency-Key was used with another request"
        "A retry must be the same request. For something new take a new key."
    IDEMPOTENCY_KEY_IN_USE "idempotency_key_in_use" CONFLICT again "The first request with this Idempotency-Key is still running"
        "Wait and send the same request again."
    CUSTOMER_UNDER_WAY "customer_under_way" CONFLICT never "Something of the customer is still on its way, or waits for a person"
        "Each entry of `errors` names an order or quote. Wait until the back end has it, decide about what is parked, then erase again."
    CUSTOMER_ERASED "customer_erased" GONE never "What this request answered was erased"
        "The Idempotency-Key was used before the customer was erased; nothing was captured now. For something new take a new key."
    CONFLICT "conflict" CONFLICT never "It contradicts what is there"
        "Read the document again and decide anew."
    BACKEND_REJECTED "backend_rejected" UNPROCESSABLE_ENTITY never "The back end refuses it"
        "A business refusal; the detail may be shown to the customer."
    BACKEND_UNAVAILABLE "backend_unavailable" SERVICE_UNAVAILABLE again "The back end does not answer"
        "Try again after `Retry-After`. Orders and quotes are taken meanwhile."
    BACKEND_TIMEOUT "backend_timeout" GATEWAY_TIMEOUT again "The back end did not answer in time"
        "Try again after `Retry-After`."
    BACKEND_INVALID "backend_invalid" BAD_GATEWAY never "The back end's answer is not usable"
        "The operator finds the cause in the log, under the request id."
    RATE_LIMITED "rate_limited" TOO_MANY_REQUESTS again "The caller makes too many requests"
        "Try again after `Retry-After`; the detail names the limit. After wrong credentials: mend them first."
    TOO_MANY_STREAMS "too_many_streams" TOO_MANY_REQUESTS again "The caller follows too many orders and quotes of this account at once"
        "End a stream, or follow fewer documents; the limit is `events.max_streams_per_account`. Try again after `Retry-After`."
    OVERLOADED "overloaded" SERVICE_UNAVAILABLE again "Too many requests at once"
        "Try again after `Retry-After`."
    REQUEST_TIMEOUT "request_timeout" GATEWAY_TIMEOUT again "The request took too long"
        "Try again. The limit is `server.request_timeout_ms`."
    STORE_UNAVAILABLE "store_unavailable" SERVICE_UNAVAILABLE again "The order store does not answer"
        "Nothing is known to have been captured. Send the same request again with the same Idempotency-Key."
    UNSUPPORTED "unsupported" NOT_IMPLEMENTED never "The back end cannot do this"
        "The store's adapter has no such operation."
    INTERNAL "internal" INTERNAL_SERVER_ERROR never "Something went wrong in the host"
        "The operator finds the cause in the log, under the request id."
}

/// `GET /problems`: all codes.
pub async fn list_problems() -> Response {
    let lines = ALL.iter().map(|page| format!("{} ({}): {}\n", page.code, page.status.as_u16(), page.title));
    text(lines.collect())
}

/// `GET /problems/{code}`: what a code means and what to do.
pub async fn explain_problem(Path(code): Path<String>) -> Response {
    match ALL.iter().find(|page| page.code == code) {
        Some(page) => text(format!("{}\nHTTP status {}\n\n{}.\n\n{}\n", page.code, page.status.as_u16(), page.title, page.help)),
        None => Problem::new(&NOT_FOUND).with_detail("there is no such problem code: see /problems").into_response(),
    }
}

fn text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_says_what_to_do() {
        for (index, page) in ALL.iter().enumerate() {
            assert!(!page.help.is_empty() && !page.title.is_empty());
            assert!(ALL.iter().skip(index + 1).all(|other| other.code != page.code), "{}", page.code);
        }
    }
}
