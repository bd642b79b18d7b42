//! Finding orders and quotes for the desk (rule T11): by what somebody says on the telephone, in whichever store, also when it is about a
//! document that came through another channel and was only cancelled, declined or withdrawn through us.

use jiff::Timestamp;

use super::columns::transfer_columns;
use super::sql::{Connection, Dialect, Query, query};
use super::waiting::of_named;
use super::{DocumentKind, Store, StoreError, Transfer, Waiting, decisions, rows};
use crate::domain::{AccountNumber, AdapterName, FindingState, Reference, StoreName, TransferOperation, TransferState};

/// What is looked for. Those that are absent do not narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The whole of a reference, a number of a back end, a purchase order or an account. Small and capital letters are the same.
    pub text: Option<String>,
    pub account: Option<AccountNumber>,
    pub store: Option<StoreName>,
    pub adapter: Option<AdapterName>,
    pub kind: Option<DocumentKind>,
    pub standing: Option<Standing>,
    /// Business status by name.
    pub status: Option<String>,
    /// Captured at or after.
    pub from: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// The last one of the page before.
    pub after: Option<Found>,
    pub limit: u32,
}

/// Where one of a document's transfers stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    In(TransferState),
    Waiting(Waiting),
}

/// One that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub captured_at: Timestamp,
    pub reference: Reference,
}

impl Store {
    /// What is found, newest first.
    pub async fn search(&self, search: &Search) -> Result<Vec<Found>, StoreError> {
        let mut connection = self.read().await?;
        let dialect = connection.dialect();
        let mut found = found(search.documents(dialect), &mut connection).await?;
        if search.status.is_none() {
            found.extend(self::found(search.acts(dialect), &mut connection).await?);
            found.sort_unstable_by(|one, other| other.cmp(one));
            found.truncate(search.limit as usize);
        }
        Ok(found)
    }

    /// The transfers of these references, oldest first.
    pub async fn transfers_among(&self, references: &[Reference]) -> Result<Vec<Transfer>, StoreError> {
        let transfers = query(concat!("SELECT ", transfer_columns!(""), " FROM transfers WHERE reference IN "));
        let transfers = transfers.push_list(references.iter().map(ToString::to_string)).push(" ORDER BY id");
        transfers.all(&mut self.read().await?).await?.iter().map(rows::transfer).collect()
    }

    /// Which of these references has which finding that waits for somebody.
    pub async fn open_findings_among(&self, references: &[Reference]) -> Result<Vec<(Reference, i64)>, StoreError> {
        let findings = query("SELECT id, reference FROM findings WHERE reference IN ");
        let findings = findings.push_list(references.iter().map(ToString::to_string)).push(" AND state IN ");
        let open = [FindingState::Open, FindingState::Cancelling].map(|state| state.as_str().to_owned());
        let findings = findings.push_list(open).push(" ORDER BY id");
        let row = |row: &super::sql::Row| Ok((row.text("reference")?.into(), row.number("id")?));
        findings.all(&mut self.read().await?).await?.iter().map(row).collect()
    }
}

async fn found(wanted: Query, connection: &mut Connection) -> Result<Vec<Found>, StoreError> {
    let found = wanted.all(connection).await?;
    found.iter().map(|row| Ok(Found { captured_at: row.instant("at")?, reference: row.text("reference")?.into() })).collect()
}

impl Search {
    /// Documents of ours.
    fn documents(&self, dialect: Dialect) -> Query {
        let mut wanted = query("SELECT d.reference, d.captured_at AS at FROM documents d WHERE ");
        wanted = match self.standing {
            None => wanted.push("1 = 1"),
            Some(Standing::Waiting(waiting)) => {
                wanted.push("d.reference IN (SELECT t.reference FROM transfers t WHERE ").push(waiting.condition()).push(")")
            }
            Some(Standing::In(state)) => {
                let any = "EXISTS (SELECT 1 FROM transfers t WHERE t.reference = d.reference AND t.state = ";
                wanted.push(any).push_bind(state.as_str()).push(")")
            }
        };
        if let Some(kind) = self.kind {
            wanted = wanted.push(" AND d.kind = ").push_bind(kind.as_str());
        }
        if let Some(status) = &self.status {
            wanted = wanted.push(" AND d.status = ").push_bind(status.clone());
        }
        self.narrowed(wanted, dialect, "d", "captured_at")
    }

    /// What was done through us to documents that are not ours.
    fn acts(&self, dialect: Dialect) -> Query {
        let mut wanted = query("SELECT t.reference, t.created_at AS at FROM transfers t WHERE ").push(decisions::ACTS);
        wanted = wanted.push(" AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.reference = t.reference)");
        wanted = match self.standing {
            None => wanted,
            Some(Standing::Waiting(waiting)) => wanted.push(" AND ").push(waiting.condition()),
            Some(Standing::In(state)) => wanted.push(" AND t.state = ").push_bind(state.as_str()),
        };
        if let Some(kind) = self.kind {
            let is = if kind == DocumentKind::Order { " AND t.operation = " } else { " AND t.operation <> " };
            wanted = wanted.push(is).push_bind(TransferOperation::CancelOrder.as_str());
        }
        self.narrowed(wanted, dialect, "t", "created_at")
    }

