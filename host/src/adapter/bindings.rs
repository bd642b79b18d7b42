//! The contract as Rust types and calls, generated from `wit/`. The only generated code; used by `instance`, `imports` and `convert`.

wasmtime::component::bindgen!({
    world: "adapter",
    path: "../wit",
    imports: {
        "ordergate:adapter/transport": async,
    },
    exports: { default: async },
    require_store_data_send: true,
});

pub(super) use self::ordergate::adapter as shared;
pub(super) use exports::ordergate::adapter as guest;
