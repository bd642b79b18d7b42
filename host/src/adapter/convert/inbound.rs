//! `inbound.translate`.

use super::super::bindings::guest::inbound as wit;
use super::super::instance::{Guest, Ran};
use super::super::operation::{PushedEvent, Translate};
use super::strict::{Place, optional};
use super::{accept, availability, bounded, pricing, to_context};
use crate::domain::{
    About, Availability, AvailabilityItem, BackendNumber, CallContext, Change, DocumentHint, Event, EventKind, Failure,
    FailureCode, Named, OfferPrice, PriceItem, Quantity, Side, Sku, Unit,
};

/// Extension fields with this prefix are the host's.
const OURS: &str = "ordergate.";
const STORE: &str = "ordergate.store";
const SHIP_TO: &str = "ordergate.ship-to";
const CONTRACT: &str = "ordergate.contract";
const DATE: &str = "ordergate.date";
const UNTIL: &str = "ordergate.until";

pub(in super::super) async fn translate(guest: &mut Guest, context: &CallContext, message: &Translate) -> Ran<Vec<PushedEvent>> {
    let context = to_context(guest, context);
    let reply = guest.inbound()?.call_translate(&mut guest.store, &context, &message.headers, &message.body).await?;
    accept(reply, Side::Read, |events| from_events(events, message.max_events))
}

/// One bad event leaves the others alone. Too many are none: nobody could say which of them to leave out.
fn from_events(events: Vec<wit::Event>, most: usize) -> Result<Vec<PushedEvent>, Failure> {
    if events.len() > most {
        let message = format!("the message holds {} events; at most {most} are taken (max_events)", events.len());
        return Err(Failure::new(FailureCode::InvalidResponse, message));
    }
    let from = |event: wit::Event| PushedEvent { kind: bounded::word(event.kind.clone()), event: from_event(event) };
    Ok(events.into_iter().map(from).collect())
}

fn from_event(event: wit::Event) -> Result<Event, Failure> {
    let subject = event.sku.clone().or_else(|| event.number.clone()).or_else(|| event.reference.clone()).unwrap_or_default();
    let place = Place::new("event", &subject);
    let kind = EventKind::parse(&event.kind)
        .ok_or_else(|| place.broken("kind", format_args!("is {:?}", bounded::word(event.kind.clone()))))?;
    let ours = Ours::of(&event.ext, place)?;
    let (as_of, store) =
        (place.instant("as-of", &event.as_of)?, place.optional_text("store", ours.text(STORE).map(str::to_owned))?);
    let change = match kind {
        EventKind::Availability => {
            let about = about(&event, &ours, place)?;
            let value = event.availability.map(|value| pushed_availability(&about, value)).transpose()?;
            Change::Availability(About { location: about.location.or_else(|| value.as_ref()?.location.clone()), ..about }, value)
        }
        EventKind::Price => {
            let about = about(&event, &ours, place)?;
            let value = event.price.map(|value| pushed_price(&about.sku, value)).transpose()?;
            Change::Price(about, value)
        }
        EventKind::Uncacheable => {
            let until = optional(ours.text(UNTIL).as_ref(), |text| place.instant(UNTIL, text))?;
            Change::Uncacheable(about(&event, &ours, place)?, until)
        }
        EventKind::Order => Change::Order(hint(event, place)?),
        EventKind::Quote => Change::Quote(hint(event, place)?),
    };
    Ok(Event { as_of, store, change })
}

/// The host's own extension fields.
struct Ours<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Ours<'a> {
    /// A misspelt one would make a value good for more than was meant.
    fn of(ext: &'a [(String, String)], place: Place<'_>) -> Result<Self, Failure> {
        let ours = ext.iter().filter(|(name, _)| name.starts_with(OURS));
        let ours: Vec<_> = ours.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match ours.iter().find(|(name, _)| ![STORE, SHIP_TO, CONTRACT, DATE, UNTIL].contains(name)) {
            Some((name, _)) => {
                Err(place
                    .broken("ext", format_args!("has {:?}, which the host does not know", bounded::word((*name).to_owned()))))
            }
            None => Ok(Self(ours)),
        }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// An empty text says that there is none.
    fn named<T>(&self, name: &str, read: impl FnOnce(&str) -> Result<T, Failure>) -> Result<Option<Named<T>>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if text.is_empty() { Ok(Some(Named::Nothing)) } else { read(text).map(|value| Some(Named::Value(value))) }
    }
}

fn about(event: &wit::Event, ours: &Ours<'_>, place: Place<'_>) -> Result<About, Failure> {
    let sku = event
        .sku
        .clone()
        .or_else(|| Some(event.availability.as_ref()?.sku.clone()))
        .or_else(|| Some(event.price.as_ref()?.sku.clone()));
    Ok(About {
        sku: place.text("sku", sku.unwrap_or_default())?,
        location: place.optional_text("location", event.location.clone())?,
        account: place.optional_text("account", event.account.clone())?,
        ship_to: ours.named(SHIP_TO, |text| place.text(SHIP_TO, text.to_owned()))?,
        contract: ours.named(CONTRACT, |text| place.text(CONTRACT, text.to_owned()))?,
        date: ours.named(DATE, |text| place.date(DATE, text))?,
    })
}

