//! Components that fit the contract and are written by hand: each operation has a body of its own in WebAssembly text, all others trap. For
//! what no language's toolchain would make.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and only tests use this"
)]

mod nested;

use std::fmt::Write;
use std::path::Path;

use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Mangling, Resolve, SourceMap, WorldItem};

pub use nested::{nested_components, nested_types};

/// A POST to the endpoint `api`; its result is written to address 8192.
pub const POST: &str = "(call $send (i32.const 512) (i32.const 3) (i32.const 520) (i32.const 4) (i32.const 530) (i32.const 1)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 530) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8192))";

/// Zeros at address 4096: an empty `ok`.
pub const DONE: &str = "(i32.const 4096)";

/// Takes memory from the free end.
pub const REALLOC: &str = "(global.get $free)
    (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 15)) (i32.const -8)))";

/// A failure with the code `unavailable`.
const UNAVAILABLE: &str = "(i32.const 4608)";

fn body(operation: &str) -> String {
    match operation {
        "lifecycle.configure" | "health.probe" => DONE.into(),
        "descriptor.describe" => "(i32.const 1024)".into(),
        "availability.check" => "(loop $again (br $again)) unreachable".into(),
        "pricing.offer-prices" => "(drop (memory.grow (i32.const 60000))) unreachable".into(),
        "orders.get" => "(call $recurse) unreachable".into(),
        "quotes.cancel" => format!("{POST} {UNAVAILABLE}"),
        "checkout.release" | "quotes.submit" => format!("{POST} unreachable"),
        _ => "unreachable".into(),
    }
}

const CAPABILITIES: [&str; 9] = [
    "availability.check",
    "pricing.offer-prices",
    "orders.get",
    "orders.cancel",
    "orders.find-by-reference",
    "checkout.release",
    "quotes.submit",
    "quotes.cancel",
    "health.probe",
];

/// Asks the back end; what it comes to is `ok`, or a failure `unavailable` when no reply came.
pub fn asks() -> String {
    format!("{POST} (if (result i32) (i32.load8_u (i32.const 8192)) (then {UNAVAILABLE}) (else {DONE}))")
}

/// Of linear memory.
const PAGE_BYTES: u32 = 64 * 1024;

const WORLD: &str = "world hostile { include adapter; }";

/// What a component is made of; by default, a small memory and an allocator that never gives anything back.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// Pages of linear memory at the start.
    pub pages: u32,
    /// Packages besides the contract, as WIT.
    pub packages: &'a [&'a str],
    /// The world that it is made for, as WIT in the contract's package.
    pub world: &'a str,
    /// More imports of the core module.
    pub imports: &'a str,
    /// More definitions of the core module.
    pub definitions: &'a str,
    /// Body of the function by which the host gets memory in the guest: its parameters are old address, old size, alignment and new size.
    pub realloc: &'a str,
    /// Bodies of operations, by name, instead of the usual ones.
    pub bodies: &'a [(&'a str, &'a str)],
    /// JSON Schema of its settings; empty for none.
    pub schema: &'a str,
}

impl Default for Parts<'_> {
    fn default() -> Self {
        Self { pages: 2, packages: &[], world: WORLD, imports: "", definitions: "", realloc: REALLOC, bodies: &[], schema: "" }
    }
}

impl Parts<'_> {
    /// The component's bytes.
    pub fn encode(self) -> Vec<u8> {
        let body = |operation: &str| {
            let other = self.bodies.iter().find(|(name, _)| *name == operation);
            other.map_or_else(|| body(operation), |(_, body)| (*body).to_owned())
        };
        assemble(self.packages, self.world, body, |functions| self.module(functions))
    }
}

/// The component's bytes.
pub fn component() -> Vec<u8> {
    component_with(&[])
}

/// The same with other bodies for some operations.
pub fn component_with(bodies: &[(&str, &str)]) -> Vec<u8> {
    Parts { bodies, ..Parts::default() }.encode()
}

