//! The readable differences. Components are made from the contract's own text, changed where a test says so, with a body that traps.

use super::*;

fn component(change: impl Fn(String) -> String) -> Vec<u8> {
    let mut sources = SourceMap::new();
    for (path, text) in WIT {
        sources.push_str(path, change(text.to_owned()));
    }
    let mut resolve = Resolve::default();
    let package = resolve.push_group(sources.parse().map_err(|(_, error)| error).unwrap()).unwrap();
    let world = resolve.select_world(&[package], Some("adapter")).unwrap();
    let mut module = wit_component::dummy_module(&resolve, world, wit_parser::ManglingAndAbi::Standard32);
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

fn refusal(change: impl Fn(String) -> String) -> String {
    check(&component(change)).unwrap_err().to_string()
}

#[test]
fn a_component_built_from_the_contract_fits() {
    check(&component(|text| text)).unwrap();
}

#[test]
fn what_is_no_component_is_told_apart() {
    assert!(matches!(check(b"#!/bin/sh\n"), Err(ContractError::NotWasm)));
    assert!(matches!(check(b"\0asm"), Err(ContractError::NotWasm)));
    assert!(matches!(check(b"\0asm\x01\0\0\0"), Err(ContractError::CoreModule)));
    assert!(matches!(check(b"\0asm\x09\0\x01\0"), Err(ContractError::UnknownFormat)));
    assert!(matches!(check(b"\0asm\x0d\0\x01\0garbage"), Err(ContractError::Malformed(_))));
}

#[test]
fn another_number_of_parameters_is_told_with_both_numbers() {
    let text = refusal(|text| text.replace(", number: string, reason: string)", ", number: string)"));
    assert!(
        text.contains("function orders.cancel has 3 parameters, the host's has 4 (ctx: context, account: string, "),
        "{text}"
    );
}

#[test]
fn a_missing_function_interface_and_field_are_named() {
    let text = refusal(|text| {
        text.replace("%list: func(ctx: context, account: string, filter: document-filter, page: page-request) -> result<order-page, failure>;", "")
    });
    assert!(text.contains("function orders.list is missing"), "{text}");
    let text = refusal(|text| text.replace("    export inbound;\n", ""));
    assert!(text.contains("it does not export inbound"), "{text}");
    let text = refusal(|text| text.replace("        retry-after-ms: option<u64>,\n", ""));
    assert!(text.contains("record types.failure has no retry-after-ms"), "{text}");
}

#[test]
fn a_changed_type_is_told_with_both_types() {
    let text = refusal(|text| text.replace("        remaining-ms: u32,", "        remaining-ms: u64,"));
    assert!(text.contains("remaining-ms of record types.context is u64, the host's is u32"), "{text}");
}

#[test]
fn another_version_of_the_contract_is_told_as_such() {
    let text = refusal(|text| text.replace("package ordergate:adapter@1.0.0;", "package ordergate:adapter@2.1.0;"));
    assert!(text.contains("it exports orders in version 2.1.0, this host needs version 1.0.0"), "{text}");
    assert!(!text.contains("does not export"), "{text}");
}

#[test]
fn what_adapters_are_not_given_is_refused_by_name() {
    assert!(is_given_wasi("wasi:cli/stdout@0.2.6"));
    assert!(is_given_wasi("wasi:filesystem/preopens@0.2.0"));
    for name in [
        "wasi:sockets/tcp@0.2.6",
        "wasi:http/outgoing-handler@0.2.6",
        "wasi:cli/run@0.2.6",
        "wasi:cli/stdout@0.3.0",
        "wasi:cli/stdout",
    ] {
        assert!(!is_given_wasi(name), "{name}");
    }
    assert_eq!(
        unknown_import("wasi:sockets/tcp@0.2.6", &Interfaces::new()),
        "it imports wasi:sockets/tcp@0.2.6, which adapters are not given"
    );
}
