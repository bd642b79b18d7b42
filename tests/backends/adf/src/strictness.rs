//! What the pod refuses: one test for each row of the table in README.md.

use crate::options::Options;
use crate::pod::Pod;
use axum::http::Request;
use base64::Engine;
use serde_json::{Value, json};

const RESOURCE: &str = "/fscmRestApi/resources/11.13.18.05/salesOrdersForOrderHub";
const QUICK: &str = "/fscmRestApi/msp/latest/globalOrderPromises/quickAvailabilityCheck";
const PRICE: &str = "/fscmRestApi/priceExecution/documentPrices/priceSalesTransaction";
const CPQ: &str = "/rest/v19/commerceDocumentsOraclecpqoTransaction";
const ITEM: &str = "application/vnd.oracle.adf.resourceitem+json";

struct Scene(Pod);

impl Scene {
    fn new() -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        Self(Pod::new(Options { listen, user: "U".into(), password: "P".into() }))
    }

    /// Status, media type and body of an answer. `headers` win over the usual ones; an empty value leaves one out.
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, Value) {
        let credential = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode("U:P"));
        let usual = [
            ("authorization", credential.as_str()),
            ("accept", "application/json, application/vnd.oracle.adf.error+json"),
            ("rest-framework-version", "4"),
            ("content-type", "application/json"),
        ];
        let kept = usual.into_iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        let all = kept.chain(headers.iter().copied()).filter(|(_, value)| !value.is_empty());
        let request = all.fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(name, value));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let response = self.0.handle(&parts, body);
        let media = response.headers().get("content-type").map(|media| media.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        (status, media, body)
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.ask("POST", path, &[], &body.to_string()).await;
        (status, body)
    }

    async fn get(&self, below: &str) -> (u16, Value) {
        let (status, _, body) = self.ask("GET", &format!("{RESOURCE}{below}"), &[], "").await;
        (status, body)
    }

    async fn created(&self) -> Value {
        let (status, order) = self.post(RESOURCE, &order()).await;
        assert_eq!(status, 201, "{order}");
        order
    }
}

fn order() -> Value {
    let line = json!({"SourceTransactionLineId": "1", "SourceTransactionLineNumber": "1", "SourceScheduleNumber": "1", "SourceTransactionScheduleId": "1",
        "OrderedUOMCode": "Ea", "OrderedQuantity": 2, "ProductNumber": "AS10000", "TransactionCategoryCode": "ORDER", "TransactionLineType": "Buy"});
    json!({"SourceTransactionNumber": "O1", "SourceTransactionSystem": "OPS", "SourceTransactionId": "O1", "BusinessUnitId": 300_000_046_987_012_u64,
        "RequestingBusinessUnitId": 300_000_046_987_012_u64, "BuyingPartyNumber": "10060", "TransactionalCurrencyCode": "EUR", "SubmittedFlag": true,
        "FreezePriceFlag": false, "FreezeShippingChargeFlag": false, "FreezeTaxFlag": false, "lines": [line]})
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut order = order();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    order.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(field.to_owned(), value);
    order
}

