//! What the system refuses: one test for each row of the table in README.md.

use crate::gateway::System;
use crate::options::Options;
use axum::http::Request;
use base64::Engine;
use serde_json::{Value, json};

const ROOT: &str = "/sap/opu/odata/sap";
const ORDERS: &str = "/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder";
const ITEM: &str = "A_SalesOrderItem(SalesOrder='1000000001',SalesOrderItem='10')";

/// What came back: status, headers, text.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        body["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

struct Scene {
    system: System,
    token: String,
    cookie: String,
}

impl Scene {
    /// With a session and its token.
    async fn new() -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        let options = Options { listen, user: "U".into(), password: "P".into(), client: "100".into() };
        let mut scene = Self { system: System::new(options), token: String::new(), cookie: String::new() };
        let fetched = scene.ask("GET", &format!("{ROOT}/API_SALES_ORDER_SRV/"), &[("x-csrf-token", "fetch")], "").await;
        scene.token = fetched.header("x-csrf-token").to_owned();
        scene.cookie = fetched.header("set-cookie").split(';').next().unwrap().to_owned();
        scene
    }

    /// `headers` win over the usual ones; an empty value leaves one out.
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let credential = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode("U:P"));
        let usual = [
            ("authorization", credential.as_str()),
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("x-csrf-token", self.token.as_str()),
            ("cookie", self.cookie.as_str()),
        ];
        let kept = usual.into_iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        let all = kept.chain(headers.iter().copied()).filter(|(_, value)| !value.is_empty());
        let request = all.fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(name, value));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let response = self.system.handle(&parts, body);
        let status = response.status().as_u16();
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, below: &str) -> Answer {
        self.ask("GET", &format!("{ORDERS}{below}"), &[], "").await
    }

    async fn post(&self, body: &Value) -> Answer {
        self.ask("POST", ORDERS, &[], &body.to_string()).await
    }

    async fn batch(&self, service: &str, body: &str) -> Answer {
        let media = [("content-type", "multipart/mixed; boundary=b")];
        self.ask("POST", &format!("{ROOT}/{service}/$batch"), &media, body).await
    }
}

fn order() -> Value {
    json!({"SalesOrderType": "OR", "SalesOrganization": "1010", "DistributionChannel": "10", "OrganizationDivision": "00", "SoldToParty": "10100001",
        "to_Item": [{"Material": "TG12", "RequestedQuantity": "2"}]})
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut order = order();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    order.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(field.to_owned(), value);
    order
}

/// A change set with one change.
fn change(if_match: &str) -> String {
    let state = if if_match.is_empty() { String::new() } else { format!("If-Match: {if_match}\r\n") };
    let body = r#"{"SalesDocumentRjcnReason":"61"}"#;
    let length = body.len();
    format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\nPATCH {ITEM} HTTP/1.1\r\nContent-Type: application/json\r\n{state}Content-Length: {length}\r\n\r\n{body}\r\n--c--\r\n\r\n--b--\r\n"
    )
}

#[tokio::test]
async fn a_logon_of_the_client_is_needed() {
    let scene = Scene::new().await;
    for credential in ["", "Basic eDp5"] {
        let refused = scene.ask("GET", ORDERS, &[("authorization", credential)], "").await;
        assert_eq!((refused.status, refused.header("content-type")), (401, "text/html;charset=utf-8"));
    }
    assert_eq!(scene.get("?sap-client=200").await.status, 401);
    assert_eq!(scene.get("?sap-client=100").await.status, 200);
}

#[tokio::test]
async fn a_change_without_the_token_of_its_session_is_refused() {
    let scene = Scene::new().await;
    for headers in [
        [("x-csrf-token", ""), ("accept", "application/json")],
        [("x-csrf-token", "other"), ("accept", "application/json")],
        [("cookie", ""), ("accept", "application/json")],
    ] {
        let refused = scene.ask("POST", ORDERS, &headers, &order().to_string()).await;
        assert_eq!(
            (refused.status, refused.header("x-csrf-token"), refused.text.as_str()),
            (403, "Required", "CSRF token validation failed")
        );
    }
    assert_eq!(scene.post(&order()).await.status, 201);
}

#[tokio::test]
async fn services_sets_keys_and_methods_are_known_or_refused() {
    let scene = Scene::new().await;
    let unknown = scene.ask("GET", &format!("{ROOT}/API_OTHER_SRV/A_SalesOrder"), &[], "").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "/IWFND/MED/170"));
    let unknown = scene.ask("GET", &format!("{ROOT}/API_SALES_ORDER_SRV/A_Other"), &[], "").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "/IWBEP/CM_MGW_RT/020"));
    assert_eq!(scene.get("('1')").await.status, 404);
    assert_eq!(scene.ask("DELETE", &format!("{ORDERS}('1')"), &[], "").await.status, 405);
}

#[tokio::test]
async fn another_content_type_than_json_is_refused() {
    let scene = Scene::new().await;
    for media in ["application/xml", "text/plain", ""] {
        assert_eq!(scene.ask("POST", ORDERS, &[("content-type", media)], &order().to_string()).await.status, 415, "{media}");
    }
}

