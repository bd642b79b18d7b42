//! Reads the configuration file. Every section is read by itself, so that all problems are reported at once, each with its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{ConfigError, Problem};
use super::regular_file::{self, WRITTEN_BYTES};
use super::without_secrets::WithoutSecrets;
use super::{AdapterConfig, Config, LimitsConfig, TrustConfig, check};
use crate::domain::AdapterName;

/// Reads, resolves and checks a configuration file.
pub fn load(file: &Path) -> Result<Config, ConfigError> {
    let failed = |problems| ConfigError { file: file.to_owned(), problems };
    let text = read_text(file)?;
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut reader = Reader::new(&text);
    let config = reader.read(&file);
    match config {
        Some(config) if reader.problems.is_empty() => {
            let problems = check::check(&config, &reader.source);
            if problems.is_empty() { Ok(config) } else { Err(failed(problems)) }
        }
        _ => Err(failed(reader.problems)),
    }
}

/// Of a configuration: whom it trusts and which components it names.
#[derive(Debug)]
pub struct Trusting {
    /// The file that it came from, absolute.
    pub file: PathBuf,
    pub trust: TrustConfig,
    pub components: BTreeMap<AdapterName, Component>,
}

/// Of an adapter's configuration: its file, its pin and its limits.
#[derive(Debug, Deserialize)]
pub struct Component {
    pub component: PathBuf,
    pub sha256: Option<String>,
    #[serde(default)]
    pub limits: LimitsConfig,
}

impl Trusting {
    /// The folder that relative paths start from.
    pub fn folder(&self) -> PathBuf {
        self.file.parent().map(PathBuf::from).unwrap_or_default()
    }
}

/// Reads of a configuration only what installing an adapter needs: no secret has to be there, and no component.
pub fn load_trust(file: &Path) -> Result<Trusting, ConfigError> {
    let text = read_text(file)?;
    let mut reader = Reader::new(&text);
    let (trust, components) = (reader.section("trust"), reader.named("adapters"));
    match trust {
        Some(trust) if reader.problems.is_empty() => {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            Ok(Trusting { file, trust, components })
        }
        _ => Err(ConfigError { file: file.to_owned(), problems: reader.problems }),
    }
}

/// Reads of a configuration only one adapter, with placeholders for its secrets: none has to be there. Also gives the file's absolute path.
pub fn load_adapter(file: &Path, name: &AdapterName) -> Result<(PathBuf, AdapterConfig), ConfigError> {
    let (file, WithoutSecrets(config)) = one_adapter(file, name)?;
    Ok((file, config))
}

/// The same with its secrets.
pub fn load_adapter_with_secrets(file: &Path, name: &AdapterName) -> Result<(PathBuf, AdapterConfig), ConfigError> {
    one_adapter(file, name)
}

fn one_adapter<T: DeserializeOwned>(file: &Path, name: &AdapterName) -> Result<(PathBuf, T), ConfigError> {
    let text = read_text(file)?;
    let mut reader = Reader::new(&text);
    let mut adapters: BTreeMap<AdapterName, T> = reader.named("adapters");
    if let Some(config) = adapters.remove(name) {
        return Ok((std::path::absolute(file).unwrap_or_else(|_| file.to_owned()), config));
    }
    if reader.problems.is_empty() {
        let known = adapters.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (message, (line, column)) =
            (format!("there is no adapter {name}; there is {known}"), reader.source.locate(&["adapters"]));
        reader.problems.push(Problem { line, column, path: "adapters".into(), message, code: "C011" });
    }
    Err(ConfigError { file: file.to_owned(), problems: reader.problems })
}

fn read_text(file: &Path) -> Result<String, ConfigError> {
    read_text_or(file, "the configuration", "ordergate config example")
}

/// `example` is the command that prints one.
pub(super) fn read_text_or(file: &Path, what: &str, example: &str) -> Result<String, ConfigError> {
    regular_file::read_text(file, WRITTEN_BYTES).map_err(|cause| {
        let message = format!("cannot read {what}: {cause}. `{example} > {}` writes one", file.display());
        let problem = Problem { line: 0, column: 0, path: String::new(), message, code: "C001" };
        ConfigError { file: file.to_owned(), problems: vec![problem] }
    })
}

/// Line and column of an option in a configuration file, for problems that are found after it was read; zeros when it is not there.
pub fn locate(file: &Path, path: &str) -> (usize, usize) {
    locate_key(file, &path.split('.').collect::<Vec<_>>())
}

/// The same of a key in any TOML file, by its names from the outermost on.
pub fn locate_key(file: &Path, path: &[&str]) -> (usize, usize) {
    let text = regular_file::read_text(file, WRITTEN_BYTES).unwrap_or_default();
    let (root, _) = DeTable::parse_recoverable(&text);
    Source { text: &text, root: root.into_inner() }.locate(path)
}

/// The text of the file and where its options stand.
pub(super) struct Source<'text> {
    text: &'text str,
    root: DeTable<'text>,
}

