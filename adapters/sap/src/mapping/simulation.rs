//! A simulated order: what is asked, and the items that come back. The answer has only the parts that the request named, so empty ones are sent.

use crate::settings::Settings;
use crate::wire::names::{Names, SIMULATED_CREDIT, SIMULATED_TOTALS};
use crate::wire::{Entity, date};
use ordergate_sdk::json::Draft;
use ordergate_sdk::types;
use serde_json::{Value, json};

/// Where something is sold, with nothing left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) organization: String,
    pub(crate) channel: String,
    pub(crate) division: String,
}

/// For whom is simulated.
#[derive(Debug, Clone)]
pub(crate) struct Customer<'a> {
    pub(crate) account: &'a str,
    pub(crate) ship_to: Option<&'a str>,
    /// Empty for the customer's own.
    pub(crate) currency: &'a str,
    pub(crate) area: Area,
}

/// An item of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Number of the item within its request.
    pub(crate) number: u32,
    pub(crate) sku: String,
    pub(crate) quantity: String,
    /// SAP's unit; absent for the material's sales unit.
    pub(crate) unit: Option<String>,
    pub(crate) plant: Option<String>,
}

/// What is wanted of a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Prices,
    Promises,
    /// Prices, promises, totals and the credit check.
    Checkout,
}

/// Days that hold for the whole simulation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Days<'a> {
    pub(crate) requested: Option<&'a str>,
    pub(crate) pricing: Option<&'a str>,
}

impl Area {
    /// What is asked, filled up with the settings.
    pub(crate) fn of(settings: &Settings, asked: Option<&types::SalesArea>) -> Self {
        let or = |asked: Option<&String>, configured: &String| asked.unwrap_or(configured).clone();
        Self {
            organization: or(asked.and_then(|area| area.organization.as_ref()), &settings.sales_area.organization),
            channel: or(asked.and_then(|area| area.channel.as_ref()), &settings.sales_area.channel),
            division: or(asked.and_then(|area| area.division.as_ref()), &settings.sales_area.division),
        }
    }
}

/// The body of a simulation.
pub(crate) fn request(
    settings: &Settings,
    names: &Names,
    customer: &Customer<'_>,
    days: Days<'_>,
    purpose: Purpose,
    wanted: &[Wanted],
) -> Value {
    let Area { organization, channel, division } = &customer.area;
    let ship_to = |number: &str| {
        let partner = Draft::new().text(names.partner_function, &settings.partner_functions.ship_to);
        partner.text(names.partner_customer, number).done()
    };
    let body = Draft::new()
        .text(names.kind, settings.orders.simulation_type.as_ref().unwrap_or(&settings.orders.kind))
        .text(names.organization, organization)
        .text(names.channel, channel)
        .text(names.division, division)
        .text(names.sold_to, customer.account)
        .optional(names.currency, Some(customer.currency).filter(|currency| !currency.is_empty()))
        .optional(names.requested_date, days.requested.and_then(date::to_json))
        .optional(names.pricing_date, days.pricing.and_then(date::to_json))
        .list(names.partners, customer.ship_to.map(ship_to).into_iter().collect())
        .list(names.items, wanted.iter().map(|wanted| item(names, purpose, wanted)).collect());
    let priced = if purpose == Purpose::Promises { body } else { body.part(SIMULATED_TOTALS, json!({})) };
    let checked = if purpose == Purpose::Checkout { priced.part(SIMULATED_CREDIT, json!({})) } else { priced };
    checked.done()
}

fn item(names: &Names, purpose: Purpose, wanted: &Wanted) -> Value {
    let Wanted { number, sku, quantity, unit, plant } = wanted;
    let item = Draft::new()
        .text(names.item_number, number.to_string())
        .text(names.material, sku)
        .text(names.quantity, quantity)
        .optional(names.unit, unit.as_ref())
        .optional(names.plant, plant.as_ref());
    let priced = if purpose == Purpose::Promises { item } else { item.part(names.pricing, json!([])) };
    let promised = if purpose == Purpose::Prices { priced } else { priced.part(names.schedule, json!([])) };
    promised.done()
}

/// The item of that number; "10" and "000010" are the same.
pub(crate) fn numbered<'a>(names: &Names, simulated: Entity<'a>, number: u32) -> Option<Entity<'a>> {
    simulated.many(names.items).into_iter().find(|item| item.count(names.item_number) == Some(number))
}
