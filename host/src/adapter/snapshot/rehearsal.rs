//! One run of `configure` in a world of settings and log alone. Everything else that the component imports ends the run when it is called,
//! and its name is the reason why there is no snapshot.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use wasmtime::component::{Component, Instance, Linker, LinkerInstance, Val};
use wasmtime::{Engine, Store, StoreContextMut};

use super::super::compiler::Refusal;
use super::super::engine;
use super::super::limits::Limiter;
use super::{Inputs, LogLine};
use crate::config::RuntimeConfig;
use crate::egress::Held;

const NO_CONFIGURE: &str = "it has no configure";
const LIFECYCLE: &str = "ordergate:adapter/lifecycle@";

pub(super) struct Rehearsal {
    pub store: Store<Stage>,
    pub instance: Instance,
    lifecycle: String,
    /// Ends the watch when dropped.
    _watched: Sender<()>,
}

/// What the guest can reach.
pub(super) struct Stage {
    inputs: Inputs,
    hash_seed: (u64, u64),
    log: Vec<LogLine>,
    log_bytes_left: usize,
    limiter: Limiter,
}

impl Rehearsal {
    pub(super) async fn start(component: &[u8], inputs: &Inputs) -> Result<Self, Refusal> {
        let unfit = |cause: wasmtime::Error| Refusal::for_good(format!("it cannot be run apart from a call: {cause:#}"));
        let engine = engine::rehearsal(&RuntimeConfig { guest_stack_bytes: inputs.guest_stack_bytes }).map_err(unfit)?;
        let component = Component::new(&engine, component).map_err(unfit)?;
        let linker = stage(&engine, &component).map_err(unfit)?;
        let mut store = Store::new(&engine, Stage::new(inputs)?);
        store.limiter(|stage| &mut stage.limiter);
        store.set_epoch_deadline(1);
        let watched =
            watch(&engine, Duration::from_secs(inputs.configure_secs)).map_err(|cause| Refusal::for_now(cause.to_string()))?;
        let exports = component.component_type();
        let mut exports = exports.exports(&engine).map(|(name, _)| name);
        let lifecycle =
            exports.find(|name| name.starts_with(LIFECYCLE)).ok_or_else(|| Refusal::for_good(NO_CONFIGURE))?.to_owned();
        let instance = linker.instantiate_async(&mut store, &component).await.map_err(|cause| refusal(&cause, inputs))?;
        Ok(Self { store, instance, lifecycle, _watched: watched })
    }

    pub(super) async fn configure(&mut self) -> Result<(), Refusal> {
        let missing = || Refusal::for_good(NO_CONFIGURE);
        let interface = self.instance.get_export_index(&mut self.store, None, &self.lifecycle).ok_or_else(missing)?;
        let index = self.instance.get_export_index(&mut self.store, Some(&interface), "configure").ok_or_else(missing)?;
        let configure = self.instance.get_func(&mut self.store, index).ok_or_else(missing)?;
        let mut results = [Val::Bool(false)];
        configure
            .call_async(&mut self.store, &[], &mut results)
            .await
            .map_err(|cause| refusal(&cause, &self.store.data().inputs))?;
        match results {
            [Val::Result(Ok(_))] => Ok(()),
            // The load asks again and reports the adapter's own words.
            _ => Err(Refusal::for_now("the adapter refuses its settings")),
        }
    }

    pub(super) fn into_log(self) -> Vec<LogLine> {
        self.store.into_data().log
    }
}

impl Stage {
    fn new(inputs: &Inputs) -> Result<Self, Refusal> {
        Ok(Self {
            hash_seed: (hash_seed()?, hash_seed()?),
            log: Vec::new(),
            log_bytes_left: inputs.log_bytes,
            limiter: Limiter::new(inputs.memory_bytes, inputs.table_elements, Arc::new(Held::unbounded())),
            inputs: inputs.clone(),
        })
    }

    fn write(&mut self, line: LogLine) {
        let bytes = line.message.len() + line.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        if let Some(left) = self.log_bytes_left.checked_sub(bytes.max(1)) {
            self.log_bytes_left = left;
            self.log.push(line);
        }
    }
}