impl Source<'_> {
    /// Line and column of an option; of its nearest parent when it is not written down. A number names an element of a list.
    pub(super) fn locate(&self, path: &[&str]) -> (usize, usize) {
        let (mut offset, mut here): (_, Option<&DeValue<'_>>) = (None, None);
        for name in path {
            let next = match here {
                None => member(&self.root, name),
                Some(DeValue::Table(table)) => member(table, name),
                Some(DeValue::Array(list)) => {
                    let element = name.parse().ok().and_then(|index: usize| list.get(index));
                    element.map(|element| (element.span().start, element.get_ref()))
                }
                Some(_) => None,
            };
            let Some((at, value)) = next else { break };
            (offset, here) = (Some(at), Some(value));
        }
        offset.map_or((0, 0), |offset| position(self.text, offset))
    }
}

/// Where a key of a table stands, and its value.
fn member<'a, 'text>(table: &'a DeTable<'text>, name: &str) -> Option<(usize, &'a DeValue<'text>)> {
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
    Some((key.span().start, value.get_ref()))
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

pub(super) struct Reader<'text> {
    pub(super) source: Source<'text>,
    pub(super) problems: Vec<Problem>,
}

/// The sections of the file.
const SECTIONS: [&str; 15] = [
    "server",
    "ops",
    "database",
    "access",
    "rates",
    "cache",
    "freshness",
    "transfer",
    "holds",
    "events",
    "trust",
    "runtime",
    "adapters",
    "stores",
    "webhooks",
];

