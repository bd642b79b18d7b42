//! An error as the gateway tells it: status, code, message, and what it is about; as JSON or, when the caller did not ask for JSON, as XML.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Wrong use of the protocol: the frame's own code.
pub(crate) const SYNTAX: &str = "005056A509B11EE1B9A8FEC11C21D78E";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Number of the item that it is about.
    pub(crate) item: Option<String>,
}

impl Fault {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), item: None }
    }

    /// What the frame does not understand.
    pub(crate) fn syntax(message: impl Into<String>) -> Self {
        Self::new(400, SYNTAX, message)
    }

    /// A refusal of the application.
    pub(crate) fn business(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub(crate) fn at_item(self, number: &str) -> Self {
        Self { item: Some(number.to_owned()), ..self }
    }

    pub(crate) fn json(&self) -> String {
        let target =
            self.item.as_ref().map(|item| format!("/to_Item(SalesOrder='',SalesOrderItem='{item}')")).unwrap_or_default();
        json!({"error": {
            "code": self.code,
            "message": {"lang": "en", "value": self.message},
            "innererror": {
                "application": {"component_id": "SD-SLS", "service_namespace": "/SAP/"},
                "transactionid": "25669476CF9401E0E005F2FA0752F574",
                "Error_Resolution": {"SAP_Transaction": "Run transaction /IWFND/ERROR_LOG"},
                "errordetails": [
                    {"ContentID": "", "code": self.code, "message": self.message, "longtext_url": "", "propertyref": "", "severity": "error", "transition": false, "target": target},
                    {"ContentID": "", "code": "/IWBEP/CX_MGW_BUSI_EXCEPTION", "message": "An exception was raised.", "propertyref": "", "severity": "error", "target": ""},
                ],
            },
        }})
        .to_string()
    }

    pub(crate) fn xml(&self) -> String {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let (code, message) = (escaped(&self.code), escaped(&self.message));
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><error xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"><code>{code}</code><message xml:lang=\"en\">{message}</message><innererror><errordetails><errordetail><code>{code}</code><message>{message}</message><severity>error</severity></errordetail></errordetails></innererror></error>"
        )
    }

    pub(crate) fn response(&self, as_json: bool) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (kind, body) = if as_json { ("application/json", self.json()) } else { ("application/xml", self.xml()) };
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}
