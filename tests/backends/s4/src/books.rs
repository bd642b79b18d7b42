//! The company's books: documents as entities, stock, and what tests have changed. Rules that several services need are here.

use crate::data::{self, CUSTOMERS, Customer, Material, SALES_AREA};
use crate::entity::{amount, date, decimal, list, milliseconds, moment, text};
use crate::fault::Fault;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Tax of everything, in percent.
const TAX: i64 = 19;
/// What is short can be had so many days later.
const REPLENISHMENT_DAYS: i64 = 7;

#[derive(Debug, Clone)]
pub(crate) struct Books {
    pub(crate) orders: Vec<Value>,
    pub(crate) quotations: Vec<Value>,
    pub(crate) materials: Vec<Material>,
    /// Free quantity by material and plant.
    pub(crate) stock: BTreeMap<(String, String), Decimal>,
    /// Numbers of documents that somebody has open.
    pub(crate) locked: BTreeSet<String>,
    /// Documents of one page, whatever the caller wants.
    pub(crate) page_size: usize,
    /// Lists add a document of another customer, as a broken authorization of the back end would.
    pub(crate) leaks: bool,
    /// Simulations begin with an item that nobody asked for.
    pub(crate) freight: bool,
    changes: i64,
}

/// An item with its price.
#[derive(Debug, Clone)]
pub(crate) struct Priced {
    pub(crate) net: Decimal,
    pub(crate) tax: Decimal,
    pub(crate) elements: Vec<Value>,
}

impl Books {
    pub(crate) fn new() -> Self {
        let materials = data::materials();
        let free =
            |material: &Material| data::PLANTS.map(|plant| ((material.number.to_owned(), plant.to_owned()), material.stock));
        let stock = materials.iter().flat_map(free).collect();
        Self {
            orders: Vec::new(),
            quotations: Vec::new(),
            materials,
            stock,
            locked: BTreeSet::new(),
            page_size: 20,
            leaks: false,
            freight: false,
            changes: 0,
        }
    }

    pub(crate) fn today(&self) -> Date {
        Timestamp::now().to_zoned(TimeZone::UTC).date()
    }

    /// A moment that no other change has.
    pub(crate) fn now(&mut self) -> Value {
        self.changes += 1;
        let now = Timestamp::now().as_millisecond() + self.changes;
        moment(Timestamp::from_millisecond(now).unwrap_or_default())
    }

    pub(crate) fn material(&self, number: &str) -> Option<&Material> {
        self.materials.iter().find(|material| material.number == number)
    }

