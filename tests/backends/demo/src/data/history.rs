//! What customers ordered and asked for before the first day, by telephone, at a counter, in the old shop and by EDI. Taken through the
//! same code as live orders, dated back; the shelves are counted afterwards, so history does not change them.

use jiff::{Timestamp, ToSpan};

use crate::{
    books::Books,
    fulfilment,
    order::Channel::{self, Ctr, Edi, Tel, Web},
    orders::{self, OrderRequest},
    positions::Asked,
    refusal::Refusal,
    rfqs::{self, RfqRequest},
    sales_desk,
};

type Positions = &'static [(&'static str, &'static str)];

pub(super) struct OrderRow {
    hours_ago: i64,
    customer: &'static str,
    channel: Channel,
    po: &'static str,
    /// How many steps it has gone since; 9 is to the end.
    steps: u32,
    fate: Fate,
    positions: Positions,
}

#[derive(PartialEq, Eq)]
enum Fate {
    Goes,
    Cancelled,
}
use Fate::{Cancelled, Goes};

pub(super) struct RfqRow {
    hours_ago: i64,
    customer: &'static str,
    channel: Channel,
    end: RfqEnd,
    positions: Positions,
}

enum RfqEnd {
    Waiting,
    Offered,
    Ordered,
    Refused,
    Withdrawn,
}

const fn order(
    hours_ago: i64,
    customer: &'static str,
    channel: Channel,
    po: &'static str,
    steps: u32,
    fate: Fate,
    positions: Positions,
) -> OrderRow {
    OrderRow { hours_ago, customer, channel, po, steps, fate, positions }
}

const fn rfq(hours_ago: i64, customer: &'static str, channel: Channel, end: RfqEnd, positions: Positions) -> RfqRow {
    RfqRow { hours_ago, customer, channel, end, positions }
}

#[rustfmt::skip]
pub(super) const ORDERS: &[OrderRow] = &[
    order(2_210, "C-1001", Tel, "4500010112", 9, Goes, &[("NW-1012", "4"), ("NW-1014", "10"), ("NW-1047", "48")]),
    order(2_040, "C-1002", Edi, "EB-88120", 9, Goes, &[("NW-1030", "1200"), ("NW-1058", "60"), ("NW-1062", "12")]),
    order(1_705, "C-1003", Ctr, "Hafencity 17", 9, Goes, &[("NW-1007", "400"), ("NW-1052", "20")]),
    order(1_490, "C-1001", Web, "4500010388", 9, Goes, &[("NW-1013", "2"), ("NW-1065", "3")]),
    order(1_222, "C-1002", Ctr, "Abholung Bauer jun.", 9, Goes, &[("NW-1059", "4"), ("NW-1060", "6")]),
    order(1_010, "C-1003", Tel, "Hafencity 21", 9, Goes, &[("NW-1037", "180"), ("NW-1039", "96")]),
    order(866, "C-1001", Tel, "4500010690", 4, Cancelled, &[("NW-1022", "6")]),
    order(730, "C-1002", Edi, "EB-88307", 9, Goes, &[("NW-1031", "2500"), ("NW-1034", "300.5")]),
    order(604, "C-1001", Ctr, "Abholung Tor 2", 9, Goes, &[("NW-1028", "2"), ("NW-1029", "40"), ("NW-1051", "3")]),
    order(511, "C-1003", Web, "Hafencity 26", 9, Goes, &[("NW-1050", "35"), ("NW-1055", "35"), ("NW-1057", "4")]),
    order(388, "C-1002", Tel, "Anruf Hr. Bauer 14:20", 9, Goes, &[("NW-1061", "16")]),
    order(290, "C-1001", Edi, "4500011034", 9, Goes, &[("NW-1001", "5000"), ("NW-1003", "5000"), ("NW-1004", "10000")]),
    order(214, "C-1003", Tel, "Hafencity 29", 2, Cancelled, &[("NW-1068", "1")]),
    order(166, "C-1001", Tel, "4500011120", 3, Goes, &[("NW-1042", "12.5"), ("NW-1049", "6")]),
    order(120, "C-1002", Ctr, "Abholung 1. Stock", 2, Goes, &[("NW-1033", "800")]),
    order(97, "C-1003", Ctr, "Hafencity 33", 2, Goes, &[("NW-1018", "8"), ("NW-1016", "5")]),
    order(73, "C-1001", Tel, "4500011188", 1, Goes, &[("NW-1070", "25"), ("NW-1069", "8")]),
    order(50, "C-1002", Edi, "EB-88590", 0, Goes, &[("NW-1068", "40")]),
    order(30, "C-1003", Tel, "Hafencity 35", 1, Goes, &[("NW-1027", "2"), ("NW-1053", "12")]),
    order(22, "C-1001", Web, "4500011231", 0, Goes, &[("NW-1025", "3"), ("NW-1026", "1")]),
    order(9, "C-1002", Tel, "Anruf Fr. Keller", 0, Goes, &[("NW-1064", "10"), ("NW-1063", "4")]),
];

