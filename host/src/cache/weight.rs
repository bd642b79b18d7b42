//! How much memory a cached answer takes, roughly. Guides what is evicted; never exact.

use std::mem::size_of;

use super::{AvailabilityKey, Entry, Keyed, PriceKey, ScopeParts};
use crate::domain::{Availability, Buyer, Extensions, Failure, OfferPrice, PriceComponent, QuantityBreak, ScheduleLine};

/// What the cache itself keeps for an entry: its place in the table with room to grow, and the entry's own counts.
const BOOKKEEPING: usize = 100;
/// What a value's fields and provenance take as JSON, besides its texts. Kept with an entry once it was shown.
const JSON: usize = 256;
/// A node of a map or an allocation's header, per text.
const TEXT: usize = 32;

/// Knows how many bytes it refers to, besides its own.
pub trait Weigh {
    fn bytes_behind(&self) -> usize;
}

/// Bytes of an entry with its key.
pub(super) fn entry_bytes<K: Weigh, V: Weigh>(key: &K, entry: &Entry<V>) -> usize {
    let behind = match &entry.answer {
        // Its texts twice: as JSON as well.
        Ok(value) => 2 * value.bytes_behind() + JSON,
        Err(failure) => failure.bytes_behind(),
    };
    BOOKKEEPING + size_of::<K>() + key.bytes_behind() + size_of::<Entry<V>>() + behind
}

fn text(text: &str) -> usize {
    TEXT + text.len()
}

/// An identifier: short ones lie in the value itself.
fn name(text: &str) -> usize {
    const WITHIN: usize = 23;
    if text.len() > WITHIN { TEXT + text.len() } else { 0 }
}

fn optional(value: Option<&str>) -> usize {
    value.map_or(0, text)
}

fn extensions(values: &Extensions) -> usize {
    values.iter().map(|(name, value)| text(name) + text(value)).sum()
}

impl Weigh for Buyer {
    fn bytes_behind(&self) -> usize {
        let area = self.sales_area.as_ref().map_or(0, |area| {
            [&area.organization, &area.channel, &area.division].into_iter().map(|part| optional(part.as_deref())).sum()
        });
        self.account.as_ref().map_or(0, |account| name(account.as_str()))
            + optional(self.ship_to.as_deref())
            + optional(self.contract.as_deref())
            + area
            + extensions(&self.ext)
    }
}

/// A buyer counts with every key, though keys of one request share it: whoever asks for another ship-to each time shares nothing.
fn key_bytes(key: &impl Keyed) -> usize {
    let about = key.dimensions();
    about.buyer.map_or(0, |buyer| size_of::<ScopeParts<Buyer>>() + buyer.bytes_behind())
        + name(about.sku.as_str())
        + about.location.map_or(0, |location| name(location.as_str()))
        + about.unit.map_or(0, |unit| name(unit.as_str()))
}

impl Weigh for AvailabilityKey {
    fn bytes_behind(&self) -> usize {
        self.bytes_of_rest() + key_bytes(self)
    }
}

impl Weigh for PriceKey {
    fn bytes_behind(&self) -> usize {
        key_bytes(self)
    }
}

impl Weigh for ScheduleLine {
    fn bytes_behind(&self) -> usize {
        name(self.quantity.unit.as_str()) + self.location.as_ref().map_or(0, |location| name(location.as_str()))
    }
}

impl Weigh for Availability {
    fn bytes_behind(&self) -> usize {
        name(self.sku.as_str())
            + self.location.as_ref().map_or(0, |location| name(location.as_str()))
            + name(self.unit.as_str())
            + self.schedule.iter().map(|line| size_of::<ScheduleLine>() + line.bytes_behind()).sum::<usize>()
            + extensions(&self.ext)
    }
}

impl Weigh for PriceComponent {
    fn bytes_behind(&self) -> usize {
        text(&self.kind) + optional(self.description.as_deref()) + optional(self.code.as_deref())
    }
}

impl Weigh for OfferPrice {
    fn bytes_behind(&self) -> usize {
        name(self.sku.as_str())
            + name(self.quantity.unit.as_str())
            + self.breaks.len() * size_of::<QuantityBreak>()
            + self.components.iter().map(|part| size_of::<PriceComponent>() + part.bytes_behind()).sum::<usize>()
            + extensions(&self.ext)
    }
}

impl Weigh for Failure {
    fn bytes_behind(&self) -> usize {
        text(&self.message) + optional(self.detail.as_deref()) + optional(self.line.as_deref()) + extensions(&self.ext)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Dimensions, Scopes};
    use crate::domain::{AdapterName, Currency, Money, PriceItem, Quantity, Sku, StoreName};
    use rust_decimal::Decimal;
    use std::sync::LazyLock;

    /// Doubles of the tests beside this file.
    impl Weigh for u32 {
        fn bytes_behind(&self) -> usize {
            0
        }
    }

    impl Keyed for u32 {
        fn dimensions(&self) -> Dimensions<'_> {
            static NAMES: LazyLock<(AdapterName, StoreName, Vec<Sku>)> =
                LazyLock::new(|| ("erp".into(), "main".into(), (0..100).map(|number| number.to_string().into()).collect()));
            let (adapter, store, skus) = &*NAMES;
            Dimensions::of(adapter, store, &skus[*self as usize], None)
        }
    }

    impl Weigh for String {
        fn bytes_behind(&self) -> usize {
            text(self)
        }
    }

    #[test]
    fn a_key_weighs_its_buyer_although_others_may_share_it() {
        let weight = |ship_to: &str| {
            let buyer = Buyer {
                account: Some("C-1".into()),
                ship_to: Some(ship_to.to_owned()),
                contract: None,
                currency: Currency::parse("EUR").unwrap(),
                sales_area: None,
                ext: Extensions::new(),
            };
            let parts = ScopeParts { adapter: "erp".into(), store: "main".into(), buyer, declared: 0 };
            let item = PriceItem { sku: "A".into(), quantity: Quantity::pieces(1), location: None, date: None };
            PriceKey::exact(&Scopes::default().share(parts), &item).bytes_behind()
        };
        assert_eq!(weight(&"x".repeat(1_000)), weight("x") + 999);
        assert!(weight("x") > size_of::<Buyer>());
    }

    #[test]
    fn a_value_with_long_texts_weighs_more_than_they_are_long() {
        let mut price = OfferPrice {
            sku: "A".into(),
            quantity: Quantity::pieces(1),
            unit_price: Money::new(Decimal::TEN, Currency::parse("EUR").unwrap()),
            list_price: None,
            per: Decimal::ONE,
            breaks: vec![],
            components: vec![],
            valid_until: None,
            as_of: None,
            ext: Extensions::new(),
        };
        let light = price.bytes_behind();
        price.ext.insert("note".into(), "x".repeat(5_000));
        assert!(price.bytes_behind() >= light + 5_000);
    }
}
