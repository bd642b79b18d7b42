//! What is personal stays out of logs and metrics (rule A3, scenario 21), whatever goes wrong, at every level of the log.

use http::Method;
use ordergate_tests::{Client, PLIERS, Token, World, line, text, until_order, until_quote};
use serde_json::{Value, json};

/// Marked values of every kind. None of them may be seen anywhere but where it was sent and in the store.
const NAME: &str = "Erika Kennzeichen";
const PART_OF_NAME: &str = "Kennzeichen";
const STREET: &str = "Geheimweg 77";
const CITY: &str = "Geheimstadt";
const EMAIL: &str = "erika@geheim.example";
const PHONE: &str = "+49-431-7777777";
const NOTE: &str = "my spare key lies under the mat";
const PURCHASE_ORDER: &str = "PO-of-Erika-4711";
const PAYMENT_TOKEN: &str = "tok_geheim_0123456789";
const WISH: &str = "wrap it for Johanna";
const WHY: &str = "my husband must not know";
const DEED: &str = "Erika called, crying";
const SUBJECT: &str = "erika.subject@geheim.example";
const WRONG_KEY: &str = "wrong-key-geheim-0123456789";
const MARKED: [&str; 14] =
    [NAME, PART_OF_NAME, STREET, CITY, EMAIL, PHONE, NOTE, PURCHASE_ORDER, PAYMENT_TOKEN, WISH, WHY, DEED, SUBJECT, WRONG_KEY];

fn parties() -> Value {
    let address = json!({"name": NAME, "name2": NAME, "lines": [STREET], "city": CITY, "postal_code": "24143", "country": "DE", "email": EMAIL, "phone": PHONE});
    json!([{"role": "ship-to", "address": address, "ext": {"wish": WISH}}, {"role": "contact", "address": {"name": NAME, "email": EMAIL}}])
}

async fn checkout(customer: &Client) -> Value {
    customer.post("/v1/checkouts", &json!({"lines": [line("1", PLIERS, "1")], "parties": parties()})).await.expect(201)
}

async fn order(customer: &Client, key: &str) -> String {
    let checkout = checkout(customer).await;
    let body = json!({
        "checkout": text(&checkout, "/id"),
        "purchase_order": PURCHASE_ORDER,
        "payment_token": PAYMENT_TOKEN,
        "notes": [{"kind": "customer", "text": NOTE}],
    });
    let order = customer.capture("/v1/orders", key, &body).await.expect(202);
    text(&order, "/reference").to_owned()
}

/// Orders and quotes while the back end does what it can to have them repeated.
async fn trouble(world: &World, customer: &Client) {
    for (fault, end) in
        [("echo-refusal", "rejected"), ("echo-error", "parked"), ("garbage-json", "confirmed"), ("error-500", "parked")]
    {
        world.backend.disturb("POST", "/api/orders", fault, None).await;
        let reference = order(customer, fault).await;
        until_order(customer, &reference, end, |order| order["transfer"]["state"] == end).await;
        let deed = json!({"actor": "anna", "reason": DEED});
        for decision in ["resend", "abandon"] {
            world.host.operator().post(&format!("/ops/v1/orders/{reference}/{decision}"), &deed).await;
        }
    }
    for fault in ["echo-refusal", "echo-error"] {
        world.backend.disturb("POST", "/api", fault, None).await;
        let cart = json!({"lines": [line("1", PLIERS, "1")], "parties": parties()});
        let refused = customer.post("/v1/checkouts", &cart).await;
        assert!(refused.status.is_client_error() || refused.status.is_server_error(), "{refused}");
        let quote = json!({"lines": [line("1", PLIERS, "5")], "parties": parties(), "notes": [{"kind": "customer", "text": NOTE}], "purchase_order": PURCHASE_ORDER});
        customer.capture("/v1/quotes", &format!("quote-{fault}"), &quote).await.expect(202);
    }
    world.backend.no_faults().await;
}

