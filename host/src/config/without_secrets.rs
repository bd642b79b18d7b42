//! An adapter's part of a configuration with placeholders where its secrets belong, for what never sends anything. None of them has to be there.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::{Table, Value};

use super::{AdapterConfig, CredentialConfig, Secret};

/// Stands for every secret.
const PLACEHOLDER: &str = "placeholder";

/// Read like an [`AdapterConfig`]; certificates, and what pushes and shadows need, is left out.
pub(super) struct WithoutSecrets(pub(super) AdapterConfig);

impl<'de> Deserialize<'de> for WithoutSecrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Table::deserialize(deserializer)?;
        table.remove("inbound");
        table.remove("shadow");
        let credentials = take_credentials(&mut table);
        let mut config = AdapterConfig::deserialize(table).map_err(Error::custom)?;
        for (endpoint, credential) in credentials {
            if let Some(endpoint) = config.endpoints.get_mut(endpoint.as_str()) {
                endpoint.credential = Some(credential);
            }
        }
        Ok(Self(config))
    }
}

/// Removes the credentials of all endpoints; gives others that travel in the same headers.
fn take_credentials(adapter: &mut Table) -> Vec<(String, CredentialConfig)> {
    let Some(Value::Table(endpoints)) = adapter.get_mut("endpoints") else { return Vec::new() };
    let mut taken = Vec::new();
    for (name, endpoint) in endpoints {
        let Value::Table(endpoint) = endpoint else { continue };
        endpoint.remove("tls");
        if let Some(credential) = endpoint.remove("credential") {
            taken.push((name.clone(), placeholder(&credential)));
        }
    }
    taken
}

fn placeholder(credential: &Value) -> CredentialConfig {
    let secret = Secret::new(PLACEHOLDER);
    match (credential.get("type").and_then(Value::as_str), credential.get("name").and_then(Value::as_str)) {
        (Some("header"), Some(name)) => CredentialConfig::Header { name: name.to_owned(), value: secret },
        _ => CredentialConfig::Bearer { token: secret },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AdapterConfig {
        toml::from_str::<WithoutSecrets>(&format!("component = 'a.wasm'\n{text}")).ok().unwrap().0
    }

    #[test]
    fn no_secret_has_to_be_there_and_its_header_is_known() {
        let endpoint = |credential: &str| {
            let text = format!(
                "[endpoints.api]\nbase_url = 'https://erp.example.com'\ncredential = {credential}\ntls = {{ client_key = {{ env = 'NOT_SET' }} }}"
            );
            read(&text).endpoints.remove("api").unwrap().credential.unwrap()
        };
        let header = endpoint("{ type = 'header', name = 'x-api-key', value = { env = 'NOT_SET' } }");
        assert!(matches!(header, CredentialConfig::Header { name, .. } if name == "x-api-key"));
        let oauth =
            "{ type = 'oauth_client', token_url = 'https://x', client_id = 'a', client_secret = { file = '/not/there' } }";
        for credential in ["{ type = 'basic', user = 'u', password = { env = 'NOT_SET' } }", oauth] {
            assert!(matches!(endpoint(credential), CredentialConfig::Bearer { .. }));
        }
    }

    #[test]
    fn other_mistakes_are_still_told() {
        let error = toml::from_str::<WithoutSecrets>("component = 'a.wasm'\nendpionts = 1").err().unwrap().to_string();
        assert!(error.contains("unknown field `endpionts`"), "{error}");
    }
}
