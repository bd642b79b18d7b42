//! Strict reading of what an adapter answered. Every refusal names the record, whose it is, the field and the text.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::super::bindings::shared::types as wit;
use super::super::error::UNUSABLE;
use crate::domain::{Currency, Failure, FailureCode, Money, Quantity, Unit, decimal};

/// Most bytes of what identifies something.
const MAX_ID_BYTES: usize = 256;

/// Where a value stands: a kind of record and what identifies it (a SKU, a line id, a document number).
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    record: &'static str,
    id: &'a str,
}

impl<'a> Place<'a> {
    pub(super) fn new(record: &'static str, id: &'a str) -> Self {
        Self { record, id }
    }

    /// A value that cannot be used.
    pub(super) fn broken(self, field: &str, problem: impl std::fmt::Display) -> Failure {
        let id = shortened(self.id);
        let message = format!("the answer's {} {id:?} cannot be used: {field} {problem}", self.record);
        unusable("answer", message)
    }

    /// A value that is about something else than was asked.
    pub(super) fn another(self, field: &str, text: &str) -> Failure {
        let failure = self.broken(field, format_args!("is {:?}", shortened(text)));
        unusable("another", failure.message)
    }

    fn not(self, field: &str, text: &str, kind: &str) -> Failure {
        self.broken(field, format_args!("is {:?}, which is no {kind}", shortened(text)))
    }

    /// Optional sign, digits, optional fraction. No exponent, no grouping; all digits must fit.
    pub(super) fn decimal(self, field: &str, text: &str) -> Result<Decimal, Failure> {
        decimal::plain(text).ok_or_else(|| self.not(field, text, "decimal number"))
    }

    /// A decimal of at least zero.
    pub(super) fn amount_of_goods(self, field: &str, text: &str) -> Result<Decimal, Failure> {
        let value = self.decimal(field, text)?;
        if value < Decimal::ZERO { Err(self.not(field, text, "number of at least zero")) } else { Ok(value) }
    }

    /// A price unit ("price per 100"): above zero, one when absent.
    pub(super) fn per(self, text: Option<&str>) -> Result<Decimal, Failure> {
        let Some(text) = text else { return Ok(Decimal::ONE) };
        let value = self.decimal("per", text)?;
        if value > Decimal::ZERO { Ok(value) } else { Err(self.not("per", text, "number above zero")) }
    }

    pub(super) fn currency(self, field: &str, code: &str) -> Result<Currency, Failure> {
        Currency::parse(code).map_err(|_| self.not(field, code, "ISO 4217 currency"))
    }

    pub(super) fn money(self, field: &str, money: &wit::Money) -> Result<Money, Failure> {
        Ok(Money::new(self.decimal(field, &money.amount)?, self.currency(field, &money.currency)?))
    }

    pub(super) fn quantity(self, field: &str, quantity: &wit::Quantity) -> Result<Quantity, Failure> {
        Ok(Quantity::new(self.decimal(field, &quantity.value)?, self.unit(field, &quantity.unit)?))
    }

