//! Arithmetic of back ends that round, add lines, or count in other minor units (rule C5, scenarios 13 and 16): the demo back end with other
//! mappings of its calculation.

use ordergate_tests::{HostConfig, World, demo_profile, line, money, order, text, until_order};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::amount;

/// The demo profile with another answer to `checkout.calculate`; the folder holds it.
fn profile(response: &str) -> (tempfile::TempDir, String) {
    let text = std::fs::read_to_string(demo_profile()).unwrap();
    let (before, calculate) = text.split_once("[operations.\"checkout.calculate\"]").unwrap();
    let (own, after) = calculate.split_once("\nresponse = '''").unwrap();
    let (_, after) = after.split_once("'''").unwrap();
    // The demo back end knows euros only.
    let own = own.replace("  currency: .buyer.currency,\n", "");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("profile.toml");
    let text = format!("{before}[operations.\"checkout.calculate\"]{own}\nresponse = '''{response}'''{after}");
    std::fs::write(&file, text).unwrap();
    let file = format!("{file:?}");
    (folder, file)
}

async fn world(response: &str, change: impl FnOnce(HostConfig) -> HostConfig) -> (World, tempfile::TempDir) {
    let (folder, file) = profile(response);
    let world = World::with(|config| change(config.set("adapters.nordwind.settings_file", &file))).await;
    (world, folder)
}

