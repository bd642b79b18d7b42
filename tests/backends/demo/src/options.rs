//! Command-line options; tests that embed the server fill the same struct.

use std::{net::SocketAddr, path::PathBuf};

use jiff::SignedDuration;

use crate::passing_time::Pace;

/// How the back end runs.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Address to listen on; port 0 takes a free one. The bound address is the first line on stdout.
    #[arg(long, env = "DEMO_BACKEND_LISTEN", default_value = "127.0.0.1:7070")]
    pub listen: SocketAddr,
    /// File that keeps the data; without it nothing outlives the process.
    #[arg(long, env = "DEMO_BACKEND_DATA", value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// What callers of /api must send as `x-api-key`.
    #[arg(long, env = "DEMO_BACKEND_API_KEY", default_value = "nordwind-demo-key", hide_env_values = true)]
    pub api_key: String,
    /// Changes of stock, prices and orders are pushed there; `PUT /control/push` changes it.
    #[arg(long, env = "DEMO_BACKEND_PUSH_TO", value_name = "URL")]
    pub push_to: Option<String>,
    /// What pushed messages are signed with: `whsec_` and Base64, as Standard Webhooks write it.
    #[arg(
        long,
        env = "DEMO_BACKEND_PUSH_SECRET",
        default_value = "whsec_bm9yZHdpbmQtZGVtby1wdXNoLXNlY3JldA==",
        hide_env_values = true
    )]
    pub push_secret: String,
    /// The sales desk answers a request for quotation after so many seconds.
    #[arg(long, default_value_t = 4, value_name = "SECS")]
    pub answer_after_secs: u32,
    /// An order moves a state on every so many seconds; 0 = never by itself.
    #[arg(long, default_value_t = 20, value_name = "SECS")]
    pub advance_every_secs: u32,
    /// Some stock changes every so many seconds; 0 = never by itself.
    #[arg(long, default_value_t = 15, value_name = "SECS")]
    pub stock_moves_every_secs: u32,
    /// So many customers more, `C-2001` and on, without a history and with credit for everything.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub more_customers: u32,
    /// An order with a reference that is there already is refused.
    #[arg(long)]
    pub unique_references: bool,
    /// Decides how stock moves and how jitter falls.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Default for Options {
    /// The command line's defaults, but on a free port.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: None,
            api_key: "nordwind-demo-key".to_owned(),
            push_to: None,
            push_secret: "whsec_bm9yZHdpbmQtZGVtby1wdXNoLXNlY3JldA==".to_owned(),
            answer_after_secs: 4,
            advance_every_secs: 20,
            stock_moves_every_secs: 15,
            more_customers: 0,
            unique_references: false,
            seed: 1,
        }
    }
}

impl Options {
    pub(crate) fn pace(&self) -> Pace {
        let secs = |secs: u32| SignedDuration::from_secs(i64::from(secs));
        Pace {
            answer_after: secs(self.answer_after_secs),
            advance_every: secs(self.advance_every_secs),
            stock_moves_every: secs(self.stock_moves_every_secs),
        }
    }
}
