//! The body of an error reply, in every form that comes out of a gateway: JSON of V2 and V4, XML, HTML and plain text of what stands before it.

use ordergate_sdk::markup;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

/// Most characters of a text that are kept.
const MAX_TEXT: usize = 500;

/// What an error reply says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// Empty when the body is none of the gateway's: a proxy or the web server in front of it spoke.
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) details: Vec<Detail>,
}

/// One of the messages behind an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) severity: String,
    pub(crate) target: String,
}

impl ErrorBody {
    /// Never fails: what is not understood is its text, without markup.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        from_json(body)
            .or_else(|| from_xml(&text))
            .unwrap_or_else(|| Self { text: markup::text_of(&text, MAX_TEXT), ..Self::default() })
    }

    /// The texts that name what is wrong: errors among the details that are not the frame's own, else the head.
    pub(crate) fn causes(&self) -> Vec<(&str, &str)> {
        let named = |detail: &&Detail| detail.severity != "info" && detail.severity != "warning" && !is_generic(&detail.code);
        let details: Vec<_> =
            self.details.iter().filter(named).map(|detail| (detail.code.as_str(), detail.text.as_str())).collect();
        if details.is_empty() { vec![(self.code.as_str(), self.text.as_str())] } else { details }
    }

    /// All codes and texts, for a search in them.
    pub(crate) fn everything(&self) -> impl Iterator<Item = (&str, &str)> {
        let details = self.details.iter().map(|detail| (detail.code.as_str(), detail.text.as_str()));
        std::iter::once((self.code.as_str(), self.text.as_str())).chain(details)
    }
}

/// The gateway repeats an exception without saying anything by it.
fn is_generic(code: &str) -> bool {
    code.starts_with("/IWBEP/CX_MGW_")
}

fn from_json(body: &[u8]) -> Option<ErrorBody> {
    let parsed: Value = serde_json::from_slice(body).ok()?;
    let error = parsed.get("error")?;
    let inner = error.get("innererror").and_then(|inner| inner.get("errordetails"));
    let details = error.get("details").or(inner);
    // {"errordetail": [..]} when it was translated from XML.
    let list = details.and_then(|details| details.as_array().or_else(|| details.get("errordetail")?.as_array()));
    Some(ErrorBody {
        code: text_of(error.get("code")),
        text: text_of(error.get("message")),
        details: list.into_iter().flatten().map(detail).collect(),
    })
}

fn detail(value: &Value) -> Detail {
    let field = |name: &str| text_of(value.get(name));
    let target = Some(field("target")).filter(|target| !target.is_empty()).unwrap_or_else(|| field("propertyref"));
    Detail { code: field("code"), text: field("message"), severity: field("severity"), target }
}

/// A text, or `{lang, value}`.
fn text_of(value: Option<&Value>) -> String {
    let text = value.and_then(|value| value.as_str().or_else(|| value.get("value")?.as_str()));
    shortened(text.unwrap_or_default())
}

/// `<error><code/><message/><innererror><errordetails><errordetail>…`
fn from_xml(text: &str) -> Option<ErrorBody> {
    let mut reader = Reader::from_str(text);
    let (mut path, mut found, mut is_error) = (Vec::<String>::new(), ErrorBody::default(), false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                path.push(start.local_name().into_inner().to_owned());
                is_error |= path.len() == 1 && path.first().is_some_and(|root| root == "error");
                if path.last().is_some_and(|name| name == "errordetail") {
                    found.details.push(Detail::default());
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(piece) => add(&mut found, &path, &piece),
            Event::CData(piece) => add(&mut found, &path, &piece),
            Event::GeneralRef(reference) => add(&mut found, &path, &resolved(&reference)),
            Event::Eof => break,
            _ => {}
        }
        // A page, not an error of the gateway.
        if !is_error && !path.is_empty() {
            return None;
        }
    }
    is_error.then_some(found)
}

