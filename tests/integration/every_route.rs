//! On every route of the storefront API: nobody reads or changes what is another customer's (rules A1, H3, scenario 14). The routes are those of
//! the API's own description, so that a new one without a case here fails.

use http::Method;
use ordergate_tests::{Client, PLIERS, Reply, Token, World, line, order, seal, text, until_order, until_quote};
use serde_json::{Value, json};

/// What a stranger may come to on a route that is asked about A's document.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Knows no documents; prices differ by customer.
    Catalog,
    /// Makes something of the caller's own.
    Own,
    /// Lists the caller's own.
    List,
    /// Is about one document: there is none for a stranger.
    Document,
    /// Proves its sender otherwise.
    Push,
}

/// Every route: what it is, and the scope that it takes.
const ROUTES: &[(&str, &str, Kind, &str)] = &[
    ("POST", "/v1/availability:query", Kind::Catalog, "catalog:read"),
    ("GET", "/v1/availability/{sku}", Kind::Catalog, "catalog:read"),
    ("POST", "/v1/offer-prices:query", Kind::Catalog, "catalog:read"),
    ("GET", "/v1/offer-prices/{sku}", Kind::Catalog, "catalog:read"),
    ("POST", "/v1/checkouts", Kind::Own, "checkout"),
    ("GET", "/v1/checkouts/{id}", Kind::Document, "checkout"),
    ("DELETE", "/v1/checkouts/{id}", Kind::Document, "checkout"),
    ("POST", "/v1/orders", Kind::Document, "orders:write"),
    ("GET", "/v1/orders", Kind::List, "orders:read"),
    ("GET", "/v1/orders/{reference}", Kind::Document, "orders:read"),
    ("POST", "/v1/orders/{reference}/cancel", Kind::Document, "orders:write"),
    ("GET", "/v1/orders/{reference}/events", Kind::Document, "orders:read"),
    ("POST", "/v1/quotes", Kind::Own, "quotes:write"),
    ("GET", "/v1/quotes", Kind::List, "quotes:read"),
    ("GET", "/v1/quotes/{reference}", Kind::Document, "quotes:read"),
    ("GET", "/v1/quotes/{reference}/events", Kind::Document, "quotes:read"),
    ("POST", "/v1/quotes/{reference}/accept", Kind::Document, "quotes:write"),
    ("POST", "/v1/quotes/{reference}/decline", Kind::Document, "quotes:write"),
    ("POST", "/v1/quotes/{reference}/counter", Kind::Document, "quotes:write"),
    ("POST", "/v1/quotes/{reference}/withdraw", Kind::Document, "quotes:write"),
    ("POST", "/v1/inbound/{adapter}", Kind::Push, ""),
];

const SCOPES: [&str; 6] = ["catalog:read", "checkout", "orders:read", "orders:write", "quotes:read", "quotes:write"];

fn guarded() -> impl Iterator<Item = &'static (&'static str, &'static str, Kind, &'static str)> {
    ROUTES.iter().filter(|(_, _, kind, _)| *kind != Kind::Push)
}

/// What C-1001 has: a checkout that nobody ordered, a confirmed order and a quote that waits for the seller.
struct Documents {
    checkout: String,
    order: Value,
    quote: Value,
}

