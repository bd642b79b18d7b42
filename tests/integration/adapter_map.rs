//! `ordergate adapter map`: what an operation would send and what becomes of the replies, without network and without secrets.

use std::path::Path;

use ordergate_tests::{Ended, HostConfig, run_host};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A configuration whose secrets are not there, and files beside it.
struct Desk {
    folder: TempDir,
    config: HostConfig,
    adapter: &'static str,
}

impl Desk {
    fn new(config: HostConfig, adapter: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = ["TEST_BACKEND_KEY", "TEST_OPS_KEY", "TEST_JWT_KEY"].into_iter().fold(config, HostConfig::without_env);
        std::fs::write(folder.path().join("ordergate.toml"), config.toml()).unwrap();
        Self { folder, config, adapter }
    }

    fn demo() -> Self {
        Self::new(HostConfig::for_backend("http://127.0.0.1:9", "never-sent"), "nordwind")
    }

    fn tryton() -> Self {
        Self::new(HostConfig::for_tryton("http://127.0.0.1:9/erp/rest", "never-sent"), "erp")
    }

    /// Maps with replies of that text: one that begins like HTTP is a whole reply.
    async fn map(&self, operation: &str, input: &Value, replies: &[&str]) -> Ended {
        let input = self.file("input.json", &input.to_string());
        let mut arguments =
            vec!["adapter".to_owned(), "map".into(), "--adapter".into(), self.adapter.into(), "--operation".into()];
        arguments.extend([operation.to_owned(), "--input".into(), input, "--config".into(), self.path("ordergate.toml")]);
        for (index, text) in replies.iter().enumerate() {
            let name = format!("{index}.{}", if text.starts_with("HTTP/") { "http" } else { "json" });
            arguments.extend(["--reply".to_owned(), self.file(&name, text)]);
        }
        run_host(&self.config, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        Path::new(self.folder.path()).join(name).to_str().unwrap().to_owned()
    }
}

fn order(account: &str, sku: &str) -> Value {
    json!({"reference": "O0123456789ABCDEFGHJKMNPQRS", "order": {
        "account": account, "currency": "EUR", "placed_at": "2026-11-26T10:00:00Z", "purchase_order": "PO-7",
        "lines": [{"id": "1", "kind": "product", "sku": sku, "quantity": {"value": "3", "unit": "C62"}, "unit_price": {"amount": "17.55", "currency": "EUR"}}],
    }})
}

#[tokio::test]
async fn the_request_is_shown_as_it_would_be_sent_and_the_answer_as_the_host_would_get_it() {
    let desk = Desk::demo();
    let ended = desk.map("orders.submit", &order("C-1001", "NW-1014"), &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let expected = "# request 1\nPOST http://127.0.0.1:9/api/orders\naccept: application/json\ncontent-type: application/json\n\
        x-api-key: ***\nx-request-id: adapter-map\n\n{\"customer\":\"C-1001\",\"po\":\"PO-7\",\"currency\":\"EUR\",\"complete\":false,\"positions\":[{\
        \"pos\":\"1\",\"article\":\"NW-1014\",\"qty\":\"3\",\"uom\":\"PCE\",\"net\":\"17.55\"}],\"your_ref\":\"O0123456789ABCDEFGHJKMNPQRS\"}\n";
    assert_eq!(ended.stdout, expected);
    assert!(ended.stderr.contains("request 1 has no reply"), "{}", ended.stderr);
    let reply = r#"{"no": "A-1", "state": "OPN", "changed_at": "2026-11-26T10:00:01Z", "positions": [], "notes": []}"#;
    let ended = desk.map("orders.submit", &order("C-1001", "NW-1014"), &[reply]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.ends_with(
            "# answer\n{\n  \"amendments\": [],\n  \"number\": \"A-1\",\n  \"raw_status\": \"OPN\",\n  \"status\": \"open\"\n}\n"
        ),
        "{}",
        ended.stdout
    );
}

#[tokio::test]
async fn a_failure_is_shown_with_the_place_in_the_profile_and_the_command_fails() {
    let desk = Desk::demo();
    let ended = desk.map("orders.get", &json!({"account": "C-1001", "number": "7"}), &[r#"{"no": {"a": 1}}"#]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("# failure") && ended.stdout.contains("demo.toml: operations.\\\"orders.get\\\".response"),
        "{}",
        ended.stdout
    );
    let refused = "HTTP/1.1 409 Conflict\nContent-Type: application/json\n\n{\"error\": {\"code\": \"REF_TAKEN\", \"text\": \"taken\", \"no\": \"A-9\"}}";
    let ended = desk.map("orders.submit", &order("C-1001", "NW-1014"), &[refused]).await;
    assert!(ended.stdout.contains("\"conflict\"") && ended.stdout.contains("\"A-9\""), "{}", ended.stdout);
}

#[tokio::test]
async fn t4_a_reply_that_cannot_be_read_leaves_a_write_in_doubt() {
    let ended = Desk::demo().map("orders.submit", &order("C-1001", "NW-1014"), &["<html>"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("\"outcome-unknown\""), "{}", ended.stdout);
}

#[tokio::test]
async fn steps_are_shown_one_by_one_as_far_as_replies_go() {
    let desk = Desk::tryton();
    let ended = desk.map("orders.submit", &order("10100001", "LAMP"), &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("# request 1\nGET http://127.0.0.1:9/erp/rest/model/party.party?"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("\nauthorization: ***\n") && ended.stdout.matches("x-tryton-context: ").count() == 1,
        "{}",
        ended.stdout
    );
    let customer = r#"[{"id": 2, "code": "10100001", "sale_price_list": null, "customer_payment_term": null, "customer_tax_rule": null, "addresses": [{"id": 2}]}]"#;
    let currency = r#"[{"id": 1, "code": "EUR", "digits": 2}]"#;
    let ended = desk.map("orders.submit", &order("10100001", "LAMP"), &[customer, "[]", currency, "[]"]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stdout.contains("# request 4\nGET http://127.0.0.1:9/erp/rest/model/product.product?"), "{}", ended.stdout);
    assert!(ended.stdout.contains("There is no product LAMP.") && ended.stdout.contains("\"rejected\""), "{}", ended.stdout);
    let ended = desk.map("health.probe", &json!({}), &["[]", "[]"]).await;
    assert!(
        ended.stdout.ends_with("# answer\nnull\n") && ended.stderr.contains("the last 1 of the replies were not asked for"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn any_adapter_can_be_tried_out() {
    let desk = Desk::new(HostConfig::for_s4("http://127.0.0.1:9", "never-sent"), "s4");
    let ended = desk.map("orders.get", &json!({"account": "10100001", "number": "42"}), &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("GET http://127.0.0.1:9/") && ended.stdout.contains("A_SalesOrder('42')"), "{}", ended.stdout);
    assert!(ended.stdout.contains("authorization: ***") && !ended.stdout.contains("placeholder"), "{}", ended.stdout);
}

#[tokio::test]
async fn mistakes_are_told_with_their_place_and_the_mend() {
    let desk = Desk::demo();
    let fails = async |operation: &str, input: Value, replies: &[&str], expected: &str| {
        let ended = desk.map(operation, &input, replies).await;
        assert_eq!(ended.code, Some(64), "{}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(expected) && ended.stdout.is_empty(), "{}", ended.stderr);
    };
    fails(
        "orders.create",
        json!({}),
        &[],
        "--operation: there is no operation orders.create; this adapter has availability.check",
    )
    .await;
    fails("orders.get", json!({"acount": "C"}), &[], "input.json: the input of orders.get: unknown field `acount`").await;
    fails("orders.get", json!({"account": "C"}), &[], "missing field `number`; it is {account, number}").await;
    fails(
        "orders.get",
        json!({"account": "C", "number": "1"}),
        &["HTTP/1.1 OK"],
        "0.http: line 1: \"HTTP/1.1 OK\" is no status line",
    )
    .await;
    let elsewhere = Desk { adapter: "erp", ..Desk::demo() };
    let ended = elsewhere.map("orders.get", &json!({}), &[]).await;
    assert_eq!(ended.code, Some(64));
    assert!(ended.stderr.contains("there is no adapter erp; there is nordwind"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_profile_that_does_not_compile_is_told_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("mine.toml");
    std::fs::write(&profile, "[backend]\nendpoint = 'api'\n[operations.\"orders.get\"]\npath = '/orders/{.number}'\nresponse = '{number: .no | foo}'\n").unwrap();
    let config = HostConfig::for_backend("http://127.0.0.1:9", "never-sent")
        .set("adapters.nordwind.settings_file", &format!("{:?}", profile.to_str().unwrap()));
    let ended = Desk::new(config, "nordwind").map("orders.get", &json!({"account": "C", "number": "1"}), &[]).await;
    assert_eq!(ended.code, Some(64), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("mine.toml: operations.\"orders.get\".response: line 1, column 16: undefined function foo"),
        "{}",
        ended.stderr
    );
}
