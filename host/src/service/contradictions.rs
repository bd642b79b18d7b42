//! Where an order says something else than its seal (rule C2). Pure: amounts of an order are compared, never believed.

use super::{FieldProblem, LineClaim, OrderRequest};
use crate::domain::{CalculatedLine, CartLine, Money, Quantity, Seal, Sku};

/// Every field of an order that contradicts the checkout.
pub(super) fn contradictions(seal: &Seal, request: &OrderRequest) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    problems.extend(request.payable.and_then(|claimed| of_payable(seal, claimed)));
    for (index, claim) in request.lines.iter().enumerate() {
        if request.lines.iter().take(index).any(|other| other.id == claim.id) {
            problems.push(FieldProblem::new(format!("/lines/{index}/id"), format!("line {} is there twice", claim.id)));
        }
        match Sealed::find(seal, &claim.id) {
            Some(sealed) => problems.extend(of_line(&sealed, claim, index)),
            None => {
                let detail = format!("the checkout has no line {}", claim.id);
                problems.push(FieldProblem::new(format!("/lines/{index}/id"), detail));
            }
        }
    }
    if !request.lines.is_empty() {
        let is_missing = |line: &&CartLine| !request.lines.iter().any(|claim| claim.id == line.id);
        let missing = |line: &CartLine| FieldProblem::new("/lines", format!("line {} of the checkout is missing", line.id));
        problems.extend(seal.cart.lines.iter().filter(is_missing).map(missing));
    }
    problems
}

fn of_payable(seal: &Seal, claimed: Money) -> Option<FieldProblem> {
    let detail = match seal.payable() {
        Some(payable) if payable == claimed => return None,
        Some(payable) => format!("the checkout comes to {payable}, the order says {claimed}"),
        None => "the checkout does not know it yet: leave it out".to_owned(),
    };
    Some(FieldProblem::new("/payable", detail))
}

/// A line of a seal, with amounts where it has any.
struct Sealed<'a> {
    sku: Option<&'a Sku>,
    quantity: &'a Quantity,
    calculated: Option<&'a CalculatedLine>,
}

impl<'a> Sealed<'a> {
    fn find(seal: &'a Seal, id: &str) -> Option<Self> {
        let calculated = seal.calculation.lines.iter().find(|line| line.id == id);
        let asked = seal.cart.lines.iter().find(|line| line.id == id);
        let sku = asked.map(|line| &line.sku).or_else(|| calculated?.sku.as_ref());
        let quantity = asked.map(|line| &line.quantity).or_else(|| calculated.map(|line| &line.quantity))?;
        Some(Self { sku, quantity, calculated })
    }
}

