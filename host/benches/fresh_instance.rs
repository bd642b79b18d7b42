//! What one call of `adapters/rest` costs: `availability.check` of 1 and 20 items against a server in this process that answers at once, in a
//! fresh instance (from a snapshot, and without one) and in an instance that is used again; beside it, the same mapping as native code with a
//! scripted reply, and the exchange over HTTP alone (figure P4). With `ORDERGATE_BENCH_EXTISM` naming the folder of both of its files, also the
//! same adapter code as an Extism plugin (`tests/extism`), whose replies are scripted too.
//!
//! `cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter && cargo bench --workspace --bench fresh_instance`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use ordergate::adapter::operation::CheckAvailability;
use ordergate::adapter::{Adapter, Adapters, measure};
use ordergate::clock::Clock;
use ordergate::config::{AdapterConfig, RuntimeConfig, TrustConfig};
use ordergate::domain::{AdapterName, AvailabilityItem, AvailabilityQuery, CallContext, Purpose};
use ordergate_sdk::Adapter as _;
use ordergate_sdk::availability;
use ordergate_sdk::settings::Settings;
use ordergate_sdk::testing::{Backend, Reply};
use ordergate_sdk::types::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ROUNDS: usize = 10;
/// In each round, after those that do not count.
const CALLS: usize = 50;
const WARM_UP: usize = 10;

#[tokio::main]
async fn main() -> Result<()> {
    // `cargo test --all-targets` runs benchmarks as well, without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let address = server.local_addr()?;
    tokio::spawn(serve(server));
    let folder = std::env::temp_dir().join(format!("ordergate-bench-{}", std::process::id()));
    let measured = run(address, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    println!("{}", measured?);
    Ok(())
}

async fn run(address: SocketAddr, cache: &Path) -> Result<String> {
    let with = load(address, cache, true).await?;
    let without = load(address, cache, false).await?;
    eprintln!("snapshot: {:?}; without: {:?}", with.snapshot(), without.snapshot());
    let mut extism =
        std::env::var_os("ORDERGATE_BENCH_EXTISM").map(|folder| Extism::start(Path::new(&folder), cache)).transpose()?;
    let mut table = String::from("| items | instance | 10 % | median | 95 % | of reused |\n|---|---|---|---|---|---|\n");
    for items in [1, 20] {
        let operation = check(items);
        let [mut reused, mut frozen, mut plain, mut mapped, mut exchanged, mut plugin, mut plugin_reused] =
            [const { Vec::new() }; 7];
        // In turns, so that whatever else the machine does disturbs all of them.
        for _ in 0..ROUNDS {
            reused.extend(measure::reused(&with, &context(), &operation, CALLS + WARM_UP).await?.split_off(WARM_UP));
            frozen.extend(fresh(&with, &operation).await?);
            plain.extend(fresh(&without, &operation).await?);
            mapped.extend(native(items)?);
            exchanged.extend(exchange(address, items).await?);
            if let Some(extism) = &mut extism {
                plugin.extend(extism.calls(items, true)?);
                plugin_reused.extend(extism.calls(items, false)?);
            }
        }
        let base = quantile(&mut reused, 50);
        for (name, mut took) in [
            ("native mapping, no exchange", mapped),
            ("exchange alone", exchanged),
            ("reused", reused),
            ("fresh, from a snapshot", frozen),
            ("fresh, without", plain),
            ("Extism plugin, fresh, no exchange", plugin),
            ("Extism plugin, reused, no exchange", plugin_reused),
        ] {
            if took.is_empty() {
                continue;
            }
            let [least, median, late] = [10, 50, 95].map(|percent| quantile(&mut took, percent));
            let ratio = median.as_secs_f64() / base.as_secs_f64();
            let [least, median, late] = [least, median, late].map(shown);
            writeln!(table, "| {items} | {name} | {least} | {median} | {late} | {ratio:.1} |")?;
        }
    }
    Ok(table)
}

async fn fresh(adapter: &Adapter, operation: &CheckAvailability) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(CALLS);
    for number in 0..CALLS + WARM_UP {
        let began = Instant::now();
        let answers = adapter.call(&context(), operation).await?;
        if number >= WARM_UP {
            took.push(began.elapsed());
        }
        answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    }
    Ok(took)
}

