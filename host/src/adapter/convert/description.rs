//! `descriptor.describe`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::bindings::guest::descriptor as wit;
use super::super::instance::{Guest, Ran};
use super::bounded;
use crate::domain::{Deduplication, Description, Dimension, EndpointNeed, Failure, FailureCode};

pub(in super::super) async fn describe(guest: &mut Guest) -> Ran<Description> {
    let description = guest.descriptor()?.call_describe(&mut guest.store).await?;
    Ok(from_description(description)?)
}

/// Most capabilities, endpoints and batch caps; the contract has a fraction of it.
const MAX_ENTRIES: usize = 64;

/// Every one of them is shown to operators at every load.
fn check_size(description: &wit::Description) -> Result<(), Failure> {
    let (capabilities, endpoints, caps) =
        (description.capabilities.len(), description.endpoints.len(), description.batch_caps.len());
    let lists = [("capabilities", capabilities), ("endpoints", endpoints), ("batch-caps", caps)];
    let Some((field, _)) = lists.into_iter().find(|(_, entries)| *entries > MAX_ENTRIES) else { return Ok(()) };
    let message = format!("the description's {field} has more than {MAX_ENTRIES} entries");
    Err(Failure::new(FailureCode::InvalidResponse, message))
}

/// Prices depend on the account unless the adapter says that they do not (rule F6).
fn from_description(description: wit::Description) -> Result<Description, Failure> {
    check_size(&description)?;
    let mut price_dimensions = from_dimensions("price-dimensions", &description.price_dimensions)?;
    if !description.account_independent_prices {
        price_dimensions.insert(Dimension::Account);
    }
    Ok(Description {
        name: bounded::word(description.name),
        version: bounded::word(description.version),
        vendor: bounded::word(description.vendor),
        capabilities: description.capabilities.into_iter().map(bounded::word).collect(),
        endpoints: description.endpoints.into_iter().map(from_endpoint).collect(),
        settings_schema: description.settings_schema,
        batch_caps: description
            .batch_caps
            .into_iter()
            .map(|cap| (bounded::word(cap.operation), cap.max_items as usize))
            .collect(),
        price_dimensions,
        availability_dimensions: from_dimensions("availability-dimensions", &description.availability_dimensions)?,
        deduplication: Deduplication::parse(&description.deduplication),
        propagation_delay: Duration::from_millis(description.propagation_delay_ms.into()),
        combined_price_and_availability: description.combined_price_and_availability,
        memory_bytes: description.memory_bytes,
    })
}

/// A dimension that this host does not know cannot be part of a cache key, so its values could be shared wider than declared (rule F6).
fn from_dimensions(field: &str, names: &[String]) -> Result<BTreeSet<Dimension>, Failure> {
    let parse = |name: &String| {
        let name = name.chars().take(64).collect::<String>();
        let message = format!("the description's {field} has {name:?}, which this host does not know: it needs a newer host");
        Dimension::parse(&name).ok_or_else(|| Failure::new(FailureCode::InvalidResponse, message))
    };
    names.iter().map(parse).collect()
}

fn from_endpoint(endpoint: wit::Endpoint) -> EndpointNeed {
    let (name, description) = (bounded::word(endpoint.name), bounded::sentence(endpoint.description));
    EndpointNeed { name, description, required: endpoint.required }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(price_dimensions: &[&str], account_independent_prices: bool) -> Result<Description, Failure> {
        from_description(plain(price_dimensions, account_independent_prices))
    }

    fn plain(price_dimensions: &[&str], account_independent_prices: bool) -> wit::Description {
        wit::Description {
            name: "rest".into(),
            version: "1".into(),
            vendor: String::new(),
            capabilities: vec![],
            endpoints: vec![],
            settings_schema: String::new(),
            batch_caps: vec![],
            price_dimensions: price_dimensions.iter().map(ToString::to_string).collect(),
            account_independent_prices,
            availability_dimensions: vec![],
            deduplication: "from-the-future".into(),
            propagation_delay_ms: 0,
            combined_price_and_availability: false,
            memory_bytes: None,
            ext: vec![],
        }
    }

    #[test]
    fn a_description_without_end_is_refused() {
        let refusal = |description| from_description(description).unwrap_err().message;
        let many = wit::Description { capabilities: vec!["x".into(); 65], ..plain(&[], false) };
        assert_eq!(refusal(many), "the description's capabilities has more than 64 entries");
        let endpoint = |_| wit::Endpoint { name: "x".into(), description: "x".into(), required: true };
        let many = wit::Description { endpoints: (0..100_000).map(endpoint).collect(), ..plain(&[], false) };
        assert_eq!(refusal(many), "the description's endpoints has more than 64 entries");
    }

    #[test]
    fn f6_account_is_a_price_dimension_unless_the_adapter_says_that_it_is_not() {
        assert!(description(&["quantity"], false).unwrap().price_dimensions.contains(&Dimension::Account));
        assert!(!description(&["quantity"], true).unwrap().price_dimensions.contains(&Dimension::Account));
    }

    #[test]
    fn f6_a_dimension_that_the_host_does_not_know_refuses_the_adapter() {
        assert!(description(&["loyalty-level"], false).unwrap_err().message.contains("loyalty-level"));
    }

    #[test]
    fn an_adapters_words_about_itself_are_short_and_on_one_line() {
        let endpoint =
            from_endpoint(wit::Endpoint { name: "api\nok".into(), description: "\u{1b}[2J".repeat(10_000), required: true });
        assert_eq!((endpoint.name.as_str(), endpoint.description.len()), ("api ok", 1024));
        assert!(!endpoint.description.contains(char::is_control));
    }

    #[test]
    fn t4_an_unknown_class_is_none() {
        assert_eq!(description(&[], false).unwrap().deduplication, Deduplication::None);
    }
}
