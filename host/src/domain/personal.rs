//! What of a document is personal, for keeping it out of the log (rule A3): decided by the type of a field, not by how its text looks.

mod escapes;

use std::borrow::Cow;

use super::{Address, Cart, ERASED, Note, Order, Party, QuoteRequest};

/// Shorter texts stand everywhere by chance.
const SHORTEST: usize = 3;

/// What a person is known by, in one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Personal(Vec<String>);

impl Personal {
    /// Nobody is known.
    pub const NONE: Self = Self(Vec::new());

    /// Texts of people; the longest first, so that a name is found before a part of it.
    fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut texts: Vec<_> =
            texts.into_iter().map(str::trim).filter(|text| text.len() >= SHORTEST).map(str::to_owned).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        Self(texts)
    }

    /// What a person wrote.
    pub fn text(text: &str) -> Self {
        Self::of([text])
    }

    /// The same texts in every way in which a body may write them: JSON, XML and forms escape them.
    #[must_use]
    pub fn written(&self) -> Self {
        Self(self.0.iter().flat_map(|text| escapes::written(text)).collect())
    }

    /// Bytes of the longest text.
    pub(super) fn longest(&self) -> usize {
        self.0.iter().map(String::len).max().unwrap_or_default()
    }

    /// A text in which they stand no more, whole or, of a name, in part.
    pub fn conceal<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.iter().fold(Cow::Borrowed(text), |text, personal| match text.contains(personal.as_str()) {
            true => Cow::Owned(text.replace(personal.as_str(), "[personal]")),
            false => text,
        })
    }
}

impl Order {
    pub fn personal(&self) -> Personal {
        let own = [self.purchase_order.as_deref(), self.payment_token.as_deref()].into_iter().flatten();
        let lines = self.lines.iter().flat_map(|line| [line.buyer_sku.as_deref(), line.description.as_deref()]).flatten();
        let ext = self.ext.values().map(String::as_str);
        Personal::of(own.chain(lines).chain(ext).chain(parties(&self.parties)).chain(notes(&self.notes)))
    }
}

impl QuoteRequest {
    pub fn personal(&self) -> Personal {
        let lines = self.lines.iter().flat_map(|line| [line.buyer_sku.as_deref(), line.description.as_deref()]).flatten();
        let ext = self.ext.values().map(String::as_str);
        let own = self.purchase_order.as_deref().into_iter();
        Personal::of(own.chain(lines).chain(ext).chain(parties(&self.parties)).chain(notes(&self.notes)))
    }
}

impl Cart {
    pub fn personal(&self) -> Personal {
        Personal::of(self.ext.values().map(String::as_str).chain(parties(&self.parties)))
    }
}

fn notes(notes: &[Note]) -> impl Iterator<Item = &str> {
    notes.iter().map(|note| note.text.as_str())
}

fn parties(parties: &[Party]) -> impl Iterator<Item = &str> {
    parties.iter().flat_map(|party| {
        let address = party.address.as_ref().map(Address::personal).unwrap_or_default();
        address.into_iter().chain(party.ext.values().map(String::as_str))
    })
}

impl Address {
    /// Everything but the country, and a name's parts as well: a back end may repeat one of them only.
    fn personal(&self) -> Vec<&str> {
        let Self { name, name2, lines, city, postal_code, region: _, country: _, email, phone } = self;
        let names = || [name, name2].into_iter().flatten().map(String::as_str);
        let parts = names().flat_map(str::split_whitespace);
        let others = [city, postal_code, email, phone].into_iter().flatten().map(String::as_str);
        names().chain(parts).chain(lines.iter().map(String::as_str)).chain(others).filter(|text| *text != ERASED).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a3_what_people_wrote_and_where_they_live_is_concealed_whole_or_in_part() {
        let address = Address {
            name: Some("Erika Musterfrau".into()),
            lines: vec!["Geheimweg 7".into()],
            city: Some("Kiel".into()),
            country: Some("DE".into()),
            email: Some("e@kiel.example".into()),
            ..Address::default()
        };
        let personal = Personal::of(address.personal());
        let echo = "422: no address Geheimweg 7, Kiel (DE) for Musterfrau, Erika <e@kiel.example>; Erika Musterfrau";
        let concealed = "422: no address [personal], [personal] (DE) for [personal], [personal] <[personal]>; [personal]";
        assert_eq!(personal.conceal(echo), concealed);
        assert_eq!(personal.conceal("the back end answered 503"), "the back end answered 503");
    }

    #[test]
    fn what_is_too_short_to_be_told_apart_is_left_alone() {
        assert_eq!(Personal::of(["a", " ", "of"]).conceal("a list of items"), "a list of items");
    }
}
