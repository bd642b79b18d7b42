//! What is wrong with a configuration, and how it is shown.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong with the configuration, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// 1-based; 0 when it concerns the whole file.
    pub line: usize,
    pub column: usize,
    /// Dotted path of the option.
    pub path: String,
    pub message: String,
    /// Stable code, such as `C011`.
    pub code: &'static str,
}

impl Problem {
    /// As `FILE:LINE:COLUMN: PATH: MESSAGE [CODE]`.
    fn show(&self, file: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", file.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {} [{}]", self.message, self.code)
    }
}

/// All that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    pub file: PathBuf,
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            problem.show(&self.file, f)?;
        }
        Ok(())
    }
}
