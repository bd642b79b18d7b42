//! All that an adapter can reach: our four interfaces, and of WASI what a standard library needs to start. No sockets, no HTTP, no files, no
//! environment, no arguments: the contract check refuses components that import more.

mod transport;

use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
use wasmtime_wasi::random::WasiRandom;

use super::bindings;
use super::bindings::shared::{log, session, settings, types};
use super::instance::State;
use super::journal::Severity;

/// WASI interfaces that are linked, without their versions. `filesystem` is here because standard libraries import it to list the folders
/// that they were given; there are none.
pub(super) const WASI: [&str; 19] = [
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:clocks/wall-clock",
    "wasi:clocks/monotonic-clock",
    "wasi:random/random",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:filesystem/",
];

/// Defines every import that an adapter may have.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    link_wasi(linker)?;
    bindings::Adapter::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

fn link_wasi(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // wasi:io, clocks, secure random and the standard streams.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<State, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    cli::environment::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    filesystem::types::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)?;
    filesystem::preopens::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)
}

impl types::Host for State {}

impl settings::Host for State {
    fn get(&mut self) -> String {
        self.given.settings.clone()
    }

    fn lookup(&mut self, map: String, key: String) -> Option<String> {
        self.given.maps.get(&map)?.get(&key).cloned()
    }
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) {
        let severity = match level {
            log::Level::Debug => Severity::Debug,
            log::Level::Info => Severity::Info,
            log::Level::Warn => Severity::Warn,
            log::Level::Error => Severity::Error,
        };
        self.call.journal.write(severity, &message, &fields);
    }
}

impl session::Host for State {
    fn get(&mut self, key: String) -> Option<String> {
        let value = self.sessions().get(&key).or_else(|| self.call.tape.as_ref()?.session(&key))?;
        if let Some(exchanges) = &self.call.exchanges {
            exchanges.read_of_session(&key, &value);
        }
        Some(value)
    }

    fn put(&mut self, key: String, value: String, ttl_ms: u32) {
        if let Err(limit) = self.sessions().put(key, value, Duration::from_millis(ttl_ms.into())) {
            self.call.ran_into(limit);
        }
    }
}
