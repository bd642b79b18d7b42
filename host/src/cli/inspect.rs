//! `ordergate adapter inspect`: what a component is, before anything of it runs.

use std::path::Path;

use anyhow::Context;
use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{CliError, print};
use crate::adapter::check_contract;

pub(super) fn inspect(file: &Path, as_json: bool) -> Result<(), CliError> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
    let refusal = check_contract(&bytes).err().map(|error| error.to_string());
    if as_json {
        print(
            &json!({"file": file, "bytes": bytes.len(), "sha256": digest, "fits": refusal.is_none(), "refusal": refusal})
                .to_string(),
        )?;
    } else {
        print(&format!("file      {}\nbytes     {}\nsha256    {digest}", file.display(), bytes.len()))?;
        if refusal.is_none() {
            print("contract  fits ordergate:adapter@1.0.0")?;
        }
    }
    match refusal {
        None => Ok(()),
        Some(_) if as_json => Err(CliError::Found),
        Some(refusal) => Err(CliError::Refused(format!("{}: {refusal}", file.display()))),
    }
}
