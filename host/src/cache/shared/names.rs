//! Names of keys in the shared cache. Pure.
//!
//! **Versions** say which answers about an item are still good: whoever deletes one makes void what was answered under it, on every host.
//! Hosts of any release must understand each other here, so these names never change.
//!
//! **Values** hold answers. Their names hold the format's number: hosts of two releases do not overwrite each other's.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::cache::{Dimensions, Reach};
use crate::domain::Location;

/// The format of values that this release reads and writes.
pub(super) const FORMAT: u32 = 1;

/// Of what kind answers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Availability,
    OfferPrice,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Availability, Self::OfferPrice];

    /// As metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::OfferPrice => "offer_price",
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Availability => 'a',
            Self::OfferPrice => 'p',
        }
    }
}

/// Makes and reads names under one prefix.
#[derive(Clone, Debug)]
pub(super) struct Names {
    versions: String,
    values: String,
}

/// The two versions under which an answer is good: the item's, and that of its location.
pub(super) type VersionNames = [String; 2];

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self { versions: format!("{prefix}:v:"), values: format!("{prefix}:{FORMAT}:") }
    }

    /// Which versions an answer depends on. One about no location in particular may count the stock of any.
    pub(super) fn versions_of(&self, kind: Kind, about: &Dimensions<'_>) -> VersionNames {
        let sku = about.sku.as_str();
        [
            self.of_item(kind, sku),
            about.location.map_or_else(|| self.of_none(kind, sku), |place| self.of_location(kind, sku, place)),
        ]
    }

    /// Which versions end where answers within `reach` are not to be used any more. Adapter and store are left aside: too much is asked
    /// again rather than too little.
    pub(super) fn versions_within(&self, kind: Kind, reach: &Reach) -> Vec<String> {
        let sku = reach.sku.as_str();
        match &reach.location {
            None => vec![self.of_item(kind, sku)],
            Some(location) => vec![self.of_location(kind, sku, location), self.of_none(kind, sku)],
        }
    }

    /// What a version that ended says about answers in memory.
    pub(super) fn reach_of(&self, name: &[u8]) -> Option<(Kind, Reach)> {
        let rest = std::str::from_utf8(name).ok()?.strip_prefix(&self.versions)?;
        let (what, rest) = rest.split_once(':')?;
        let kind = Kind::ALL.into_iter().find(|kind| what.starts_with(kind.letter()))?;
        let of = |sku: &str, location| Some((kind, Reach { location, ..Reach::everything(sku.into()) }));
        match what.get(1..)? {
            "i" => of(rest, None),
            // Reaches answers about no location, as any location's mark does.
            "n" => of(rest, Some(Location::from(""))),
            "l" => {
                let (length, rest) = rest.split_once(':')?;
                let (sku, location) = rest.split_at_checked(length.parse().ok()?)?;
                of(sku, Some(location.into()))
            }
            _ => None,
        }
    }

    /// Where the answer to a key lies.
    pub(super) fn value(&self, kind: Kind, key: &str) -> String {
        format!("{}{}:{}", self.values, kind.letter(), HEXLOWER.encode(&Sha256::digest(key)))
    }

    /// A pattern for every version.
    pub(super) fn all_versions(&self) -> String {
        // Prefixes hold no letter that means something in a pattern.
        format!("{}*", self.versions)
    }

    fn of_item(&self, kind: Kind, sku: &str) -> String {
        format!("{}{}i:{sku}", self.versions, kind.letter())
    }

    fn of_none(&self, kind: Kind, sku: &str) -> String {
        format!("{}{}n:{sku}", self.versions, kind.letter())
    }

    fn of_location(&self, kind: Kind, sku: &str, location: &Location) -> String {
        format!("{}{}l:{}:{sku}{location}", self.versions, kind.letter(), sku.len())
    }
}

