//! What an adapter is in a registry: an OCI image manifest whose layers are the component and, when it is signed, its signature. The same files
//! always come to the same manifest: there is no time in it. Pure.

use serde::{Deserialize, Serialize};

use super::reference::is_digest;

pub(super) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const ARTIFACT_TYPE: &str = "application/vnd.ordergate.adapter.v1+json";
const COMPONENT_TYPE: &str = "application/wasm";
const SIGNATURE_TYPE: &str = "application/vnd.ordergate.adapter.minisig.v1";
const TITLE: &str = "org.opencontainers.image.title";

/// What a layer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Role {
    Component,
    Signature,
}

impl Role {
    fn media_type(self) -> &'static str {
        match self {
            Self::Component => COMPONENT_TYPE,
            Self::Signature => SIGNATURE_TYPE,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    artifact_type: String,
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// A piece of content, by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Descriptor {
    media_type: String,
    pub digest: String,
    /// In bytes.
    pub size: u64,
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    annotations: std::collections::BTreeMap<String, String>,
}

impl Descriptor {
    fn of(media_type: &str, bytes: &[u8], title: Option<&str>) -> Self {
        let annotations = title.map(|title| (TITLE.to_owned(), title.to_owned())).into_iter().collect();
        Self { media_type: media_type.to_owned(), digest: super::digest(bytes), size: bytes.len() as u64, annotations }
    }
}

/// The text that stands for what an adapter is besides its files. `contract`: the version that it was built for.
pub(in super::super) fn config(contract: &str) -> Vec<u8> {
    serde_json::json!({ "contract": contract }).to_string().into_bytes()
}

impl Manifest {
    /// `name`: of the component's file, without a folder.
    pub(in super::super) fn of(name: &str, config: &[u8], component: &[u8], signature: Option<&[u8]>) -> Self {
        let component = Descriptor::of(Role::Component.media_type(), component, Some(name));
        let title = format!("{name}.minisig");
        let signature = signature.map(|signature| Descriptor::of(Role::Signature.media_type(), signature, Some(&title)));
        Self {
            schema_version: 2,
            media_type: MANIFEST_TYPE.to_owned(),
            artifact_type: ARTIFACT_TYPE.to_owned(),
            config: Descriptor::of(ARTIFACT_TYPE, config, None),
            layers: [Some(component), signature].into_iter().flatten().collect(),
        }
    }

    pub(in super::super) fn to_bytes(&self) -> Vec<u8> {
        // Texts and numbers always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Err: why it is no adapter.
    pub(in super::super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|cause| format!("its manifest cannot be read ({cause})"))?;
        if ![&manifest.artifact_type, &manifest.config.media_type].contains(&&ARTIFACT_TYPE.to_owned()) {
            let is = if manifest.artifact_type.is_empty() { &manifest.config.media_type } else { &manifest.artifact_type };
            return Err(format!("it is a {is:?}, not a {ARTIFACT_TYPE:?}"));
        }
        if manifest.layers.iter().any(|layer| !is_digest(&layer.digest)) {
            return Err("a layer of it has no SHA-256 digest".into());
        }
        let count = |role| manifest.all(role).count();
        match (count(Role::Component), count(Role::Signature)) {
            (1, 0 | 1) => Ok(manifest),
            (components, signatures) => {
                Err(format!("it has {components} components and {signatures} signatures instead of one of each"))
            }
        }
    }

    pub(in super::super) fn layer(&self, role: Role) -> Option<&Descriptor> {
        self.all(role).next()
    }

    fn all(&self, role: Role) -> impl Iterator<Item = &Descriptor> {
        self.layers.iter().filter(move |layer| layer.media_type == role.media_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_are_always_the_same_manifest_and_it_is_read_as_it_was_written() {
        let made = || Manifest::of("erp.wasm", &config("1.0.0"), b"component", Some(b"signature"));
        let bytes = made().to_bytes();
        assert_eq!(bytes, made().to_bytes());
        let read = Manifest::read(&bytes).unwrap();
        assert_eq!(read, made());
        assert_eq!(read.layer(Role::Component).unwrap().size, 9);
        assert_eq!(Manifest::read(&Manifest::of("a", b"{}", b"c", None).to_bytes()).unwrap().layer(Role::Signature), None);
    }

    #[test]
    fn what_is_no_adapter_is_told_what_it_is() {
        let good = String::from_utf8(Manifest::of("erp.wasm", b"{}", b"component", Some(b"signature")).to_bytes()).unwrap();
        let refused = |text: String| Manifest::read(text.as_bytes()).unwrap_err();
        let image = refused(good.replace(ARTIFACT_TYPE, "application/vnd.oci.image.config.v1+json"));
        assert!(image.contains("application/vnd.oci.image.config.v1+json"), "{image}");
        let two = refused(good.replace(SIGNATURE_TYPE, COMPONENT_TYPE));
        assert!(two.contains("2 components and 0 signatures"), "{two}");
        assert!(refused(good.replace("sha256:", "sha512:")).contains("SHA-256"));
        assert!(refused("{}".into()).contains("cannot be read"));
    }
}
