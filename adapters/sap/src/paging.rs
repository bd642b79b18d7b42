//! Pages of a list. The server cuts lists where it likes and says so with `__next`, whatever `$top` said; the address is followed as it is, except
//! for its filter, which is made again: a cursor has been in a customer's hands.

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Documents before the chain of pages that is being read.
    start: u32,
    /// Documents of that chain so far, and at most.
    got: u32,
    top: u32,
    /// Query of the server's own address of the next page.
    query: Option<String>,
}

impl Cursor {
    pub(crate) fn first(limit: u32) -> Self {
        Self { start: 0, got: 0, top: limit.max(1), query: None }
    }

    /// `START.GOT.TOP?QUERY`, as [`Cursor::show`] writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (numbers, query) = text.split_once('?')?;
        let numbers: Vec<u32> = numbers.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [start, got, top] = numbers[..] else { return None };
        let query = Some(query.to_owned()).filter(|query| !query.is_empty());
        (top > 0).then_some(Self { start, got, top, query })
    }

    pub(crate) fn show(&self) -> String {
        let Self { start, got, top, query } = self;
        format!("{start}.{got}.{top}?{}", query.as_deref().unwrap_or_default())
    }

    /// Query options of this page. `own` are those of the question, `$filter` among them.
    pub(crate) fn options(&self, own: &[(&'static str, String)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&'static str, String)| ((*name).to_owned(), value.clone());
        match &self.query {
            Some(query) => {
                let filter = own.iter().filter(|(name, _)| *name == "$filter").map(owned);
                // `sap-client` and `sap-language` come with every request.
                let theirs = decoded(query).into_iter().filter(|(name, _)| name.starts_with('$') && name != "$filter");
                filter.chain(theirs).collect()
            }
            None => {
                let window = [("$top".to_owned(), self.top.to_string()), ("$skip".to_owned(), self.start.to_string())];
                own.iter().map(owned).chain(window).collect()
            }
        }
    }

    /// Where to go on after a page of so many documents; nothing at the end.
    pub(crate) fn after(&self, count: usize, next: Option<&str>) -> Option<Self> {
        let got = self.got.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        match next.and_then(|address| address.split_once('?')) {
            Some((_, query)) => Some(Self { got, query: Some(query.to_owned()), ..self.clone() }),
            // A full window is no end: the list goes on behind it.
            None if got >= self.top => Some(Self { start: self.start.saturating_add(got), got: 0, top: self.top, query: None }),
            None => None,
        }
    }
}

/// Query pairs, percent-decoded; the host encodes them again.
fn decoded(query: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (decode(name), decode(value)));
    query.split('&').filter_map(pair).collect()
}

fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn own() -> [(&'static str, String); 2] {
        [("$filter", "SoldToParty eq '1'".to_owned()), ("$orderby", "CreationDate desc".to_owned())]
    }

    #[test]
    fn pitfall_3_the_server_s_own_address_is_followed_whatever_top_said() {
        let first = Cursor::first(50);
        let next = first.after(
            20,
            Some("https://x/sap/A_SalesOrder?sap-client=100&$top=50&$skiptoken=a%20b%2B1&$filter=SoldToParty%20eq%20%27evil%27"),
        );
        let options = Cursor::parse(&next.unwrap().show()).unwrap().options(&own());
        let expected = [("$filter", "SoldToParty eq '1'"), ("$top", "50"), ("$skiptoken", "a b+1")];
        assert_eq!(options, expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "the filter is ours");
    }

    #[test]
    fn pitfall_3_a_full_window_goes_on_and_a_short_one_ends() {
        let second = Cursor::first(2).after(2, None).unwrap();
        assert_eq!(second.show(), "2.0.2?");
        assert!(second.options(&own()).contains(&("$skip".to_owned(), "2".to_owned())));
        assert_eq!(second.after(1, None), None);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for wrong in ["", "1", "1.2?x", "a.b.c?", "1.1.0?", "-1.0.2?", "1.2.3.4?"] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        /// A list of any length, cut by the server at any place, is read whole and without doubles.
        #[test]
        fn every_document_comes_exactly_once(length in 0u32..60, top in 1u32..20, clamp in 1u32..20) {
            let (mut cursor, mut seen, mut rounds) = (Some(Cursor::first(top)), Vec::new(), 0);
            while let Some(here) = cursor {
                rounds += 1;
                prop_assert!(rounds < 200);
                let options = here.options(&own());
                let option = |name: &str| options.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse::<u32>().ok());
                let (from, left) = match option("$skiptoken") {
                    Some(from) => (from, option("$top").unwrap()),
                    None => (option("$skip").unwrap(), option("$top").unwrap()),
                };
                let page: Vec<u32> = (from..length).take(left.min(clamp) as usize).collect();
                let rest = left - page.len() as u32;
                let end = from + page.len() as u32;
                let next = (rest > 0 && end < length).then(|| format!("s?$skiptoken={end}&$top={rest}"));
                cursor = here.after(page.len(), next.as_deref()).map(|next| Cursor::parse(&next.show()).unwrap());
                seen.extend(page);
            }
            prop_assert_eq!(seen, (0..length).collect::<Vec<_>>());
        }
    }
}
