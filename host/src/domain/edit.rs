//! What a person may change of an order before it is sent again (rule T11): who gets it and what is written on it, nothing that was agreed
//! about goods and money.

use jiff::civil::Date;
use serde::Deserialize;

use super::{Address, Note, Order, Party};

/// Changes of an order; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderEdit {
    pub purchase_order: Option<String>,
    pub requested_date: Option<Date>,
    pub ship_complete: Option<bool>,
    /// Each takes the place of the one with its role: `ship-to` or `contact`.
    pub parties: Vec<Party>,
    /// Take the place of all notes.
    pub notes: Option<Vec<Note>>,
}

/// A change that would touch what was agreed, with its place in the changes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct EditRefused {
    /// JSON pointer.
    pub place: String,
    pub why: &'static str,
}

impl Order {
    /// The order with the changes, and what they are, in words that name no person: of names, addresses and notes only that they changed.
    pub fn edited(&self, edit: &OrderEdit) -> Result<(Self, Vec<String>), EditRefused> {
        let (mut order, mut changes) = (self.clone(), Vec::new());
        if let Some(number) = &edit.purchase_order {
            let before = order.purchase_order.replace(number.clone());
            changes.extend(change("purchase_order", before.as_deref(), number));
        }
        if let Some(date) = edit.requested_date {
            let before = order.requested_date.replace(date).map(|date| date.to_string());
            changes.extend(change("requested_date", before.as_deref(), &date.to_string()));
        }
        if let Some(complete) = edit.ship_complete {
            changes.extend(change("ship_complete", Some(&order.ship_complete.to_string()), &complete.to_string()));
            order.ship_complete = complete;
        }
        for (index, party) in edit.parties.iter().enumerate() {
            let refused = |field: &str, why| EditRefused { place: format!("/parties/{index}{field}"), why };
            let place = order.parties.iter().position(|known| known.role == party.role);
            let before = place.and_then(|place| order.parties.get(place)).cloned();
            may_replace(before.as_ref(), party).map_err(|(field, why)| refused(field, why))?;
            let fields = changed_fields(before.as_ref(), party);
            if !fields.is_empty() {
                changes.push(format!("party {}: {} changed", party.role, fields.join(", ")));
            }
            match place.and_then(|place| order.parties.get_mut(place)) {
                Some(known) => *known = party.clone(),
                None => order.parties.push(party.clone()),
            }
        }
        if let Some(notes) = edit.notes.as_ref().filter(|notes| **notes != order.notes) {
            changes.push(format!("notes: {} instead of {}", notes.len(), order.notes.len()));
            order.notes = notes.clone();
        }
        Ok((order, changes))
    }
}

fn change(field: &str, before: Option<&str>, now: &str) -> Option<String> {
    (before != Some(now)).then(|| format!("{field}: {} → {now}", before.unwrap_or("nothing")))
}

/// Taxes and freight were agreed for a country; who pays was agreed, too.
fn may_replace(before: Option<&Party>, now: &Party) -> Result<(), (&'static str, &'static str)> {
    if !matches!(now.role.as_str(), "ship-to" | "contact") {
        return Err(("/role", "only ship-to and contact can be changed: who buys and who pays was agreed"));
    }
    if now.role == "contact" {
        return Ok(());
    }
    let Some(before) = before else {
        return Err((
            "/role",
            "it goes to the customer's own address, whose country is not known here: abandon the order and take a new one",
        ));
    };
    if before.number != now.number {
        return Err((
            "/number",
            "another address of the customer may be in another country: keep the number, and change the address",
        ));
    }
    let country = |party: &Party| party.address.as_ref().and_then(|address| address.country.clone());
    match (country(before), country(now)) {
        (Some(agreed), Some(now)) if agreed.eq_ignore_ascii_case(&now) => Ok(()),
        (Some(_), None) => Err(("/address/country", "must be there, and the one for which taxes and freight were agreed")),
        (Some(_), Some(_)) => {
            Err(("/address/country", "taxes and freight were agreed for another country: abandon the order and take a new one"))
        }
        (None, _) if before.address == now.address => Ok(()),
        (None, _) => Err((
            "/address",
            "the country for which taxes and freight were agreed is not known here: abandon the order and take a new one",
        )),
    }
}

