//! Units: SAP's codes and those of UN/ECE Recommendation 20, and exact ratios between the units of a material (rule B4).

use crate::settings::{Settings, key_of};
use crate::wire::Read;
use rust_decimal::{Decimal, RoundingStrategy};

/// SAP's usual codes. The settings' own come first, in both directions.
const USUAL: [(&str, &str); 18] = [
    ("PC", "C62"),
    ("EA", "EA"),
    ("KG", "KGM"),
    ("G", "GRM"),
    ("TO", "TNE"),
    ("L", "LTR"),
    ("ML", "MLT"),
    ("M", "MTR"),
    ("CM", "CMT"),
    ("MM", "MMT"),
    ("M2", "MTK"),
    ("M3", "MTQ"),
    ("H", "HUR"),
    ("DZ", "DZN"),
    ("CT", "CT"),
    ("PAA", "PR"),
    ("ROL", "RO"),
    ("SET", "SET"),
];

/// The UN/ECE code of SAP's unit.
pub(crate) fn to_un(settings: &Settings, unit: &str) -> Read<String> {
    let usual = || USUAL.iter().find(|(sap, _)| *sap == unit).map(|(_, un)| *un);
    let found = settings.units.get(unit).map(String::as_str).or_else(usual);
    found.map(ToOwned::to_owned).ok_or_else(|| format!("unit {unit} is not known: add it under units in the settings"))
}

/// SAP's unit of a UN/ECE code.
pub(crate) fn to_sap(settings: &Settings, unit: &str) -> Read<String> {
    // A usual code that the settings give another meaning does not stand for this one any more.
    let usual = || USUAL.iter().find(|(sap, un)| *un == unit && !settings.units.contains_key(*sap)).map(|(sap, _)| *sap);
    let found = key_of(&settings.units, unit).or_else(usual);
    found
        .map(ToOwned::to_owned)
        .ok_or_else(|| format!("unit {unit} has no unit of the back end: add it under units in the settings"))
}

/// So many base units are in one unit, as an exact ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ratio {
    numerator: Decimal,
    denominator: Decimal,
}

impl Ratio {
    /// "12/1": twelve base units in one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/')?;
        let whole = |text: &str| text.parse::<u32>().ok().filter(|value| *value > 0).map(Decimal::from);
        Some(Self { numerator: whole(numerator)?, denominator: whole(denominator)? })
    }

    /// How many units so many base units are, rounded down to SAP's three digits: nothing is promised that is not there.
    pub(crate) fn units_of(self, base: Decimal) -> Option<Decimal> {
        let exact = base.checked_mul(self.denominator)?.checked_div(self.numerator)?;
        Some(exact.round_dp_with_strategy(3, RoundingStrategy::ToZero))
    }

    /// How many base units so many units are.
    pub(crate) fn base_units_of(self, units: Decimal) -> Option<Decimal> {
        units.checked_mul(self.numerator)?.checked_div(self.denominator)
    }
}

/// The ratio of a material's unit, by SAP's code.
pub(crate) fn ratio(settings: &Settings, material: &str, unit: &str) -> Option<Ratio> {
    settings.unit_ratios.get(material)?.get(unit).and_then(|text| Ratio::parse(text))
}
