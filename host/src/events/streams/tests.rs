//! Places among the listeners are counted, given back, and lost by who does not keep up.

use jiff::Timestamp;

use super::*;
use crate::domain::{TransferOperation, TransferState};
use crate::store::{Cause, DocumentKind};

fn listener(account: &str) -> Listener {
    Listener { principal: "key:shop".into(), account: account.into() }
}

fn streams(most: usize, most_per_account: usize, buffer: usize) -> Streams {
    Streams::new(&EventsConfig {
        max_streams: most,
        max_streams_per_account: most_per_account,
        stream_buffer: buffer,
        ..EventsConfig::default()
    })
}

fn event(number: i64, reference: &str) -> DocumentEvent {
    DocumentEvent {
        number,
        reference: reference.into(),
        kind: DocumentKind::Order,
        store: "main".into(),
        account: "A".into(),
        at: Timestamp::UNIX_EPOCH,
        operation: TransferOperation::SubmitOrder,
        cause: Cause::Captured,
        transfer: TransferState::Queued,
        status: None,
        revision: None,
        backend_number: None,
    }
}

#[test]
fn places_are_bounded_per_host_and_per_account_and_given_back() {
    let streams = streams(3, 2, 1);
    let subscribe = |account: &str| streams.subscribe(listener(account), "O1".into());
    let (first, _second) = (subscribe("A").unwrap(), subscribe("A").unwrap());
    assert_eq!(subscribe("A").err(), Some(Shed::Account));
    let _third = subscribe("B").unwrap();
    assert_eq!(subscribe("C").err(), Some(Shed::Host));
    drop(first);
    assert!(subscribe("A").is_ok());
}

#[tokio::test]
async fn an_event_reaches_all_who_listen_to_its_document_and_nobody_else() {
    let streams = streams(9, 9, 2);
    let subscribe = |reference: &str| streams.subscribe(listener("A"), reference.into()).unwrap();
    let (mut one, mut same, mut other) = (subscribe("O1"), subscribe("O1"), subscribe("O2"));
    streams.hand_out(&event(1, "O1"));
    streams.hand_out(&event(2, "O2"));
    assert_eq!((one.events.recv().await.unwrap().number, same.events.recv().await.unwrap().number), (1, 1));
    assert_eq!(other.events.recv().await.unwrap().number, 2);
    assert!(one.events.try_recv().is_err());
}

#[tokio::test]
async fn who_does_not_keep_up_gets_what_is_buffered_and_then_the_end() {
    let streams = streams(9, 9, 2);
    let mut slow = streams.subscribe(listener("A"), "O1".into()).unwrap();
    (1..=3).for_each(|number| streams.hand_out(&event(number, "O1")));
    assert_eq!(slow.events.recv().await.unwrap().number, 1);
    assert_eq!(slow.events.recv().await.unwrap().number, 2);
    assert_eq!(slow.events.recv().await, None);
    drop(slow);
    assert!(streams.is_empty());
}