/// What the event is about and its value must agree. The event says as of when.
fn pushed_availability(about: &About, value: wit::Availability) -> Result<Availability, Failure> {
    let asked = AvailabilityItem {
        sku: about.sku.clone(),
        location: about.location.clone(),
        unit: None,
        quantity: None,
        requested_date: None,
    };
    let value = availability::from_availability(&asked, value)?;
    if asked.location.is_some() && value.location.is_some() && value.location != asked.location {
        return Err(Place::new("availability", about.sku.as_str()).broken("location", "is another one than the event's"));
    }
    Ok(Availability { as_of: None, ..value })
}

fn pushed_price(sku: &Sku, value: wit::OfferPrice) -> Result<OfferPrice, Failure> {
    let currency = Place::new("offer price", sku.as_str()).currency("unit-price", &value.unit_price.currency)?;
    // Read strictly below; only the SKU of what was asked counts.
    let quantity = Quantity::new(rust_decimal::Decimal::ONE, Unit::one());
    let asked = PriceItem { sku: sku.clone(), quantity, location: None, date: None };
    Ok(OfferPrice { as_of: None, ..pricing::from_offer(&asked, value, currency)? })
}

fn hint(event: wit::Event, place: Place<'_>) -> Result<DocumentHint, Failure> {
    let reference = place.optional_text("reference", event.reference)?;
    let number: Option<BackendNumber> = place.optional_text("number", event.number)?;
    if reference.is_none() && number.is_none() {
        return Err(place.broken("number", "and reference are both missing"));
    }
    Ok(DocumentHint { account: place.optional_text("account", event.account)?, reference, number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str) -> wit::Event {
        wit::Event {
            kind: kind.into(),
            as_of: "2026-11-22T10:00:00Z".into(),
            account: None,
            sku: Some("A".into()),
            location: None,
            number: None,
            reference: None,
            status: None,
            raw_status: None,
            availability: None,
            price: None,
            ext: vec![],
        }
    }

    fn stock(location: Option<&str>, available: &str) -> wit::Availability {
        wit::Availability {
            sku: "A".into(),
            location: location.map(Into::into),
            available: available.into(),
            unit: "C62".into(),
            unlimited: false,
            schedule: vec![],
            lead_time_days: None,
            as_of: Some("2020-01-01T00:00:00Z".into()),
            ext: vec![],
        }
    }

    fn refusal(event: wit::Event) -> String {
        from_event(event).unwrap_err().message
    }

    #[test]
    fn f12_an_event_says_what_its_value_is_about() {
        let pushed = wit::Event { availability: Some(stock(Some("BER"), "7")), ..event("availability-changed") };
        let Change::Availability(about, value) = from_event(pushed).unwrap().change else { panic!("stock") };
        assert_eq!((about.location, value.unwrap().as_of), (Some("BER".into()), None));
        let ext = [("ordergate.ship-to", "S-1"), ("ordergate.contract", ""), ("erp.note", "x")];
        let named = wit::Event { ext: ext.map(|(name, value)| (name.into(), value.into())).into(), ..event("price-changed") };
        let Change::Price(about, None) = from_event(named).unwrap().change else { panic!("a price") };
        assert_eq!((about.ship_to, about.contract, about.date), (Some(Named::Value("S-1".into())), Some(Named::Nothing), None));
    }

    #[test]
    fn f12_an_event_that_contradicts_itself_or_says_too_little_is_refused_by_itself() {
        let other = wit::Availability { sku: "B".into(), ..stock(None, "1") };
        for (event, words) in [
            (event("weather-changed"), "kind is \"weather-changed\""),
            (wit::Event { as_of: "yesterday".into(), ..event("price-changed") }, "as-of"),
            (wit::Event { sku: None, ..event("availability-changed") }, "sku is empty"),
            (wit::Event { sku: Some("x".repeat(300)), ..event("availability-changed") }, "longer than 256 bytes"),
            (wit::Event { availability: Some(other), ..event("availability-changed") }, "sku is \"B\""),
            (wit::Event { availability: Some(stock(None, "-1")), ..event("availability-changed") }, "available"),
            (
                wit::Event {
                    location: Some("HAM".into()),
                    availability: Some(stock(Some("BER"), "1")),
                    ..event("availability-changed")
                },
                "another one than the event's",
            ),
            (wit::Event { ext: vec![("ordergate.shipto".into(), "1".into())], ..event("price-changed") }, "ordergate.shipto"),
            (event("order-changed"), "both missing"),
        ] {
            let message = refusal(event);
            assert!(message.contains(words), "{words}: {message}");
        }
        let both = from_events(vec![event("weather-changed"), event("price-changed")], 2).unwrap();
        assert_eq!(both.iter().map(|pushed| pushed.event.is_ok()).collect::<Vec<_>>(), [false, true]);
        assert!(from_events(vec![event("price-changed"); 3], 2).unwrap_err().message.contains("max_events"));
    }
}
