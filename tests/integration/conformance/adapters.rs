//! The adapters of this repository keep the promises of the contract, each before the back end that it is for.

use ordergate_tests::{AdfBackend, DemoBackend, HostConfig, S4Backend, TrytonBackend, Vendor, authored_file, started, text};

use serde_json::json;

use super::Proof;

/// A plan whose witness is the `/control` of a back end of the tests.
pub(super) fn plan(buyer: &str, items: &str, url: &str, orders: &str, count: &str) -> String {
    format!(
        "[backend]\nis_test_system = true\n[buyer]\ncurrency = \"EUR\"\n{buyer}\n[catalog]\nitems = [{items}]\n[calls]\nshort_deadline_ms = 1500\n\
         [witness]\nendpoint = {{ base_url = \"{url}\", allow = [\"loopback\"] }}\npath = \"/control/orders?{orders}={{reference}}\"\ncount = \"{count}\"\n"
    )
}

/// Nordwind Supply's facts.
pub(super) fn nordwind(url: &str) -> String {
    let items = "{ sku = \"NW-1029\", quantity = \"2\", location = \"BER\" }, { sku = \"NW-1001\", quantity = \"100\", location = \"BER\" }";
    plan("account = \"C-1001\"\nother_account = \"C-1002\"", items, url, "your_ref", "/items")
}

/// In memory: it takes hundreds of orders.
pub(super) async fn backend() -> DemoBackend {
    DemoBackend::in_memory(&[]).await
}

/// The adapter of the template, in a language.
pub(super) fn authored(backend: &DemoBackend, language: &str) -> HostConfig {
    let component = format!("{:?}", authored_file(language).to_str().unwrap());
    HostConfig::for_backend(&backend.url(), backend.key())
        .set("adapters.nordwind.component", &component)
        .unset("adapters.nordwind.settings_file")
        .set("adapters.nordwind.settings.shipping", "\"STD\"")
}

async fn template_passes(language: &str) {
    let backend = backend().await;
    Proof::new(authored(&backend, language), "nordwind", &nordwind(&backend.url())).prove(&[]).await.has_passed(100);
    backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn the_template_in_rust_passes() {
    template_passes("rust").await;
}

#[tokio::test]
async fn the_template_in_javascript_passes() {
    template_passes("js").await;
}

#[tokio::test]
async fn the_template_in_python_passes() {
    template_passes("python").await;
}

/// Its number.
async fn offered_quote(backend: &DemoBackend) -> String {
    let request = json!({"customer": "C-1001", "positions": [{"article": "NW-1029", "qty": "20"}]});
    let asked = backend.client().post("/api/rfqs", &request).await.expect(201);
    backend.answer_quotes().await;
    text(&asked, "/no").to_owned()
}

#[tokio::test]
async fn the_rest_adapter_passes_before_the_demo_back_end() {
    let backend = backend().await;
    let config = HostConfig::for_backend(&backend.url(), backend.key());
    let (to_accept, to_decline) = (offered_quote(&backend).await, offered_quote(&backend).await);
    let plan = format!("{}[quotes]\nto_accept = \"{to_accept}\"\nto_decline = \"{to_decline}\"\n", nordwind(&backend.url()));
    let proven = Proof::new(config, "nordwind", &plan).prove(&[]).await;
    proven.has_passed(200);
    assert!(!proven.report["skipped"].to_string().contains("quotes.accept"), "{:#}", proven.report["skipped"]);
    backend.assert_nothing_doubled().await;
}

/// Without a witness: the adapter's own history is believed.
#[tokio::test]
async fn the_rest_adapter_passes_before_tryton() {
    let backend = TrytonBackend::start().await;
    let config = HostConfig::for_tryton(&format!("http://127.0.0.1:{}/erp/rest", backend.port()), backend.shop_key());
    let plan = "[backend]\nis_test_system = true\nfloat_quantities = true\n[buyer]\naccount = \"10100001\"\nother_account = \"10100002\"\ncurrency = \"EUR\"\n\
                [catalog]\nitems = [{ sku = \"LAMP\", quantity = \"1\" }]\n[calls]\nshort_deadline_ms = 1500\nfault_positions = 3\n";
    Proof::new(config, "erp", plan).prove(&[]).await.has_passed(100);
}

#[tokio::test]
async fn the_sap_adapter_passes_before_the_s4_back_end() {
    let backend: S4Backend = started().await;
    let items = "{ sku = \"TG12\", quantity = \"2\" }, { sku = \"TG11\", quantity = \"100\" }";
    let plan = plan("account = \"10100001\"\nother_account = \"10100002\"", items, &backend.url(), "reference", "");
    Proof::new(backend.config(), "s4", &plan).prove(&[]).await.has_passed(200);
}

#[tokio::test]
async fn the_oracle_adapter_passes_before_the_fusion_back_end() {
    let backend: AdfBackend = started().await;
    let items = "{ sku = \"AS10000\", quantity = \"2\" }, { sku = \"AS54888\", quantity = \"3\" }";
    let plan = plan("account = \"10060\"\nother_account = \"10070\"", items, &backend.url(), "reference", "");
    Proof::new(backend.config(), "fusion", &plan).prove(&[]).await.has_passed(200);
}
