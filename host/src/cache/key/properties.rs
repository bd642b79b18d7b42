//! Keys against a model (rule F6): for whatever an adapter declares, two questions share an answer exactly when they agree in everything that was
//! declared, and in what is always part of the question.

use std::collections::{BTreeSet, HashMap, HashSet};

use proptest::prelude::*;

use super::tests::description;
use super::*;
use crate::domain::{Currency, Extensions, Quantity, SalesArea};

/// What prices can depend on besides what is always in the key.
const CHOICES: [Dimension; 6] =
    [Dimension::Account, Dimension::ShipTo, Dimension::Contract, Dimension::Location, Dimension::Date, Dimension::SalesArea];

type Question = (Buyer, PriceItem);

prop_compose! {
    fn any_question()(
        account in "[AB]", ship_to in prop::option::of("[XY]"), contract in prop::option::of("[PQ]"), area in prop::option::of("[12]"),
        euro in any::<bool>(), sku in "[ST]", quantity in 1i64..3, kilograms in any::<bool>(), location in prop::option::of("[LM]"),
        day in prop::option::of(1i8..3),
    ) -> Question {
        let currency = Currency::parse(if euro { "EUR" } else { "USD" }).unwrap();
        let sales_area = area.map(|organization| SalesArea { organization: Some(organization), channel: None, division: None });
        let buyer = Buyer { account: Some(account.into()), ship_to, contract, currency, sales_area, ext: Extensions::new() };
        let unit = if kilograms { Unit::new("KGM") } else { Unit::one() };
        let date = day.map(|day| jiff::civil::date(2026, 11, day));
        (buyer, PriceItem { sku: sku.into(), quantity: Quantity::new(quantity.into(), unit), location: location.map(Into::into), date })
    }
}

fn any_declaration() -> impl Strategy<Value = BTreeSet<Dimension>> {
    prop::sample::subsequence(CHOICES.to_vec(), 0..=CHOICES.len()).prop_map(|chosen| chosen.into_iter().collect())
}

/// What an adapter's answer is made of, by its declaration. Written apart from the projection that makes keys.
fn model(declared: &BTreeSet<Dimension>, (buyer, item): &Question, with_quantity: bool) -> String {
    let part = |dimension, text: String| if declared.contains(&dimension) { text } else { String::new() };
    [
        format!("{} {} {}", buyer.currency.code(), item.sku, item.quantity.unit),
        if with_quantity { item.quantity.value.to_string() } else { String::new() },
        part(Dimension::Account, format!("{:?}", buyer.account)),
        part(Dimension::ShipTo, format!("{:?}", buyer.ship_to)),
        part(Dimension::Contract, format!("{:?}", buyer.contract)),
        part(Dimension::SalesArea, format!("{:?}", buyer.sales_area)),
        part(Dimension::Location, format!("{:?}", item.location)),
        part(Dimension::Date, format!("{:?}", item.date)),
    ]
    .join("|")
}

proptest! {
    #[test]
    fn f6_questions_share_a_key_exactly_when_they_agree_in_every_declared_dimension(
        declared in any_declaration(), questions in prop::collection::vec(any_question(), 2..60)
    ) {
        let described = description(&declared.iter().copied().collect::<Vec<_>>());
        let scopes = Scopes::default();
        let keys = |(buyer, item): &Question| {
            let scope = scopes.of_prices(&"erp".into(), &"main".into(), &described, buyer);
            let item = project_price_item(&described, item);
            (PriceKey::exact(&scope, &item), PriceKey::any_quantity(&scope, &item))
        };
        for one in &questions {
            for other in &questions {
                let (ours, theirs) = (keys(one), keys(other));
                prop_assert_eq!(ours.0 == theirs.0, model(&declared, one, true) == model(&declared, other, true));
                prop_assert_eq!(ours.1 == theirs.1, model(&declared, one, false) == model(&declared, other, false));
            }
        }
    }

    #[test]
    fn f6_interleaved_buyers_always_get_the_answer_to_their_own_question(
        declared in any_declaration(), questions in prop::collection::vec(any_question(), 1..120)
    ) {
        let described = description(&declared.iter().copied().collect::<Vec<_>>());
        let scopes = Scopes::default();
        let mut cache = HashMap::new();
        for question in &questions {
            let scope = scopes.of_prices(&"erp".into(), &"main".into(), &described, &question.0);
            let item = project_price_item(&described, &question.1);
            // The back end sees the projected question only, as the adapter is told.
            let told = (scope.buyer.clone(), item.clone());
            let answer = cache.entry(PriceKey::exact(&scope, &item)).or_insert_with(|| model(&declared, &told, true));
            prop_assert_eq!(&*answer, &model(&declared, question, true));
        }
        let different: HashSet<_> = questions.iter().map(|question| model(&declared, question, true)).collect();
        prop_assert_eq!(cache.len(), different.len());
    }
}
