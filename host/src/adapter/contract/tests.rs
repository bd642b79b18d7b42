//! The readable differences. Components are made from the contract's own text, changed where a test says so, with a body that traps.

mod versions;

use wit_parser::{Resolve, SourceMap, WorldId};

use super::spoken::is_given_wasi;
use super::*;

/// The contract's files, each changed.
fn texts(change: impl Fn(String) -> String) -> Vec<(&'static str, String)> {
    WIT.iter().map(|(path, text)| (*path, change((*text).to_owned()))).collect()
}

fn world(resolve: &mut Resolve, texts: &[(&str, String)], name: &str) -> WorldId {
    let mut sources = SourceMap::new();
    for (path, text) in texts {
        sources.push_str(path, text.clone());
    }
    let package = resolve.push_group(sources.parse().map_err(|(_, error)| error).unwrap()).unwrap();
    resolve.select_world(&[package], Some(name)).unwrap()
}

fn component(change: impl Fn(String) -> String) -> Vec<u8> {
    component_of(&texts(change), "adapter")
}

/// A component for a world of a contract.
fn component_of(texts: &[(&str, String)], name: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let world = world(&mut resolve, texts, name);
    let mut module = wit_component::dummy_module(&resolve, world, wit_parser::ManglingAndAbi::Standard32);
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// The version that a file was built for, when it fits.
fn check(file: &[u8]) -> Result<ContractVersion, ContractError> {
    examine(file)?.fit
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
}

#[test]
fn every_import_is_marked_allowed_or_not() {
    let examined = examine(&component(|text| text)).unwrap();
    assert!(examined.fit.is_ok() && examined.imports.iter().all(|import| import.allowed), "{examined:?}");
    assert!(examined.exports.iter().any(|export| export.operations.contains(&"orders.submit".to_owned())), "{examined:?}");
    let with_sockets = "interface sockets { open: func(); }\n\nworld adapter {\n    import sockets;\n";
    let examined = examine(&component(|text| text.replace("world adapter {\n", with_sockets))).unwrap();
    let refused: Vec<_> = examined.imports.iter().filter(|import| !import.allowed).map(|import| import.name.as_str()).collect();
    assert_eq!(refused, ["ordergate:adapter/sockets@1.0.0"]);
    let refusal = examined.fit.unwrap_err().to_string();
    assert!(refusal.ends_with("it imports sockets, which adapters are not given"), "{refusal}");
}
