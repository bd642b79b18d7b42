//! Records that several interfaces share, in both directions.

use jiff::civil::Date;

use super::super::bindings::shared::types as wit;
use super::bounded;
use super::strict::{Place, optional};
use crate::domain::{
    Address, Buyer, DocumentFilter, Extensions, Failure, Money, Note, PageRequest, Party, PriceComponent, Quantity, SalesArea,
    ScheduleLine, Totals,
};

pub(super) fn to_extensions(ext: &Extensions) -> Vec<(String, String)> {
    ext.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub(super) fn to_date(date: &Date) -> String {
    date.to_string()
}

pub(super) fn to_money(money: &Money) -> wit::Money {
    wit::Money { amount: money.amount.to_string(), currency: money.currency.code().to_owned() }
}

pub(super) fn to_quantity(quantity: &Quantity) -> wit::Quantity {
    wit::Quantity { value: quantity.value.to_string(), unit: quantity.unit.as_str().to_owned() }
}

pub(super) fn to_sales_area(area: &SalesArea) -> wit::SalesArea {
    wit::SalesArea { organization: area.organization.clone(), channel: area.channel.clone(), division: area.division.clone() }
}

pub(super) fn to_buyer(buyer: &Buyer) -> wit::Buyer {
    wit::Buyer {
        account: buyer.account.as_ref().map(ToString::to_string),
        ship_to: buyer.ship_to.clone(),
        contract: buyer.contract.clone(),
        currency: buyer.currency.code().to_owned(),
        sales_area: buyer.sales_area.as_ref().map(to_sales_area),
        ext: to_extensions(&buyer.ext),
    }
}

pub(super) fn to_parties(parties: &[Party]) -> Vec<wit::Party> {
    parties.iter().map(to_party).collect()
}

fn to_party(party: &Party) -> wit::Party {
    wit::Party {
        role: party.role.clone(),
        number: party.number.clone(),
        address: party.address.as_ref().map(to_address),
        ext: to_extensions(&party.ext),
    }
}

fn to_address(address: &Address) -> wit::Address {
    let Address { name, name2, lines, city, postal_code, region, country, email, phone } = address.clone();
    wit::Address { name, name2, lines, city, postal_code, region, country, email, phone }
}

pub(super) fn from_parties(parties: Vec<wit::Party>) -> Vec<Party> {
    let from = |party: wit::Party| Party {
        role: party.role,
        number: party.number,
        address: party.address.map(from_address),
        ext: party.ext.into_iter().collect(),
    };
    parties.into_iter().map(from).collect()
}

fn from_address(address: wit::Address) -> Address {
    let wit::Address { name, name2, lines, city, postal_code, region, country, email, phone } = address;
    Address { name, name2, lines, city, postal_code, region, country, email, phone }
}

pub(super) fn to_notes(notes: &[Note]) -> Vec<wit::Note> {
    let to = |note: &Note| wit::Note { kind: note.kind.clone(), language: note.language.clone(), text: note.text.clone() };
    notes.iter().map(to).collect()
}

pub(super) fn from_notes(notes: Vec<wit::Note>) -> Vec<Note> {
    notes.into_iter().map(|note| Note { kind: note.kind, language: note.language, text: note.text }).collect()
}

pub(super) fn to_filter(filter: &DocumentFilter) -> wit::DocumentFilter {
    wit::DocumentFilter {
        statuses: filter.statuses.clone(),
        from: filter.from.as_ref().map(to_date),
        to: filter.to.as_ref().map(to_date),
        search: filter.search.clone(),
    }
}

/// Most bytes of a place where the next page begins. It travels in addresses.
const MAX_CURSOR_BYTES: usize = 2 * 1024;

pub(super) fn from_cursor(next: Option<String>) -> Result<Option<String>, Failure> {
    match next {
        Some(next) if next.len() > MAX_CURSOR_BYTES => {
            Err(Place::new("page", "").broken("next", format_args!("is longer than {MAX_CURSOR_BYTES} bytes")))
        }
        next => Ok(next),
    }
}

pub(super) fn to_page_request(page: &PageRequest) -> wit::PageRequest {
    wit::PageRequest { cursor: page.cursor.clone(), limit: page.limit }
}

pub(super) fn from_schedule(schedule: Vec<wit::ScheduleLine>, place: Place<'_>) -> Result<Vec<ScheduleLine>, Failure> {
    let from = |line: wit::ScheduleLine| {
        Ok(ScheduleLine {
            quantity: place.quantity("schedule", &line.quantity)?,
            date: optional(line.date.as_ref(), |date| place.date("schedule", date))?,
            location: place.optional_text("schedule", line.location)?,
        })
    };
    schedule.into_iter().map(from).collect()
}

pub(super) fn to_components(components: &[PriceComponent]) -> Vec<wit::PriceComponent> {
    let to = |component: &PriceComponent| wit::PriceComponent {
        kind: component.kind.clone(),
        description: component.description.clone(),
        amount: to_money(&component.amount),
        rate: component.rate.map(|rate| rate.to_string()),
        code: component.code.clone(),
    };
    components.iter().map(to).collect()
}

pub(super) fn from_components(
    components: Vec<wit::PriceComponent>,
    field: &str,
    place: Place<'_>,
) -> Result<Vec<PriceComponent>, Failure> {
    let from = |component: wit::PriceComponent| {
        Ok(PriceComponent {
            amount: place.money(field, &component.amount)?,
            rate: optional(component.rate.as_ref(), |rate| place.decimal(field, rate))?,
            kind: bounded::word(component.kind),
            description: component.description.map(bounded::word),
            code: component.code.map(bounded::word),
        })
    };
    components.into_iter().map(from).collect()
}

pub(super) fn to_totals(totals: &Totals) -> wit::Totals {
    wit::Totals {
        lines: to_money(&totals.lines),
        charges: to_components(&totals.charges),
        taxes: to_components(&totals.taxes),
        rounding: totals.rounding.as_ref().map(to_money),
        payable: to_money(&totals.payable),
    }
}

pub(super) fn from_totals(totals: wit::Totals, place: Place<'_>) -> Result<Totals, Failure> {
    Ok(Totals {
        lines: place.money("totals.lines", &totals.lines)?,
        charges: from_components(totals.charges, "totals.charges", place)?,
        taxes: from_components(totals.taxes, "totals.taxes", place)?,
        rounding: optional(totals.rounding.as_ref(), |rounding| place.money("totals.rounding", rounding))?,
        payable: place.money("totals.payable", &totals.payable)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_next_page_that_fits_no_address_is_not_believed() {
        assert_eq!(from_cursor(None), Ok(None));
        assert_eq!(from_cursor(Some("c".repeat(MAX_CURSOR_BYTES))).unwrap().unwrap().len(), MAX_CURSOR_BYTES);
        let refused = from_cursor(Some("c".repeat(8_000_000))).unwrap_err().message;
        assert_eq!(refused, "the answer's page \"\" cannot be used: next is longer than 2048 bytes");
    }
}