fn code(body: &Value) -> &str {
    body.pointer("/o:errorDetails/0/o:errorCode").and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_logon_is_needed() {
    let scene = Scene::new();
    for credential in ["", "Basic eDp5", "Bearer x"] {
        assert_eq!(scene.ask("GET", RESOURCE, &[("authorization", credential)], "").await.0, 401);
    }
}

#[tokio::test]
async fn addresses_methods_and_media_types_are_known_or_refused() {
    let scene = Scene::new();
    for path in ["/x", "/fscmRestApi/resources/11.0/salesOrdersForOrderHub", "/fscmRestApi/resources/latest/other"] {
        assert_eq!(scene.ask("GET", path, &[], "").await.0, 404, "{path}");
    }
    assert_eq!(scene.ask("DELETE", RESOURCE, &[], "").await.0, 405);
    assert_eq!(scene.ask("POST", RESOURCE, &[("content-type", ITEM)], &order().to_string()).await.0, 201);
    for (path, media) in [(RESOURCE, "text/plain"), (RESOURCE, ""), (QUICK, ITEM), (PRICE, ITEM)] {
        assert_eq!(scene.ask("POST", path, &[("content-type", media)], "{}").await.0, 415, "{path} {media}");
    }
}

#[tokio::test]
async fn errors_are_structured_only_for_those_who_accept_that() {
    let scene = Scene::new();
    let (status, media, body) = scene.ask("POST", RESOURCE, &[], "{").await;
    assert_eq!(
        (status, media.as_str(), code(&body), &body["status"]),
        (400, "application/vnd.oracle.adf.error+json", "27521", &json!("400"))
    );
    let (status, media, body) = scene.ask("POST", RESOURCE, &[("accept", "application/json")], "{").await;
    assert_eq!((status, media.as_str(), body.is_string()), (400, "text/plain", true));
}

#[tokio::test]
async fn a_body_is_checked_down_to_its_charges() {
    let scene = Scene::new();
    for (pointer, value) in [
        ("/Unknown", json!("x")),
        ("/BusinessUnitId", json!("300000046987012")),
        ("/SubmittedFlag", json!("Y")),
        ("/TransactionOn", json!("22.11.2026")),
        ("/lines/0/OrderedQuantity", json!("2")),
        ("/lines/0/Unknown", json!(1)),
        ("/lines/0/charges", json!([{"GSAUnitPrice": "1"}])),
        ("/lines", json!({})),
    ] {
        let (status, body) = scene.post(RESOURCE, &changed(pointer, value)).await;
        assert_eq!((status, code(&body)), (400, "27521"), "{pointer}: {body}");
        assert!(body["o:errorDetails"][0]["o:errorPath"].as_str().unwrap().starts_with(pointer), "{body}");
    }
}

#[tokio::test]
async fn what_the_application_does_not_know_is_refused_in_its_own_words() {
    let scene = Scene::new();
    for (pointer, value, expected) in [
        ("/SourceTransactionId", Value::Null, "27521"),
        ("/SourceTransactionSystem", json!("SHOP"), "FOM-1001"),
        ("/BusinessUnitId", json!(1), "FOM-1002"),
        ("/TransactionalCurrencyCode", json!("USD"), "FOM-1003"),
        ("/TransactionTypeCode", json!("ZXX"), "FOM-1004"),
        ("/BuyingPartyNumber", json!("1"), "FOM-1010"),
        ("/billToCustomer", json!([{"CustomerAccountId": 1, "SiteUseId": 2}]), "FOM-1011"),
        ("/shipToCustomer", json!([{"PartyId": 1, "SiteId": 2}]), "FOM-1012"),
        ("/lines", json!([]), "FOM-1020"),
        ("/lines/0/ProductNumber", json!("NOPE"), "FOM-2001"),
        ("/lines/0/OrderedUOMCode", json!("BX"), "FOM-2002"),
        ("/lines/0/OrderedQuantity", json!(0), "FOM-2003"),
        ("/FreezePriceFlag", json!(true), "FOM-2004"),
    ] {
        let (status, body) = scene.post(RESOURCE, &changed(pointer, value)).await;
        assert_eq!((status, code(&body)), (400, expected), "{pointer}: {body}");
    }
    let mut missing = order();
    missing.as_object_mut().unwrap().remove("SourceTransactionId");
    assert_eq!(code(&scene.post(RESOURCE, &missing).await.1), "OM-REQUIRED");
}

#[tokio::test]
async fn lists_take_row_matches_of_known_attributes_in_version_2_and_later() {
    let scene = Scene::new();
    scene.created().await;
    let found = scene.get("?q=BuyingPartyNumber='10060'%20and%20SourceTransactionSystem='OPS'&orderBy=CreationDate:desc").await;
    assert_eq!((found.0, &found.1["count"], &found.1["hasMore"]), (200, &json!(1), &json!(false)));
    for wrong in [
        "?q=Unknown='1'",
        "?q=OrderNumber=x'",
        "?q=OrderNumber='a'%20or%20'b'",
        "?orderBy=Unknown",
        "?other=1",
        "?limit=x",
        "?expand=lines&fields=HeaderId",
        "?expand=unknown",
    ] {
        assert_eq!(scene.get(wrong).await.0, 400, "{wrong}");
    }
    for version in ["", "1", "0", "10", "x"] {
        let path = format!("{RESOURCE}?q=OrderNumber='1'");
        assert_eq!(scene.ask("GET", &path, &[("rest-framework-version", version)], "").await.0, 400, "{version}");
    }
}

#[tokio::test]
async fn children_are_bare_below_version_3_and_collections_from_then_on() {
    let scene = Scene::new();
    scene.created().await;
    for (version, is_bare) in [("2", true), ("3", false), ("4", false)] {
        let path = format!("{RESOURCE}/OPS:O1?expand=lines");
        let (_, _, order) = scene.ask("GET", &path, &[("rest-framework-version", version)], "").await;
        assert_eq!(order["lines"].is_array(), is_bare, "{version}: {order}");
    }
    assert!(scene.get("/OPS:O1").await.1.get("lines").is_none());
}

#[tokio::test]
async fn a_change_needs_the_right_state_line_and_reason() {
    let scene = Scene::new();
    let order = scene.created().await;
    let lines = scene.get("/OPS:O1?expand=lines").await.1;
    let line = lines["lines"]["items"][0]["FulfillLineId"].clone();
    let state = order["links"][1]["properties"]["changeIndicator"].as_str().unwrap();
    let patch = async |state: &str, body: Value| {
        let path = format!("{RESOURCE}/OPS:O1");
        let (status, _, body) = scene.ask("PATCH", &path, &[("if-match", state)], &body.to_string()).await;
        (status, code(&body).to_owned())
    };
    assert_eq!(patch("stale", json!({"SubmittedFlag": true})).await.0, 412);
    assert_eq!(patch(state, json!({"OrderNumber": "1"})).await, (400, "27521".to_owned()));
    assert_eq!(patch(state, json!({"lines": [{"FulfillLineId": 1, "OrderedQuantity": 0}]})).await, (400, "FOM-3002".to_owned()));
    assert_eq!(
        patch(state, json!({"lines": [{"FulfillLineId": line, "OrderedQuantity": 0}]})).await,
        (400, "OM-REQUIRED".to_owned())
    );
    let cancel = json!({"lines": [{"FulfillLineId": line, "OrderedQuantity": 0, "CancelReason": "X"}]});
    assert_eq!(patch(state, cancel).await.0, 200);
    assert_eq!(scene.get("/OPS:O1").await.1["StatusCode"], "CANCELED");
    assert_eq!(scene.ask("PATCH", &format!("{RESOURCE}/OPS:O2"), &[], "{}").await.0, 404);
}

#[tokio::test]
async fn order_promising_and_pricing_fail_for_one_item_within_a_success() {
    let scene = Scene::new();
    let detail =
        json!({"ItemIdentifier": "NOPE", "OrgInfoList": [{"OrgIdentifier": "M1"}], "RequestedDateTime": "2026-11-30T00:00:00Z"});
    let asked = json!({"CallingModule": "GOP", "CallingInstance": "GOP", "ItemDetailList": [detail]});
    let (status, answer) = scene.post(QUICK, &asked).await;
    assert_eq!((status, &answer["ItemAvailabilityList"][0]["ErrorCode"]), (200, &json!("MSC-2101")));
    assert_eq!(scene.post(QUICK, &json!({"ItemDetailList": []})).await.0, 400, "a caller is needed");
    let header = json!({"HeaderId": 1, "CustomerId": 300_000_047_368_660_u64, "SellingBusinessUnitName": "US1 Business Unit", "AppliedCurrencyCode": "EUR", "TransactionOn": "2026-11-22T12:00:00"});
    let line = json!({"HeaderId": 1, "LineId": 1, "InventoryItemId": 1, "LineQuantityUOMCode": "Ea", "LineQuantity": {"Value": 1, "UomCode": "Ea"}, "LineTypeCode": "ORA_BUY"});
    let (status, answer) = scene.post(PRICE, &json!({"Header": [header], "Line": [line]})).await;
    assert_eq!((status, answer["PricingMessage"][0]["LineId"].clone(), answer["Charge"].clone()), (200, json!(1), json!([])));
    let mut text = line;
    text["LineQuantity"]["Value"] = json!("1");
    assert_eq!(scene.post(PRICE, &json!({"Header": [header], "Line": [text]})).await.0, 400);
}

#[tokio::test]
async fn an_action_of_cpq_is_possible_in_its_state_only() {
    let scene = Scene::new();
    let line = json!({"_part_number": "AS10000", "_price_quantity": "10", "_sequence_number": 1});
    let documents = json!({"externalReference_t": "Q1", "customerNumber_t": "10060", "currency_t": "EUR", "transactionLine": {"items": [line]}});
    let (status, created) = scene.post(CPQ, &json!({"documents": documents})).await;
    assert_eq!(status, 201, "{created}");
    let number = created["documents"]["transactionID_t"].as_str().unwrap();
    let act = async |action: &str| scene.post(&format!("{CPQ}/{number}/actions/{action}"), &json!({})).await.0;
    assert_eq!(
        (act("_s_accept_quote").await, act("nothing_t").await, act("submit_t").await, act("submit_t").await),
        (400, 404, 200, 400)
    );
    assert_eq!(scene.post(CPQ, &json!({"documents": {"other_t": "x"}})).await.0, 400);
}