fn of_line(sealed: &Sealed<'_>, claim: &LineClaim, index: usize) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut report = |field: &str, detail: String| {
        problems.push(FieldProblem::new(format!("/lines/{index}/{field}"), detail));
    };
    if claim.sku.as_ref().is_some_and(|sku| sealed.sku != Some(sku)) {
        report("sku", "the checkout has another item on this line".to_owned());
    }
    if claim.quantity.as_ref().is_some_and(|quantity| quantity != sealed.quantity) {
        report("quantity", format!("the checkout has {}", sealed.quantity));
    }
    let amounts = [
        ("unit_price", claim.unit_price, sealed.calculated.map(|line| line.unit_price)),
        ("amount", claim.amount, sealed.calculated.map(|line| line.amount)),
    ];
    for (field, claimed, known) in amounts {
        match (claimed, known) {
            (Some(claimed), Some(known)) if claimed != known => report(field, format!("the checkout has {known}")),
            (Some(_), None) => report(field, "the checkout does not know it yet: leave it out".to_owned()),
            _ => {}
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::fixtures::{calculated_line, calculation, cart};
    use crate::domain::{CheckoutId, Currency};

    const LINES: [(&str, &str, &str); 3] = [("1", "A", "20"), ("2", "B", "3"), ("3", "C", "1.5")];

    fn seal() -> Seal {
        let lines = LINES.iter().zip(["21.90", "4.869912", "8.00"]);
        let lines = lines.map(|((id, sku, quantity), price)| calculated_line(id, sku, quantity, price)).collect();
        Seal {
            id: CheckoutId::generate(),
            store: "main".into(),
            account: "A".into(),
            cart: cart(&LINES),
            calculation: calculation(lines),
            reservation: None,
            hold: None,
            provisional: None,
            agreed: None,
            sealed_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// An order that repeats everything that its checkout says.
    fn faithful(seal: &Seal) -> OrderRequest {
        let claim = |line: &CalculatedLine| LineClaim {
            id: line.id.clone(),
            sku: line.sku.clone(),
            quantity: Some(line.quantity.clone()),
            unit_price: Some(line.unit_price),
            amount: Some(line.amount),
        };
        OrderRequest {
            checkout: seal.id.clone(),
            purchase_order: None,
            notes: vec![],
            payment_token: None,
            ship_complete: false,
            requested_date: None,
            payable: Some(seal.calculation.totals.payable),
            lines: seal.calculation.lines.iter().map(claim).collect(),
            consent: true,
        }
    }

    /// Every amount that an order states, with its place.
    fn amounts(request: &mut OrderRequest) -> Vec<(String, &mut Money)> {
        let payable = ("/payable".to_owned(), request.payable.as_mut().unwrap());
        let lines = request.lines.iter_mut().enumerate().flat_map(|(index, line)| {
            let LineClaim { unit_price, amount, .. } = line;
            let at = |field: &str| format!("/lines/{index}/{field}");
            [(at("unit_price"), unit_price.as_mut().unwrap()), (at("amount"), amount.as_mut().unwrap())]
        });
        lines.chain([payable]).collect()
    }

    #[test]
    fn c2_an_order_that_repeats_its_checkout_contradicts_nothing() {
        let seal = seal();
        assert_eq!(contradictions(&seal, &faithful(&seal)), vec![]);
    }

    proptest! {
        #[test]
        fn c2_any_single_altered_amount_is_refused_with_its_place(which: prop::sample::Index, by in -1_000_000_i64..1_000_000, scale in 0_u32..7) {
            prop_assume!(by != 0);
            let seal = seal();
            let mut request = faithful(&seal);
            let mut amounts = amounts(&mut request);
            let altered = which.index(amounts.len());
            let place = amounts[altered].0.clone();
            amounts[altered].1.amount += Decimal::new(by, scale);
            let places: Vec<_> = contradictions(&seal, &request).into_iter().map(|problem| problem.pointer).collect();
            prop_assert_eq!(places, [place]);
        }

        #[test]
        fn c2_any_single_amount_in_another_currency_is_refused_with_its_place(which: prop::sample::Index) {
            let seal = seal();
            let mut request = faithful(&seal);
            let mut amounts = amounts(&mut request);
            let altered = which.index(amounts.len());
            let place = amounts[altered].0.clone();
            amounts[altered].1.currency = Currency::parse("USD").unwrap();
            let places: Vec<_> = contradictions(&seal, &request).into_iter().map(|problem| problem.pointer).collect();
            prop_assert_eq!(places, [place]);
        }

        #[test]
        fn c2_any_altered_quantity_or_unit_is_refused(line in 0_usize..3, by in 1_i64..1_000, in_unit in any::<bool>()) {
            let seal = seal();
            let mut request = faithful(&seal);
            let quantity = request.lines[line].quantity.as_mut().unwrap();
            if in_unit { quantity.unit = crate::domain::Unit::new("KGM") } else { quantity.value += Decimal::new(by, 3) }
            let problems = contradictions(&seal, &request);
            prop_assert_eq!(&problems[0].pointer, &format!("/lines/{line}/quantity"));
        }
    }

    #[test]
    fn c2_a_line_that_is_missing_unknown_or_there_twice_is_refused() {
        let seal = seal();
        let places = |change: fn(&mut OrderRequest)| {
            let mut request = faithful(&seal);
            change(&mut request);
            contradictions(&seal, &request).into_iter().map(|problem| problem.pointer).collect::<Vec<_>>()
        };
        assert_eq!(places(|request| drop(request.lines.pop())), ["/lines"]);
        assert_eq!(places(|request| request.lines[2].id = "4".into()), ["/lines/2/id", "/lines"]);
        assert_eq!(places(|request| request.lines.push(request.lines[0].clone())), ["/lines/3/id"]);
        assert_eq!(places(|request| request.lines[1].sku = Some("X".into())), ["/lines/1/sku"]);
    }

    #[test]
    fn c6_an_order_cannot_state_amounts_that_its_checkout_does_not_know() {
        let mut seal = seal();
        let request = faithful(&seal);
        seal.calculation.lines.pop();
        seal.provisional = Some(crate::domain::Provisional {
            mode: crate::domain::DegradedMode::AcceptReprice,
            basis: crate::domain::PriceBasis::Cached,
            reason: "unavailable".into(),
            as_of: None,
            max_rise_percent: Decimal::ZERO,
            unpriced: vec!["3".into()],
            is_complete: false,
        });
        let places: Vec<_> = contradictions(&seal, &request).into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(places, ["/payable", "/lines/2/unit_price", "/lines/2/amount"]);
    }
}
