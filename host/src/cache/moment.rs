//! An instant in half the space of a timestamp: a cached answer has five.

use jiff::Timestamp;

/// Unix time in nanoseconds. What lies outside of 1677 to 2262 is taken for the nearer end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let nearest = if at < Timestamp::UNIX_EPOCH { i64::MIN } else { i64::MAX };
        Self(i64::try_from(at.as_nanosecond()).unwrap_or(nearest))
    }
}

impl Moment {
    pub fn get(self) -> Timestamp {
        // Never: a timestamp reaches further.
        Timestamp::from_nanosecond(self.0.into()).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_comes_back_to_the_nanosecond() {
        let at: Timestamp = "2026-02-28T23:59:59.123456789Z".parse().unwrap();
        assert_eq!(Moment::from(at).get(), at);
        let before: Timestamp = "1969-12-31T23:59:59.999999999Z".parse().unwrap();
        assert_eq!(Moment::from(before).get(), before);
    }

    #[test]
    fn an_instant_out_of_reach_stays_on_its_side_of_every_other() {
        let (first, last) = (Moment::from(Timestamp::MIN), Moment::from(Timestamp::MAX));
        assert!(first.get() < "1678-01-01T00:00:00Z".parse().unwrap() && last.get() > "2262-01-01T00:00:00Z".parse().unwrap());
    }
}