fn add(found: &mut ErrorBody, path: &[String], piece: &str) {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let field = match names.as_slice() {
        ["error", "code"] => Some(&mut found.code),
        ["error", "message"] => Some(&mut found.text),
        [.., "errordetail", name] => found.details.last_mut().and_then(|detail| match *name {
            "code" => Some(&mut detail.code),
            "message" => Some(&mut detail.text),
            "severity" => Some(&mut detail.severity),
            "target" | "propertyref" => Some(&mut detail.target),
            _ => None,
        }),
        _ => None,
    };
    if let Some(field) = field.filter(|field| field.len() < MAX_TEXT) {
        field.push_str(piece.trim_matches(['\r', '\n', '\t']));
    }
}

/// A character or predefined entity; an unknown one is left out.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => quick_xml::escape::resolve_predefined_entity(reference).unwrap_or_default().to_owned(),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STRING_FORM: &str = r#"{"error":{"code":"V1/311","message":{"lang":"en","value":"Material NOPE is not defined"},"innererror":{"transactionid":"25","errordetails":[
        {"code":"V1/311","message":"Material NOPE is not defined","severity":"error","target":"","propertyref":"to_Item"},
        {"code":"V4/1","message":"A hint","severity":"info"},
        {"code":"/IWBEP/CX_MGW_BUSI_EXCEPTION","message":"An exception was raised","severity":"error"}]}}}"#;

    #[test]
    fn pitfall_7_details_with_text_messages() {
        let body = ErrorBody::parse(STRING_FORM.as_bytes());
        assert_eq!((body.code.as_str(), body.text.as_str()), ("V1/311", "Material NOPE is not defined"));
        assert_eq!(body.causes(), [("V1/311", "Material NOPE is not defined")]);
        assert_eq!(body.details[0].target, "to_Item");
        assert_eq!(body.everything().count(), 4);
    }

    #[test]
    fn pitfall_7_details_with_object_messages_and_translated_from_xml() {
        let body = ErrorBody::parse(
            br#"{"error":{"code":"X/1","message":"plain","innererror":{"errordetails":{"errordetail":[{"code":"X/2","message":{"lang":"en","value":"why"},"severity":"error"}]}}}}"#,
        );
        assert_eq!((body.text.as_str(), body.causes()), ("plain", vec![("X/2", "why")]));
        assert_eq!(
            ErrorBody::parse(br#"{"error":{"code":"X/1","message":{"value":"no details"}}}"#).causes(),
            [("X/1", "no details")]
        );
    }

    #[test]
    fn an_error_of_v4_is_read_as_well() {
        let body = ErrorBody::parse(
            br#"{"error":{"code":"A/1","message":"head","details":[{"code":"A/2","message":"cause","target":"_Item"}]}}"#,
        );
        assert_eq!((body.causes(), body.details[0].target.as_str()), (vec![("A/2", "cause")], "_Item"));
    }

    #[test]
    fn pitfall_7_an_xml_error_is_read_with_its_details_and_entities() {
        let xml = r#"<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><code>V1/042</code><message xml:lang="en">Locked by A &amp; B &#65;</message><innererror><errordetails><errordetail><code>V1/042</code><message><![CDATA[Order <1>]]></message><severity>error</severity></errordetail></errordetails></innererror></error>"#;
        let body = ErrorBody::parse(xml.as_bytes());
        assert_eq!((body.code.as_str(), body.text.as_str()), ("V1/042", "Locked by A & B A"));
        assert_eq!(body.causes(), [("V1/042", "Order <1>")]);
    }

    #[test]
    fn pitfall_7_a_page_or_plain_text_is_text_without_a_code() {
        let page = ErrorBody::parse(b"<html><head><title>Logon failed</title></head><body>401 <b>Unauthorized</b></body></html>");
        assert_eq!((page.code.as_str(), page.text.as_str()), ("", "Logon failed 401 Unauthorized"));
        assert_eq!(ErrorBody::parse(b"CSRF token validation failed").text, "CSRF token validation failed");
        assert_eq!(ErrorBody::parse(&[0xff, 0xfe]).code, "");
        assert_eq!(ErrorBody::parse(b""), ErrorBody::default());
    }

    proptest! {
        #[test]
        fn no_body_breaks_it(body in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(ErrorBody::parse(&body).text.chars().count() <= MAX_TEXT);
        }

        #[test]
        fn no_markup_breaks_it(body in "[<>&;/a-e!\\[\\]\" ]{0,200}") {
            ErrorBody::parse(format!("<error>{body}").as_bytes());
        }
    }
}
