//! Texts with `{expression}` in them, for paths, query parameters and headers. Compiled at configure, filled per request.
//!
//! `{{` and `}}` stand for braces. The input of every expression is the canonical request.

use crate::mapping::value::{self, is_null};
use crate::mapping::{Builder, MappingId, Program, Scope, is_expression, shape};
use jaq_json::Val;
use ordergate_sdk::percent;
use ordergate_sdk::types::Failure;

/// A compiled text.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Value(MappingId),
}

impl Template {
    /// Finds the expressions of a text; they are compiled with all others when the builder finishes.
    pub(crate) fn compile(builder: &mut Builder, place: &str, text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(start);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                literal.extend(from.chars().next());
                rest = after;
            } else if let Some(inner) = from.strip_prefix('{') {
                let (code, after) =
                    expression(inner).ok_or_else(|| format!("{place}: a {{ has no }}; write {{{{ for a brace"))?;
                pieces.extend(flush(&mut literal));
                pieces.push(Piece::Value(builder.add(format!("{place}: {{{code}}}"), code)));
                rest = after;
            } else {
                return Err(format!("{place}: a }} has no {{; write }}}} for a brace"));
            }
        }
        literal.push_str(rest);
        pieces.extend(flush(&mut literal));
        Ok(Template { pieces })
    }

    /// A path, its values percent-encoded as segments. An empty value or a dot segment would name another resource and is refused.
    pub(crate) fn path(&self, program: &Program, scope: &Scope) -> Result<String, Failure> {
        let mut path = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Value(mapping) => {
                    let text = scalar(program, *mapping, &evaluate(program, *mapping, scope)?)?;
                    if text.is_empty() || text == "." || text == ".." {
                        return Err(refused(program, *mapping, "gives nothing that can stand in a path"));
                    }
                    path.push_str(&percent::segment(&text));
                }
            }
        }
        Ok(path)
    }

    /// The values of a query parameter: none when all its expressions are empty, several when it is one expression that gives an array.
    pub(crate) fn parameter(&self, program: &Program, scope: &Scope) -> Result<Vec<String>, Failure> {
        if let [Piece::Value(mapping)] = self.pieces.as_slice() {
            return match evaluate(program, *mapping, scope)? {
                Val::Arr(items) => {
                    items.iter().filter(|item| !is_null(item)).map(|item| scalar(program, *mapping, item)).collect()
                }
                one => Ok(Some(scalar(program, *mapping, &one)?).filter(|text| !text.is_empty()).into_iter().collect()),
            };
        }
        let (mut text, mut expressions, mut filled) = (String::new(), 0, 0);
        for piece in &self.pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Value(mapping) => {
                    let found = scalar(program, *mapping, &evaluate(program, *mapping, scope)?)?;
                    expressions += 1;
                    filled += usize::from(!found.is_empty());
                    text.push_str(&found);
                }
            }
        }
        Ok(if expressions > 0 && filled == 0 { Vec::new() } else { vec![text] })
    }

    /// The value of a header; none when it is empty. Line breaks would make a second header and are refused.
    pub(crate) fn header(&self, program: &Program, scope: &Scope) -> Result<Option<String>, Failure> {
        let joined = self.parameter(program, scope)?.join(", ");
        if joined.chars().any(char::is_control) {
            return Err(Failure::invalid_request("a header would contain a control character"));
        }
        Ok(Some(joined).filter(|text| !text.is_empty()))
    }
}

/// The expression at the start of `inner`, and what follows its brace. Objects and texts in it may contain braces, so it ends at the
/// first brace that leaves a whole expression; when none does, the first brace, for the error message.
fn expression(inner: &str) -> Option<(&str, &str)> {
    let mut ends = inner.match_indices('}').filter_map(|(end, _)| Some((inner.get(..end)?, inner.get(end + 1..)?)));
    ends.clone().find(|(code, _)| is_expression(code)).or_else(|| ends.next())
}

fn flush(literal: &mut String) -> Option<Piece> {
    (!literal.is_empty()).then(|| Piece::Text(std::mem::take(literal)))
}

