//! `pricing.offer-prices`.

use rust_decimal::Decimal;

use super::super::bindings::guest::pricing as wit;
use super::super::instance::{Guest, Ran};
use super::records::{from_components, to_buyer, to_date, to_quantity};
use super::strict::{Place, optional};
use super::{accept_items, bounded, to_context};
use crate::domain::{CallContext, Currency, Failure, Money, OfferPrice, PriceItem, PriceQuery, QuantityBreak};

pub(in super::super) async fn offer_prices(
    guest: &mut Guest,
    context: &CallContext,
    query: &PriceQuery,
) -> Ran<Vec<Result<OfferPrice, Failure>>> {
    let context = to_context(guest, context);
    let asked = wit::Query { buyer: to_buyer(&query.buyer), items: query.items.iter().map(to_item).collect() };
    let replies = guest.pricing()?.call_offer_prices(&mut guest.store, &context, &asked).await?;
    accept_items(&query.items, replies, |item, answer| from_offer(item, answer, query.buyer.currency))
}

fn to_item(item: &PriceItem) -> wit::Item {
    wit::Item {
        sku: item.sku.to_string(),
        quantity: to_quantity(&item.quantity),
        location: item.location.as_ref().map(ToString::to_string),
        date: item.date.as_ref().map(to_date),
        ext: Vec::new(),
    }
}

/// Most breaks and components of one offer.
const MAX_BREAKS: usize = 100;
const MAX_COMPONENTS: usize = 64;

/// The offer must be for the asked item and in the buyer's currency: a price that is taken for another is worse than none.
pub(super) fn from_offer(asked: &PriceItem, answer: wit::OfferPrice, currency: Currency) -> Result<OfferPrice, Failure> {
    let place = Place::new("offer price", asked.sku.as_str());
    if answer.sku != asked.sku.as_str() {
        return Err(place.another("sku", &answer.sku));
    }
    let price = |field: &str, money: &_| {
        let price = place.money(field, money)?;
        in_currency(price, currency)
            .ok_or_else(|| place.broken(field, format_args!("is {price}; a price in {currency} was asked")))
    };
    Ok(OfferPrice {
        sku: asked.sku.clone(),
        quantity: place.quantity("quantity", &answer.quantity)?,
        unit_price: price("unit-price", &answer.unit_price)?,
        list_price: optional(answer.list_price.as_ref(), |money| price("list-price", money))?,
        per: place.per(answer.per.as_deref())?,
        breaks: from_breaks(&place.at_most("breaks", MAX_BREAKS, answer.breaks)?, place, price)?,
        components: from_components(place.at_most("components", MAX_COMPONENTS, answer.components)?, "components", place)?,
        valid_until: optional(answer.valid_until.as_ref(), |text| place.instant("valid-until", text))?,
        as_of: optional(answer.as_of.as_ref(), |text| place.instant("as-of", text))?,
        ext: bounded::extensions(answer.ext),
    })
}

fn in_currency(price: Money, currency: Currency) -> Option<Money> {
    (price.currency == currency && price.amount >= Decimal::ZERO).then_some(price)
}

/// Ascending, whatever the adapter's order.
fn from_breaks(
    breaks: &[wit::QuantityBreak],
    place: Place<'_>,
    price: impl Fn(&str, &super::wit::Money) -> Result<Money, Failure>,
) -> Result<Vec<QuantityBreak>, Failure> {
    let from = |step: &wit::QuantityBreak| {
        Ok(QuantityBreak { from: place.amount_of_goods("breaks", &step.from)?, unit_price: price("breaks", &step.unit_price)? })
    };
    let mut breaks = breaks.iter().map(from).collect::<Result<Vec<_>, Failure>>()?;
    breaks.sort_by_key(|step| step.from);
    Ok(breaks)
}

#[cfg(test)]
mod tests {
    use super::super::wit::{Money as WitMoney, Quantity as WitQuantity};
    use super::*;
    use crate::domain::{FailureCode, Quantity};

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    fn asked() -> PriceItem {
        PriceItem { sku: "A".into(), quantity: Quantity::pieces(1), location: None, date: None }
    }

    fn money(amount: &str, currency: &str) -> WitMoney {
        WitMoney { amount: amount.into(), currency: currency.into() }
    }

    fn answer(unit_price: WitMoney) -> wit::OfferPrice {
        wit::OfferPrice {
            sku: "A".into(),
            quantity: WitQuantity { value: "1".into(), unit: "C62".into() },
            unit_price,
            list_price: None,
            per: None,
            breaks: vec![],
            components: vec![],
            valid_until: None,
            as_of: None,
            ext: vec![],
        }
    }

    #[test]
    fn a_price_in_another_currency_or_below_zero_is_refused() {
        assert!(from_offer(&asked(), answer(money("9.99", "EUR")), eur()).is_ok());
        for wrong in [money("9.99", "USD"), money("-1", "EUR"), money("9,99", "EUR"), money("9.99", "EURO")] {
            assert_eq!(from_offer(&asked(), answer(wrong), eur()).unwrap_err().code, FailureCode::InvalidResponse);
        }
    }

    #[test]
    fn f7_breaks_are_ascending_whatever_the_adapters_order() {
        let step = |from: &str, price: &str| wit::QuantityBreak { from: from.into(), unit_price: money(price, "EUR") };
        let answer =
            wit::OfferPrice { breaks: vec![step("100", "8"), step("1", "10"), step("10", "9")], ..answer(money("10", "EUR")) };
        let offer = from_offer(&asked(), answer, eur()).unwrap();
        assert_eq!(offer.breaks.iter().map(|step| step.from.to_string()).collect::<Vec<_>>(), ["1", "10", "100"]);
    }

    #[test]
    fn f7_an_offer_with_endless_breaks_is_refused_not_cut() {
        let step = wit::QuantityBreak { from: "1".into(), unit_price: money("1", "EUR") };
        let breaks = vec![step; MAX_BREAKS + 1];
        let endless = wit::OfferPrice { breaks, ..answer(money("10", "EUR")) };
        assert_eq!(from_offer(&asked(), endless, eur()).unwrap_err().code, FailureCode::InvalidResponse);
    }

    #[test]
    fn f6_an_answer_for_another_item_is_never_used() {
        let other = wit::OfferPrice { sku: "B".into(), ..answer(money("1", "EUR")) };
        assert!(from_offer(&asked(), other, eur()).is_err());
    }
}