/// The whole key as text, different for keys that differ in anything. `facts`: what makes the answers of an adapter its own.
pub(super) fn whole_key(facts: &str, about: &Dimensions<'_>) -> String {
    // Taken apart in full, so that a new dimension cannot be forgotten.
    let Dimensions { adapter, store, sku, location, unit, date, quantity, buyer, declared } = *about;
    let parts =
        (facts, adapter, store, declared, sku, location, unit, date, quantity.map(|quantity| quantity.normalize()), buyer);
    // A list in JSON is unambiguous. It cannot fail: texts and numbers only. If it could, no key would be equal to another.
    serde_json::to_string(&parts).unwrap_or_else(|_| uuid::Uuid::now_v7().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountNumber, Buyer, Currency, Extensions};
    use proptest::prelude::*;

    fn reach(sku: &str, location: Option<&str>) -> Reach {
        Reach { location: location.map(Into::into), ..Reach::everything(sku.into()) }
    }

    fn ended(names: &Names, reach: &Reach) -> Vec<Reach> {
        let names_of = names.versions_within(Kind::Availability, reach);
        names_of.iter().map(|name| names.reach_of(name.as_bytes()).unwrap().1).collect()
    }

    #[test]
    fn f11_what_a_name_says_is_what_was_invalidated() {
        let names = Names::new("shop");
        assert_eq!(ended(&names, &reach("A:1:x", None)), [reach("A:1:x", None)]);
        assert_eq!(ended(&names, &reach("3:A", Some("B:2"))), [reach("3:A", Some("B:2")), reach("3:A", Some(""))]);
        assert_eq!(names.reach_of(b"shop:v:pi:A"), Some((Kind::OfferPrice, reach("A", None))));
        for foreign in
            ["shop:v:ai", "shop:v:xi:A", "shop:v:aq:A", "shop:v:al:9:A", "shop:v:al:x:A", "other:v:ai:A", "shop:1:a:00"]
        {
            assert_eq!(names.reach_of(foreign.as_bytes()), None, "{foreign}");
        }
        assert_eq!(names.reach_of(b"shop:v:ai:\xff"), None);
    }

    #[test]
    fn f11_an_answer_depends_on_the_version_that_its_invalidation_ends_and_on_no_other_locations() {
        let names = Names::new("shop");
        let (adapter, store, sku) = ("erp".into(), "main".into(), "A".into());
        let depends = |location: Option<&str>, on: &Reach| {
            let location = location.map(Into::into);
            let versions = names.versions_of(Kind::Availability, &Dimensions::of(&adapter, &store, &sku, location.as_ref()));
            names.versions_within(Kind::Availability, on).iter().any(|name| versions.contains(name))
        };
        for location in [None, Some("BER")] {
            assert!(depends(location, &reach("A", None)) && depends(location, &reach("A", Some("BER"))));
            assert!(!depends(location, &reach("B", None)));
        }
        assert!(depends(None, &reach("A", Some("HAM"))) && !depends(Some("BER"), &reach("A", Some("HAM"))));
    }

    /// All that a key can hold.
    #[derive(Clone, Debug, PartialEq)]
    struct Parts {
        texts: [String; 4],
        location: Option<String>,
        account: Option<String>,
        ship_to: Option<String>,
        contract: Option<String>,
        quantity: Option<i64>,
        declared: u16,
    }

    fn key(parts: &Parts) -> String {
        let [facts, adapter, store, sku] = &parts.texts;
        let buyer = Buyer {
            account: parts.account.as_deref().map(AccountNumber::from),
            ship_to: parts.ship_to.clone(),
            contract: parts.contract.clone(),
            currency: Currency::parse("EUR").unwrap(),
            sales_area: None,
            ext: Extensions::new(),
        };
        let (adapter, store, sku) = (adapter.as_str().into(), store.as_str().into(), sku.as_str().into());
        let location = parts.location.as_deref().map(Location::from);
        let mut about = Dimensions::of(&adapter, &store, &sku, location.as_ref());
        about.buyer = Some(&buyer);
        about.declared = parts.declared;
        about.quantity = parts.quantity.map(Into::into);
        whole_key(facts, &about)
    }

    prop_compose! {
        // Letters that matter to JSON, to the names and to Redis, so that one part could run into the next.
        fn any_parts()(
            texts in proptest::array::uniform4("[a,\":\\[\\]*]{0,3}"), location in prop::option::of("[a,\"]{0,2}"),
            account in prop::option::of("[a,\"]{0,2}"), ship_to in prop::option::of("[a,\"]{0,2}"),
            contract in prop::option::of("[a,\"]{0,2}"), quantity in prop::option::of(1i64..3), declared in 0u16..2,
        ) -> Parts {
            Parts { texts, location, account, ship_to, contract, quantity, declared }
        }
    }

    proptest! {
        #[test]
        fn f6_keys_that_differ_in_anything_lie_in_different_places(one in any_parts(), other in any_parts()) {
            prop_assert_eq!(key(&one) == key(&other), one == other);
        }
    }

    #[test]
    fn f6_one_account_never_has_the_place_of_another() {
        let parts = Parts {
            texts: ["".into(), "erp".into(), "main".into(), "A".into()],
            location: None,
            account: Some("C-1".into()),
            ship_to: None,
            contract: None,
            quantity: None,
            declared: 1,
        };
        let others = [
            Parts { account: Some("C-2".into()), ..parts.clone() },
            Parts { account: None, ..parts.clone() },
            Parts { account: None, ship_to: Some("C-1".into()), ..parts.clone() },
            Parts { texts: ["another system".into(), "erp".into(), "main".into(), "A".into()], ..parts.clone() },
        ];
        let names = Names::new("shop");
        let place = |parts: &Parts| names.value(Kind::OfferPrice, &key(parts));
        assert!(others.iter().all(|other| place(other) != place(&parts)));
        assert_ne!(names.value(Kind::Availability, &key(&parts)), place(&parts));
        assert_ne!(Names::new("test").value(Kind::OfferPrice, &key(&parts)), place(&parts));
    }
}
