//! An event as the outside sees it: a CloudEvent (version 1.0, JSON format) with a small body. Nobody's name or address is in it.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{AccountNumber, BackendNumber, Reference, StoreName, TransferState};
use crate::store::DocumentEvent;

/// A change of an order or quote (CloudEvents 1.0, structured JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventMessage {
    #[schema(value_type = String, example = "1.0")]
    specversion: &'static str,
    /// The same however often it is told. Of two events of one document, the one with the higher number behind the dash is the newer.
    #[schema(value_type = String, example = "5f2b81c9-4711")]
    id: EventId,
    /// `events.source` of the configuration.
    #[schema(example = "/ordergate")]
    source: String,
    /// Such as `order.confirmed`, `order.status.shipped`, `quote.withdrawal.rejected`.
    #[serde(rename = "type")]
    #[schema(example = "order.confirmed")]
    kind: String,
    /// The reference of the order or quote.
    subject: Reference,
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    #[schema(value_type = String, example = "application/json")]
    datacontenttype: &'static str,
    data: EventData,
}

/// How the document stands after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventData {
    reference: Reference,
    store: StoreName,
    account: AccountNumber,
    /// Where its transfer to the back end stands.
    transfer: TransferState,
    /// The back end's business status; absent before the back end has said anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// The back end's number; absent before it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<BackendNumber>,
    /// Of a quote: the revision that is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
}

impl EventMessage {
    /// `log` is the name of the log that the event is in.
    pub fn new(source: &str, log: &str, event: DocumentEvent) -> Self {
        Self {
            specversion: "1.0",
            id: EventId { log: log.to_owned(), number: event.number },
            source: source.to_owned(),
            kind: event.type_name(),
            subject: event.reference.clone(),
            time: event.at,
            datacontenttype: "application/json",
            data: EventData {
                reference: event.reference,
                store: event.store,
                account: event.account,
                transfer: event.transfer,
                status: event.status,
                number: event.backend_number,
                revision: event.revision,
            },
        }
    }

    pub fn id(&self) -> &EventId {
        &self.id
    }
}

/// Of an event: the log's name and the number in it, as `NAME-NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventId {
    pub log: String,
    pub number: i64,
}

impl EventId {
    /// Nothing when it is no id of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (log, number) = text.trim().split_once('-')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { log: log.to_owned(), number: number.parse().ok().filter(|_| is_number)? })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.log, self.number)
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TransferOperation;
    use crate::store::{Cause, DocumentKind};

    #[test]
    fn an_event_is_a_cloud_event_without_what_is_not_known() {
        let event = DocumentEvent {
            number: 7,
            reference: "O1".into(),
            kind: DocumentKind::Order,
            store: "main".into(),
            account: "C-1".into(),
            at: Timestamp::UNIX_EPOCH,
            operation: TransferOperation::SubmitOrder,
            cause: Cause::Captured,
            transfer: TransferState::Queued,
            status: None,
            revision: None,
            backend_number: None,
        };
        let message = serde_json::to_value(EventMessage::new("/ordergate", "abcd", event)).unwrap();
        let expected = serde_json::json!({
            "specversion": "1.0", "id": "abcd-7", "source": "/ordergate", "type": "order.captured", "subject": "O1",
            "time": "1970-01-01T00:00:00Z", "datacontenttype": "application/json",
            "data": {"reference": "O1", "store": "main", "account": "C-1", "transfer": "queued"},
        });
        assert_eq!(message, expected);
    }

    #[test]
    fn an_id_is_read_as_it_was_written_and_nothing_else_is_one() {
        let id = EventId { log: "5f2b81c9".into(), number: 4711 };
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        for wrong in ["", "4711", "a-", "a-+1", "a--1", "a-1x", "a-99999999999999999999"] {
            assert_eq!(EventId::parse(wrong), None, "{wrong}");
        }
    }
}