impl Documents {
    async fn of(customer: &Client) -> Self {
        let ordered = seal(customer, PLIERS, "1").await;
        let captured = order(customer, &ordered, "a-order").await.expect(202);
        let order = until_order(customer, text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
        let asked = json!({"lines": [line("1", PLIERS, "7")]});
        let captured = customer.capture("/v1/quotes", "a-quote", &asked).await.expect(202);
        let quote = until_quote(customer, text(&captured, "/reference"), "taken", |quote| quote["number"].is_string()).await;
        let checkout = text(&seal(customer, PLIERS, "2").await, "/id").to_owned();
        Self { checkout, order, quote }
    }

    /// By our reference and by the back end's number.
    fn names(&self) -> [[&str; 2]; 2] {
        [&self.order, &self.quote].map(|document| [text(document, "/reference"), text(document, "/number")])
    }

    /// A route filled in with what C-1001 has, and a body that would do for its owner. `name`: 0 for references, 1 for numbers.
    async fn call(&self, client: &Client, method: &str, pattern: &str, name: usize, key: &str) -> Reply {
        let [order, quote] = self.names().map(|names| names[name]);
        let document = if pattern.starts_with("/v1/orders") { order } else { quote };
        let parts = [("{sku}", PLIERS), ("{id}", &self.checkout), ("{reference}", document), ("{adapter}", "nordwind")];
        let path = parts.iter().fold(pattern.to_owned(), |path, (part, value)| path.replace(part, value));
        let revision = self.quote["revision"].as_str().unwrap_or("1");
        let body = match pattern.rsplit('/').next().unwrap() {
            "availability:query" | "offer-prices:query" => json!({"items": [{"sku": PLIERS}]}),
            "checkouts" | "quotes" => json!({"lines": [line("1", PLIERS, "1")]}),
            "orders" => json!({"checkout": self.checkout}),
            "cancel" => json!({"reason": "not mine"}),
            "accept" | "decline" => json!({"revision": revision}),
            "counter" => json!({"revision": revision, "lines": [line("1", PLIERS, "1")]}),
            _ => json!({}),
        };
        let client = client.with("content-type", "application/json").with("idempotency-key", key);
        let body = if method == "GET" { String::new() } else { body.to_string() };
        client.send(method.parse::<Method>().unwrap(), &path, body.into()).await
    }
}

#[tokio::test]
async fn a1_every_route_of_the_api_description_is_tried_by_these_tests() {
    let world = World::start().await;
    let document = world.host.anonymous().get("/openapi.json").await.expect(200);
    let mut described = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| key.as_str() != "parameters") {
            described.push((method.to_uppercase(), path.clone()));
        }
    }
    for (method, path) in &described {
        let is_tried = ROUTES.iter().any(|(known, pattern, ..)| known == method && pattern == path);
        assert!(is_tried, "{method} {path} is in no test: add it to ROUTES with what a stranger may come to there");
    }
    assert_eq!(described.len(), ROUTES.len(), "a route of ROUTES is gone");
}

#[tokio::test]
async fn h3_on_every_route_a_stranger_neither_reads_nor_changes_what_is_another_customers() {
    let world = World::start().await;
    let owner = world.hansen();
    let documents = Documents::of(&owner).await;
    let (owners_order, owners_quote) = (text(&documents.order, "/reference"), text(&documents.quote, "/reference"));
    let price = owner.get(&format!("/v1/offer-prices/{PLIERS}?quantity=1")).await.expect(200)["unit_price"].clone();
    let dossiers = async || {
        let operator = world.host.operator();
        let order = operator.get(&format!("/ops/v1/orders/{owners_order}")).await.expect(200);
        let quote = operator.get(&format!("/ops/v1/orders/{owners_quote}")).await.expect(200);
        (order["transfers"].clone(), quote["transfers"].clone())
    };
    let before = dossiers().await;
    let strangers =
        [world.bauer(), world.host.customer(&Token::of(&["C-1002"])), world.host.caller("shop").with("x-account", "C-1002")];
    for (number, stranger) in strangers.iter().enumerate() {
        for name in [0, 1] {
            for (method, pattern, kind, _) in guarded() {
                let reply = documents.call(stranger, method, pattern, name, &format!("{number}-{name}-{}", pattern.len())).await;
                let answer = reply.text();
                for theirs in documents.names().as_flattened().iter().chain([&documents.checkout.as_str()]) {
                    let is_asked = *kind == Kind::Document;
                    assert!(is_asked || !answer.contains(theirs), "{reply}");
                }
                match kind {
                    Kind::Document => assert_eq!(reply.status, 404, "{reply}"),
                    Kind::Catalog | Kind::List => assert_eq!(reply.status, 200, "{reply}"),
                    Kind::Own => assert_eq!(reply.json()["account"], "C-1002", "{reply}"),
                    Kind::Push => unreachable!("pushes are not among them"),
                }
                if *pattern == "/v1/offer-prices/{sku}" {
                    assert_ne!(reply.json()["unit_price"], price, "{reply}");
                }
            }
        }
    }
    assert_eq!(dossiers().await, before, "nothing of the owner's has moved");
    owner.get(&format!("/v1/checkouts/{}", documents.checkout)).await.expect(200);
    let now = owner.get(&format!("/v1/orders/{owners_order}")).await.expect(200);
    assert_eq!((&now["status"], &now["number"]), (&documents.order["status"], &documents.order["number"]));
    assert_eq!(world.backend.orders_with_reference(owners_order).await.len(), 1);
}