    /// The customer of a new document, in the one sales area that there is.
    pub(crate) fn customer(&self, body: &Value) -> Result<&'static Customer, Fault> {
        let area = ["SalesOrganization", "DistributionChannel", "OrganizationDivision"].map(|field| text(body, field));
        if area != SALES_AREA {
            return Err(Fault::business("V1/301", format!("Sales area {} {} {} is not defined", area[0], area[1], area[2])));
        }
        let number = text(body, "SoldToParty");
        let found = CUSTOMERS.iter().find(|customer| customer.number == number);
        found.ok_or_else(|| Fault::business("VP/199", format!("Sold-to party {number} not maintained for sales area 1010 10 00")))
    }

    /// Material and quantity of an item, checked.
    pub(crate) fn item(&self, item: &Value, number: &str) -> Result<(&Material, Decimal), Fault> {
        let (material, unit, plant) = (text(item, "Material"), text(item, "RequestedQuantityUnit"), plant_of(item));
        let found = self.material(material).ok_or_else(|| {
            Fault::business(
                "V1/311",
                format!("Material {material} is not defined for sales org.1010, distr.chan.10, language EN"),
            )
            .at_item(number)
        })?;
        if !unit.is_empty() && unit != "PC" {
            return Err(Fault::business("V1/314", format!("Unit {unit} is not defined for material {material}")).at_item(number));
        }
        if !plant.is_empty() && !data::PLANTS.contains(&plant) {
            return Err(Fault::business("V1/312", format!("Plant {plant} is not defined")).at_item(number));
        }
        let quantity = decimal(item, "RequestedQuantity");
        if quantity <= Decimal::ZERO {
            return Err(Fault::business("V1/384", "Enter an order quantity").at_item(number));
        }
        Ok((found, quantity))
    }

    /// The price of so many of a material for a customer; a quoted one counts more than the list.
    pub(crate) fn price(&self, material: &Material, customer: &Customer, quantity: Decimal, quoted: Option<Decimal>) -> Priced {
        let Some(list) = material.price else { return Priced { net: Decimal::ZERO, tax: Decimal::ZERO, elements: Vec::new() } };
        let step = material.scales.iter().rev().find(|(from, _)| quantity >= *from).map(|(_, rate)| *rate);
        let rate = quoted.map_or(step.unwrap_or(list), |one| one * material.per);
        let gross = (rate * quantity / material.per).round_dp(2);
        let discount = if quoted.is_some() { 0 } else { customer.discount };
        let less = (gross * Decimal::from(-discount) / Decimal::ONE_HUNDRED).round_dp(2);
        let net = gross + less;
        let tax = (net * Decimal::from(TAX) / Decimal::ONE_HUNDRED).round_dp(2);
        let percent = |kind: &str, class: &str, rate: i64, value: Decimal| {
            json!({"PricingProcedureStep": "100", "PricingProcedureCounter": "1", "ConditionType": kind, "ConditionClass": class, "ConditionCalculationType": "A",
                "ConditionRateValue": format!("{rate}.000000000"), "ConditionCurrency": "", "ConditionQuantity": "0", "ConditionQuantityUnit": "", "ConditionAmount": amount(value),
                "TransactionCurrency": "EUR", "ConditionInactiveReason": "", "ConditionIsForStatistics": false})
        };
        let price = json!({"PricingProcedureStep": "10", "PricingProcedureCounter": "1", "ConditionType": "PPR0", "ConditionClass": "B", "ConditionCalculationType": "C",
            "ConditionRateValue": format!("{rate:.9}"), "ConditionCurrency": "EUR", "ConditionQuantity": material.per.to_string(), "ConditionQuantityUnit": "PC", "ConditionAmount": amount(gross),
            "TransactionCurrency": "EUR", "ConditionInactiveReason": "", "ConditionIsForStatistics": false});
        let statistical = json!({"ConditionType": "SKTO", "ConditionClass": "A", "ConditionCalculationType": "A", "ConditionRateValue": "-2.000000000", "ConditionQuantity": "0", "ConditionAmount": "-1.000",
            "TransactionCurrency": "EUR", "ConditionInactiveReason": "", "ConditionIsForStatistics": true});
        let mut elements = vec![price];
        elements.extend((discount > 0).then(|| percent("K007", "A", -discount, less)));
        elements.extend([percent("TTX1", "D", TAX, tax), statistical]);
        Priced { net, tax, elements }
    }

    /// Schedule lines: what is free on the wanted day, the rest later. What is confirmed is taken out of `stock`.
    pub(crate) fn promise(
        &self,
        stock: &mut BTreeMap<(String, String), Decimal>,
        item: &Value,
        quantity: Decimal,
        wanted: Option<i64>,
    ) -> (Decimal, Vec<Value>) {
        let plant = Some(plant_of(item)).filter(|plant| !plant.is_empty()).unwrap_or(data::PLANTS[0]);
        let free = stock.entry((text(item, "Material").to_owned(), plant.to_owned())).or_default();
        let now = quantity.min(*free).max(Decimal::ZERO);
        *free -= now;
        let today = crate::entity::ms_of(self.today());
        let wanted = wanted.filter(|wanted| *wanted >= today).unwrap_or(today);
        let later = quantity - now;
        let line = |number: &str, ordered: Decimal, confirmed: Decimal, day: i64| {
            let day = if confirmed.is_zero() { Value::Null } else { Value::String(format!("/Date({day})/")) };
            json!({"ScheduleLine": number, "RequestedDeliveryDate": format!("/Date({wanted})/"), "ConfirmedDeliveryDate": day, "OrderQuantityUnit": "PC",
                "ScheduleLineOrderQuantity": amount(ordered), "ConfdOrderQtyByMatlAvailCheck": amount(confirmed), "DeliveredQtyInOrderQtyUnit": "0.000"})
        };
        let mut lines = vec![line("1", quantity, now, wanted)];
        let replenished = wanted.max(today + REPLENISHMENT_DAYS * 86_400_000);
        lines.extend((later > Decimal::ZERO).then(|| line("2", Decimal::ZERO, later, replenished)));
        (quantity, lines)
    }

    /// A day so many days from today.
    pub(crate) fn in_days(&self, days: i64) -> Value {
        date(self.today().saturating_add(days.days()))
    }

    pub(crate) fn check_lock(&self, number: &str) -> Result<(), Fault> {
        match self.locked.contains(number) {
            true => {
                Err(Fault::business("V1/042", format!("Sales document {number} is currently being processed by user MILLER")))
            }
            false => Ok(()),
        }
    }

    /// Brings the sums and statuses of a document's header up to date with its items.
    pub(crate) fn settle(&mut self, set: &str, number: &str) {
        let now = self.now();
        let documents = if set == "A_SalesOrder" { &mut self.orders } else { &mut self.quotations };
        let key = if set == "A_SalesOrder" { "SalesOrder" } else { "SalesQuotation" };
        let Some(document) = documents.iter_mut().find(|document| text(document, key) == number) else { return };
        let items = list(&document["to_Item"]);
        let rejected = items.iter().filter(|item| !text(item, "SalesDocumentRjcnReason").is_empty()).count();
        let net: Decimal = items
            .iter()
            .filter(|item| text(item, "SalesDocumentRjcnReason").is_empty())
            .map(|item| decimal(item, "NetAmount"))
            .sum();
        let status = |done: usize| {
            if done == 0 {
                "A"
            } else if done == items.len() {
                "C"
            } else {
                "B"
            }
        };
        let delivered = items.iter().filter(|item| text(item, "DeliveryStatus") == "C").count();
        let (rejection, delivery) = (status(rejected), status(delivered));
        document["TotalNetAmount"] = amount(net);
        document["OverallSDDocumentRejectionSts"] = json!(rejection);
        document["OverallTotalDeliveryStatus"] = json!(delivery);
        document["LastChangeDateTime"] = now;
    }
}

/// The plant of an item is called differently in each service.
fn plant_of(item: &Value) -> &str {
    [text(item, "ProductionPlant"), text(item, "Plant")].into_iter().find(|plant| !plant.is_empty()).unwrap_or_default()
}

/// The wanted day of a new document.
pub(crate) fn wanted(body: &Value) -> Option<i64> {
    milliseconds(&body["RequestedDeliveryDate"])
}
