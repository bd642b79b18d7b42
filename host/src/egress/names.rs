//! Where names are looked up: with the system's resolver. In a test build a file can say otherwise, so that tests can let a name lead to an
//! address, and to another one a moment later, without a name server. Its answers are checked like all others; a release build has no such
//! file.

use std::io;
use std::net::SocketAddr;

use futures::future::BoxFuture;

/// Names the file: on each line a name and its addresses.
#[cfg(debug_assertions)]
const FILE: &str = "ORDERGATE_NAMES_FILE";

/// The addresses of a name, not yet checked.
pub(super) fn look_up(name: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    Box::pin(async move {
        #[cfg(debug_assertions)]
        if let Some(listed) = listed(&name).await {
            return Ok(listed);
        }
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    })
}

#[cfg(debug_assertions)]
async fn listed(name: &str) -> Option<Vec<SocketAddr>> {
    let text = tokio::fs::read_to_string(std::env::var_os(FILE)?).await.ok()?;
    let addresses = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(addresses.split_whitespace().filter_map(|address| Some(SocketAddr::new(address.parse().ok()?, 0))).collect())
}
