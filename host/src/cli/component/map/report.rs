//! What `ordergate adapter map` found, as text and as JSON.

use serde_json::{Value, json};

use crate::adapter::tryout::{Asked, Tried};

pub(super) struct Report<'a> {
    pub tried: &'a Tried,
}

impl Report<'_> {
    /// The adapter reports a failure that is not only the want of a reply.
    pub(super) fn has_failed(&self) -> bool {
        self.tried.answer.is_err() && self.unanswered().is_none()
    }

    /// Requests as they would be sent, each with its exact body, then the answer.
    pub(super) fn to_text(&self) -> String {
        let requests = self.tried.requests.iter().enumerate().map(|(index, asked)| request_text(index + 1, asked));
        requests.chain(self.answer_text()).collect::<Vec<_>>().join("\n\n")
    }

    fn answer_text(&self) -> Option<String> {
        let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
        match &self.tried.answer {
            Ok(answer) => Some(format!("# answer\n{}", pretty(answer))),
            Err(failure) if self.has_failed() => Some(format!("# failure\n{}", pretty(&json!(failure)))),
            Err(_) => None,
        }
    }

    pub(super) fn to_json(&self) -> String {
        let request = |asked: &Asked| {
            json!({
                "method": asked.method,
                "url": asked.url,
                "headers": asked.headers,
                "body": String::from_utf8_lossy(&asked.body),
                "answered": asked.is_answered,
            })
        };
        json!({
            "requests": self.tried.requests.iter().map(request).collect::<Vec<_>>(),
            "answer": self.tried.answer.as_ref().ok(),
            "failure": self.tried.answer.as_ref().err().filter(|_| self.has_failed()),
        })
        .to_string()
    }

    /// What one should know besides.
    pub(super) fn notes(&self) -> Vec<String> {
        let unanswered = self.unanswered().map(|number| {
            format!("request {number} has no reply, so what follows it is not known: add --reply FILE, the answer to it")
        });
        let unused = (self.tried.unused_replies > 0)
            .then(|| format!("the last {} of the replies were not asked for", self.tried.unused_replies));
        let log = self.tried.log.iter().map(|line| format!("the adapter logged {line}"));
        unanswered.into_iter().chain(unused).chain(log).collect()
    }

    /// The first request without a reply, counted from one.
    fn unanswered(&self) -> Option<usize> {
        self.tried.requests.iter().position(|asked| !asked.is_answered).map(|index| index + 1)
    }
}

fn request_text(number: usize, asked: &Asked) -> String {
    let mut text = format!("# request {number}\n{} {}", asked.method, asked.url);
    for (name, value) in &asked.headers {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if !asked.body.is_empty() {
        text.push_str(&format!("\n\n{}", String::from_utf8_lossy(&asked.body)));
    }
    text
}
