//! The OpenAPI document, generated from the handlers.

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{SecurityRequirement, Server};

#[derive(OpenApi)]
#[openapi(info(
    title = "Ordergate",
    description = "Availability, offer prices, checkouts, orders and quotes of a back end of record. Errors are problems (RFC 9457) with a stable code; GET /problems lists them.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Base;

/// What does not come from handlers: title, security.
pub fn base() -> utoipa::openapi::OpenApi {
    let mut document = Base::openapi();
    document.servers = Some(vec![Server::new("/")]);
    let components = document.components.get_or_insert_default();
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key or a customer's JSON Web Token")).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Api-Key"))));
    let none: [&str; 0] = [];
    document.security = Some(vec![SecurityRequirement::new("bearer", none), SecurityRequirement::new("api_key", none)]);
    document
}

/// The whole document, as `/openapi.json` and `ordergate openapi` show it.
pub fn document() -> utoipa::openapi::OpenApi {
    super::routes().into_openapi()
}
