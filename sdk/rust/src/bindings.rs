//! The generated side of `wit/`: the only `generate!` call of the SDK.
//!
//! Everything else re-exports or wraps what is here. It compiles natively too, where the imports must not be called: `host.rs` sends
//! them to `testing` there.

#![allow(unsafe_code, unreachable_pub, clippy::all)]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::uninlined_format_args)]

wit_bindgen::generate!({
    world: "adapter",
    path: "../../wit",
    additional_derives: [PartialEq, Default, serde::Serialize, serde::Deserialize],
    additional_derives_ignore: ["level"],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "ordergate_sdk::bindings",
    runtime_path: "ordergate_sdk::wit_bindgen_runtime",
});
