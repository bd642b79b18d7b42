//! `ordergate adapter push`: a component and its signature become an artifact of a registry.

use std::path::Path;

use bytes::Bytes;
use serde_json::json;

use super::ComponentFile;
use super::registry::{Manifest, Reference, RegistryArgs, Remote, Version, config, digest};
use crate::adapter::trust::{Detached, signature_path};
use crate::cli::{CliError, print};
use crate::config::regular_file::{self, SIGNATURE_BYTES};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordergate adapter push registry.example.com/adapters/erp:1.2.0 dist/erp.wasm\nFILE.minisig goes along when it is there. Prints the digest: what is pulled by it is always the same. A registry that wants to know who asks gets\nORDERGATE_REGISTRY_USER and ORDERGATE_REGISTRY_PASSWORD.\nExit code 64: the component does not fit the contract; 69: the registry cannot be reached."
)]
pub(in crate::cli) struct PushArgs {
    /// REGISTRY/NAME:TAG
    reference: Reference,
    #[command(flatten)]
    component: ComponentFile,
    #[command(flatten)]
    registry: RegistryArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn push(args: &PushArgs) -> Result<(), CliError> {
    if let Version::Digest(_) = args.reference.version {
        return Err(CliError::Refused(format!("{}: what is pushed gets a tag; its digest comes of it", args.reference)));
    }
    let (path, component) = (&args.component.path, args.component.read()?);
    let sha256 = super::digest(&component);
    // Nobody should find out only after it was fetched that the wrong file was pushed.
    let contract = super::fit(path, component.clone(), &sha256).await?;
    let signature = signature(path)?;
    let config = Bytes::from(config(&contract.to_string()));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let manifest = Manifest::of(&name, &config, &component, signature.as_deref()).to_bytes();
    let pushed = args.reference.at(&digest(&manifest));
    let remote = Remote::new(&args.reference, &args.registry)?;
    for blob in [Some(&config), Some(&component), signature.as_ref()].into_iter().flatten() {
        remote.put_blob(blob).await?;
    }
    // Last: whoever finds it finds everything that it names.
    remote.put_manifest(manifest).await?;
    if signature.is_none() {
        eprintln!("note: it is not signed; hosts load signed components only, unless they are told otherwise");
    }
    print(&match args.json {
        true => json!({"reference": pushed.to_string(), "tag": args.reference.to_string(), "sha256": sha256, "signed": signature.is_some()}).to_string(),
        false => format!("reference  {pushed}\ntag        {}\nsha256     {sha256}", args.reference),
    })
}

/// None when there is none. One that is no signature is not pushed.
fn signature(component: &Path) -> Result<Option<Bytes>, CliError> {
    let path = signature_path(component);
    match Detached::beside(component).map_err(|error| CliError::Refused(error.to_string()))? {
        Some(_) => {
            let text = regular_file::read(&path, SIGNATURE_BYTES)
                .map_err(|cause| CliError::Refused(format!("{}: {cause}", path.display())))?;
            Ok(Some(text.into()))
        }
        None => Ok(None),
    }
}
