//! The books of Nordwind Supply on its first day: range, stock, customers, and a history from every channel. Called once, when there is
//! no data file. The same day gives the same books; the seed only decides how shelves move later.

mod articles;
mod customers;
mod history;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{
    article::{Article, Category, ListBreak, Site},
    books::Books,
    calendar,
    chance::Chance,
    stock::{Bin, Inbound},
};
use articles::{ROWS, Row, Supply};

/// The books as they are opened at `now`.
pub(crate) fn opened(now: Timestamp, seed: u64) -> Books {
    let now = calendar::to_the_millisecond(now);
    let mut books = Books {
        opened_at: now,
        articles: ROWS.iter().map(|row| (row.no.to_owned(), article(row))).collect(),
        customers: customers::all().into_iter().map(|customer| (customer.no.clone(), customer)).collect(),
        bins: ROWS.iter().filter_map(|row| Some((row.no.to_owned(), bins(&row.supply, now)?))).collect(),
        reservations: BTreeMap::new(),
        promises: Vec::new(),
        orders: BTreeMap::new(),
        allocations: BTreeMap::new(),
        rfqs: BTreeMap::new(),
        rulings: BTreeMap::new(),
        last_order: 100_000,
        last_rfq: 20_000,
        last_reservation: 0,
        chance: Chance::new(seed),
    };
    history::write(&mut books, now);
    books
}

/// Adds customers that are not there yet.
pub(crate) fn add_customers(books: &mut Books, number: u32) {
    for customer in customers::more(number) {
        books.customers.entry(customer.no.clone()).or_insert(customer);
    }
}

fn article(row: &Row) -> Article {
    let breaks = articles::breaks(row.category).iter();
    Article {
        no: row.no.to_owned(),
        text: row.text.to_owned(),
        category: row.category,
        list: crate::amount::price(Decimal::new(row.list, 4)),
        per: Decimal::from(row.per),
        uom: row.uom,
        vat_rate: Decimal::from(if row.category == Category::Book { 7 } else { 19 }),
        long: row.category == Category::Pipe,
        made_to_order: matches!(row.supply, Supply::ToOrder(_)),
        lead_days: match row.supply {
            Supply::ToOrder(days) => days,
            _ => 15,
        },
        breaks: breaks
            .map(|(from, percent)| ListBreak { from: Decimal::from(*from), percent: Decimal::from(*percent) })
            .collect(),
    }
}

fn bins(supply: &Supply, now: Timestamp) -> Option<BTreeMap<Site, Bin>> {
    let today = calendar::day_of(now);
    let coming = |qty: i64, days: u32| vec![Inbound { qty: Decimal::from(qty), eta: calendar::working_days_after(today, days) }];
    let (on_hand, ber, ham) = match supply {
        Supply::Shelf(on_hand) => (*on_hand, vec![], vec![]),
        Supply::Coming(qty, days) => ([0, 0, 0], coming(*qty, *days), vec![]),
        Supply::Scarce(left, qty, days) => ([*left, 0, 0], vec![], coming(*qty, *days)),
        Supply::Gone => ([0, 0, 0], vec![], vec![]),
        Supply::ToOrder(_) => return None,
    };
    let inbound = [ber, ham, vec![]];
    let bin = |(qty, inbound): (i64, Vec<Inbound>)| Bin { on_hand: Decimal::from(qty), inbound, counted_at: now };
    Some(Site::ALL.into_iter().zip(on_hand.into_iter().zip(inbound).map(bin)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books() -> Books {
        opened("2026-11-23T09:00:00Z".parse().unwrap(), 1)
    }

    #[test]
    fn the_range_has_every_kind_of_supply_and_each_site() {
        let books = books();
        assert!(books.articles.len() >= 60);
        assert!(books.articles.values().any(|article| article.made_to_order));
        let empty = |bins: &BTreeMap<Site, Bin>| bins.values().all(|bin| bin.on_hand.is_zero());
        assert!(books.bins.values().any(|bins| empty(bins) && bins.values().any(|bin| !bin.inbound.is_empty())));
        assert!(books.bins.values().any(|bins| empty(bins) && bins.values().all(|bin| bin.inbound.is_empty())));
        assert!(books.bins.values().all(|bins| bins.len() == 3));
    }

    #[test]
    fn the_history_has_orders_of_every_channel_and_state_for_each_customer() {
        use crate::order::{Channel, OrderState};
        let books = books();
        for customer in ["C-1001", "C-1002", "C-1003"] {
            assert!(books.orders.values().filter(|order| order.customer == customer).count() >= 4, "{customer}");
        }
        for channel in [Channel::Web, Channel::Edi, Channel::Tel, Channel::Ctr] {
            assert!(books.orders.values().any(|order| order.channel == channel), "{channel:?}");
        }
        use OrderState::{Blocked, Cancelled, Done, Open, PartlyShipped, Picking, Shipped};
        for state in [Open, Picking, PartlyShipped, Shipped, Done, Cancelled, Blocked] {
            assert!(books.orders.values().any(|order| order.state == state), "{state:?}");
        }
        assert_eq!(books.orders.len(), history::ORDERS.len() + 1, "every row became an order, and one rfq too");
        assert_eq!(books.rfqs.len(), history::RFQS.len());
    }

    #[test]
    fn more_customers_can_order_and_are_added_once() {
        let mut books = books();
        let before = books.customers.len();
        add_customers(&mut books, 3);
        add_customers(&mut books, 3);
        assert_eq!(books.customers.len(), before + 3);
        assert!(books.buying_customer("C-2003").is_ok());
    }

    #[test]
    fn history_leaves_the_shelves_as_the_range_has_them() {
        let bin = &books().bins["NW-1001"][&Site::Ber];
        assert_eq!(bin.on_hand, Decimal::from(48_000));
    }
}
