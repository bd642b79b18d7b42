//! The customers of Nordwind Supply on its first day.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    article::Category,
    customer::{Contract, Customer, ShipTo},
};

pub(super) fn all() -> Vec<Customer> {
    vec![
        Customer {
            contract: Some(frame_contract()),
            ..customer(
                "C-1001",
                "Hansen Maschinenbau GmbH",
                ship_to("C-1001-1", "Hansen Maschinenbau, Tor 2", "Werftstr. 18", "24143", "Kiel", "DE"),
            )
        },
        Customer {
            break_bonus: Decimal::from(5),
            credit_limit: Decimal::from(60_000),
            ..customer(
                "C-1002",
                "Elektro Bauer & Sohn KG",
                ship_to("C-1002-1", "Elektro Bauer & Sohn, Lager", "Industriering 7", "85748", "Garching", "DE"),
            )
        },
        building_company(),
        Customer {
            blocked: true,
            ..customer(
                "C-1009",
                "Sanierungsfall Muster AG",
                ship_to("C-1009-1", "Sanierungsfall Muster AG", "Am Amtsgericht 1", "10179", "Berlin", "DE"),
            )
        },
    ]
}

/// `C-2001` and on: list prices, and credit for everything.
pub(super) fn more(number: u32) -> impl Iterator<Item = Customer> {
    (1..=number).map(|index| {
        let no = format!("C-{}", 2_000 + index);
        let name = format!("Kunde {index}");
        let at = ship_to(&format!("{no}-1"), &name, "Hauptstr. 1", "10115", "Berlin", "DE");
        Customer { credit_limit: Decimal::from(1_000_000_000), ..customer(&no, &name, at) }
    })
}

/// C-1001: contract prices on some categories, and two articles at a fixed price.
fn frame_contract() -> Contract {
    Contract {
        no: "K-2031".to_owned(),
        categories: BTreeMap::from([
            (Category::Tool, Decimal::from(12)),
            (Category::Chem, Decimal::from(10)),
            (Category::Safe, Decimal::from(8)),
        ]),
        articles: BTreeMap::from([("NW-1014".to_owned(), Decimal::new(2190, 2)), ("NW-1030".to_owned(), Decimal::new(8400, 2))]),
    }
}

/// C-1003: list prices; delivers to a building site in Hamburg or abroad, not to its office.
fn building_company() -> Customer {
    let site = ship_to("C-1003-1", "Baustelle Hafencity, Los 4", "Versmannstr. 60", "20457", "Hamburg", "DE");
    let mut customer = customer("C-1003", "Alpenbau Planung und Montage GmbH", site);
    customer.ship_to.push(ship_to("C-1003-2", "Alpenbau, Werkhof Linz", "Hafenstr. 47", "4020", "Linz", "AT"));
    customer
}

fn customer(no: &str, name: &str, ship_to: ShipTo) -> Customer {
    Customer {
        no: no.to_owned(),
        name: name.to_owned(),
        blocked: false,
        contract: None,
        break_bonus: Decimal::ZERO,
        credit_limit: Decimal::from(25_000),
        ship_to: vec![ship_to],
    }
}

fn ship_to(no: &str, name: &str, street: &str, zip: &str, city: &str, country: &str) -> ShipTo {
    let text = |value: &str| Some(value.to_owned());
    ShipTo { no: text(no), name: text(name), street: text(street), zip: text(zip), city: text(city), country: text(country) }
}
