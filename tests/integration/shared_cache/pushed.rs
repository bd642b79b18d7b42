//! What is pushed to one host is shown there and asked again by the other (rules F11, F12).

use super::*;

#[tokio::test]
async fn f12_what_is_pushed_to_one_host_reaches_the_memory_of_the_other() {
    let pair = Pair::with(ordergate_tests::pushing).await;
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, PLIERS).await.1, "307");
    }
    pair.backend.push_to(&pair.one).await;
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    pair.backend.pushed(1).await;
    let changed = ("pushed".to_owned(), "267".to_owned());
    assert_eq!(shown(&pair.one, PLIERS).await, changed);
    eventually("the other host asks", async || (shown(&pair.two, PLIERS).await.1 == "267").then_some(())).await;
    assert_eq!(shown(&pair.one, PLIERS).await, changed, "telling the others has not taken it away here");
}
