//! Partners of a document.

use crate::settings::Settings;
use crate::wire::Entity;
use crate::wire::names::Names;
use ordergate_sdk::json::Draft;
use ordergate_sdk::types::{Address, Party};
use serde_json::Value;

/// Field lengths of `A_SalesOrderPartnerAddress`.
const NAME: usize = 40;
const STREET: usize = 60;

/// Partners that a new document gets. The sold-to party is a field of the header. An address overrides the master data of its partner, which is
/// the sold-to party when none is named.
pub(crate) fn sent(settings: &Settings, names: &Names, account: &str, parties: &[Party]) -> Result<Vec<Value>, String> {
    let others = parties.iter().filter(|party| party.role != "sold-to");
    others.map(|party| partner(settings, names, account, party)).collect()
}

fn partner(settings: &Settings, names: &Names, account: &str, party: &Party) -> Result<Value, String> {
    let role = &party.role;
    let code = settings.partner_functions.code(role).ok_or_else(|| format!("the role {role} has no partner function"))?;
    let number = party.number.as_deref().unwrap_or(account);
    let field = if role == "contact" { names.contact_person } else { names.partner_customer };
    if role == "contact" && party.number.is_none() {
        return Err("a contact needs its number in the back end".to_owned());
    }
    let partner = Draft::new().text(names.partner_function, code).text(field, number);
    let Some(sent) = &party.address else { return Ok(partner.done()) };
    let place = names.partner_address.ok_or_else(|| format!("the {role} of this document cannot have an address of its own"))?;
    Ok(partner.part(place, address(settings, sent)).done())
}

fn address(settings: &Settings, address: &Address) -> Value {
    let Address { name, name2, lines, city, postal_code, region, country, email, phone } = address;
    let (street, more) = lines.split_first().map_or((None, None), |(street, rest)| (Some(street), rest.first()));
    let fitting = |text: Option<&String>, most: usize| text.map(|text| text.chars().take(most).collect::<String>());
    Draft::new()
        .optional("OrganizationName1", fitting(name.as_ref(), NAME))
        .optional("OrganizationName2", fitting(name2.as_ref(), NAME))
        .optional("StreetName", fitting(street, STREET))
        .optional("StreetSuffixName1", fitting(more, NAME))
        .optional("CityName", fitting(city.as_ref(), NAME))
        .optional("PostalCode", fitting(postal_code.as_ref(), 10))
        .optional("Region", fitting(region.as_ref(), 3))
        .optional("Country", fitting(country.as_ref(), 3))
        .optional("EmailAddress", fitting(email.as_ref(), 241))
        .optional("PhoneNumber", fitting(phone.as_ref(), 30))
        .text("CorrespondenceLanguage", &settings.texts.language)
        .done()
}

/// Partners of a document of the back end; functions that have no role are left out.
pub(crate) fn received(settings: &Settings, names: &Names, document: Entity<'_>) -> Vec<Party> {
    let party = |partner: Entity<'_>| {
        let role = settings.partner_functions.role(partner.text(names.partner_function)?)?;
        let number = partner.text(names.partner_customer).or_else(|| partner.text(names.contact_person));
        let address = names.partner_address.and_then(|place| partner.one(place)).map(known_address);
        Some(Party { role: role.to_owned(), number: number.map(ToOwned::to_owned), address, ext: Vec::new() })
    };
    document.many(names.partners).into_iter().filter_map(party).collect()
}

fn known_address(address: Entity<'_>) -> Address {
    let text = |field: &str| address.text(field).map(ToOwned::to_owned);
    let street = match (text("StreetName"), text("HouseNumber")) {
        (Some(street), Some(number)) => Some(format!("{street} {number}")),
        (street, _) => street,
    };
    Address {
        name: text("OrganizationName1").or_else(|| text("AddresseeFullName")),
        name2: text("OrganizationName2"),
        lines: street.into_iter().chain(text("StreetSuffixName1")).collect(),
        city: text("CityName"),
        postal_code: text("PostalCode"),
        region: text("Region"),
        country: text("Country"),
        email: text("EmailAddress"),
        phone: text("PhoneNumber"),
    }
}
