//! What comes after a promotion: orders show what no trial of reads does.

use super::trials::profile_with;
use super::*;

#[tokio::test]
async fn t12_a_version_whose_orders_break_after_its_promotion_goes_back_and_each_order_is_there_once() {
    let swaps = Swaps::start("share_percent = 50, trial_calls = 10", "false").await;
    // Reads are as they were; the body of an order takes more CPU time than there is.
    let spinning = "def order_body: (reduce range(1; 1000000000) as $one (0; . + 1)) as $spun | {";
    std::fs::write(settings(swaps.folder.path()), profile_with("def order_body: {", spinning)).unwrap();
    swaps.act("load").await.expect(200);
    let report = within(Duration::from_secs(60), "it is promoted on its reads", async || {
        swaps.read().await;
        let report = swaps.report().await;
        (state(&report, 2) == Some("live")).then_some(report)
    })
    .await;
    let watched = |report: &Value| report["generations"][0]["watched_until"].is_string();
    assert!(watched(&report), "{report:#}");
    let mut placed = Vec::new();
    for customer in [swaps.world.hansen(), swaps.world.bauer()] {
        let checkout = seal(&customer, PLIERS, "1").await;
        let captured = order(&customer, &checkout, "1").await.expect(202);
        placed.push((customer, text(&captured, "/reference").to_owned()));
    }
    let report = within(Duration::from_secs(60), "it goes back", async || {
        let report = swaps.report().await;
        (text(&report, "/last_swap/result") == "backed_out").then_some(report)
    })
    .await;
    assert_eq!((state(&report, 1), &report["last_swap"]["generation"]), (Some("live"), &json!(2)), "{report:#}");
    let detail = text(&report, "/last_swap/detail");
    assert!(detail.contains("transfer calls failed by the adapter's own fault since it is live"), "{detail}");
    assert!(!watched(&report), "the old one is known: {report:#}");
    for (customer, reference) in placed {
        until_order(&customer, &reference, "confirmed", |order| order["number"].is_string()).await;
        assert_eq!(swaps.world.backend.orders_with_reference(&reference).await.len(), 1, "order {reference} is there once");
    }
    swaps.world.backend.assert_nothing_doubled().await;
    assert_eq!(swaps.world.host.metric("ordergate_adapter_swaps_total", &["result=\"backed_out\""]).await, 1.0);
}
