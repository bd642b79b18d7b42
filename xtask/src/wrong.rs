//! Adapters that are wrong on purpose, for the conformance kit to find out: what `ordergate adapter new` writes, with the files of `tests/wrong`
//! around it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The only thing in the template that the mistakes cannot be put around.
const EXPORTED: &str = "ordergate_sdk::export_adapter!(Nordwind);";
const EXPORTED_WRONG: &str = "mod wrong;\n\nordergate_sdk::export_adapter!(wrong::Wrong);";

/// Where the configuration that came with it begins to speak of the adapter.
const SECTION: &str = "\n[adapters.wrong-adapter]\n";

/// Puts the mistakes around a fresh folder. `overlays`: the folder `tests/wrong`.
pub(crate) fn put_around(overlays: &Path, language: &str, folder: &Path) -> Result<()> {
    let source = folder.join("src");
    match language {
        "rust" => replace(&source.join("lib.rs"), EXPORTED, EXPORTED_WRONG)?,
        "js" => fs::rename(source.join("adapter.js"), source.join("right.js"))?,
        _ => fs::rename(source.join("adapter.py"), source.join("right.py"))?,
    }
    for entry in fs::read_dir(overlays.join(language).join("src"))? {
        let entry = entry?;
        fs::copy(entry.path(), source.join(entry.file_name()))?;
    }
    // Every mistake is another setting, and a snapshot of each would be compiled: half a minute of CPU time for Python.
    replace(&folder.join("ordergate.toml"), SECTION, &format!("{SECTION}snapshot = false\n"))
}

fn replace(file: &Path, before: &str, after: &str) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    if text.matches(before).count() != 1 {
        bail!("{} does not say {before:?} once any more: see {}", file.display(), file!());
    }
    Ok(fs::write(file, text.replace(before, after))?)
}