/// Half of the seed of the hash maps that `configure` builds, and of those that instances build later when their language keeps one seed for
/// all, as Rust does. It is the one random value that is frozen: drawn anew for every snapshot and known to nobody outside, it protects from
/// chosen collisions as the seed of a long-running process does. A fixed seed would not: whoever knows this source would know it.
fn hash_seed() -> Result<u64, Refusal> {
    getrandom::u64().map_err(|cause| Refusal::for_now(format!("the system's random source does not answer: {cause}")))
}

/// Interrupts the guest when its time is over. That is far more than one call has: `configure` is run once, and not while somebody waits.
fn watch(engine: &Engine, time: Duration) -> std::io::Result<Sender<()>> {
    let (watched, ended) = channel();
    let engine = engine.clone();
    let watching = move || {
        if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            engine.increment_epoch();
        }
    };
    std::thread::Builder::new().name("rehearsal".into()).spawn(watching)?;
    Ok(watched)
}

/// Defines by the names that the component imports, whatever their version: what is not defined here must not work through another version.
fn stage(engine: &Engine, component: &Component) -> wasmtime::Result<Linker<Stage>> {
    let mut linker = Linker::new(engine);
    for (name, _) in component.component_type().imports(engine) {
        let plain = name.split('@').next().unwrap_or(name);
        match plain {
            "ordergate:adapter/settings" => settings(&mut linker.instance(name)?)?,
            "ordergate:adapter/log" => log(&mut linker.instance(name)?)?,
            "wasi:random/insecure-seed" => {
                linker.instance(name)?.func_wrap("insecure-seed", |store, ()| Ok((store.data().hash_seed,)))?
            }
            // An adapter has no environment, arguments or folders, at any time: nothing is what it is told here as well.
            "wasi:cli/environment" => environment(&mut linker.instance(name)?)?,
            "wasi:filesystem/preopens" => linker.instance(name)?.func_new("get-directories", |_, _, _, results| {
                results.fill(Val::List(Vec::new()));
                Ok(())
            })?,
            _ => {}
        }
    }
    linker.define_unknown_imports_as_traps(component)?;
    Ok(linker)
}

fn settings(interface: &mut LinkerInstance<'_, Stage>) -> wasmtime::Result<()> {
    interface.func_wrap("get", |store, ()| Ok((store.data().inputs.settings.clone(),)))?;
    interface.func_wrap("lookup", |store: StoreContextMut<'_, Stage>, (map, key): (String, String)| {
        Ok((store.data().inputs.maps.get(&map).and_then(|map| map.get(&key)).cloned(),))
    })
}

fn log(interface: &mut LinkerInstance<'_, Stage>) -> wasmtime::Result<()> {
    interface.func_new("write", |mut store, _, parameters, _| {
        if let [Val::Enum(level), Val::String(message), Val::List(fields)] = parameters {
            let fields = fields.iter().filter_map(field).collect();
            store.data_mut().write(LogLine { level: level.clone(), message: message.clone(), fields });
        }
        Ok(())
    })
}

fn field(value: &Val) -> Option<(String, String)> {
    let Val::Tuple(pair) = value else { return None };
    match pair.as_slice() {
        [Val::String(name), Val::String(value)] => Some((name.clone(), value.clone())),
        _ => None,
    }
}

fn environment(interface: &mut LinkerInstance<'_, Stage>) -> wasmtime::Result<()> {
    interface.func_wrap("get-environment", |_, ()| Ok((Vec::<(String, String)>::new(),)))?;
    interface.func_wrap("get-arguments", |_, ()| Ok((Vec::<String>::new(),)))?;
    interface.func_wrap("initial-cwd", |_, ()| Ok((None::<String>,)))
}

/// Why a run ended, for the adapter's author.
fn refusal(error: &wasmtime::Error, inputs: &Inputs) -> Refusal {
    let forbidden = error.chain().find_map(|cause| {
        let text = cause.to_string();
        text.strip_prefix("unknown import: `").and_then(|rest| rest.split('`').next()).map(str::to_owned)
    });
    match (forbidden, error.downcast_ref::<wasmtime::Trap>()) {
        (Some(import), _) => Refusal::for_good(format!("configure uses {import}, whose answer must not be frozen")),
        (None, Some(wasmtime::Trap::Interrupt)) => Refusal::late(inputs.configure_secs),
        (None, Some(trap)) => Refusal::for_good(format!("configure broke down: {trap}")),
        (None, None) => Refusal::for_good(format!("configure broke down: {error:#}")),
    }
}
