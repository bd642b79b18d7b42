//! Business days and the seller's zone. Used by promises, offers and the seed; never asks the clock, `now` is always given.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// The day on which `now` falls in the seller's zone.
pub(crate) fn day_of(now: Timestamp) -> Date {
    now.to_zoned(zone()).date()
}

/// The first instant after `day` in the seller's zone: what is valid to `day` ends here.
pub(crate) fn end_of(day: Date) -> Timestamp {
    start_of(day.saturating_add(1.day()))
}

/// The first instant of `day` in the seller's zone.
pub(crate) fn start_of(day: Date) -> Timestamp {
    day.to_zoned(zone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The `days`-th working day (Monday to Friday) after `day`.
pub(crate) fn working_days_after(day: Date, days: u32) -> Date {
    let mut date = day;
    let mut left = days;
    while left > 0 {
        date = date.saturating_add(1.day());
        if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    date
}

/// `now` to the millisecond, as documents carry it.
pub(crate) fn to_the_millisecond(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Central European time by its rule, so that no time zone database is needed.
fn zone() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_ends_at_midnight_of_the_sellers_zone_in_winter_and_summer() {
        assert_eq!(end_of(date(2026, 12, 6)).to_string(), "2026-12-06T23:00:00Z");
        assert_eq!(end_of(date(2026, 7, 6)).to_string(), "2026-07-06T22:00:00Z");
        assert_eq!(day_of("2026-12-06T23:30:00Z".parse().unwrap()), date(2026, 12, 7));
    }

    #[test]
    fn working_days_leave_out_the_weekend() {
        assert_eq!(working_days_after(date(2026, 11, 20), 1), date(2026, 11, 23));
        assert_eq!(working_days_after(date(2026, 11, 20), 6), date(2026, 11, 30));
    }
}
