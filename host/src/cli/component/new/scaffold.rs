//! Writes the folder. Nothing that is there already is touched.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;

use super::files::{COMMON, CONTRACT};
use super::language::Language;
use super::name::Name;
use crate::cli::CliError;

/// What the templates' own name is.
const PLACEHOLDER: &str = "my-adapter";
const SNAKE_CASE_PLACEHOLDER: &str = "my_adapter";
/// Where the template of the configuration names the component's file, quotes included.
const COMPONENT: &str = "\"COMPONENT\"";

pub(super) fn write(folder: &Path, name: &Name, language: Language) -> Result<(), CliError> {
    make_empty(folder)?;
    let own = language.template().iter().chain(COMMON);
    for file in own {
        write_file(&folder.join(file.path), &named(file.text, name, language))?;
    }
    for file in language.sdk().iter().chain(CONTRACT) {
        write_file(&folder.join(file.folder).join(file.path), file.text)?;
    }
    Ok(())
}

fn make_empty(folder: &Path) -> Result<(), CliError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(CliError::Refused(format!("{} is not empty: name another folder with --into", folder.display()))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?)
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(CliError::Refused(format!("{} is no folder: name another with --into", folder.display())))
        }
        Err(error) => Err(CliError::Failed(anyhow::Error::new(error).context(format!("cannot read {}", folder.display())))),
    }
}

fn named(text: &str, name: &Name, language: Language) -> String {
    let component = format!("\"{}\"{}", language.component(name), language.limits());
    text.replace(COMPONENT, &component).replace(PLACEHOLDER, name.as_str()).replace(SNAKE_CASE_PLACEHOLDER, &name.snake_case())
}

fn write_file(path: &Path, text: &str) -> Result<(), CliError> {
    let context = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    Ok(fs::write(path, text).with_context(context)?)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    fn written(language: Language) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &"acme-erp".parse().unwrap(), language).unwrap();
        folder
    }

    fn read(folder: &Path, path: &str) -> String {
        fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[test]
    fn nothing_of_the_templates_name_is_left() {
        for language in Language::value_variants() {
            let folder = written(*language);
            for file in language.template().iter().chain(COMMON) {
                let text = read(folder.path(), file.path);
                for left in [PLACEHOLDER, SNAKE_CASE_PLACEHOLDER, COMPONENT] {
                    assert!(!text.contains(left), "{language:?}: {} contains {left}", file.path);
                }
            }
            let name: Name = "acme-erp".parse().unwrap();
            assert!(read(folder.path(), "ordergate.toml").contains(&format!("component = {:?}", language.component(&name))));
            assert!(read(folder.path(), "README.md").contains(&language.component(&name)), "{language:?}");
        }
    }

    #[test]
    fn the_contract_lies_where_every_sdk_looks_for_it() {
        for (language, sdk) in
            [(Language::Rust, "rust/Cargo.toml"), (Language::Js, "js/package.json"), (Language::Python, "python/pyproject.toml")]
        {
            let folder = written(language);
            assert!(!read(folder.path(), &format!("sdk/{sdk}")).is_empty());
            assert!(read(folder.path(), "wit/world.wit").contains("world adapter"));
        }
    }

    #[test]
    fn what_the_rust_sdk_takes_from_its_workspace_is_the_same_there() {
        let folder = written(Language::Rust);
        let there: toml::Table = read(folder.path(), "Cargo.toml").parse().unwrap();
        let here: toml::Table = include_str!("../../../../../Cargo.toml").parse().unwrap();
        let dependencies = |manifest: &toml::Table| manifest["workspace"]["dependencies"].as_table().unwrap().clone();
        assert_eq!(there["workspace"]["package"], here["workspace"]["package"]);
        for (name, wanted) in dependencies(&there) {
            assert_eq!(dependencies(&here).get(&name), Some(&wanted), "{name}");
        }
        let sdk: toml::Table = read(folder.path(), "sdk/rust/Cargo.toml").parse().unwrap();
        for name in sdk["dependencies"].as_table().unwrap().keys() {
            assert!(dependencies(&there).contains_key(name), "{name}");
        }
    }

    #[test]
    fn what_builds_a_component_in_javascript_is_pinned_by_its_digest() {
        let folder = written(Language::Js);
        let json = |path: &str| serde_json::from_str::<serde_json::Value>(&read(folder.path(), path)).unwrap();
        let (lock, package, sdk) = (json("package-lock.json"), json("package.json"), json("sdk/js/package.json"));
        assert_eq!((&lock["name"], &lock["packages"][""]["dependencies"]), (&package["name"], &package["dependencies"]));
        assert_eq!(lock["packages"]["sdk/js"]["dependencies"], sdk["dependencies"], "write the lock file anew");
        let packages = lock["packages"].as_object().unwrap().iter();
        let fetched: Vec<_> =
            packages.filter(|(name, package)| name.starts_with("node_modules/") && package["link"].is_null()).collect();
        assert!(!fetched.is_empty());
        for (name, package) in fetched {
            assert!(package["integrity"].as_str().is_some_and(|digest| digest.starts_with("sha512-")), "{name}");
        }
    }

    #[test]
    fn what_is_there_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine");
        fs::write(&file, "precious").unwrap();
        for occupied in [folder.path(), &file] {
            let refused = write(occupied, &"acme-erp".parse().unwrap(), Language::Js).unwrap_err();
            assert!(matches!(&refused, CliError::Refused(message) if message.contains("--into")), "{refused}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    }
}
