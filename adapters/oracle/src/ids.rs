//! Identifiers that the back end does not resolve by itself. They are value maps of the host: `parties`, `customer_accounts`, `bill_to_sites`,
//! `ship_to_sites` (by account or site number) and `items`, `primary_units` (by SKU).

use ordergate_sdk::settings::lookup;
use ordergate_sdk::types::Party;

/// What the map calls an identifier; an error names map and key.
fn id(map: &str, key: &str) -> Result<Option<u64>, String> {
    let found = lookup(map, key);
    found
        .map(|text| text.parse().map_err(|_| format!("{text:?} is no identifier: mend {key} in the value map {map}")))
        .transpose()
}

fn required(map: &str, key: &str) -> Result<u64, String> {
    id(map, key)?.ok_or_else(|| format!("{key} has no identifier: add it to the value map {map}"))
}

/// Where an order goes and who pays it; absent for what the back end knows of the customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sites {
    /// CustomerAccountId and SiteUseId.
    pub(crate) bill_to: Option<(u64, u64)>,
    /// PartyId and SiteId.
    pub(crate) ship_to: Option<(u64, u64)>,
}

/// The sites of an order. A party that is named must have one: the back end neither looks up nor creates sites.
pub(crate) fn sites(account: &str, parties: &[Party]) -> Result<Sites, String> {
    for party in parties {
        if party.address.is_some() {
            let role = &party.role;
            return Err(format!("the {role} has an address of its own, which the back end does not take: name a site"));
        }
        let is_known = matches!(party.role.as_str(), "sold-to" | "bill-to" | "ship-to");
        if !is_known && party.number.as_deref().is_some_and(|number| number != account) {
            return Err(format!("the {} cannot be handed over", party.role));
        }
    }
    let named = |role: &str| parties.iter().find(|party| party.role == role).and_then(|party| party.number.as_deref());
    Ok(Sites {
        bill_to: site(("customer_accounts", "bill_to_sites"), account, named("bill-to"))?,
        ship_to: site(("parties", "ship_to_sites"), account, named("ship-to"))?,
    })
}

/// Owner and site.
fn site((owners, sites): (&str, &str), account: &str, named: Option<&str>) -> Result<Option<(u64, u64)>, String> {
    let found = match named {
        Some(number) => Some(required(sites, number)?),
        None => id(sites, account)?,
    };
    found.map(|site| Ok((required(owners, account)?, site))).transpose()
}

/// PartyId of a customer.
pub(crate) fn party(account: &str) -> Result<u64, String> {
    required("parties", account)
}

/// InventoryItemId of a SKU.
pub(crate) fn item(sku: &str) -> Result<Option<u64>, String> {
    id("items", sku)
}

/// The unit in which the quick check counts an item.
pub(crate) fn primary_unit(sku: &str) -> Option<String> {
    lookup("primary_units", sku)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ordergate_sdk::testing::Backend;
    use ordergate_sdk::types::Address;

    fn party(role: &str, number: &str) -> Party {
        Party { role: role.into(), number: Some(number.into()), ..Party::default() }
    }

    fn maps() -> Backend {
        let entries = [
            ("parties", "10060", "300000047368660"),
            ("customer_accounts", "10060", "300000047368661"),
            ("bill_to_sites", "10060", "300000047368662"),
            ("ship_to_sites", "S-2", "300000047368999"),
            ("ship_to_sites", "S-3", "abc"),
        ];
        entries.into_iter().fold(Backend::new(), |backend, (map, key, value)| backend.map_entry(map, key, value))
    }

    #[test]
    fn pitfall_4_identifiers_of_fifteen_digits_and_more_are_whole_numbers() {
        let _maps = maps();
        let sites = sites("10060", &[party("ship-to", "S-2")]).unwrap();
        assert_eq!(sites.bill_to, Some((300_000_047_368_661, 300_000_047_368_662)));
        assert_eq!(sites.ship_to, Some((300_000_047_368_660, 300_000_047_368_999)));
    }

    #[test]
    fn what_nobody_named_and_nobody_mapped_is_left_to_the_back_end() {
        let _maps = maps();
        assert_eq!(sites("10070", &[]).unwrap(), Sites::default());
    }

    #[test]
    fn a_site_that_is_named_must_be_mapped() {
        let _maps = maps();
        let problem = |parties: &[Party]| sites("10060", parties).unwrap_err();
        assert_eq!(problem(&[party("ship-to", "S-9")]), "S-9 has no identifier: add it to the value map ship_to_sites");
        assert_eq!(problem(&[party("ship-to", "S-3")]), "\"abc\" is no identifier: mend S-3 in the value map ship_to_sites");
        let addressed = Party { address: Some(Address::default()), ..party("ship-to", "S-2") };
        assert!(problem(&[addressed]).contains("name a site"));
        assert!(problem(&[party("contact", "7")]).contains("contact cannot be handed over"));
        assert!(sites("10060", &[party("payer", "10060")]).is_ok());
    }
}
