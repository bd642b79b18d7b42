//! Versions of the contract: what a host of one version makes of components of another, and that `wit/` stays compatible with what was released.
//! A 1.1 is made here: the current contract with its version raised, one more import, and one more interface that a component may export.

use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use super::super::spoken::{Contracts, built_for};
use super::*;

const EXTRA: &str = "package ordergate:adapter@1.1.0;

/// An ability that came later.
interface extra {
    restock: func(sku: string) -> option<string>;
}

/// Something that the host gives from 1.1 on.
interface counters {
    count: func(name: string);
}

world adapter-with-extra {
    include adapter;
    export extra;
}
";

fn raised(text: String) -> String {
    text.replace("package ordergate:adapter@1.0.0;", "package ordergate:adapter@1.1.0;")
        .replace("world adapter {\n", "world adapter {\n    import counters;\n")
}

fn one_zero() -> Vec<(&'static str, String)> {
    texts(|text| text)
}

fn one_one() -> Vec<(&'static str, String)> {
    let mut texts = texts(raised);
    texts.push(("extra.wit", EXTRA.to_owned()));
    texts
}

fn host(versions: &[Vec<(&'static str, String)>]) -> Contracts {
    let borrowed: Vec<Vec<(&str, &str)>> =
        versions.iter().map(|texts| texts.iter().map(|(path, text)| (*path, text.as_str())).collect()).collect();
    Contracts::read(&borrowed.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

fn checked(host: &Contracts, component: &[u8]) -> Result<String, String> {
    host.check(&decode(component).unwrap()).map(|version| version.to_string()).map_err(|error| error.to_string())
}

#[test]
fn an_adapter_for_1_0_fits_a_host_that_speaks_1_1() {
    let host = host(&[one_one(), one_zero()]);
    assert_eq!(checked(&host, &component_of(&one_zero(), "adapter")).unwrap(), "1.0.0");
    assert_eq!(checked(&host, &component_of(&one_one(), "adapter")).unwrap(), "1.1.0");
    assert_eq!(checked(&host, &component_of(&one_one(), "adapter-with-extra")).unwrap(), "1.1.0");
}

#[test]
fn an_adapter_for_1_0_links_with_the_imports_and_answers_by_the_names_of_1_1() {
    let engine = Engine::default();
    let component = Component::new(&engine, component_of(&one_zero(), "adapter")).unwrap();
    let mut resolve = Resolve::default();
    let world = world(&mut resolve, &one_one(), "adapter");
    let mut linker = Linker::<()>::new(&engine);
    for (key, item) in &resolve.worlds[world].imports {
        let wit_parser::WorldItem::Interface { id, .. } = item else { continue };
        let mut instance = linker.instance(&resolve.name_world_key(key)).unwrap();
        for name in resolve.interfaces[*id].functions.keys() {
            instance.func_new(name, |_, _, _, _| wasmtime::bail!("not called here")).unwrap();
        }
    }
    linker.instantiate_pre(&component).unwrap();
    for key in resolve.worlds[world].exports.keys() {
        let name = resolve.name_world_key(key);
        assert!(name.ends_with("@1.1.0") && component.get_export_index(None, &name).is_some(), "{name}");
    }
}

#[test]
fn an_adapter_for_a_newer_contract_is_refused_with_what_the_host_lacks() {
    let host = host(&[one_zero()]);
    let refused = checked(&host, &component_of(&one_one(), "adapter-with-extra")).unwrap_err();
    assert!(refused.starts_with("built for ordergate:adapter@1.1.0, this host knows 1.0.0: "), "{refused}");
    for text in
        ["it imports counters, which adapters are not given", "it exports extra, which ordergate:adapter@1.0.0 does not have"]
    {
        assert!(refused.contains(text), "{text} in {refused}");
    }
    assert!(refused.ends_with("Use a newer host, or an adapter built for 1.0.0"), "{refused}");
    let plain = texts(|text| text.replace("@1.0.0;", "@1.1.0;"));
    let refused = checked(&host, &component_of(&plain, "adapter")).unwrap_err();
    assert!(
        refused.ends_with("it uses nothing that 1.0.0 lacks, so build it for that version, or use a newer host"),
        "{refused}"
    );
}

#[test]
fn another_major_version_is_refused_in_both_directions() {
    let two =
        || texts(|text| text.replace("@1.0.0;", "@2.0.0;").replace("        remaining-ms: u32,", "        remaining-ms: u64,"));
    let refused = checked(&host(&[one_zero()]), &component_of(&two(), "adapter")).unwrap_err();
    assert!(refused.starts_with("built for ordergate:adapter@2.0.0, this host knows 1.0.0: "), "{refused}");
    assert!(refused.contains("remaining-ms of record types.context is u64, the host's is u32"), "{refused}");
    let refused = checked(&host(&[two()]), &component_of(&one_zero(), "adapter")).unwrap_err();
    assert_eq!(
        refused,
        "built for ordergate:adapter@1.0.0, this host knows 2.0.0: it is too old. Build it anew with a current SDK"
    );
}

#[test]
fn a_minor_version_that_is_too_old_is_refused() {
    let one_two = texts(|text| text.replace("@1.0.0;", "@1.2.0;"));
    let refused = checked(&host(&[one_two, one_one()]), &component_of(&one_zero(), "adapter")).unwrap_err();
    assert!(
        refused.starts_with("built for ordergate:adapter@1.0.0, this host knows 1.2.0 and 1.1.0: it is too old"),
        "{refused}"
    );
}

#[test]
fn a_component_that_is_no_adapter_is_refused_as_such() {
    let foreign = vec![(
        "foreign.wit",
        "package acme:billing@1.0.0;\ninterface bills { pay: func(); }\nworld adapter { export bills; }".into(),
    )];
    let refused = checked(&host(&[one_zero()]), &component_of(&foreign, "adapter")).unwrap_err();
    assert_eq!(
        refused,
        "the file is a component but no adapter: it exports acme:billing/bills@1.0.0, and nothing of ordergate:adapter"
    );
    let empty = b"\0asm\x0d\0\x01\0";
    assert!(checked(&host(&[one_zero()]), empty).unwrap_err().contains("it exports no interface"));
}

/// The kept copy of a released contract.
fn released(version: &str) -> Vec<(&'static str, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/adapter/contract/released").join(version);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| ("released.wit", std::fs::read_to_string(file).unwrap())).collect()
}

fn semver_check(released: &[(&'static str, String)], new: &[(&'static str, String)]) -> Result<(), String> {
    // Both have the same package; the second is read under another version and versions are ignored by the check.
    let new: Vec<_> = new
        .iter()
        .map(|(path, text)| (*path, text.replace("package ordergate:adapter@1.", "package ordergate:adapter@99.")))
        .collect();
    let mut resolve = Resolve::default();
    let old = world(&mut resolve, released, "adapter");
    let new = world(&mut resolve, &new, "adapter");
    wit_component::semver_check(resolve, old, new).map_err(|error| format!("{error:#}"))
}

/// SHA-256 of the texts of each published version, in the order of their names.
const PUBLISHED: [(&str, &str); 1] = [("1.0.0", "7d119558032b812bae772fbd9e6c9fcec0f0dc0f947edf1d8cfce8b13f77e0ca")];

#[test]
fn a_published_version_never_changes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/adapter/contract/released");
    let mut there: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, PUBLISHED.map(|(version, _)| version), "every released folder is listed here");
    for (version, digest) in PUBLISHED {
        let texts: String = released(version).into_iter().map(|(_, text)| text).collect();
        let found = HEXLOWER.encode(&Sha256::digest(&texts));
        assert_eq!(found, digest, "released/{version} was changed: adapters were built against what it was");
    }
}

#[test]
fn the_contract_is_compatible_with_every_released_version_of_its_major() {
    semver_check(&released("1.0.0"), &texts(|text| text)).unwrap();
    // A component for the released contract is exactly what the host expects, in words when it is not.
    let host = Contracts::of_host().unwrap();
    assert_eq!(checked(host, &component_of(&released("1.0.0"), "adapter")), Ok("1.0.0".into()));
}

#[test]
fn the_contract_under_a_released_version_is_the_released_one() {
    let version = built_for(&decode(&component(|text| text)).unwrap()).unwrap();
    let released = host(&[released(&version.to_string())]);
    assert_eq!(checked(&released, &component(|text| text)), Ok(version.to_string()), "wit/ has changed: raise its version");
}

#[test]
fn an_incompatible_change_of_the_contract_does_not_pass_the_guard() {
    semver_check(&released("1.0.0"), &one_one()).unwrap();
    let changes: [(&str, &str); 4] = [
        ("        remaining-ms: u32,", "        remaining-ms: u64,"),
        (", number: string, reason: string)", ", number: string)"),
        ("        retry-after-ms: option<u64>,\n", ""),
        ("    export lifecycle;\n", "    export lifecycle;\n    export added;\n"),
    ];
    for (before, after) in changes {
        let mut changed = texts(|text| text.replace(before, after));
        changed.push(("added.wit", "package ordergate:adapter@1.0.0;\ninterface added { add: func(); }".into()));
        assert!(semver_check(&released("1.0.0"), &changed).is_err(), "{before:?} became {after:?}");
    }
}