/// Requests that are wrong in every way, with personal texts in each place.
async fn nonsense(world: &World, customer: &Client) {
    let raw = customer.with("content-type", "application/json");
    let bodies = [
        format!("{{\"lines\": \"{NAME}\"}}"),
        format!("{{\"{NAME}\": \"{EMAIL}\"}}"),
        format!("{{\"lines\": [], \"parties\": [{{\"role\": \"{NAME}\", \"address\": {{\"name\": \"{NAME}\""),
        format!("\"{NAME}"),
    ];
    for path in ["/v1/checkouts", "/v1/orders", "/v1/quotes", "/v1/availability:query", "/v1/offer-prices:query"] {
        for (number, body) in bodies.iter().enumerate() {
            let reply = raw.with("idempotency-key", &format!("k{number}")).send(Method::POST, path, body.clone().into()).await;
            assert!(matches!(reply.status.as_u16(), 400 | 422), "{reply}");
        }
    }
    customer.get(&format!("/v1/orders?q={}", EMAIL.replace('@', "%40"))).await;
    customer.get("/v1/orders?status=erika%40geheim.example").await.expect_problem(422, "invalid_request");
    customer.with("x-account", EMAIL).get("/v1/orders").await.expect_problem(403, "account_forbidden");
    customer.with("idempotency-key", EMAIL).post("/v1/orders", &json!({"checkout": "C0"})).await;
    let wrong = world.host.anonymous().with("authorization", &format!("Bearer {WRONG_KEY}"));
    wrong.get("/v1/orders").await.expect_problem(401, "token_invalid");
    let claims = [("sub", json!({"name": NAME})), ("exp", json!(EMAIL)), ("aud", json!({"for": NAME})), ("iss", json!(EMAIL))];
    for (claim, value) in claims {
        let token = Token::of(&["C-1001"]).claim(claim, value);
        world.host.customer(&token).get("/v1/orders").await.expect_problem(401, "token_invalid");
    }
}

#[tokio::test]
async fn a3_no_personal_data_and_no_credential_is_in_the_log_at_any_level_nor_in_the_metrics() {
    let world = World::with(|config| {
        config
            .env("ORDERGATE_LOG", "debug")
            .set("rates.customer_per_sec", "1000000")
            .set("transfer.max_attempts", "2")
            .operator("privacy", r#"["erase", "read"]"#)
    })
    .await;
    let token = Token::of(&["C-1001"]).claim("sub", json!(SUBJECT));
    let customer = world.host.customer(&token);
    let good = order(&customer, "good").await;
    until_order(&customer, &good, "confirmed", |order| order["number"].is_string()).await;
    customer.get("/v1/orders").await.expect(200);
    customer.capture(&format!("/v1/orders/{good}/cancel"), "cancel", &json!({"reason": WHY})).await.expect(202);
    let quote = json!({"lines": [line("1", PLIERS, "5")], "parties": parties(), "notes": [{"kind": "customer", "text": NOTE}]});
    let quote = customer.capture("/v1/quotes", "quote", &quote).await.expect(202);
    let quote = text(&quote, "/reference").to_owned();
    until_quote(&customer, &quote, "taken", |quote| quote["number"].is_string()).await;
    customer.capture(&format!("/v1/quotes/{quote}/withdraw"), "withdraw", &json!({"reason": WHY})).await;
    trouble(&world, &customer).await;
    nonsense(&world, &customer).await;
    let breaker = json!({"side": "write", "state": "auto", "actor": "anna", "reason": DEED});
    world.host.operator().post("/ops/v1/adapters/nordwind/breaker", &breaker).await.expect(200);
    let erase = json!({"account": "C-1001", "actor": "anna", "reason": DEED});
    world.host.operator_named("privacy").post("/ops/v1/customers:erase", &erase).await;

    let (log, metrics) = (world.host.log(), world.host.ops().get("/metrics").await.text());
    for level in ["DEBUG", "INFO", "WARN"] {
        assert!(log.contains(level), "nothing was logged at {level}");
    }
    let signed = token.signed();
    let secrets = [signed.as_str(), world.backend.key(), "ops-key-of-this-test", "test-key-of-"];
    for personal in MARKED.iter().chain(&secrets) {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(personal)).take(5).collect();
        assert!(lines.is_empty(), "the log shows {personal:?}:\n{}", lines.join("\n"));
        assert!(!metrics.contains(personal), "the metrics show {personal:?}");
    }
}

#[tokio::test]
async fn a3_what_operators_are_shown_of_an_order_is_no_name_address_or_note() {
    let world = World::with(|config| config.set("transfer.max_attempts", "2")).await;
    let customer = world.host.customer(&Token::of(&["C-1001"]).claim("sub", json!(SUBJECT)));
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let reference = order(&customer, "one").await;
    until_order(&customer, &reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    for path in ["/ops/v1/transfers?state=parked".to_owned(), format!("/ops/v1/orders/{reference}")] {
        let shown = world.host.operator().get(&path).await.expect(200).to_string();
        assert!(shown.contains(&reference));
        for personal in MARKED {
            assert!(!shown.contains(personal), "{path} shows {personal:?}: {shown}");
        }
    }
}
