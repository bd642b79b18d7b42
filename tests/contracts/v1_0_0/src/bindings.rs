//! The generated side of the contract as it was published.

#![allow(unsafe_code, unreachable_pub, clippy::all)]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::uninlined_format_args)]

#[cfg(target_arch = "wasm32")]
use super::Component;

wit_bindgen::generate!({
    world: "adapter",
    path: "../../../host/src/adapter/contract/released/1.0.0",
    additional_derives: [Default],
    additional_derives_ignore: ["level"],
});

// Natively the exports would only be names that some linkers refuse.
#[cfg(target_arch = "wasm32")]
export!(Component);
