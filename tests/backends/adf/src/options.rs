//! Command-line options.

use std::net::SocketAddr;

/// How the back end runs.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Address to listen on; port 0 takes a free one. The bound address is the first line on stdout.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Integration user.
    #[arg(long, default_value = "SHOP")]
    pub user: String,
    /// Its password.
    #[arg(long, default_value = "shop-password", hide_default_value = true)]
    pub password: String,
}