/// One line at 4.869912 and one sum of it, in a currency.
fn one_line(amount: &str, rounding: &str, totals: &str) -> String {
    format!(
        "$request.lines[0] as $line | $request.buyer.currency as $currency | {{
          lines: [{{id: $line.id, kind: \"product\", sku: $line.sku, quantity: $line.quantity,
            unit_price: money(\"4.869912\"; $currency), per: \"1\", amount: money(\"{amount}\"; $currency), components: [{rounding}]}}],
          totals: ({totals}), messages: []
        }}"
    )
}

fn totals(lines: &str, tax: &str, rounding: &str, payable: &str) -> String {
    format!(
        "{{lines: money(\"{lines}\"; $currency), charges: [], taxes: [{{kind: \"tax\", amount: money(\"{tax}\"; $currency)}}],
          rounding: {rounding}, payable: money(\"{payable}\"; $currency)}}"
    )
}

async fn thousand(world: &World) -> ordergate_tests::Reply {
    world.hansen().post("/v1/checkouts", &json!({"lines": [line("1", "NW-1001", "1000")]})).await
}

async fn violations(world: &World) -> f64 {
    world.host.metric("ordergate_contract_violations_total", &["kind=\"arithmetic\""]).await
}

#[tokio::test]
async fn scenario_16_a_thousand_times_4_869912_is_sealed_in_the_minor_unit_of_each_currency() {
    for (currency, amount_of_line, tax, payable) in
        [("EUR", "4869.91", "925.28", "5795.19"), ("JPY", "4870", "487", "5357"), ("BHD", "4869.912", "486.991", "5356.903")]
    {
        let response = one_line(amount_of_line, "", &totals(amount_of_line, tax, "null", payable));
        let set = |config: HostConfig| config.set("stores.main.currency", &format!("{currency:?}"));
        let (world, _profile) = world(&response, set).await;
        let checkout = thousand(&world).await.expect(201);
        assert_eq!(text(&checkout, "/totals/payable/currency"), currency);
        assert_eq!(text(&checkout, "/lines/0/amount/amount"), amount_of_line);
        assert_eq!(text(&checkout, "/totals/payable/amount"), payable);
    }
}

#[tokio::test]
async fn c5_half_a_yen_is_refused_and_counted() {
    let response = one_line("4869.91", "", &totals("4869.91", "487", "null", "5356.91"));
    let (world, _profile) = world(&response, |config| config.set("stores.main.currency", "\"JPY\"")).await;
    thousand(&world).await.expect_problem(502, "backend_invalid");
    assert_eq!(violations(&world).await, 1.0);
}

#[tokio::test]
async fn c5_a_cent_that_is_not_declared_is_refused_counted_and_its_stock_given_back() {
    let response = one_line("4869.91", "", &totals("4869.91", "925.28", "null", "5795.20"));
    let (world, _profile) = world(&response, |config| config).await;
    let before = super::free_in_backend(&world, "NW-1001").await;
    thousand(&world).await.expect_problem(502, "backend_invalid");
    assert_eq!(violations(&world).await, 1.0);
    ordergate_tests::eventually("the stock is free again", async || {
        (super::free_in_backend(&world, "NW-1001").await == before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn scenario_16_a_declared_rounding_of_the_sum_and_of_a_line_passes_and_is_shown() {
    let of_line = "{kind: \"rounding\", amount: money(\"-0.91\"; $currency)}";
    let response = one_line("4869.00", of_line, &totals("4869.00", "925.11", "money(\"0.04\"; $currency)", "5794.15"));
    let (world, _profile) = world(&response, |config| config).await;
    let checkout = thousand(&world).await.expect(201);
    assert_eq!(amount(&checkout, "/totals/rounding/amount"), Decimal::new(4, 2), "{checkout:#}");
    assert_eq!(text(&checkout, "/lines/0/components/0/kind"), "rounding");
}

#[tokio::test]
async fn c5_a_line_that_is_not_price_times_quantity_is_refused() {
    let response = one_line("4869.00", "", &totals("4869.00", "925.11", "null", "5794.11"));
    let (world, _profile) = world(&response, |config| config).await;
    thousand(&world).await.expect_problem(502, "backend_invalid");
    assert_eq!(violations(&world).await, 1.0);
}

/// What the demo back end says, with its freight as a line of its own.
const FREIGHT_LINE: &str = r#"
.currency as $currency | decimal_add(.goods; .freight // "0") as $lines | {
  lines: ([.positions[] | {
    id: .pos, kind: "product", sku: .article, quantity: measure(.qty), unit_price: money(.net; $currency), per,
    amount: money(.value; $currency), schedule: schedule,
  }] + [{
    id: "freight", kind: "charge", description: "Freight", quantity: quantity("1"; "C62"),
    unit_price: money(.freight; $currency), per: "1", amount: money(.freight; $currency),
  }]),
  totals: (totals + {lines: money($lines; $currency), charges: []}),
  valid_until: .valid_to,
  messages: .notes,
}
"#;

#[tokio::test]
async fn scenario_13_a_freight_line_that_the_back_end_adds_is_shown_and_ordered_for() {
    let (world, _profile) = world(FREIGHT_LINE, |config| config).await;
    let reply = world.hansen().post("/v1/checkouts", &json!({"lines": [line("1", "NW-1017", "2")]})).await;
    let checkout = reply.expect(201);
    let lines = checkout["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2, "{checkout:#}");
    assert_eq!((text(&lines[1], "/id"), text(&lines[1], "/kind")), ("freight", "charge"));
    assert!(amount(&lines[1], "/amount/amount") > Decimal::ZERO);
    let sum: Decimal = lines.iter().map(|line| amount(line, "/amount/amount")).sum();
    assert_eq!(sum, amount(&checkout, "/totals/lines/amount"));
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let confirmed =
        until_order(&world.hansen(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    let there = &world.backend.orders_with_reference(text(&confirmed, "/reference")).await[0];
    assert_eq!(amount(there, "/total"), amount(&checkout, "/totals/payable/amount"));
    assert_eq!(there["positions"].as_array().unwrap().len(), 1, "the back end adds its freight by itself");
}

#[tokio::test]
async fn c2_every_amount_of_an_order_is_compared_with_its_checkout() {
    let world = World::start().await;
    let body = json!({"lines": [line("a", "NW-1014", "20"), line("b", "NW-1050", "3")]});
    let checkout = world.hansen().post("/v1/checkouts", &body).await.expect(201);
    let claim = |line: &Value| json!({"id": line["id"], "unit_price": line["unit_price"], "amount": line["amount"]});
    let lines: Vec<_> = checkout["lines"].as_array().unwrap().iter().map(claim).collect();
    let faithful = json!({"checkout": checkout["id"], "payable": checkout["totals"]["payable"], "lines": lines});
    let places = ["/payable", "/lines/0/unit_price", "/lines/0/amount", "/lines/1/unit_price", "/lines/1/amount"];
    for (index, place) in places.into_iter().enumerate() {
        for (which, other) in [("amount", json!("0.01")), ("currency", json!("USD"))] {
            let mut body = faithful.clone();
            *body.pointer_mut(&format!("{place}/{which}")).unwrap() = other;
            let refused = world.hansen().capture("/v1/orders", &format!("{which}-{index}"), &body).await;
            let problem = refused.expect_problem(422, "checkout_contradicted");
            assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem:#}");
            assert_eq!(text(&problem, "/errors/0/pointer"), place);
        }
    }
    world.hansen().capture("/v1/orders", "faithful", &faithful).await.expect(202);
}

#[tokio::test]
async fn c1_less_or_later_than_asked_and_another_sum_than_seen_are_told() {
    let world = World::with(|config| config.set("stores.main.reserve", "false")).await;
    world.backend.set_stock("NW-1020", "BER", "3").await;
    for site in ["HAM", "MUC"] {
        world.backend.set_stock("NW-1020", site, "0").await;
    }
    let today = "2026-01-01";
    let body = json!({
        "lines": [line("1", "NW-1020", "50"), {"id": "2", "sku": "NW-1017", "quantity": {"value": "1"}, "requested_date": today}],
        "seen_payable": money("1.00"),
    });
    let checkout = world.hansen().post("/v1/checkouts", &body).await.expect(201);
    let told = checkout["promise_differences"].as_array().unwrap();
    let of = |id: &str| told.iter().find(|difference| difference["line"] == id).unwrap_or_else(|| panic!("{checkout:#}"));
    assert!(amount(of("2"), "/in_time") < amount(of("2"), "/promised"), "{checkout:#}");
    assert_eq!(text(of("2"), "/requested_date"), today);
    assert!(told.iter().all(|difference| amount(difference, "/in_time") < amount(difference, "/asked/value")), "{checkout:#}");
    assert_eq!(text(&checkout, "/payable_difference/seen/amount"), "1.00");
    assert_eq!(checkout["payable_difference"]["now"], checkout["totals"]["payable"]);
    let same = json!({"lines": [line("1", "NW-1017", "1")], "seen_payable": {"amount": "1.00", "currency": "USD"}});
    let refused = world.hansen().post("/v1/checkouts", &same).await.expect_problem(422, "invalid_request");
    assert_eq!(text(&refused, "/errors/0/pointer"), "/seen_payable/currency");
}
