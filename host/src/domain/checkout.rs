//! A cart, what the back end says to it, and the seal that it leaves (rules C1 to C4).

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AccountNumber, AdapterName, Buyer, CheckoutId, Extensions, Location, Money, Party, Provisional, Quantity, ScheduleLine, Sku,
    StoreName,
};

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    /// Stable within the cart.
    pub id: String,
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<Date>,
}

/// A whole cart, as the back end is asked to price and promise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    pub buyer: Buyer,
    #[serde(default)]
    pub parties: Vec<Party>,
    pub delivery_method: Option<String>,
    pub payment_terms: Option<String>,
    pub requested_date: Option<Date>,
    pub lines: Vec<CartLine>,
    #[serde(default)]
    pub ext: Extensions,
}

/// Stock that the back end holds for a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reservation {
    pub id: String,
    pub expires_at: Timestamp,
}

/// What a line of a document stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    #[default]
    Product,
    Charge,
    Discount,
    Tax,
}

impl LineKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Charge => "charge",
            Self::Discount => "discount",
            Self::Tax => "tax",
        }
    }

    /// An unknown kind is a charge: it is shown and counts, but nobody picks it from a shelf.
    pub fn parse(name: &str) -> Self {
        match name {
            "product" => Self::Product,
            "discount" => Self::Discount,
            "tax" => Self::Tax,
            _ => Self::Charge,
        }
    }
}

/// An amount that makes up a price or a total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceComponent {
    /// `base`, `discount`, `surcharge`, `freight`, `charge`, `tax`, `rounding` or another name.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub amount: Money,
    /// Percentage, where the amount came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub rate: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Sums of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Sum of the lines' net amounts.
    pub lines: Money,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<PriceComponent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<PriceComponent>,
    /// A rounding difference that the back end applies on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Money>,
    pub payable: Money,
}

impl Totals {
    /// lines + charges + taxes + declared rounding, or nothing when the currencies are mixed.
    pub fn sum(&self) -> Option<Money> {
        let parts = self.charges.iter().chain(&self.taxes).map(|part| part.amount).chain(self.rounding);
        parts.into_iter().try_fold(self.lines, Money::plus)
    }
}

/// One line as the back end priced and promised it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CalculatedLine {
    /// The cart line, or a new id for a line that the back end added.
    pub id: String,
    #[serde(default)]
    pub kind: LineKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    /// Net price of `per` units.
    pub unit_price: Money,
    #[schema(value_type = String, example = "1")]
    pub per: Decimal,
    /// Net amount, as the back end rounds it.
    pub amount: Money,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<PriceComponent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<ScheduleLine>,
}

/// A cart with live amounts and promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calculation {
    pub lines: Vec<CalculatedLine>,
    pub totals: Totals,
    pub valid_until: Option<Timestamp>,
    #[serde(default)]
    pub messages: Vec<String>,
}

/// The result of a checkout: what the customer agrees to, with a validity. An order must quote one (rule C2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub id: CheckoutId,
    pub store: StoreName,
    pub account: AccountNumber,
    /// What was asked.
    pub cart: Cart,
    /// What the back end said to it.
    pub calculation: Calculation,
    pub reservation: Option<Reservation>,
    /// How the reservation is kept, when there is one.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// The back end was down: on what the amounts rest instead of its word (rule C6).
    #[serde(default)]
    pub provisional: Option<Provisional>,
    /// What the customer agreed to, when the amounts have changed since (rule C3). An order needs consent to go beyond it.
    #[serde(default)]
    pub agreed: Option<Agreed>,
    pub sealed_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Amounts that a customer agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    #[serde(flatten)]
    pub calculation: Calculation,
    /// When they were none of the back end's.
    #[serde(default)]
    pub provisional: Option<Provisional>,
}

/// How the reservation of a checkout is kept (rule C4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Where it is held.
    pub adapter: AdapterName,
    /// It is extended once.
    pub extended: bool,
    /// When it is given back, unless an order uses it.
    pub release_at: Timestamp,
}

impl Seal {
    /// The amounts that the customer agreed to.
    pub fn agreed(&self) -> Agreed {
        let own = || Agreed { calculation: self.calculation.clone(), provisional: self.provisional.clone() };
        self.agreed.clone().unwrap_or_else(own)
    }

    /// What is to be paid; none while charges, taxes or prices are not known.
    pub fn payable(&self) -> Option<Money> {
        let is_known = self.provisional.as_ref().is_none_or(|provisional| provisional.is_complete);
        is_known.then_some(self.calculation.totals.payable)
    }
}

/// Never shows the parties of the cart: seals end up in logs.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("id", &self.id).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
