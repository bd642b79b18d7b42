//! Which component a build has left.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use super::super::new::Language;
use super::run::BuildError;
use super::steps::python_component;

/// `told`: what the last command wrote; `began`: not later than its begin.
pub(super) fn find(language: Language, folder: &Path, told: &[String], began: SystemTime) -> Result<PathBuf, BuildError> {
    match language {
        Language::Rust => of_cargo(told).ok_or_else(|| {
            BuildError::NoComponent(
                "the package has no library of the crate-type cdylib, or it was not built for wasm32-wasip2".into(),
            )
        }),
        Language::Js => newest(&folder.join("dist"), began).ok_or_else(|| {
            BuildError::NoComponent("this build wrote no .wasm file into dist: see `build` in package.json".into())
        }),
        Language::Python => Some(folder.join(python_component(folder)))
            .filter(|file| file.is_file())
            .ok_or_else(|| BuildError::NoComponent(format!("there is no {}", python_component(folder).display()))),
    }
}

/// The last component that cargo names: dependencies come before what needs them.
fn of_cargo(told: &[String]) -> Option<PathBuf> {
    let files = |line: &String| {
        let message: Value = serde_json::from_str(line).ok()?;
        let files =
            message.get("filenames").filter(|_| message.get("reason").is_some_and(|reason| reason == "compiler-artifact"))?;
        files.as_array()?.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
    };
    told.iter().filter_map(files).next_back()
}

fn newest(folder: &Path, began: SystemTime) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let components = files.filter(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    let dated = components.filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file)));
    dated.filter(|(modified, _)| *modified >= began).max().map(|(_, file)| file)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn cargo_names_the_component_last() {
        let told: Vec<_> = [
            r#"{"reason":"compiler-artifact","filenames":["/target/deps/libserde.rlib"]}"#,
            r#"{"reason":"compiler-artifact","filenames":["/target/wasm32-wasip2/release/acme_erp.wasm","/target/libacme.rlib"]}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "no JSON",
        ]
        .map(str::to_owned)
        .into();
        assert_eq!(of_cargo(&told), Some("/target/wasm32-wasip2/release/acme_erp.wasm".into()));
        assert_eq!(of_cargo(&told[..1]), None);
    }

    #[test]
    fn what_was_there_before_is_no_result_of_a_build() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        std::fs::create_dir(&dist).unwrap();
        std::fs::write(dist.join("old.wasm"), "").unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        let missing = find(Language::Js, folder.path(), &[], later).unwrap_err().to_string();
        assert!(missing.contains("no component came out"), "{missing}");
        assert_eq!(find(Language::Js, folder.path(), &[], SystemTime::UNIX_EPOCH).unwrap(), dist.join("old.wasm"));
        assert!(find(Language::Python, folder.path(), &[], later).is_err());
    }
}
