//! Dates and times of OData V2. `/Date(ms)/` at midnight UTC is a day and is never shifted by a time zone; `/Date(ms+offset)/` has its offset in
//! minutes, for display only: the milliseconds are UTC already. `2026-11-30T00:00:00` and V4's `2026-11-30` are read as well.

use jiff::Timestamp;
use jiff::civil::Date;
use std::time::{SystemTime, UNIX_EPOCH};

const MS_PER_DAY: i64 = 86_400_000;

/// The day that a text names, as `2026-11-30`.
pub(crate) fn day(text: &str) -> Option<String> {
    match milliseconds(text) {
        Some(ms) => Some(date_of(ms)?.to_string()),
        None => text.get(..10)?.parse::<Date>().ok().map(|day| day.to_string()),
    }
}

/// The point in time that a text names, as RFC 3339 in UTC.
pub(crate) fn instant(text: &str) -> Option<String> {
    let timestamp = match milliseconds(text) {
        Some(ms) => Timestamp::from_millisecond(ms).ok()?,
        None => text.parse().or_else(|_| format!("{text}Z").parse()).ok()?,
    };
    Some(timestamp.to_string())
}

/// A day of the contract, as JSON takes it: `/Date(1796083200000)/`.
pub(crate) fn to_json(day: &str) -> Option<String> {
    Some(format!("/Date({})/", milliseconds_of(day)?))
}

/// Today, in UTC.
pub(crate) fn today() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date_of(i64::try_from(elapsed.as_millis()).unwrap_or(0)).unwrap_or_default().to_string()
}

/// The day of an instant of the contract, where its offset says.
pub(crate) fn day_of_instant(instant: &str) -> Option<&str> {
    instant.get(..10).filter(|day| day.parse::<Date>().is_ok())
}

/// What stands in `/Date(…)/`, without the offset. JSON may escape the slashes, which its parser undoes.
fn milliseconds(text: &str) -> Option<i64> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let offset = inside.char_indices().skip(1).find(|(_, character)| matches!(character, '+' | '-'));
    let (ms, _) = inside.split_at_checked(offset.map_or(inside.len(), |(place, _)| place))?;
    ms.parse().ok()
}

fn date_of(ms: i64) -> Option<Date> {
    let days = i32::try_from(ms.div_euclid(MS_PER_DAY)).ok()?;
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

fn milliseconds_of(day: &str) -> Option<i64> {
    let day: Date = day.parse().ok()?;
    let days = Date::constant(1970, 1, 1).until(day).ok()?.get_days();
    Some(i64::from(days) * MS_PER_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pitfall_5_midnight_utc_is_a_day_and_is_not_shifted() {
        assert_eq!(day("/Date(1796083200000)/").unwrap(), "2026-12-01");
        assert_eq!(day("/Date(-86400000)/").unwrap(), "1969-12-31");
        assert_eq!(to_json("2026-12-01").unwrap(), "/Date(1796083200000)/");
    }

    #[test]
    fn pitfall_5_the_offset_is_in_minutes_and_does_not_move_the_instant() {
        assert_eq!(instant("/Date(1683923430388+0000)/").unwrap(), "2023-05-12T20:30:30.388Z");
        assert_eq!(instant("/Date(1683923430388+0120)/").unwrap(), "2023-05-12T20:30:30.388Z");
        assert_eq!(instant("/Date(-1000-0060)/").unwrap(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn the_other_forms_are_read_too() {
        assert_eq!(day("2026-11-30T00:00:00").unwrap(), "2026-11-30");
        assert_eq!(day("2026-11-30").unwrap(), "2026-11-30");
        assert_eq!(instant("2026-11-30T10:00:00").unwrap(), "2026-11-30T10:00:00Z");
        assert_eq!(day_of_instant("2026-11-30T23:30:00+02:00"), Some("2026-11-30"));
        for wrong in ["", "/Date()/", "/Date(x)/", "soon", "2026-13-01"] {
            assert_eq!((day(wrong), instant(wrong)), (None, None), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_day_comes_back_as_it_was_sent(days in -20_000i32..100_000) {
            let date = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap().to_string();
            prop_assert_eq!(day(&to_json(&date).unwrap()).unwrap(), date);
        }

        #[test]
        fn any_time_of_a_day_reads_as_that_day(ms in -1_000_000_000_000i64..4_000_000_000_000) {
            let text = format!("/Date({ms})/");
            let day = day(&text).unwrap();
            let moment = instant(&text).unwrap();
            prop_assert_eq!(moment.get(..10).unwrap(), day);
        }
    }
}
