//! The keys of one run: random, written where only the user can read them, never the same twice.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

/// Signs messages, in the form of Standard Webhooks.
const PUSH: &str = "push";

/// Keys of the callers and of the back end.
pub(crate) struct Keys {
    /// A trusted storefront: names the account in `X-Account`.
    pub(crate) shop: String,
    /// The customer C-1001 alone.
    pub(crate) hansen: String,
    /// The customer C-1002 alone.
    pub(crate) bauer: String,
    /// The operations port.
    pub(crate) ops: String,
    /// What the host shows to the back end.
    pub(crate) backend: String,
    /// What the back end signs its pushed messages with.
    pub(crate) push: String,
    folder: PathBuf,
}

impl Keys {
    /// Makes new keys and writes them to `folder`, one file each, for the host's configuration to refer to.
    pub(crate) fn generate(folder: &Path) -> Result<Self> {
        let folder = folder.join("keys");
        make_private_folder(&folder)?;
        let [shop, hansen, bauer, ops, backend, push] =
            ["shop", "hansen", "bauer", "ops", "back-end", PUSH].map(|name| write_new(&folder, name));
        Ok(Self { shop: shop?, hansen: hansen?, bauer: bauer?, ops: ops?, backend: backend?, push: push?, folder })
    }

    /// A reference to a key for the host's configuration.
    pub(crate) fn reference(&self, name: &str) -> String {
        format!("{{ file = {:?} }}", self.folder.join(name))
    }
}

fn make_private_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?)
}

fn write_new(folder: &Path, name: &str) -> Result<String> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|cause| anyhow!("the system gives no random bytes: {cause}"))?;
    // Digits of a hexadecimal number are Base64 as well.
    let prefix = if name == PUSH { "whsec_".to_owned() } else { format!("{name}-") };
    let key = format!("{prefix}{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    fs::write(folder.join(name), &key)?;
    Ok(key)
}
