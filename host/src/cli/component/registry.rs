//! Adapters in OCI registries: a component and its signature as one artifact, named by a tag and fixed by its digest. Speaks the part of the OCI
//! distribution specification (1.1) that one artifact needs. Nothing that a registry sends is believed: everything is held against its digest.

mod artifact;
mod authority;
mod challenge;
mod error;
mod reference;
mod remote;
mod wire;

pub(super) use artifact::{Manifest, Role, config};
pub(in crate::cli) use error::RegistryError;
pub(super) use reference::{Reference, Version};
pub(super) use remote::{Remote, digest};

/// How a registry is reached.
#[derive(Debug, clap::Args)]
pub(super) struct RegistryArgs {
    /// Speak HTTP without TLS to a registry that is not on this machine. Who is on the way then reads the password and sees what is fetched.
    #[arg(long)]
    insecure_http: bool,
}
