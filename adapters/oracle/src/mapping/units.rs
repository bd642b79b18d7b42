//! Units: Fusion's codes and those of UN/ECE Recommendation 20.

use crate::settings::{Settings, key_of};
use crate::wire::Read;

/// Codes that come with the product. The settings' own come first, in both directions.
const USUAL: [(&str, &str); 4] = [("Ea", "C62"), ("DZ", "DZN"), ("KG", "KGM"), ("LB", "LBR")];

/// The UN/ECE code of Fusion's unit.
pub(crate) fn to_un(settings: &Settings, unit: &str) -> Read<String> {
    let usual = || USUAL.iter().find(|(code, _)| *code == unit).map(|(_, un)| *un);
    let found = settings.units.get(unit).map(String::as_str).or_else(usual);
    found.map(ToOwned::to_owned).ok_or_else(|| format!("unit {unit} is not known: add it under units in the settings"))
}

/// Fusion's unit of a UN/ECE code.
pub(crate) fn to_fusion(settings: &Settings, unit: &str) -> Read<String> {
    // A usual code that the settings give another meaning does not stand for this one any more.
    let usual = || USUAL.iter().find(|(code, un)| *un == unit && !settings.units.contains_key(*code)).map(|(code, _)| *code);
    let found = key_of(&settings.units, unit).or_else(usual);
    found
        .map(ToOwned::to_owned)
        .ok_or_else(|| format!("unit {unit} has no unit of the back end: add it under units in the settings"))
}
