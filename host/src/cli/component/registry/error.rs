//! Why a registry does not give or take an artifact.

use http::StatusCode;

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("the registry {host} cannot be reached: {cause}")]
    Unreachable { host: String, cause: String },
    #[error("{host} did not {what} within {secs} s")]
    TooLate { host: String, what: &'static str, secs: u64 },
    #[error("{host} is no registry, or does not speak to this one: it answered {status} to {what}. Is the name right?")]
    NoRegistry { host: String, status: StatusCode, what: String },
    #[error("there is no {0} in its registry: look for the tag, or push it: ordergate adapter push {0} FILE")]
    NotFound(String),
    #[error("the registry {host} wants to know who asks: set ORDERGATE_REGISTRY_USER and ORDERGATE_REGISTRY_PASSWORD")]
    Anonymous { host: String },
    #[error(
        "the registry {host} does not let {user} in: are ORDERGATE_REGISTRY_USER and ORDERGATE_REGISTRY_PASSWORD right, and may they do this?"
    )]
    Refused { host: String, user: String },
    #[error("ORDERGATE_REGISTRY_USER and ORDERGATE_REGISTRY_PASSWORD are set together, or neither")]
    Half,
    #[error(
        "{url} would be spoken to without TLS: who is on the way could read and change everything. Use https, or --insecure-http in a network of your own"
    )]
    Plain { url: String },
    #[error("{what} has more than {most} bytes ({option})")]
    TooLarge { what: String, most: usize, option: &'static str },
    #[error(
        "{what} was changed on its way or in the registry: it should be {wanted}, and is {found}. Nothing was written; do not use it"
    )]
    Changed { what: String, wanted: String, found: String },
    #[error("{reference} is no adapter: {reason}")]
    Foreign { reference: String, reason: String },
    #[error("the registry {host} answered {status} to {what}: {message}")]
    Status { host: String, status: StatusCode, what: String, message: String },
    #[error("the registry {host} answered nonsense to {what}: {reason}")]
    Nonsense { host: String, what: String, reason: String },
    #[error("TLS cannot be prepared: {0}")]
    Tls(rustls::Error),
}

impl RegistryError {
    /// Whether it may be there another time.
    pub(in crate::cli) fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooLate { .. } => true,
            Self::Status { status, .. } => status.is_server_error(),
            _ => false,
        }
    }
}
