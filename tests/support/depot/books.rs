//! What the wholesaler has and was ordered.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Answer;
use super::description::Call;

/// Part, unit, on hand, reserved, list price.
const PARTS: [(&str, &str, u32, u32, &str); 2] = [("BOLT-8", "piece", 500, 20, "0.42"), ("WIRE-2", "metre", 40, 0, "3.10")];

/// Customers, and what they pay of the list price in percent.
const CUSTOMERS: [(&str, u32); 2] = [("D-100", 90), ("D-200", 100)];

#[derive(Default)]
pub(super) struct Books {
    orders: Vec<(String, Value)>,
    pub(super) loses_reply: bool,
}

impl Books {
    pub(super) fn count(&self, external_id: &str) -> usize {
        self.orders.iter().filter(|(_, order)| order["externalId"] == external_id).count()
    }

    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        let customer = call.path.get("customer").map(String::as_str).unwrap_or_default();
        let share = CUSTOMERS.iter().find(|(name, _)| *name == customer).map(|(_, share)| *share);
        match (call.operation.as_str(), share) {
            ("ping", _) => (204, Value::Null),
            ("getStock", _) => (200, stock(call)),
            (_, None) => problem(404, "unknown-customer", "There is no such customer."),
            ("quotePrices", Some(share)) => (200, prices(&call.body, share)),
            ("placeOrder", Some(_)) => self.place(call, customer),
            ("listOrders", _) => (200, self.list(call, customer)),
            ("getOrder", _) => self.order(call, customer).map_or_else(no_order, |order| (200, order.clone())),
            ("cancelOrder", _) => self.cancel(call, customer),
            (other, _) => panic!("the description has an operation {other} that nobody does"),
        }
    }

    fn place(&mut self, call: &Call, customer: &str) -> Answer {
        if let Some((_, order)) = self.orders.iter().find(|(key, _)| *key == call.idempotency_key) {
            return (201, order.clone());
        }
        let mut positions = Vec::new();
        for (index, asked) in call.body["positions"].as_array().unwrap().iter().enumerate() {
            let Some((_, unit, on_hand, reserved, _)) = part(&asked["part"]) else {
                return at(problem(422, "unknown-part", "There is no such part."), index);
            };
            let quantity = decimal(&asked["quantity"]);
            if quantity > Decimal::from(on_hand - reserved) {
                return at(problem(422, "not-enough", "There are not so many."), index);
            }
            let amount = (quantity * decimal(&asked["unitPrice"])).round_dp(2);
            positions.push(json!({"part": asked["part"], "quantity": asked["quantity"], "unit": unit, "unitPrice": asked["unitPrice"], "amount": amount.to_string()}));
        }
        let total: Decimal = positions.iter().map(|position| decimal(&position["amount"])).sum();
        let order = json!({
            "number": format!("N{:04}", self.orders.len() + 1), "externalId": call.body["externalId"], "customer": customer,
            "yourOrderNumber": call.body["yourOrderNumber"], "placedAt": format!("2026-11-26T10:00:{:02}Z", self.orders.len()), "state": "open",
            "currency": call.body["currency"], "total": total.to_string(), "positions": positions,
        });
        self.orders.push((call.idempotency_key.clone(), order.clone()));
        if std::mem::take(&mut self.loses_reply) { (503, Value::Null) } else { (201, order) }
    }

    fn list(&self, call: &Call, customer: &str) -> Value {
        let asked = |name: &str| call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let limit = asked("limit").map_or(100, |limit| limit.parse().unwrap());
        let newest_first = self.orders.iter().rev().map(|(_, order)| order);
        let mut found = newest_first
            .filter(|order| order["customer"] == customer && asked("externalId").is_none_or(|id| order["externalId"] == id))
            .filter(|order| asked("after").is_none_or(|after| order["number"].as_str().unwrap() < after));
        let page: Vec<_> = found.by_ref().take(limit).cloned().collect();
        let next = found.next().and(page.last()).map(|last| last["number"].clone());
        json!({"orders": page, "next": next})
    }

    fn cancel(&mut self, call: &Call, customer: &str) -> Answer {
        let number = &call.path["number"];
        let found = self.orders.iter_mut().find(|(_, order)| order["number"] == **number && order["customer"] == customer);
        let Some((_, order)) = found else { return no_order() };
        order["state"] = "cancelled".into();
        (200, order.clone())
    }

    fn order(&self, call: &Call, customer: &str) -> Option<&Value> {
        let number = &call.path["number"];
        self.orders.iter().map(|(_, order)| order).find(|order| order["number"] == **number && order["customer"] == customer)
    }
}

fn stock(call: &Call) -> Value {
    let asked = |name: &str| call.query.iter().any(|(key, value)| key == "part" && value == name);
    let parts = PARTS.iter().filter(|(name, ..)| asked(name));
    parts
        .map(|(name, unit, on_hand, reserved, _)| json!({"part": name, "onHand": on_hand, "reserved": reserved, "unit": unit}))
        .collect()
}

fn prices(body: &Value, share: u32) -> Value {
    let price = |asked: &Value| match part(&asked["part"]) {
        None => Value::Null,
        Some((_, unit, _, _, list)) => {
            let net = list.parse::<Decimal>().unwrap() * Decimal::from(share) / Decimal::from(100);
            json!({"net": net.normalize().to_string(), "list": list, "currency": body["currency"], "unit": unit})
        }
    };
    json!({"prices": body["positions"].as_array().unwrap().iter().map(price).collect::<Vec<_>>()})
}

fn part(name: &Value) -> Option<(&'static str, &'static str, u32, u32, &'static str)> {
    PARTS.into_iter().find(|(part, ..)| name == part)
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).parse().unwrap()
}

fn problem(status: u16, kind: &str, title: &str) -> Answer {
    (status, json!({"type": kind, "title": title}))
}

fn at((status, mut problem): Answer, position: usize) -> Answer {
    problem["position"] = position.into();
    (status, problem)
}

fn no_order() -> Answer {
    problem(404, "unknown-order", "There is no such order.")
}
