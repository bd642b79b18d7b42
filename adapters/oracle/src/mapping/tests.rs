//! Pure mappings, on recorded documents and by property.

mod received;
mod sent;

use super::units::{to_fusion, to_un};
use crate::tests::settings;
use serde_json::json;

#[test]
fn pitfall_10_units_of_the_settings_come_before_the_usual_ones() {
    let usual = settings(json!({}));
    assert_eq!((to_un(&usual, "Ea").unwrap(), to_fusion(&usual, "C62").unwrap()), ("C62".to_owned(), "Ea".to_owned()));
    assert!(to_un(&usual, "BX").unwrap_err().contains("unit BX is not known: add it under units"));
    let own = settings(json!({"units": {"PC": "C62", "DZ": "XDZ"}}));
    assert_eq!((to_fusion(&own, "C62").unwrap(), to_un(&own, "Ea").unwrap()), ("PC".to_owned(), "C62".to_owned()));
    assert!(to_fusion(&own, "DZN").is_err(), "DZ means something else here");
}