#[tokio::test]
async fn a1_on_every_route_who_names_an_account_that_is_not_theirs_is_refused() {
    let world = World::start().await;
    let documents = Documents::of(&world.hansen()).await;
    for stranger in [world.bauer(), world.host.customer(&Token::of(&["C-1002"]))] {
        let pretends = stranger.with("x-account", "C-1001");
        for (method, pattern, ..) in guarded() {
            documents.call(&pretends, method, pattern, 0, "pretends").await.expect_problem(403, "account_forbidden");
        }
    }
}

#[tokio::test]
async fn a1_every_route_but_that_of_pushes_takes_a_credential_and_its_own_scope() {
    let without = |scope: &str| {
        let others: Vec<_> = SCOPES.iter().filter(|other| **other != scope).collect();
        format!("{others:?}")
    };
    let name = |scope: &str| format!("without-{}", scope.replace(':', "-"));
    let world = World::with(|config| {
        SCOPES.iter().fold(config, |config, scope| config.caller(&name(scope), &["C-1001"], &without(scope)))
    })
    .await;
    let documents = Documents::of(&world.hansen()).await;
    for (method, pattern, _, scope) in guarded() {
        documents.call(&world.host.anonymous(), method, pattern, 0, "nobody").await.expect_problem(401, "unauthenticated");
        let limited = world.host.caller(&name(scope));
        let problem = documents.call(&limited, method, pattern, 0, "limited").await.expect_problem(403, "scope_missing");
        assert!(text(&problem, "/detail").contains(scope), "{method} {pattern}: {problem:#}");
    }
    let push = documents.call(&world.host.anonymous(), "POST", "/v1/inbound/{adapter}", 0, "push").await;
    push.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a1_on_every_route_a_credential_of_another_store_is_refused() {
    let world = World::with(|config| {
        config
            .set("stores.other.adapter", "\"nordwind\"")
            .set("stores.other.currency", "\"EUR\"")
            .set("access.jwt.stores", r#"["other"]"#)
            .in_stores(&["main"])
            .caller("elsewhere", &["*"], ordergate_tests::ALL_SCOPES)
            .in_stores(&["other"])
    })
    .await;
    let documents = Documents::of(&world.hansen().with("x-store", "main")).await;
    let elsewhere = world.host.caller("elsewhere").with("x-account", "C-1001");
    let by_token = world.host.customer(&Token::of(&["C-1001"]));
    for stranger in [elsewhere, by_token] {
        for (method, pattern, ..) in guarded() {
            let call =
                async |store: &str| documents.call(&stranger.with("x-store", store), method, pattern, 0, "elsewhere").await;
            call("main").await.expect_problem(403, "store_forbidden");
        }
        // What was sealed in one store is not there in the other, for whomever.
        let path = format!("/v1/checkouts/{}", documents.checkout);
        stranger.with("x-store", "other").get(&path).await.expect_problem(404, "checkout_unknown");
        let body = json!({"checkout": documents.checkout});
        let ordered = stranger.with("x-store", "other").capture("/v1/orders", "other-store", &body).await;
        ordered.expect_problem(404, "checkout_unknown");
    }
}
