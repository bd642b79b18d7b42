//! The price of an article for a customer: list, contract and quantity breaks. Pure; called by price inquiries, calculations, orders and
//! the sales desk.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{amount, article::Article, customer::Customer};

/// A price of `per` units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Priced {
    pub(crate) net: Decimal,
    pub(crate) list: Decimal,
    pub(crate) per: Decimal,
    /// All breaks for this customer, ascending, the first from 1; empty when the quantity makes no difference.
    pub(crate) scale: Vec<Break>,
    /// Number of the contract that gave a price, if one did.
    pub(crate) contract: Option<String>,
}

/// From this quantity on (inclusive) the price is `net`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Break {
    pub(crate) from: Decimal,
    pub(crate) net: Decimal,
}

/// The customer gets the better of the contract price and the quantity break, never both added up.
pub(crate) fn price(customer: &Customer, article: &Article, qty: Decimal) -> Priced {
    let list = amount::price(article.list);
    let contract = contract_price(customer, article);
    let base = contract.as_ref().map_or(list, |(_, net)| *net);
    let mut scale = vec![Break { from: Decimal::ONE, net: base }];
    for step in &article.breaks {
        let net = amount::less(article.list, step.percent + customer.break_bonus);
        if scale.last().is_some_and(|last| net < last.net) {
            scale.push(Break { from: step.from, net });
        }
    }
    let net = scale.iter().rev().find(|step| step.from <= qty).map_or(base, |step| step.net);
    if scale.len() == 1 {
        scale.clear();
    }
    Priced { net, list, per: article.per, scale, contract: contract.map(|(no, _)| no) }
}

/// The contract's number and net price, when it is better than the list price.
fn contract_price(customer: &Customer, article: &Article) -> Option<(String, Decimal)> {
    let contract = customer.contract.as_ref()?;
    let fixed = contract.articles.get(&article.no).map(|net| amount::price(*net));
    let by_category = contract.categories.get(&article.category).map(|percent| amount::less(article.list, *percent));
    let net = fixed.or(by_category)?;
    (net < article.list).then(|| (contract.no.clone(), net))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn priced(customer: &str, article: &str, qty: &str) -> Priced {
        let books = data::opened("2026-11-23T09:00:00Z".parse().unwrap(), 1);
        price(&books.customers[customer], &books.articles[article], dec(qty))
    }

    #[test]
    fn a_customer_without_a_contract_pays_the_list_price() {
        let found = priced("C-1003", "NW-1013", "1");
        assert_eq!((found.net, found.contract), (found.list, None));
    }

    #[test]
    fn a_contract_takes_its_percentage_off_a_category() {
        let found = priced("C-1001", "NW-1013", "1");
        assert_eq!(found.contract.as_deref(), Some("K-2031"));
        assert_eq!(found.net, amount::less(found.list, dec("12")));
    }

    #[test]
    fn a_contract_price_of_an_article_beats_its_category() {
        assert_eq!(priced("C-1001", "NW-1014", "1").net.to_string(), "21.90");
    }

    #[test]
    fn a_break_holds_from_its_quantity_on_inclusive() {
        let scale = priced("C-1003", "NW-1001", "1").scale;
        assert_eq!(scale.iter().map(|step| step.from.to_string()).collect::<Vec<_>>(), ["1", "500", "2000", "10000"]);
        assert_eq!(priced("C-1003", "NW-1001", "499").net, scale[0].net);
        assert_eq!(priced("C-1003", "NW-1001", "500").net, scale[1].net);
        assert_eq!(priced("C-1003", "NW-1001", "50000").net, scale[3].net);
    }

    #[test]
    fn another_customer_gets_better_quantity_breaks_and_the_same_single_price() {
        let (ours, theirs) = (priced("C-1002", "NW-1001", "500"), priced("C-1003", "NW-1001", "500"));
        assert!(ours.net < theirs.net);
        assert_eq!(ours.scale[0].net, theirs.scale[0].net);
    }

    #[test]
    fn the_scale_never_gets_dearer_with_the_quantity() {
        let books = data::opened("2026-11-23T09:00:00Z".parse().unwrap(), 1);
        for customer in books.customers.values() {
            for article in books.articles.values() {
                let scale = price(customer, article, Decimal::ONE).scale;
                assert!(scale.windows(2).all(|pair| pair[1].net < pair[0].net && pair[1].from > pair[0].from), "{}", article.no);
            }
        }
    }
}