#[tokio::test]
async fn options_filters_and_expansions_that_are_not_known_are_refused() {
    let scene = Scene::new().await;
    for wrong in [
        "?$filter=Other%20eq%20'1'",
        "?$filter=SoldToParty%20like%20'1'",
        "?$filter=SoldToParty%20eq%201'",
        "?$orderby=Other",
        "?$expand=to_Other",
        "?$top=x",
        "?$apply=x",
        "?$select=Other",
    ] {
        let refused = scene.get(wrong).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.text);
    }
    assert_eq!(scene.ask("POST", &format!("{ORDERS}?$expand=to_Item"), &[], &order().to_string()).await.status, 400);
}

#[tokio::test]
async fn a_property_that_is_unknown_too_long_or_of_another_form_is_refused() {
    let scene = Scene::new().await;
    for (pointer, value) in [
        ("/Other", json!("x")),
        ("/SalesOrderType", json!("ORDER")),
        ("/RequestedDeliveryDate", json!("2026-11-30")),
        ("/CompleteDeliveryIsDefined", json!("X")),
        ("/to_Item/0/RequestedQuantity", json!(2)),
        ("/to_Item/0/RequestedQuantity", json!("2,5")),
        ("/to_Item/0/RequestedQuantity", json!("two")),
        ("/to_Item/0/to_ScheduleLine", json!([])),
    ] {
        let mut body = order();
        match pointer.strip_prefix("/to_Item/0/") {
            Some(field) => body["to_Item"][0][field] = value,
            None => body = changed(pointer, value),
        }
        let refused = scene.post(&body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "005056A509B11EE1B9A8FEC11C21D78E"), "{pointer}");
    }
    assert_eq!(scene.ask("POST", ORDERS, &[], "{").await.status, 400);
}

#[tokio::test]
async fn what_the_application_does_not_know_is_refused_with_its_code() {
    let scene = Scene::new().await;
    for (pointer, value, code) in [
        ("/SalesOrganization", json!("9999"), "V1/301"),
        ("/SalesOrderType", json!("ZXX"), "V1/303"),
        ("/SoldToParty", json!("1"), "VP/199"),
        ("/TransactionCurrency", json!("USD"), "V1/555"),
        ("/to_Partner", json!([{"PartnerFunction": "XX", "Customer": "1"}]), "VP/204"),
        ("/to_Item", json!([]), "V1/393"),
        ("/to_Item", json!([{"Material": "NOPE", "RequestedQuantity": "1"}]), "V1/311"),
        ("/to_Item", json!([{"Material": "TG12", "RequestedQuantity": "1", "RequestedQuantityUnit": "KG"}]), "V1/314"),
        ("/to_Item", json!([{"Material": "TG12", "RequestedQuantity": "1", "ProductionPlant": "9999"}]), "V1/312"),
        ("/to_Item", json!([{"Material": "TG12", "RequestedQuantity": "0"}]), "V1/384"),
        (
            "/to_Item",
            json!([{"Material": "TG12", "RequestedQuantity": "1", "ReferenceSDDocument": "1", "ReferenceSDDocumentItem": "10"}]),
            "V1/404",
        ),
    ] {
        let refused = scene.post(&changed(pointer, value)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{pointer}: {}", refused.text);
    }
}

#[tokio::test]
async fn a_change_needs_the_state_that_the_document_has_now() {
    let scene = Scene::new().await;
    assert_eq!(scene.post(&order()).await.status, 201);
    for (if_match, expected) in [("", "HTTP/1.1 428"), ("W/\"stale\"", "HTTP/1.1 412"), ("*", "HTTP/1.1 204")] {
        let answer = scene.batch("API_SALES_ORDER_SRV", &change(if_match)).await;
        assert_eq!(answer.status, 202);
        assert!(answer.text.contains(expected), "{if_match}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_batch_has_cr_lf_its_own_media_type_and_changes_only_in_change_sets() {
    let scene = Scene::new().await;
    let read = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET A_SalesOrder HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n--b--\r\n";
    assert_eq!(scene.batch("API_SALES_ORDER_SRV", read).await.status, 202);
    assert_eq!(scene.batch("API_SALES_ORDER_SRV", &read.replace("\r\n", "\n")).await.status, 400);
    assert_eq!(
        scene.batch("API_SALES_ORDER_SRV", &read.replace("GET A_SalesOrder ", &format!("PATCH {ITEM} "))).await.status,
        400
    );
    assert_eq!(scene.ask("POST", &format!("{ROOT}/API_SALES_ORDER_SRV/$batch"), &[], read).await.status, 400);
}

#[tokio::test]
async fn without_accept_json_an_answer_is_atom_and_an_error_xml() {
    let scene = Scene::new().await;
    let feed = scene.ask("GET", ORDERS, &[("accept", "")], "").await;
    assert_eq!((feed.status, feed.header("content-type")), (200, "application/atom+xml;type=feed"));
    let error = scene.ask("GET", &format!("{ORDERS}('1')"), &[("accept", "")], "").await;
    assert!(error.status == 404 && error.text.contains("<code>/IWBEP/CM_MGW_RT/020</code>"), "{}", error.text);
}
