//! The only place that calls the host's imports. Natively there is no host: calls go to `testing`.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::host::*;
#[cfg(target_arch = "wasm32")]
pub(crate) use guest::*;

#[cfg(target_arch = "wasm32")]
mod guest {
    use crate::bindings::ordergate::adapter::{log, session, settings, transport};
    use crate::types::Failure;

    pub(crate) fn send(request: &transport::Request) -> Result<transport::Response, Failure> {
        transport::send(request)
    }

    pub(crate) fn send_many(requests: &[transport::Request]) -> Vec<Result<transport::Response, Failure>> {
        transport::send_many(requests)
    }

    pub(crate) fn settings() -> String {
        settings::get()
    }

    pub(crate) fn lookup(map: &str, key: &str) -> Option<String> {
        settings::lookup(map, key)
    }

    pub(crate) fn session_get(key: &str) -> Option<String> {
        session::get(key)
    }

    pub(crate) fn session_put(key: &str, value: &str, ttl_ms: u32) {
        session::put(key, value, ttl_ms);
    }

    pub(crate) fn log(level: log::Level, message: &str, fields: &[(String, String)]) {
        log::write(level, message, fields);
    }
}
