//! Runs one command of a build, showing what it writes as it comes.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::super::new::Language;
use super::steps::Step;

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("there is no folder {}: `ordergate adapter new NAME --lang rust|js|python` makes one", .0.display())]
    NoFolder(PathBuf),
    #[error("{} is no folder of an adapter: it has none of {}", .0.display(), manifests())]
    NoLanguage(PathBuf),
    #[error("{program} is not installed, or not in PATH: {mend}")]
    NoTool { program: &'static str, mend: &'static str },
    #[error("cannot run {program}: {cause}")]
    NotRun { program: &'static str, cause: io::Error },
    #[error("`{line}` failed ({status}), see above{hint}")]
    Failed { line: String, status: ExitStatus, hint: &'static str },
    #[error("the build succeeded, but no component came out: {0}")]
    NoComponent(String),
}

fn manifests() -> String {
    let named = |language: &Language| format!("{} ({language})", language.manifest());
    Language::all().iter().map(named).collect::<Vec<_>>().join(", ")
}

/// Gives the lines that it wrote to standard output; all that it writes is shown on standard error, except what is for programs.
pub(super) fn run(step: &Step, folder: &Path) -> Result<Vec<String>, BuildError> {
    let line = format!("{} {}", step.program, step.arguments.join(" "));
    eprintln!("→ {line}");
    let program = step.program;
    let is_within = program.contains('/');
    let file = if is_within { folder.join(program) } else { program.into() };
    let file = if is_within { std::path::absolute(&file).unwrap_or(file) } else { file };
    let mut command = Command::new(file);
    command.args(&step.arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => BuildError::NoTool { program, mend: mend(program) },
        _ => BuildError::NotRun { program, cause },
    })?;
    let mut told = Vec::new();
    for said in child.stdout.take().map(|stdout| BufReader::new(stdout).split(b'\n')).into_iter().flatten() {
        let said = said.map_err(|cause| BuildError::NotRun { program, cause })?;
        let said = String::from_utf8_lossy(&said).into_owned();
        // Cargo's messages for programs.
        if !said.starts_with('{') {
            let _ = writeln!(io::stderr(), "{said}");
        }
        told.push(said);
    }
    let status = child.wait().map_err(|cause| BuildError::NotRun { program, cause })?;
    let hint = if program == "cargo" { ". When the target is missing: rustup target add wasm32-wasip2" } else { "" };
    if status.success() { Ok(told) } else { Err(BuildError::Failed { line, status, hint }) }
}

/// How to get a program.
fn mend(program: &str) -> &'static str {
    match program {
        "cargo" => "install Rust by https://rustup.rs",
        "npm" => "install Node.js, 20 or later, with npm",
        "python3" => "install Python, 3.10 or later, with its module venv",
        _ => "the folder's environment is not whole: remove .venv and build again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_in(folder: &Path, program: &'static str, arguments: &[&str]) -> Result<Vec<String>, BuildError> {
        run(&Step { program, arguments: arguments.iter().map(ToString::to_string).collect() }, folder)
    }

    #[test]
    fn a_program_that_is_not_there_is_told_with_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let refused = run_in(folder.path(), ".venv/bin/pip", &[]).unwrap_err().to_string();
        assert!(refused.contains("remove .venv"), "{refused}");
        let refused = run_in(folder.path(), "no-such-program", &[]).unwrap_err();
        assert!(matches!(refused, BuildError::NoTool { program: "no-such-program", .. }), "{refused}");
        for program in ["cargo", "npm", "python3"] {
            assert!(mend(program).starts_with("install "), "{program}");
        }
    }

    #[test]
    fn a_failing_command_is_told_with_its_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run_in(folder.path(), "sh", &["-c", "echo one; echo two"]).unwrap(), ["one", "two"]);
        let failed = run_in(folder.path(), "sh", &["-c", "exit 3"]).unwrap_err().to_string();
        assert!(failed.contains("`sh -c exit 3` failed (exit status: 3)"), "{failed}");
    }
}