fn changed_fields(before: Option<&Party>, now: &Party) -> Vec<&'static str> {
    let nothing = Party::default();
    let no_address = Address::default();
    let before = before.unwrap_or(&nothing);
    let (old, new) = (before.address.as_ref().unwrap_or(&no_address), now.address.as_ref().unwrap_or(&no_address));
    [
        ("number", before.number != now.number),
        ("name", (&old.name, &old.name2) != (&new.name, &new.name2)),
        ("lines", old.lines != new.lines),
        ("city", old.city != new.city),
        ("postal_code", old.postal_code != new.postal_code),
        ("region", old.region != new.region),
        ("country", old.country != new.country),
        ("email", old.email != new.email),
        ("phone", old.phone != new.phone),
        ("ext", before.ext != now.ext),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{calculation, cart, order};

    fn ship_to(city: &str, country: &str) -> Party {
        let address = Address {
            name: Some("Erika Mustermann".into()),
            city: Some(city.into()),
            country: Some(country.into()),
            ..Address::default()
        };
        Party { role: "ship-to".into(), address: Some(address), ..Party::default() }
    }

    fn given() -> Order {
        let order = order(&cart(&[("1", "A", "1")]), &calculation(vec![]));
        Order { parties: vec![ship_to("Berlin", "DE")], purchase_order: Some("PO-1".into()), ..order }
    }

    #[test]
    fn t11_an_edit_says_what_changed_and_names_nobody() {
        let edit =
            OrderEdit { purchase_order: Some("PO-2".into()), parties: vec![ship_to("Potsdam", "DE")], ..OrderEdit::default() };
        let (order, changes) = given().edited(&edit).unwrap();
        assert_eq!(changes, ["purchase_order: PO-1 → PO-2", "party ship-to: city changed"]);
        assert_eq!((order.parties.as_slice(), order.lines), (edit.parties.as_slice(), given().lines));
    }

    #[test]
    fn t11_what_was_agreed_cannot_be_edited() {
        let refused = |party| given().edited(&OrderEdit { parties: vec![party], ..OrderEdit::default() }).unwrap_err().place;
        assert_eq!(refused(ship_to("Wien", "AT")), "/parties/0/address/country");
        assert_eq!(refused(Party { role: "payer".into(), ..Party::default() }), "/parties/0/role");
        let nowhere = Party { address: Some(Address::default()), ..ship_to("Berlin", "DE") };
        assert_eq!(refused(nowhere), "/parties/0/address/country");
        assert_eq!(refused(Party { number: Some("C-1003-2".into()), ..ship_to("Berlin", "DE") }), "/parties/0/number");
    }

    #[test]
    fn t11_where_the_agreed_country_is_not_known_the_address_stays() {
        let numbered = Party { role: "ship-to".into(), number: Some("C-1".into()), ..Party::default() };
        let edit = |order: &Order, party: Party| {
            let edit = OrderEdit { parties: vec![party], ..OrderEdit::default() };
            order.edited(&edit).map(|_| ()).map_err(|refused| refused.place)
        };
        let to_a_number = Order { parties: vec![numbered.clone()], ..given() };
        assert_eq!(edit(&to_a_number, numbered.clone()), Ok(()));
        assert_eq!(edit(&to_a_number, Party { number: Some("C-2".into()), ..numbered.clone() }), Err("/parties/0/number".into()));
        assert_eq!(
            edit(&to_a_number, Party { address: ship_to("Wien", "AT").address, ..numbered }),
            Err("/parties/0/address".into())
        );
        let to_nobody = Order { parties: vec![], ..given() };
        assert_eq!(edit(&to_nobody, ship_to("Wien", "AT")), Err("/parties/0/role".into()));
        let contact = Party { role: "contact".into(), ..ship_to("Wien", "AT") };
        assert_eq!(edit(&to_nobody, contact), Ok(()));
    }

    #[test]
    fn an_edit_that_changes_nothing_says_nothing() {
        let same = OrderEdit {
            purchase_order: Some("PO-1".into()),
            parties: given().parties,
            notes: Some(vec![]),
            ..OrderEdit::default()
        };
        assert_eq!(given().edited(&same).unwrap().1, [] as [&str; 0]);
    }
}