/// The Extism plugin, in a process of its own: it brings another Wasmtime.
struct Extism {
    process: Child,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Extism {
    /// `folder` has `extism-side` and `rest_plugin.wasm`.
    fn start(folder: &Path, scratch: &Path) -> Result<Self> {
        std::fs::create_dir_all(scratch)?;
        let settings_file = scratch.join("settings.json");
        std::fs::write(&settings_file, settings()?)?;
        let mut command = Command::new(folder.join("extism-side"));
        command.arg(folder.join("rest_plugin.wasm")).arg(settings_file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start extism-side")?;
        let answers = BufReader::new(process.stdout.take().context("no output")?).lines();
        Ok(Self { process, answers })
    }

    fn calls(&mut self, items: usize, fresh: bool) -> Result<Vec<Duration>> {
        let skus: Vec<_> = (0..items).map(sku).collect();
        let reply = stock(&format!("sku={} ", skus.join(",")));
        let round = serde_json::json!({"fresh": fresh, "calls": CALLS + WARM_UP, "question": {"skus": skus, "reply": reply}});
        writeln!(self.process.stdin.as_mut().context("no input")?, "{round}")?;
        let answer = self.answers.next().context("extism-side has ended")??;
        let took: Vec<u64> = serde_json::from_str(&answer)?;
        Ok(took.into_iter().skip(WARM_UP).map(Duration::from_nanos).collect())
    }
}

impl Drop for Extism {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn settings() -> Result<String> {
    let profile: toml::Table = include_str!("../../adapters/rest/profiles/demo.toml").parse()?;
    Ok(serde_json::to_string(&profile)?)
}

/// The mapping as native code, configured once; the reply is scripted.
fn native(items: usize) -> Result<Vec<Duration>> {
    let refused = |failure: ordergate_sdk::types::Failure| anyhow!(failure.message);
    let rest = ordergate_adapter_rest::Rest::configure(&Settings::from_json(settings()?)).map_err(refused)?;
    let skus: Vec<_> = (0..items).map(sku).collect();
    let reply = stock(&format!("sku={} ", skus.join(",")));
    let item = |sku: &String| availability::Item { sku: sku.clone(), ..availability::Item::default() };
    let query = availability::Query { items: skus.iter().map(item).collect(), ..availability::Query::default() };
    let mut took = Vec::with_capacity(CALLS);
    for number in 0..CALLS + WARM_UP {
        let _backend = Backend::new().reply(Reply::json(200, reply.clone()));
        let query = query.clone();
        let began = Instant::now();
        let answers = rest.check_availability(&Context::default(), query);
        if number >= WARM_UP {
            took.push(began.elapsed());
        }
        answers.into_iter().collect::<Result<Vec<_>, _>>().map_err(refused)?;
    }
    Ok(took)
}

/// The same request and reply over one connection, without an adapter.
async fn exchange(address: SocketAddr, items: usize) -> Result<Vec<Duration>> {
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let skus: Vec<_> = (0..items).map(sku).collect();
    let request = format!("GET /api/stock?sku={} HTTP/1.1\r\nhost: {address}\r\n\r\n", skus.join("%2C"));
    let mut took = Vec::with_capacity(CALLS);
    for number in 0..CALLS + WARM_UP {
        let began = Instant::now();
        connection.write_all(request.as_bytes()).await?;
        let mut reply = Vec::new();
        while !reply.ends_with(b"\"unknown\":[]}") {
            if connection.read_buf(&mut reply).await? == 0 {
                return Err(anyhow!("the server closed the connection"));
            }
        }
        if number >= WARM_UP {
            took.push(began.elapsed());
        }
    }
    Ok(took)
}

fn sku(number: usize) -> String {
    format!("NW-{number:04}")
}

fn quantile(took: &mut [Duration], percent: usize) -> Duration {
    took.sort_unstable();
    took.get(took.len() * percent / 100).copied().unwrap_or_default()
}

fn shown(took: Duration) -> String {
    format!("{:.2} ms", took.as_secs_f64() * 1_000.0)
}

/// With limits wide enough for all calls in one instance.
async fn load(address: SocketAddr, cache: &Path, snapshot: bool) -> Result<Arc<Adapter>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let component = component(&root);
    let profile = root.join("adapters/rest/profiles/demo.toml");
    let mut config: AdapterConfig = toml::from_str(&format!(
        "component = '{}'\nsettings_file = '{}'\nsnapshot = {snapshot}\n[limits]\ncpu_ms = 60000\negress_requests = 100000\nreply_total_bytes = 1000000000\nlog_bytes = 1\n[endpoints.api]\nbase_url = 'http://{address}'\nallow = ['loopback']\n",
        component.display(),
        profile.display(),
    ))?;
    config.trust = Arc::new(TrustConfig { require_signatures: false, keys: Vec::new() });
    let configs = BTreeMap::from([(AdapterName::new("rest"), config)]);
    let adapters =
        Adapters::load(&configs, &root, cache, &RuntimeConfig::default(), &Clock::system(), tokio::runtime::Handle::current())
            .await
            .with_context(
                || "build the adapter first: cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter",
            )?;
    adapters.get(&AdapterName::new("rest")).ok_or_else(|| anyhow!("the adapter was not loaded"))
}

fn component(root: &Path) -> PathBuf {
    let target = std::env::var_os("ORDERGATE_BENCH_TARGET").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("wasm32-wasip2/adapter/ordergate_adapter_rest.wasm")
}

fn check(items: usize) -> CheckAvailability {
    let item =
        |number| AvailabilityItem { sku: sku(number).into(), location: None, unit: None, quantity: None, requested_date: None };
    CheckAvailability { query: AvailabilityQuery { buyer: None, items: (0..items).map(item).collect() } }
}

fn context() -> CallContext {
    CallContext {
        store: "shop".into(),
        channel: "web".into(),
        locale: "en".into(),
        request_id: "bench".into(),
        trace_parent: None,
        purpose: Purpose::Browse,
        deadline: Duration::from_secs(600),
    }
}

/// Answers every request for stock with the articles that it asks for.
async fn serve(server: TcpListener) {
    while let Ok((connection, _)) = server.accept().await {
        tokio::spawn(answer(connection));
    }
}

async fn answer(mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut request = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = connection.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(piece.get(..read).unwrap_or_default());
        if request.ends_with(b"\r\n\r\n") {
            let body = stock(&String::from_utf8_lossy(&request));
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            connection.write_all((head + &body).as_bytes()).await?;
            request.clear();
        }
    }
}

fn stock(request: &str) -> String {
    let query =
        request.split("sku=").nth(1).and_then(|rest| rest.split([' ', '&']).next()).unwrap_or_default().replace("%2C", ",");
    let article = |sku: &str| {
        format!(
            r#"{{"article":"{sku}","site":null,"free":"1240","uom":"PCE","made_to_order":false,"lead_days":3,"inbound":[{{"qty":"500","eta":"2026-12-03"}}],"counted_at":"2026-11-22T10:00:00Z"}}"#
        )
    };
    let articles: Vec<_> = query.split(',').map(article).collect();
    format!(r#"{{"stock":[{}],"unknown":[]}}"#, articles.join(","))
}