/// A component of the world that `world` defines, over the contract and other packages; `body` tells what an
/// operation does, `module` puts the functions into a core module.
pub fn assemble(packages: &[&str], world: &str, body: impl Fn(&str) -> String, module: impl Fn(&str) -> String) -> Vec<u8> {
    let mut resolve = Resolve::default();
    for package in packages {
        resolve.push_str("package.wit", package).unwrap();
    }
    let mut sources = SourceMap::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")).expect("the contract") {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        sources.push_str(&path.to_string_lossy(), &text);
    }
    sources.push_str("world-of-test.wit", world);
    let package = resolve.push_group(sources.parse().map_err(|(_, error)| error).unwrap()).unwrap();
    let world = resolve.select_world(&[package], world.split_whitespace().nth(1)).unwrap();
    let mut functions = String::new();
    for (key, item) in &resolve.worlds[world].exports {
        let WorldItem::Interface { id, .. } = item else { continue };
        let interface = &resolve.interfaces[*id];
        for function in interface.functions.values() {
            let operation = format!("{}.{}", interface.name.as_deref().unwrap_or_default(), function.name);
            functions += &export(&resolve, &resolve.name_world_key(key), function, &body(&operation));
        }
    }
    let mut module = wat::parse_str(module(&functions)).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

fn export(resolve: &Resolve, interface: &str, function: &Function, body: &str) -> String {
    let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
    let name = function.core_export_name(Some(interface), Mangling::Legacy);
    let types = |types: &[WasmType]| types.iter().map(|ty| format!(" {}", core_type(ty))).collect::<String>();
    let (parameters, results) = (types(&signature.params), types(&signature.results));
    format!("(func (export \"{name}\") (param{parameters}) (result{results}) {body})\n")
}

fn core_type(ty: &WasmType) -> &'static str {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    }
}

impl Parts<'_> {
    /// Memory: texts at 512, the description at 1024, its lists at 2048, zeros at 4096, what the host writes from 16384 on, the schema
    /// behind all that.
    fn module(&self, functions: &str) -> String {
        let (texts, capabilities) = texts_and_list();
        // Fields of the record `description` in its order, each list and text as address and length: name, version, vendor, capabilities,
        // endpoints, schema; the rest is zero.
        let schema_at = PAGE_BYTES * self.pages;
        let schema_bytes = self.schema.len() as u32;
        let pages = self.pages + schema_bytes.div_ceil(PAGE_BYTES);
        let description = words(&[512, 3, 512, 3, 512, 3, 2048, CAPABILITIES.len() as u32, 3072, 1, schema_at, schema_bytes]);
        let schema: String = self.schema.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        // One endpoint: name, description, required.
        let endpoint = words(&[512, 3, 512, 3, 1]);
        // The discriminant of `err`, padding, and of the failure code and message; the rest is zero.
        let unavailable = words(&[1, 0, 540, 11, 540, 11]);
        format!(
            r#"(module
  (import "ordergate:adapter/transport@1.0.0" "send" (func $send (param {parameters})))
  (import "ordergate:adapter/log@1.0.0" "write" (func $log (param i32 i32 i32 i32 i32)))
  {imports}
  (memory (export "memory") {pages})
  (global $free (mut i32) (i32.const 16384))
  (data (i32.const 512) "api")
  (data (i32.const 520) "POST")
  (data (i32.const 530) "/")
  (data (i32.const 540) "unavailable")
  (data (i32.const 600) "{texts}")
  (data (i32.const 1024) "{description}")
  (data (i32.const 2048) "{capabilities}")
  (data (i32.const 3072) "{endpoint}")
  (data (i32.const {schema_at}) "{schema}")
  (data (i32.const 4608) "{unavailable}")
  (func $recurse (call $recurse))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
  {definitions}
  {functions})"#,
            parameters = "i32 ".repeat(16),
            imports = self.imports,
            realloc = self.realloc,
            definitions = self.definitions,
        )
    }
}

fn texts_and_list() -> (String, String) {
    let (mut texts, mut list) = (String::new(), Vec::new());
    for name in CAPABILITIES {
        list.extend([600 + texts.len() as u32, name.len() as u32]);
        texts += name;
    }
    (texts, words(&list))
}

/// Little-endian words as a data string.
pub fn words(words: &[u32]) -> String {
    let mut text = String::new();
    for byte in words.iter().flat_map(|word| word.to_le_bytes()) {
        write!(text, "\\{byte:02x}").unwrap();
    }
    text
}
