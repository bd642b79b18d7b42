//! How JSON, XML and forms write a text, for finding it again in a body: each way of escaping by itself, as common writers do it.

use std::fmt::Write;

/// Every way of writing a text, the text itself first, each once.
pub(super) fn written(text: &str) -> Vec<String> {
    let in_json = each(text, |out, letter| json(out, letter, Json { escapes: "", hex: Hex::Lower, ascii: false }));
    let ways = [
        // A body that was put into a text, as errors do that repeat it.
        each(&in_json, |out, letter| json(out, letter, Json { escapes: "", hex: Hex::Lower, ascii: false })),
        in_json,
        each(text, |out, letter| json(out, letter, Json { escapes: "/", hex: Hex::Lower, ascii: true })),
        each(text, |out, letter| json(out, letter, Json { escapes: "", hex: Hex::Lower, ascii: true })),
        each(text, |out, letter| json(out, letter, Json { escapes: "", hex: Hex::Upper, ascii: true })),
        // Of Go, and of .NET.
        each(text, |out, letter| json(out, letter, Json { escapes: "<>&", hex: Hex::Lower, ascii: false })),
        each(text, |out, letter| json(out, letter, Json { escapes: "\"<>&'+`", hex: Hex::Upper, ascii: true })),
        each(text, |out, letter| xml(out, letter, "&<>")),
        each(text, |out, letter| xml(out, letter, "&<>\"")),
        each(text, |out, letter| xml(out, letter, "&<>\"'")),
        each(text, |out, letter| percent(out, letter, "-._~", "%20")),
        each(text, |out, letter| percent(out, letter, "-._~", "+")),
        each(text, |out, letter| percent(out, letter, "-._~!'()*", "%20")),
    ];
    let mut written = vec![text.to_owned()];
    for way in ways {
        if !written.contains(&way) {
            written.push(way);
        }
    }
    written
}

fn each(text: &str, push: impl Fn(&mut String, char)) -> String {
    let mut written = String::with_capacity(text.len() + 8);
    text.chars().for_each(|letter| push(&mut written, letter));
    written
}

/// How a writer of JSON (RFC 8259, section 7) escapes beyond what it must.
#[derive(Clone, Copy)]
struct Json {
    /// Characters, by `\u` (a slash by a backslash).
    escapes: &'static str,
    hex: Hex,
    /// Everything that is not ASCII, too.
    ascii: bool,
}

#[derive(Clone, Copy)]
enum Hex {
    Lower,
    Upper,
}

fn json(out: &mut String, letter: char, how: Json) {
    match letter {
        '"' | '\\' if !how.escapes.contains(letter) => out.extend(['\\', letter]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '/' if how.escapes.contains('/') => out.push_str("\\/"),
        other if how.escapes.contains(other) || other.is_ascii_control() || (how.ascii && !other.is_ascii()) => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = match how.hex {
                    Hex::Lower => write!(out, "\\u{unit:04x}"),
                    Hex::Upper => write!(out, "\\u{unit:04X}"),
                };
            }
        }
        other => out.push(other),
    }
}

fn xml(out: &mut String, letter: char, escaped: &str) {
    match letter {
        other if !escaped.contains(other) => out.push(other),
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&apos;"),
        other => out.push(other),
    }
}

fn percent(out: &mut String, letter: char, kept: &str, space: &str) {
    match letter {
        ' ' => out.push_str(space),
        other if other.is_ascii_alphanumeric() || kept.contains(other) => out.push(other),
        other => {
            for byte in other.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}
