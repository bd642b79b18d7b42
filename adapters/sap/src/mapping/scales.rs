//! Quantity breaks from the scales of condition records: from which quantities on another price can hold. Which price that is says a simulation.

use crate::wire::names::scales as names;
use crate::wire::{Entity, Read};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Materials by condition record.
pub(crate) type Records = BTreeMap<String, BTreeSet<String>>;

/// Quantities by material, ascending, each in SAP's unit.
pub(crate) type Scales = BTreeMap<String, BTreeSet<(Decimal, String)>>;

/// Adds the records that hold for the materials.
pub(crate) fn add_records(records: &mut Records, validities: &[Entity<'_>]) {
    for validity in validities {
        if let (Some(record), Some(material)) = (validity.text(names::RECORD), validity.text(names::MATERIAL)) {
            records.entry(record.to_owned()).or_default().insert(material.to_owned());
        }
    }
}

/// Adds the scale lines of the records.
pub(crate) fn add_scales(scales: &mut Scales, records: &Records, lines: &[Entity<'_>]) -> Read<()> {
    for line in lines {
        let (Some(materials), Some(unit)) =
            (line.text(names::RECORD).and_then(|record| records.get(record)), line.text(names::UNIT))
        else {
            continue;
        };
        let quantity = line.decimal(names::QUANTITY)?.unwrap_or_default();
        // A scale may begin at nothing.
        if quantity > Decimal::ZERO {
            for material in materials {
                scales.entry(material.clone()).or_default().insert((quantity, unit.to_owned()));
            }
        }
    }
    Ok(())
}