    /// UN/ECE Recommendation 20 codes have two or three letters and digits.
    pub(super) fn unit(self, field: &str, code: &str) -> Result<Unit, Failure> {
        let formed = (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if formed { Ok(Unit::new(code)) } else { Err(self.not(field, code, "UN/ECE Recommendation 20 unit")) }
    }

    /// RFC 3339 full-date.
    pub(super) fn date(self, field: &str, text: &str) -> Result<Date, Failure> {
        let formed = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
        let date = formed.then(|| text.parse().ok()).flatten();
        date.ok_or_else(|| self.not(field, text, "date such as 2026-11-22"))
    }

    /// RFC 3339 date-time with an offset. The last days of the year 9999 mean for ever in many back ends, and are later than the last instant.
    pub(super) fn instant(self, field: &str, text: &str) -> Result<Timestamp, Failure> {
        let for_ever = || is_for_ever(text).then_some(Timestamp::MAX);
        text.parse().ok().or_else(for_ever).ok_or_else(|| self.not(field, text, "instant such as 2026-11-22T14:36:00Z"))
    }

    /// A text that must say something, such as a document number. It identifies something, so it is not cut when it is too long, and what no
    /// request or database could name again is not mended.
    pub(super) fn text<T: From<String>>(self, field: &str, text: String) -> Result<T, Failure> {
        match text.trim().len() {
            0 => Err(self.broken(field, "is empty")),
            _ if text.contains(char::is_control) => Err(self.broken(field, "has a control character")),
            _ if text.len() > MAX_ID_BYTES => Err(self.broken(field, format_args!("is longer than {MAX_ID_BYTES} bytes"))),
            _ => Ok(T::from(text)),
        }
    }

    /// The same where it may be missing; a blank one counts as missing.
    pub(super) fn optional_text<T: From<String>>(self, field: &str, text: Option<String>) -> Result<Option<T>, Failure> {
        text.filter(|text| !text.trim().is_empty()).map(|text| self.text(field, text)).transpose()
    }

    /// A list of which none may be left out.
    pub(super) fn at_most<T>(self, field: &str, most: usize, list: Vec<T>) -> Result<Vec<T>, Failure> {
        if list.len() > most { Err(self.broken(field, format_args!("has more than {most} entries"))) } else { Ok(list) }
    }
}

/// An answer that is not used; `how` as [`UNUSABLE`] tells it.
pub(super) fn unusable(how: &str, message: impl Into<String>) -> Failure {
    let mut failure = Failure::new(FailureCode::InvalidResponse, message);
    failure.ext.insert(UNUSABLE.to_owned(), how.to_owned());
    failure
}

/// An optional field, read when it is there.
pub(super) fn optional<T, U>(field: Option<&T>, read: impl FnOnce(&T) -> Result<U, Failure>) -> Result<Option<U>, Failure> {
    field.map(read).transpose()
}

/// A date-time with an offset on one of the last two days that there are.
fn is_for_ever(text: &str) -> bool {
    let time = ["9999-12-30", "9999-12-31"].into_iter().find_map(|day| text.strip_prefix(day));
    time.is_some_and(|time| format!("9999-12-29{time}").parse::<Timestamp>().is_ok())
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { record: "availability", id: "4711" };

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        for text in ["0", "12.50", "-3", "+7", "0.0000001", "79228162514264337593543950335"] {
            assert!(PLACE.decimal("available", text).is_ok(), "{text}");
        }
        for text in [
            "",
            "1e3",
            "1_000",
            "1,000",
            ".5",
            "5.",
            " 1",
            "NaN",
            "0x1",
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
        ] {
            assert!(PLACE.decimal("available", text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_for_ever() {
        for text in ["9999-12-31T23:59:59Z", "9999-12-31T00:00:00+01:00", "9999-12-30T23:00:00-05:00"] {
            assert_eq!(PLACE.instant("valid-until", text), Ok(Timestamp::MAX), "{text}");
        }
        for text in ["9999-12-31", "9999-12-31T25:00:00Z", "9999-12-32T00:00:00Z", "10000-01-01T00:00:00Z"] {
            assert!(PLACE.instant("valid-until", text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_endless_text_is_not_repeated_in_a_failure() {
        assert!(PLACE.another("sku", &"x".repeat(8_000_000)).message.len() < 200);
        assert!(PLACE.decimal("available", &"9".repeat(8_000_000)).unwrap_err().message.len() < 200);
    }

    #[test]
    fn what_identifies_something_is_neither_empty_nor_endless() {
        assert_eq!(PLACE.text("number", "4711".into()), Ok("4711".to_owned()));
        for text in [String::new(), " ".into(), "4".repeat(257), "4\u{0}".into()] {
            assert_eq!(PLACE.text::<String>("number", text).unwrap_err().code, FailureCode::InvalidResponse);
        }
    }

    #[test]
    fn a_refusal_names_record_field_and_text() {
        let failure = PLACE.decimal("available", "plenty").unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidResponse);
        assert_eq!(
            failure.message,
            "the answer's availability \"4711\" cannot be used: available is \"plenty\", which is no decimal number"
        );
    }

    #[test]
    fn dates_instants_and_currencies_are_those_of_the_standards() {
        assert!(PLACE.date("date", "2026-11-22").is_ok());
        for text in ["20261122", "2026-11-31", "22.11.2026", "2026-11-22T00:00:00Z", ""] {
            assert!(PLACE.date("date", text).is_err(), "{text}");
        }
        assert!(PLACE.instant("as-of", "2026-11-22T14:36:00+01:00").is_ok());
        for text in ["2026-11-22T14:36:00", "2026-11-22", "now"] {
            assert!(PLACE.instant("as-of", text).is_err(), "{text}");
        }
        assert!(PLACE.currency("currency", "EUR").is_ok());
        assert!(PLACE.currency("currency", "eur").is_err());
        assert!(PLACE.unit("unit", "C62").is_ok());
        assert!(PLACE.unit("unit", "piece").is_err());
    }

    #[test]
    fn a_price_unit_is_above_zero_and_one_when_absent() {
        assert_eq!(PLACE.per(None), Ok(Decimal::ONE));
        assert_eq!(PLACE.per(Some("100")), Ok(Decimal::ONE_HUNDRED));
        assert!(PLACE.per(Some("0")).is_err());
        assert!(PLACE.per(Some("-1")).is_err());
    }
}