    fn narrowed(&self, wanted: Query, dialect: Dialect, table: &str, at: &str) -> Query {
        let mut wanted = wanted;
        if let Some(text) = &self.text {
            // PostgreSQL would go through all documents and look for each among these; of an array it takes the key's index.
            let (among, end) = (dialect.choose(".reference IN (", ".reference = ANY (ARRAY("), dialect.choose(")", "))"));
            wanted = matching(wanted.push(" AND ").push(table).push(among), dialect, text).push(end);
        }
        wanted = of_named(wanted, table, self.store.as_ref(), self.adapter.as_ref(), self.account.as_ref());
        let at = format!("{table}.{at}");
        if let Some(from) = self.from {
            wanted = wanted.push(" AND ").push(&at).push(" >= ").push_bind(from);
        }
        if let Some(until) = self.until {
            wanted = wanted.push(" AND ").push(&at).push(" < ").push_bind(until);
        }
        if let Some(Found { captured_at, reference }) = &self.after {
            wanted = wanted.push(" AND (").push(&at).push(", ").push(table).push(".reference) < (").push_bind(*captured_at);
            wanted = wanted.push(", ").push_bind(reference.to_string()).push(")");
        }
        let wanted = wanted.push(" ORDER BY ").push(&at).push(" DESC, ").push(table).push(".reference DESC LIMIT ");
        wanted.push_bind(self.limit)
    }
}

/// The references of what somebody may mean. Each arm has its index, whose wording it repeats.
fn matching(wanted: Query, dialect: Dialect, text: &str) -> Query {
    let spelled = || [text.to_owned(), text.to_ascii_uppercase(), text.to_ascii_lowercase()];
    let purchase_order = dialect.choose(
        "lower(trim(json_extract(payload, '$.purchase_order')))",
        "lower(btrim(payload::json ->> 'purchase_order') COLLATE \"C\")",
    );
    let wanted = wanted.push("SELECT reference FROM transfers WHERE reference IN ").push_list(spelled());
    let wanted = wanted.push(" UNION SELECT reference FROM documents WHERE backend_number IN ").push_list(spelled());
    let wanted = wanted.push(" UNION SELECT reference FROM documents WHERE account IN ").push_list(spelled());
    let wanted = wanted.push(" UNION SELECT reference FROM documents WHERE ").push(purchase_order).push(" IN ");
    let wanted = wanted.push_list(writings(text)).push(" UNION SELECT reference FROM transfers WHERE ");
    let wanted = wanted.push(decisions::number(dialect)).push(" IN ").push_list(spelled());
    let wanted = wanted.push(" AND ").push(decisions::NAMES_A_NUMBER);
    let wanted =
        wanted.push(" UNION SELECT t.reference FROM transfers t WHERE ").push(decisions::ACTS).push(" AND t.account IN ");
    wanted.push_list(spelled())
}

/// Most letters beyond ASCII of which each is looked for as a small and as a capital one.
const LETTERS: usize = 6;

/// How a text may be written, when small and capital letters are the same. The databases know that of the letters of ASCII only, which are
/// small here. In a text with many others, such as a Greek one, words are small, capital or begin with a capital.
fn writings(text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let beyond = small.chars().filter(|letter| capital(*letter).is_some()).count();
    if beyond > LETTERS {
        let words = small.split_inclusive(char::is_whitespace);
        let begun = words.flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters)
        });
        return [text, &small, &text.to_uppercase(), &begun.collect::<String>()].map(str::to_ascii_lowercase).into();
    }
    let mut writings = vec![String::with_capacity(small.len())];
    for letter in small.chars() {
        let capitals: Vec<_> =
            capital(letter).into_iter().flat_map(|capital| writings.iter().map(move |begun| begun.clone() + &capital)).collect();
        writings.iter_mut().for_each(|begun| begun.push(letter));
        writings.extend(capitals);
    }
    writings
}

/// Of a small letter beyond ASCII.
fn capital(letter: char) -> Option<String> {
    let capital = letter.to_uppercase().collect::<String>().to_ascii_lowercase();
    (!letter.is_ascii() && capital.chars().ne([letter])).then_some(capital)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t11_a_purchase_order_is_looked_for_however_its_letters_are_written() {
        assert_eq!(writings("PO-4711 a"), ["po-4711 a"]);
        let mut found = writings("MÜLLER Überlingen");
        found.sort();
        assert_eq!(found, ["mÜller Überlingen", "mÜller überlingen", "müller Überlingen", "müller überlingen"]);
        assert_eq!(writings("Straße"), ["straße", "strasse"]);
        assert_eq!(writings("ΑΘΗΝΑ οδός").first().map(String::as_str), Some("ΑΘΗΝΑ οδός"));
        assert!(writings("αθήνα οδός").contains(&"Αθήνα Οδός".to_owned()));
    }
}
