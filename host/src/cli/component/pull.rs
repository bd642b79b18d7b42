//! `ordergate adapter pull`: a component and its signature from a registry. Nothing is written before everything is known to be what it should be.

use std::path::{Path, PathBuf};

use anyhow::Context;
use bytes::Bytes;
use serde_json::json;

use super::registry::{Manifest, Reference, RegistryArgs, RegistryError, Remote, Role};
use super::verify::read_key;
use crate::adapter::trust::lock::replace;
use crate::adapter::trust::{Detached, signature_path};
use crate::cli::{CliError, print};
use crate::config::LimitsConfig;
use crate::config::regular_file::SIGNATURE_BYTES;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordergate adapter pull registry.example.com/adapters/erp@sha256:… --into adapters --verify-with acme.pub\nWrites NAME.wasm, named like the repository, and NAME.wasm.minisig, over what is there. A tag may lead elsewhere tomorrow: pin the digest that is printed,\nor the component by `ordergate adapter add`. A registry that wants to know who asks gets ORDERGATE_REGISTRY_USER and ORDERGATE_REGISTRY_PASSWORD.\nExit code 64: it is not signed by that key; 69: the registry cannot be reached. Nothing is written then."
)]
pub(in crate::cli) struct PullArgs {
    /// REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST
    reference: Reference,
    /// The folder that it is written to.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    into: PathBuf,
    /// The key that must have signed it: its text (RW…) or a .pub file.
    #[arg(long, value_name = "KEY")]
    verify_with: Option<String>,
    /// Largest component that is fetched; a host has `limits.component_bytes`.
    #[arg(long, value_name = "BYTES", default_value_t = LimitsConfig::COMPONENT_BYTES)]
    max_bytes: usize,
    #[command(flatten)]
    registry: RegistryArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn pull(args: &PullArgs) -> Result<(), CliError> {
    let key = args.verify_with.as_deref().map(|key| read_key("--verify-with", key)).transpose()?;
    let Pulled { reference, component, signature } = fetch(args).await?;
    let target = args.into.join(format!("{}.wasm", args.reference.name()));
    if let Some(key) = &key {
        let refused = |reason: String| CliError::Refused(format!("{reference}: {reason}. Nothing was written"));
        let signature = signature.as_deref().ok_or_else(|| refused("it is not signed".into()))?;
        let shown = signature_path(&target).display().to_string();
        let signature =
            Detached::read(&shown, &String::from_utf8_lossy(signature)).map_err(|error| refused(error.to_string()))?;
        signature.verify(&component, key, "its owner").map_err(|error| refused(error.to_string()))?;
    }
    write(&args.into, &target, &component, signature.as_deref())?;
    let sha256 = super::digest(&component);
    let signed = signature.is_some().then(|| signature_path(&target).display().to_string());
    let verified = key.map(|key| key.id().to_string());
    print(&match args.json {
        true => json!({"reference": reference.to_string(), "component": target, "sha256": sha256, "signature": signed, "signed_by": verified}).to_string(),
        false => format!(
            "reference  {reference}\ncomponent  {}\nsha256     {sha256}\nsignature  {}{}",
            target.display(),
            signed.unwrap_or_else(|| "none".into()),
            verified.map(|id| format!("\nsigned by  {id}")).unwrap_or_default()
        ),
    })
}

struct Pulled {
    /// By digest.
    reference: Reference,
    component: Bytes,
    signature: Option<Bytes>,
}

async fn fetch(args: &PullArgs) -> Result<Pulled, RegistryError> {
    let remote = Remote::new(&args.reference, &args.registry)?;
    let (bytes, digest) = remote.manifest().await?;
    let foreign = |reason| RegistryError::Foreign { reference: args.reference.to_string(), reason };
    let manifest = Manifest::read(&bytes).map_err(foreign)?;
    let component = manifest.layer(Role::Component).ok_or_else(|| foreign("it has no component".into()))?;
    let component = remote
        .blob(component, "the component", args.max_bytes, "--max-bytes; a host needs limits.component_bytes for it")
        .await?;
    let signature = match manifest.layer(Role::Signature) {
        Some(signature) => Some(remote.blob(signature, "the signature", SIGNATURE_BYTES, "fixed").await?),
        None => None,
    };
    Ok(Pulled { reference: args.reference.at(&digest), component, signature })
}

/// The signature first: a host that watches the component finds everything in place.
fn write(folder: &Path, target: &Path, component: &[u8], signature: Option<&[u8]>) -> Result<(), CliError> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let beside = signature_path(target);
    match signature {
        Some(signature) => replace(&beside, signature).with_context(|| format!("cannot write {}", beside.display()))?,
        // The signature of the file that was there before would make this one look altered.
        None => drop(std::fs::remove_file(&beside)),
    }
    Ok(replace(target, component).with_context(|| format!("cannot write {}", target.display()))?)
}