#[rustfmt::skip]
pub(super) const RFQS: &[RfqRow] = &[
    rfq(1_150, "C-1002", Tel, RfqEnd::Offered, &[("NW-1031", "8000")]), // run out by now
    rfq(700, "C-1001", Edi, RfqEnd::Refused, &[("NW-1024", "12"), ("NW-1022", "12")]),
    rfq(410, "C-1003", Tel, RfqEnd::Ordered, &[("NW-1041", "480"), ("NW-1006", "200")]),
    rfq(260, "C-1002", Web, RfqEnd::Withdrawn, &[("NW-1071", "30")]),
    rfq(100, "C-1001", Tel, RfqEnd::Offered, &[("NW-1013", "15"), ("NW-1014", "60")]),
    rfq(46, "C-1003", Tel, RfqEnd::Offered, &[("NW-1068", "2"), ("NW-1059", "24")]),
    rfq(1, "C-1002", Tel, RfqEnd::Waiting, &[("NW-1030", "20000"), ("NW-1033", "12000")]),
];

/// Writes the history into freshly opened books.
pub(super) fn write(books: &mut Books, now: Timestamp) {
    let shelves = books.bins.clone();
    for (number, row) in ORDERS.iter().enumerate() {
        // The unit tests of `data` check that none of the rows is refused.
        let _ = write_order(books, row, number, now);
    }
    for (number, row) in RFQS.iter().enumerate() {
        let _ = write_rfq(books, row, number, now);
    }
    books.bins = shelves;
}

fn write_order(books: &mut Books, row: &OrderRow, number: usize, now: Timestamp) -> Result<(), Refusal> {
    let entered = hours_before(now, row.hours_ago);
    let request = OrderRequest {
        customer: Some(row.customer.to_owned()),
        your_ref: reference(row.channel, "O", number),
        po: Some(row.po.to_owned()),
        shipping: Some(if row.channel == Ctr { "PUP" } else { "STD" }.to_owned()),
        positions: Some(asked(row.positions)),
        ..OrderRequest::default()
    };
    let no = orders::enter(books, &request, row.channel, entered)?.no;
    if row.fate == Cancelled {
        return fulfilment::cancel(books, &no, Some("customer no longer needs it"), hours_after(entered, 20, now)).map(drop);
    }
    for step in 1..=i64::from(row.steps) {
        fulfilment::advance(books, &no, hours_after(entered, step * 19, now));
    }
    Ok(())
}

fn write_rfq(books: &mut Books, row: &RfqRow, number: usize, now: Timestamp) -> Result<(), Refusal> {
    let entered = hours_before(now, row.hours_ago);
    let request = RfqRequest {
        customer: Some(row.customer.to_owned()),
        your_ref: reference(row.channel, "Q", number),
        po: Some(format!("Anfrage {}", 310 + number)),
        positions: Some(asked(row.positions)),
        ..RfqRequest::default()
    };
    let no = rfqs::submit(books, &request, row.channel, entered)?.no;
    let answered = hours_after(entered, 6, now);
    let decided = hours_after(entered, 30, now);
    match row.end {
        RfqEnd::Waiting => Ok(()),
        RfqEnd::Offered => sales_desk::offer(books, &no, answered),
        RfqEnd::Withdrawn => rfqs::withdraw(books, &no, Some("project stopped".to_owned()), answered).map(drop),
        RfqEnd::Refused => {
            sales_desk::offer(books, &no, answered)?;
            rfqs::refuse(books, &no, None, Some("too dear".to_owned()), decided).map(drop)
        }
        RfqEnd::Ordered => {
            sales_desk::offer(books, &no, answered)?;
            let order = rfqs::order_offer(books, &no, &OrderRequest::default(), row.channel, decided)?.no;
            (1..=4).for_each(|step| fulfilment::advance(books, &order, hours_after(decided, step * 19, now)));
            Ok(())
        }
    }
}

/// Orders that came by wire carry a reference of the sender.
fn reference(channel: Channel, kind: &str, number: usize) -> Option<String> {
    match channel {
        Web => Some(format!("OLDSHOP-{kind}-{:05}", 4100 + number * 7)),
        Edi => Some(format!("EDI-{kind}-{:07}", 900_310 + number)),
        Tel | Ctr => None,
    }
}

fn asked(positions: Positions) -> Vec<Asked> {
    let asked =
        |(article, qty): &(&str, &str)| Asked { article: (*article).to_owned(), qty: (*qty).to_owned(), ..Asked::default() };
    positions.iter().map(asked).collect()
}

fn hours_before(now: Timestamp, hours: i64) -> Timestamp {
    now.saturating_sub(hours.hours()).unwrap_or(now)
}

fn hours_after(then: Timestamp, hours: i64, now: Timestamp) -> Timestamp {
    then.saturating_add(hours.hours()).unwrap_or(then).min(now)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    #[test]
    fn history_is_dated_back_and_priced_by_contract() {
        let books = crate::data::opened("2026-11-23T09:00:00Z".parse().unwrap(), 1);
        let first = &books.orders["SO-100001"];
        assert_eq!(first.entered_at.to_string(), "2026-08-23T07:00:00Z");
        assert_eq!(first.positions[1].value, Decimal::new(21_900, 2));
        assert!(books.orders.values().all(|order| order.changed_at <= books.opened_at));
    }
}
