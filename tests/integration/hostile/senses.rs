//! Guests that look for what is not theirs.

use ordergate_tests::Zoo;

use super::{UNAVAILABLE, ends};

#[tokio::test]
async fn hostile_guest_finds_no_environment_no_files_and_no_input() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("environment").await, "variables 0, arguments 0");
    assert_eq!(zoo.told("files").await, "folders 0, files 0, written 0");
    assert_eq!(zoo.told("standard-input").await, "ended true, bytes 0");
    zoo.is_well().await;
}

#[tokio::test]
async fn hostile_guest_has_no_clock_finer_than_a_millisecond() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("clocks").await, "parts of a millisecond: {0} {0}");
}

#[tokio::test]
async fn hostile_guest_cannot_foresee_the_random_numbers_of_another_call() {
    let zoo = Zoo::open().await;
    let drawn: std::collections::BTreeSet<_> =
        [zoo.told("random").await, zoo.told("random").await, zoo.told("random").await].into();
    assert_eq!(drawn.len(), 3, "{drawn:?}");
    ends(&zoo, "random-flood", UNAVAILABLE, "random", Some("random_bytes")).await;
}
