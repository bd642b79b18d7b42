//! The only place that calls the host's imports. Natively there is no host: calls go to `testing`. So they do with `--cfg ordergate_scripted`,
//! for adapter code that runs in another Wasm host without this contract.

#[cfg(any(not(target_arch = "wasm32"), ordergate_scripted))]
pub(crate) use crate::testing::host::*;
#[cfg(all(target_arch = "wasm32", not(ordergate_scripted)))]
pub(crate) use guest::*;

#[cfg(all(target_arch = "wasm32", not(ordergate_scripted)))]
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
