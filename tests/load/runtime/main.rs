//! What the adapter runtime costs a running host: a miss from end to end (P5), a swap under load (P10), the start (P11) and memory (P12). Both
//! sides of each ratio are measured in turns in one run; the raw numbers are printed beside them.
//!
//! `cargo build --workspace --bins --release && cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter`
//! `cargo bench -p ordergate-tests --bench runtime`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking")]

mod memory;
mod misses;
mod starts;
mod stock;
mod swaps;

/// Pairs of both sides.
const PAIRS: usize = 5;

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == starts::BARE) {
        return starts::serve_bare().await;
    }
    // `cargo test --all-targets` runs benchmarks as well, without this.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let wanted = |name: &str| {
        let mut names = arguments.iter().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
        names.peek().is_none() || names.any(|argument| argument == name)
    };
    if wanted("misses") {
        misses::measure().await;
    }
    if wanted("swaps") {
        swaps::measure().await;
    }
    if wanted("starts") {
        starts::measure().await;
    }
    if wanted("memory") {
        memory::measure().await;
    }
}

fn quantile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

fn median(values: &[f64]) -> f64 {
    quantile(values, 50)
}
