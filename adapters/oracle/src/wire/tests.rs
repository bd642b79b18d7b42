//! Envelopes of ADF resources.

use super::*;
use serde_json::json;

#[test]
fn pitfall_3_a_page_says_its_own_window_or_nothing_about_it() {
    let whole = json!({"items": [{"HeaderId": "1"}], "count": "1", "hasMore": true, "limit": "25", "offset": "0"});
    let page = collection(&whole).unwrap();
    assert_eq!((page.entities.len(), page.has_more, page.limit), (1, Some(true), Some(25)));
    let bare = json!({"items": []});
    let page = collection(&bare).unwrap();
    assert_eq!((page.has_more, page.limit), (None, None));
    assert!(collection(&json!({"HeaderId": "1"})).is_err() && collection(&json!({"items": null})).is_err());
}

#[test]
fn a_resource_is_no_collection() {
    assert!(item(&json!({"HeaderId": "1"})).is_ok());
    assert!(item(&json!({"items": []})).is_err() && item(&json!([])).is_err());
}

#[test]
fn the_state_of_a_resource_stands_in_its_own_link() {
    let order = json!({"links": [{"rel": "child", "properties": {"changeIndicator": "no"}}, {"rel": "self", "properties": {"changeIndicator": "ACED"}}]});
    assert_eq!(state(Entity::of(&order)), Some("ACED"));
    assert_eq!(state(Entity::of(&json!({}))), None);
}

#[test]
fn pitfall_3_children_are_a_bare_array_or_a_collection_of_their_own() {
    for lines in [json!([{"LineNumber": "1"}]), json!({"items": [{"LineNumber": "1"}], "count": "1", "hasMore": false})] {
        let order = json!({"lines": lines});
        assert_eq!(Entity::of(&order).many("lines")[0].text("LineNumber"), Some("1"));
    }
}
