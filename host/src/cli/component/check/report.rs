//! What `ordergate adapter check` found, as text and as JSON.

use std::path::Path;

use serde_json::json;

use crate::adapter::soundness::{Sound, Weight};
use crate::adapter::{Cost, Snapshot};
use crate::config::LimitsConfig;

pub(super) struct Report<'a> {
    pub path: &'a Path,
    /// None when it is too large to be read.
    pub file: Option<&'a [u8]>,
    pub limits: &'a LimitsConfig,
    pub sound: &'a Sound,
}

impl Report<'_> {
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| text.push_str(&format!("{name:<10} {value}\n"));
        line("file", &self.path.display().to_string());
        if let Some(file) = self.file {
            line("bytes", &format!("{} of at most {}", file.len(), self.limits.component_bytes));
            line("sha256", &super::super::digest(file));
        }
        if let Some(version) = self.contract() {
            line("contract", &version);
        }
        if let Some(described) = &self.sound.described {
            let description = &described.description;
            line("name", &format!("{} {}", description.name, description.version));
            line("compiled", &self.compiled(described.cost));
            line("snapshot", if described.snapshot == Snapshot::Taken { "instances start configured" } else { "none" });
        }
        for finding in &self.sound.findings {
            line(
                if finding.weight == Weight::Error { "FAILED" } else { "warning" },
                &format!("{}: {}", finding.finding, finding.message),
            );
            line("", &finding.hint);
        }
        line("verdict", if self.sound.is_sound() { "a host would load it" } else { "a host would refuse it" });
        text
    }

    pub(super) fn to_json(&self) -> String {
        let described = self.sound.described.as_ref();
        let cost = described.and_then(|described| described.cost);
        json!({
            "file": self.path,
            "bytes": self.file.map(<[u8]>::len),
            "sha256": self.file.map(super::super::digest),
            "contract": self.contract(),
            "name": described.map(|described| &described.description.name),
            "version": described.map(|described| &described.description.version),
            "compile_ms": cost.map(|cost| cost.took.as_millis()),
            "native_bytes": cost.map(|cost| cost.native_bytes),
            "snapshot": described.map(|described| &described.snapshot),
            "passed": self.sound.is_sound(),
            "findings": self.sound.findings,
        })
        .to_string()
    }

    fn contract(&self) -> Option<String> {
        let examined = self.sound.inspection.as_ref()?.examined.as_ref().ok()?;
        examined.version.map(|version| format!("ordergate:adapter@{version}"))
    }

    fn compiled(&self, cost: Option<Cost>) -> String {
        match cost {
            Some(Cost { took, native_bytes }) => {
                let (took, most) = (took.as_secs_f64(), self.limits.compile_secs);
                format!("in {took:.1} s of at most {most}, to {native_bytes} bytes of native code")
            }
            None => "before".into(),
        }
    }
}
