//! Pages of a list. The server may give less than was asked for and says so with the window that it used; where the next page begins is counted from
//! what came, never from what was asked for.

use crate::wire::Collection;
use ordergate_sdk::http::Request;

/// Where a page begins, and how many are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    offset: u32,
    limit: u32,
}

impl Window {
    /// `limit` within what the server is asked for at most.
    pub(crate) fn first(limit: u32, most: u32) -> Self {
        Self { offset: 0, limit: limit.clamp(1, most) }
    }

    /// From a cursor, as [`Window::show`] writes it.
    pub(crate) fn parse(cursor: &str, limit: u32, most: u32) -> Option<Self> {
        Some(Self { offset: cursor.parse().ok()?, ..Self::first(limit, most) })
    }

    pub(crate) fn show(self) -> String {
        self.offset.to_string()
    }

    pub(crate) fn ask(self, request: Request) -> Request {
        request.query("limit", self.limit.to_string()).query("offset", self.offset.to_string())
    }

    /// Where to go on after a page; nothing at the end. A page that does not say whether there is more goes on when it is full.
    pub(crate) fn after(self, page: &Collection<'_>) -> Option<Self> {
        let came = u32::try_from(page.entities.len()).unwrap_or(u32::MAX);
        let window = page.limit.unwrap_or(self.limit);
        let goes_on = page.has_more.unwrap_or(came > 0 && came >= window);
        // A page whose documents the user may not see is empty, and the list goes on behind it.
        let step = if came > 0 { came } else { window };
        goes_on.then(|| Self { offset: self.offset.saturating_add(step), ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn page(count: u32, more: Option<bool>, limit: Option<u32>) -> Value {
        let items: Vec<Value> = (0..count).map(|_| json!({})).collect();
        let mut page = json!({"items": items});
        more.into_iter().for_each(|more| page["hasMore"] = json!(more));
        limit.into_iter().for_each(|limit| page["limit"] = json!(limit.to_string()));
        page
    }

    fn next(window: Window, page: &Value) -> Option<String> {
        window.after(&wire::collection(page).unwrap()).map(Window::show)
    }

    #[test]
    fn pitfall_3_a_clamped_page_goes_on_where_it_ended() {
        let asked = Window::first(400, 500);
        assert_eq!(next(asked, &page(25, Some(true), Some(25))).as_deref(), Some("25"));
        assert_eq!(next(asked, &page(25, Some(true), Some(400))).as_deref(), Some("25"), "what came counts");
        assert_eq!(next(asked, &page(25, Some(false), Some(25))), None);
    }

    #[test]
    fn pitfall_3_without_has_more_a_full_page_goes_on_and_a_short_one_ends() {
        let asked = Window::first(50, 500);
        assert_eq!(next(asked, &page(25, None, Some(25))).as_deref(), Some("25"));
        assert_eq!(next(asked, &page(50, None, None)).as_deref(), Some("50"));
        assert_eq!(next(asked, &page(24, None, Some(25))), None);
        assert_eq!(next(asked, &page(0, None, None)), None);
    }

    #[test]
    fn an_empty_page_that_says_there_is_more_does_not_turn_in_a_circle() {
        assert_eq!(next(Window::first(25, 500), &page(0, Some(true), Some(25))).as_deref(), Some("25"));
    }

    #[test]
    fn a_limit_is_clamped_and_what_is_no_cursor_is_refused() {
        assert_eq!(Window::first(0, 50), Window { offset: 0, limit: 1 });
        assert_eq!(Window::parse("7", 900, 50), Some(Window { offset: 7, limit: 50 }));
        for wrong in ["", "x", "-1", "1.5", "99999999999"] {
            assert_eq!(Window::parse(wrong, 10, 50), None, "{wrong}");
        }
    }

    proptest! {
        /// A list of any length, clamped by the server anywhere, is read whole and without doubles, whatever it says about itself.
        #[test]
        fn every_document_comes_exactly_once(length in 0u32..60, asked in 1u32..30, clamp in 1u32..30, tells_more: bool, tells_limit: bool) {
            // A server that says nothing about its window must keep to the one asked for, or nobody can know a full page.
            let clamp = if tells_limit || tells_more { clamp } else { asked };
            let (mut window, mut seen) = (Some(Window::first(asked, 500)), Vec::new());
            while let Some(here) = window {
                let used = here.limit.min(clamp);
                let end = (here.offset + used).min(length);
                let came: Vec<u32> = (here.offset..end).collect();
                let body = page(came.len() as u32, tells_more.then_some(end < length), tells_limit.then_some(used));
                seen.extend(came);
                window = here.after(&wire::collection(&body).unwrap());
                prop_assert!(seen.len() <= 60);
            }
            prop_assert_eq!(seen, (0..length).collect::<Vec<_>>());
        }
    }
}