impl<'text> Reader<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reader = Self { source: Source { text, root: root.into_inner() }, problems: Vec::new() };
        for error in errors {
            reader.report("", &error, "C002");
        }
        reader
    }

    fn read(&mut self, file: &Path) -> Option<Config> {
        if !self.problems.is_empty() {
            return None;
        }
        self.refuse_unknown_sections(&SECTIONS);
        let folder = file.parent().map(PathBuf::from).unwrap_or_default();
        let server = self.section("server");
        let ops = self.section("ops");
        let database = self.section("database").map(|mut database: super::DatabaseConfig| {
            database.resolve(&folder);
            database
        });
        let access = self.section("access");
        let rates = self.section("rates");
        let cache = self.section("cache");
        let freshness = self.section("freshness");
        let transfer = self.section("transfer");
        let (holds, events) = (self.section("holds"), self.section("events"));
        let trust = self.section("trust").map(Arc::new);
        let runtime = self.section("runtime");
        let mut adapters: BTreeMap<AdapterName, AdapterConfig> = self.named("adapters");
        if let Some(trust) = &trust {
            adapters.values_mut().for_each(|adapter| adapter.trust = Arc::clone(trust));
        }
        let taken = |(name, adapter): (&AdapterName, &mut AdapterConfig)| Some((name.clone(), Arc::new(adapter.inbound.take()?)));
        let inbound = adapters.iter_mut().filter_map(taken).collect();
        let (stores, webhooks) = (self.named("stores"), self.named("webhooks"));
        Some(Config {
            file: file.to_owned(),
            server: server?,
            ops: ops?,
            database: database?,
            access: access?,
            rates: rates?,
            cache: cache?,
            freshness: freshness?,
            transfer: transfer?,
            holds: holds?,
            events: events?,
            trust: trust?,
            runtime: runtime?,
            adapters,
            inbound,
            stores,
            webhooks,
        })
    }

    pub(super) fn refuse_unknown_sections(&mut self, known: &[&str]) {
        let unknown: Vec<_> = self.source.root.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).cloned().collect();
        for key in unknown {
            let (line, column) = position(self.source.text, key.span().start);
            let message = format!("unknown section, expected one of {}", known.join(", "));
            self.problems.push(Problem { line, column, path: key.into_inner().into_owned(), message, code: "C003" });
        }
    }

    /// A section with defaults; absent is the same as empty.
    pub(super) fn section<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.value(name).unwrap_or_else(|| Spanned::new(0..0, DeValue::Table(DeTable::new())));
        self.deserialize(name, value)
    }

    /// A section of named parts, each read by itself.
    fn named<K: From<String> + Ord, V: DeserializeOwned>(&mut self, name: &str) -> BTreeMap<K, V> {
        let Some(value) = self.value(name) else { return BTreeMap::new() };
        let span = value.span();
        let DeValue::Table(parts) = value.into_inner() else {
            let (line, column) = position(self.source.text, span.start);
            let message = format!("must be tables, such as [{name}.NAME]");
            self.problems.push(Problem { line, column, path: name.into(), message, code: "C003" });
            return BTreeMap::new();
        };
        let mut read = BTreeMap::new();
        for (key, value) in parts {
            let key = key.into_inner().into_owned();
            if let Some(part) = self.deserialize(&format!("{name}.{key}"), value) {
                read.insert(K::from(key), part);
            }
        }
        read
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn value(&self, name: &str) -> Option<Spanned<DeValue<'text>>> {
        self.source.root.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value.clone())
    }

    fn deserialize<'de, T: Deserialize<'de>>(&mut self, path: &str, value: Spanned<DeValue<'de>>) -> Option<T>
    where
        'text: 'de,
    {
        match T::deserialize(value.into_deserializer()) {
            Ok(read) => Some(read),
            Err(error) => {
                self.report(path, &error, "C003");
                None
            }
        }
    }

    fn report(&mut self, path: &str, error: &toml::de::Error, code: &'static str) {
        let (line, column) = error.span().map_or((0, 0), |span| position(self.source.text, span.start));
        let message = error.message().trim().replace('\n', "; ");
        self.problems.push(Problem { line, column, path: path.to_owned(), message, code });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ordergate.toml");
        std::fs::write(&file, text).unwrap();
        let shown = load(&file).unwrap_err().to_string();
        shown.lines().map(|line| line.replace(folder.path().to_str().unwrap(), "").trim_start_matches('/').to_owned()).collect()
    }

    #[test]
    fn all_problems_are_reported_at_once_with_line_and_column() {
        let shown =
            problems("[server]\nlisten = \"127.0.0.1:80\"\nmax_body = 1\n\n[transfer]\nconcurrency = \"many\"\n\n[colour]\n");
        assert_eq!(shown.len(), 3, "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("ordergate.toml:8:2: colour: unknown section")), "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("ordergate.toml:3:1: server: unknown field `max_body`")), "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("ordergate.toml:6:15: transfer: invalid type: string")), "{shown:#?}");
    }

    #[test]
    fn a_missing_secret_is_reported_with_its_line_and_the_variable() {
        let shown = problems("[ops]\nkey = { env = \"ORDERGATE_TEST_NO_SUCH_VARIABLE\" }\n");
        assert!(
            shown[0].starts_with("ordergate.toml:2:7: ops: environment variable ORDERGATE_TEST_NO_SUCH_VARIABLE is not set"),
            "{shown:#?}"
        );
    }

    #[test]
    fn a_secret_in_plain_text_is_refused() {
        let shown = problems("[ops]\nkey = \"hunter2\"\n");
        assert!(shown[0].contains("a secret is a reference"), "{shown:#?}");
        assert!(!shown[0].contains("hunter2"), "the secret must not be repeated: {shown:#?}");
    }

    #[test]
    fn trust_is_read_without_the_secrets_and_files_that_the_rest_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ordergate.toml");
        let text = "[ops]\nkey = { env = \"ORDERGATE_TEST_NO_SUCH_VARIABLE\" }\n[trust]\nrequire_signatures = false\n[adapters.erp]\ncomponent = \"erp.wasm\"\nsettings_file = \"erp.toml\"\n";
        std::fs::write(&file, text).unwrap();
        let read = load_trust(&file).unwrap();
        assert!(!read.trust.require_signatures);
        assert_eq!(read.components.get("erp").unwrap().component, PathBuf::from("erp.wasm"));
        std::fs::write(&file, "[trust]\nkeys = [{ name = \"acme\", public_key = \"RW\" }]\n").unwrap();
        let problems = load_trust(&file).unwrap_err().problems;
        assert_eq!((problems[0].line, problems[0].path.as_str()), (2, "trust"));
        assert!(problems[0].message.contains("is no minisign public key"), "{problems:?}");
    }

    #[test]
    fn short_secrets_and_credentials_in_the_clear_are_reported_with_their_place() {
        let short = "{ file = \"short\" }";
        let text = format!(
            "[ops]\nkey = {short}\n[access.jwt]\nalgorithm = \"HS256\"\nkey = {short}\nissuer = \"i\"\naudience = \"a\"\n\
             [adapters.erp]\ncomponent = \"erp.wasm\"\n[adapters.erp.endpoints.api]\nbase_url = \"http://erp.example.com\"\n\
             credential = {{ type = \"bearer\", token = {short} }}\n"
        );
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "fifteen-letters").unwrap();
        let shown = problems(&text.replace("\"short\"", &format!("{secret:?}")));
        let found = |begin: &str| shown.iter().any(|line| line.starts_with(&format!("ordergate.toml:{begin}")));
        assert!(found("2:1: ops.key: is shorter than 16 characters"), "{shown:#?}");
        assert!(found("5:1: access.jwt.key: has fewer than 32 bytes"), "{shown:#?}");
        assert!(found("12:1: adapters.erp.endpoints.api.credential: would cross the Internet in the clear"), "{shown:#?}");
        assert!(!shown.iter().any(|line| line.contains("fifteen")), "{shown:#?}");
    }

    #[test]
    fn a_file_that_is_no_toml_is_reported_with_its_place() {
        let shown = problems("[server\nlisten = 1\n");
        assert!(shown[0].starts_with("ordergate.toml:1:8"), "{shown:#?}");
        assert!(shown[0].ends_with("[C002]"), "{shown:#?}");
    }
}
