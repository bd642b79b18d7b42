//! Dates and times: ISO 8601 with an offset. Where there is none it is UTC. A field that means a day is never shifted by a time zone.

use jiff::Timestamp;
use jiff::civil::Date;
use std::time::{SystemTime, UNIX_EPOCH};

/// The day that a text names, where its offset says: `2026-11-30T00:00:00+00:00` is the 30th.
pub(crate) fn day(text: &str) -> Option<String> {
    text.get(..10)?.parse::<Date>().ok().map(|day| day.to_string())
}

/// The point in time that a text names, as RFC 3339 in UTC.
pub(crate) fn instant(text: &str) -> Option<String> {
    let read = |text: &str| text.parse::<Timestamp>().ok();
    let found = read(text).or_else(|| read(&format!("{text}Z"))).or_else(|| read(&format!("{text}T00:00:00Z")));
    found.map(|at| at.to_string())
}

/// The first instant of a day, as the back end takes it.
pub(crate) fn midnight(day: &str) -> String {
    format!("{day}T00:00:00Z")
}

/// Now, in UTC and whole seconds.
pub(crate) fn now() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(elapsed.as_secs()).unwrap_or(0);
    Timestamp::from_second(seconds).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pitfall_5_an_offset_moves_an_instant_and_never_a_day() {
        assert_eq!(instant("2026-11-22T23:30:00+02:00").unwrap(), "2026-11-22T21:30:00Z");
        assert_eq!(day("2026-11-30T00:00:00+05:30").unwrap(), "2026-11-30");
        assert_eq!(day("2026-11-30").unwrap(), "2026-11-30");
    }

    #[test]
    fn a_time_without_an_offset_is_utc() {
        assert_eq!(instant("2026-11-22T12:00:00").unwrap(), "2026-11-22T12:00:00Z");
        assert_eq!(instant("2026-11-22").unwrap(), "2026-11-22T00:00:00Z");
        for wrong in ["", "soon", "2026-13-01T00:00:00Z", "ü2026-11-22"] {
            assert_eq!((instant(wrong), day(wrong)), (None, None), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_day_that_is_sent_comes_back(days in -20_000i32..100_000) {
            let date = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap().to_string();
            prop_assert_eq!(day(&midnight(&date)).unwrap(), date.clone());
            prop_assert_eq!(instant(&midnight(&date)).unwrap(), midnight(&date));
        }

        #[test]
        fn no_text_breaks_it(text in ".{0,30}") {
            let _ = (day(&text), instant(&text));
        }
    }
}
