//! Which commands build an adapter's folder: those that `adapter new` tells, without what has been done already.

use std::path::{Path, PathBuf};

use super::super::new::Language;

/// One command, run in the adapter's folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// A name in PATH, or a path within the folder.
    pub program: &'static str,
    pub arguments: Vec<String>,
}

impl Step {
    fn new(program: &'static str, arguments: &[&str]) -> Self {
        Self { program, arguments: arguments.iter().map(ToString::to_string).collect() }
    }
}

pub(super) fn of(language: Language, folder: &Path) -> Vec<Step> {
    match language {
        Language::Rust => vec![Step::new(
            "cargo",
            &["build", "--release", "--target", "wasm32-wasip2", "--message-format", "json-render-diagnostics"],
        )],
        Language::Js => {
            let install = || Step::new("npm", &["install", "--no-audit", "--no-fund"]);
            let is_installed = is_newer(folder, "node_modules/.package-lock.json", "package.json");
            (!is_installed).then(install).into_iter().chain([Step::new("npm", &["run", "build"])]).collect()
        }
        Language::Python => {
            let (venv, install) = (
                Step::new("python3", &["-m", "venv", ".venv"]),
                Step::new(".venv/bin/pip", &["install", "-q", "-r", "requirements.txt"]),
            );
            let has_venv = folder.join(".venv/bin/pip").exists();
            let is_installed = is_newer(folder, ".venv/bin/ordergate-build", "requirements.txt");
            let target = python_component(folder);
            let build = Step {
                program: ".venv/bin/ordergate-build",
                arguments: vec!["src/adapter.py".into(), target.display().to_string()],
            };
            let venv = (!has_venv).then_some(venv);
            let install = (!is_installed).then_some(install);
            venv.into_iter().chain(install).chain([build]).collect()
        }
    }
}

/// Where Python's build is told to leave the component, from the folder on: where the folder's configuration looks for it, else by the folder's name.
pub(super) fn python_component(folder: &Path) -> PathBuf {
    let configured = crate::config::load_trust(&folder.join(super::CONFIG)).ok();
    let configured = configured.and_then(|config| config.components.into_values().next()).map(|configured| configured.component);
    let by_name = || {
        let absolute = std::path::absolute(folder).unwrap_or_default();
        Path::new("dist").join(absolute.file_name().unwrap_or("adapter".as_ref())).with_extension("wasm")
    };
    configured.filter(|component| component.is_relative()).unwrap_or_else(by_name)
}

/// Whether what is installed was installed after what it is installed from was last changed.
fn is_newer(folder: &Path, made: &str, of: &str) -> bool {
    let time = |file: &str| std::fs::metadata(folder.join(file)).and_then(|file| file.modified()).ok();
    matches!((time(made), time(of)), (Some(made), Some(of)) if made >= of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(language: Language, folder: &Path) -> Vec<String> {
        of(language, folder).iter().map(|step| format!("{} {}", step.program, step.arguments.join(" "))).collect()
    }

    #[test]
    fn what_is_installed_is_not_installed_again_until_the_list_changes() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str| {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        };
        write("package.json");
        assert_eq!(programs(Language::Js, folder.path()).len(), 2);
        write("node_modules/.package-lock.json");
        assert_eq!(programs(Language::Js, folder.path()), ["npm run build"]);
        let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        std::fs::File::open(folder.path().join("node_modules/.package-lock.json")).unwrap().set_modified(earlier).unwrap();
        assert_eq!(programs(Language::Js, folder.path()).len(), 2);
    }

    #[test]
    fn a_component_in_python_is_left_where_the_configuration_looks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        let wanted = python_component(folder.path());
        assert!(wanted.starts_with("dist") && wanted.to_str().unwrap().contains(name.trim_start_matches('.')), "{wanted:?}");
        std::fs::write(folder.path().join("ordergate.toml"), "[adapters.erp]\ncomponent = \"dist/erp.wasm\"\n").unwrap();
        assert_eq!(python_component(folder.path()), Path::new("dist/erp.wasm"));
        assert!(
            programs(Language::Python, folder.path()).last().unwrap().ends_with("ordergate-build src/adapter.py dist/erp.wasm")
        );
    }
}
