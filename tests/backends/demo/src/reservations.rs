//! Reservations: goods held for a while. They lower what is free, and end by time, by release or when an order uses them.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::{
    article::Article,
    books::Books,
    calendar,
    positions::{Asked, Wanted, check_all},
    refusal::{Code, Refusal},
    stock::{self, Allocation, Own, Pool},
};

const DEFAULT_MINUTES: u32 = 15;
const MOST_MINUTES: u32 = 24 * 60;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) id: String,
    pub(crate) until: Timestamp,
    pub(crate) customer: Option<String>,
    pub(crate) allocations: Vec<Allocation>,
}

impl Reservation {
    pub(crate) fn belongs_to(&self, own: &Own) -> bool {
        own.reservation.as_ref() == Some(&self.id) || (own.customer.is_some() && own.customer == self.customer)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReservationRequest {
    customer: Option<String>,
    positions: Vec<Asked>,
    minutes: Option<u32>,
}

/// What the caller learns of a reservation.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) until: Timestamp,
}

/// Holds all positions or none.
pub(crate) fn reserve(books: &mut Books, request: &ReservationRequest, now: Timestamp) -> Result<Held, Refusal> {
    if let Some(customer) = &request.customer {
        books.customer(customer)?;
    }
    let until = end(request.minutes, now)?;
    let wanted = check_all(books, &request.positions)?;
    let mut pool = Pool::open(books, wanted.iter().map(|position| &position.article), &Own::default(), now);
    let mut allocations = Vec::new();
    for position in wanted.iter().filter(|position| !position.article.made_to_order) {
        allocations.extend(take_all(&mut pool, position)?);
    }
    books.last_reservation += 1;
    let id = format!("RS-{:06}", books.last_reservation);
    let reservation = Reservation { id: id.clone(), until, customer: request.customer.clone(), allocations };
    books.reservations.insert(id.clone(), reservation);
    Ok(Held { id, until })
}

/// Moves the end of a reservation; one that has ended is unknown.
pub(crate) fn extend(books: &mut Books, id: &str, minutes: Option<u32>, now: Timestamp) -> Result<Held, Refusal> {
    let until = end(minutes, now)?;
    let reservation = books.reservations.get_mut(id).filter(|held| held.until > now).ok_or_else(|| unknown(id))?;
    reservation.until = until;
    Ok(Held { id: id.to_owned(), until })
}

pub(crate) fn release(books: &mut Books, id: &str) -> Result<(), Refusal> {
    books.reservations.remove(id).map(drop).ok_or_else(|| unknown(id))
}

fn take_all(pool: &mut Pool, position: &Wanted) -> Result<Vec<Allocation>, Refusal> {
    let taken = pool.take(&position.article, position.site, position.qty);
    let got = stock::sum(&taken);
    if got < position.qty {
        return Err(short(&position.article, got.normalize()).at(&position.pos));
    }
    Ok(taken)
}

fn short(article: &Article, free: rust_decimal::Decimal) -> Refusal {
    Refusal::new(Code::Short, format!("only {free} {} of {} can be reserved", article.uom.code(), article.no))
}

fn unknown(id: &str) -> Refusal {
    Refusal::new(Code::UnknownReservation, format!("there is no reservation {id:?}, or it has ended"))
}

fn end(minutes: Option<u32>, now: Timestamp) -> Result<Timestamp, Refusal> {
    let minutes = minutes.unwrap_or(DEFAULT_MINUTES);
    if !(1..=MOST_MINUTES).contains(&minutes) {
        return Err(Refusal::new(Code::BadRequest, format!("minutes: {minutes} is not between 1 and {MOST_MINUTES}")));
    }
    Ok(calendar::to_the_millisecond(now.saturating_add(i64::from(minutes).minutes()).unwrap_or(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{article::Site, data, passing_time};
    use jiff::SignedDuration;
    use rust_decimal::Decimal;

    const PACE: passing_time::Pace = passing_time::Pace {
        answer_after: SignedDuration::from_secs(4),
        advance_every: SignedDuration::ZERO,
        stock_moves_every: SignedDuration::ZERO,
    };

    fn now() -> Timestamp {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }

    fn request(json: &str) -> ReservationRequest {
        serde_json::from_str(json).unwrap()
    }

    fn free(books: &Books, article: &str, site: Option<Site>, now: Timestamp) -> String {
        let line = stock::stock_line(books, &books.articles[article], site, now);
        serde_json::to_value(line).unwrap()["free"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_reservation_lowers_what_is_free_until_it_ends() {
        let mut books = data::opened(now(), 1);
        let held = reserve(
            &mut books,
            &request(r#"{"positions": [{"article": "NW-1019", "qty": "8", "site": "BER"}], "minutes": 5}"#),
            now(),
        )
        .unwrap();
        assert_eq!(held.until.to_string(), "2026-11-23T09:05:00Z");
        assert_eq!(free(&books, "NW-1019", Some(Site::Ber), now()), "1");
        assert_eq!(free(&books, "NW-1019", Some(Site::Ber), held.until), "9");
        assert!(passing_time::settle(&mut books, &PACE, held.until));
        assert!(books.reservations.is_empty());
    }

    #[test]
    fn what_cannot_be_held_whole_is_refused_with_its_position_and_holds_nothing() {
        let mut books = data::opened(now(), 1);
        let both = r#"{"positions": [{"article": "NW-1001", "qty": "10"}, {"pos": "7", "article": "NW-1019", "qty": "20"}]}"#;
        let refusal = reserve(&mut books, &request(both), now()).unwrap_err();
        assert_eq!((refusal.code, refusal.position.as_deref()), (Code::Short, Some("7")));
        assert_eq!(refusal.text, "only 19 PCE of NW-1019 can be reserved");
        assert!(books.reservations.is_empty());
    }

    #[test]
    fn two_positions_of_one_article_share_its_stock() {
        let mut books = data::opened(now(), 1);
        let twice = r#"{"positions": [{"article": "NW-1019", "qty": "10"}, {"article": "NW-1019", "qty": "10"}]}"#;
        assert_eq!(reserve(&mut books, &request(twice), now()).unwrap_err().position.as_deref(), Some("20"));
    }

    #[test]
    fn an_article_made_to_order_needs_no_stock() {
        let mut books = data::opened(now(), 1);
        let made = r#"{"positions": [{"article": "NW-1068", "qty": "50"}]}"#;
        assert!(reserve(&mut books, &request(made), now()).is_ok());
    }

    #[test]
    fn an_extension_moves_the_end_and_a_release_gives_the_goods_back() {
        let mut books = data::opened(now(), 1);
        let id = reserve(&mut books, &request(r#"{"positions": [{"article": "NW-1020", "qty": "3"}]}"#), now()).unwrap().id;
        assert_eq!(extend(&mut books, &id, Some(60), now()).unwrap().until.to_string(), "2026-11-23T10:00:00Z");
        assert_eq!(extend(&mut books, &id, Some(0), now()).unwrap_err().code, Code::BadRequest);
        release(&mut books, &id).unwrap();
        assert_eq!(free(&books, "NW-1020", None, now()), "5");
        assert_eq!(release(&mut books, &id).unwrap_err().code, Code::UnknownReservation);
    }

    #[test]
    fn one_who_holds_goods_still_sees_them_as_free() {
        let mut books = data::opened(now(), 1);
        reserve(&mut books, &request(r#"{"customer": "C-1001", "positions": [{"article": "NW-1020", "qty": "5"}]}"#), now())
            .unwrap();
        let own = Own { reservation: None, customer: Some("C-1001".to_owned()) };
        let held_for = |own: &Own| Site::ALL.iter().map(|site| books.held("NW-1020", *site, own, now())).sum::<Decimal>();
        assert_eq!(held_for(&own), Decimal::ZERO);
        assert_eq!(held_for(&Own::default()), Decimal::from(5));
    }
}