fn evaluate(program: &Program, mapping: MappingId, scope: &Scope) -> Result<Val, Failure> {
    program
        .run(mapping, scope.request.clone(), scope)
        .map_err(|error| Failure::invalid_request("The request cannot be put together.").detail(error.to_string()))
}

fn scalar(program: &Program, mapping: MappingId, found: &Val) -> Result<String, Failure> {
    match found {
        Val::Arr(_) | Val::Obj(_) => {
            Err(refused(program, mapping, &format!("gives {}, but a text or number is needed", shape(found))))
        }
        simple => Ok(value::text_of(simple)),
    }
}

fn refused(program: &Program, mapping: MappingId, problem: &str) -> Failure {
    Failure::invalid_request("The request cannot be put together.").detail(format!("{} {problem}", program.place(mapping)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = r#"{"account":"C/1 ü","empty":"","none":null,"skus":["A","B"],"n":12.50,"dots":".."}"#;

    fn with<T>(text: &str, fill: impl FnOnce(&Template, &Program, &Scope) -> T) -> Result<T, String> {
        let mut builder = Builder::new("library", "");
        let template = Template::compile(&mut builder, "here", text)?;
        let program = builder.finish(Default::default())?;
        Ok(fill(&template, &program, &Scope { request: value::parse(REQUEST.as_bytes())?, ..Scope::default() }))
    }

    fn path(text: &str) -> Result<String, Failure> {
        with(text, |template, program, scope| template.path(program, scope)).unwrap()
    }

    fn parameter(text: &str) -> Vec<String> {
        with(text, |template, program, scope| template.parameter(program, scope)).unwrap().unwrap()
    }

    #[test]
    fn values_in_a_path_are_encoded_as_one_segment() {
        assert_eq!(path("/api/customers/{.account}/x").unwrap(), "/api/customers/C%2F1%20%C3%BC/x");
        assert_eq!(path("/n/{.n}").unwrap(), "/n/12.50");
    }

    #[test]
    fn an_empty_value_or_a_dot_segment_in_a_path_is_refused() {
        for text in ["/x/{.empty}", "/x/{.none}", "/x/{.dots}", "/x/{.skus}"] {
            let refused = path(text).unwrap_err();
            assert!(refused.is("invalid-request") && refused.detail.unwrap().starts_with("here: {."), "{text}");
        }
    }

    #[test]
    fn an_empty_parameter_is_left_out() {
        assert!(parameter("{.none}").is_empty() && parameter("{.empty}").is_empty() && parameter("a{.none}b{.empty}").is_empty());
        assert_eq!(parameter("fixed"), ["fixed"]);
        assert_eq!(parameter("n:{.n}{.none}"), ["n:12.50"]);
    }

    #[test]
    fn an_array_gives_a_repeated_parameter_and_join_gives_one() {
        assert_eq!(parameter("{.skus}"), ["A", "B"]);
        assert_eq!(parameter(r#"{.skus | join(",")}"#), ["A,B"]);
    }

    #[test]
    fn expressions_may_contain_braces_and_texts_with_braces() {
        assert_eq!(parameter(r#"{ {a: .n} | .a }"#), ["12.50"]);
        assert_eq!(parameter(r#"{"}" + "{"}-{{x}}"#), ["}{-{x}"]);
    }

    #[test]
    fn broken_templates_are_named() {
        let error = |text: &str| with(text, |_, _, _| ()).unwrap_err();
        assert_eq!(error("{.a"), "here: a { has no }; write {{ for a brace");
        assert_eq!(error("a}"), "here: a } has no {; write }} for a brace");
        assert!(error("{.a |}").starts_with("here: {.a |}: line 1, column 5"), "{}", error("{.a |}"));
        assert!(error("{foo}").ends_with("undefined function foo"));
    }

    #[test]
    fn a_header_cannot_be_split() {
        let header = |text: &str| with(text, |template, program, scope| template.header(program, scope)).unwrap();
        assert_eq!(header("{.skus}").unwrap().unwrap(), "A, B");
        assert_eq!(header("{.none}").unwrap(), None);
        assert!(header(r#"{"a\r\nx: y"}"#).is_err());
    }
}
