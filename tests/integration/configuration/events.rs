//! Mistakes in what the outside is told, and who is.

use super::*;

#[tokio::test]
async fn options_of_events_are_refused_with_their_place_and_mend() {
    for (option, value, words) in [
        ("keep_days", "0", "events.keep_days: must be 1 to 3650 [C013]"),
        ("heartbeat_secs", "0", "events.heartbeat_secs: must be 1 to 3600 [C013]"),
        ("max_streams_per_account", "0", "events.max_streams_per_account: must be 1 to 1000000 [C013]"),
        ("source", "\"two words\"", "events.source: must be a URI or the beginning of a path"),
    ] {
        check(config().set(&format!("events.{option}"), value)).await.refused(&format!("{option} = "), &[words]);
    }
}
