//! What a page says, for error replies that come from whatever stands before a back end: a proxy, a firewall, a web server.

/// Characters of a page that are looked at.
const MOST_READ: usize = 4_000;

/// The text between the tags, on one line, at most so many characters of it.
pub fn text_of(page: &str, most: usize) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for character in page.chars().take(MOST_READ) {
        match character {
            '<' => {
                depth += 1;
                plain.push(' ');
            }
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_without_its_tags() {
        assert_eq!(text_of("<html><h1>502 Bad\n Gateway</h1><p>x</p>", 500), "502 Bad Gateway x");
        assert_eq!(text_of("plain > text", 7), "plain t");
        assert_eq!(text_of("<never ends", 500), "");
    }
}
