//! The server holds what no host of this release has written, or what one has written for something else.

use ordergate_tests::{CacheServer, PLIERS, text};
use redis::{Commands, cmd};
use serde_json::json;

use super::{Pair, hansen, invalidate, shown, stock, until_written};

/// What becomes of a stored text.
type Distortion = Box<dyn Fn(&str) -> Vec<u8>>;

/// Has a value stored for an item that no other was stored for.
async fn stored(pair: &Pair, sku: &str) -> String {
    let before = pair.cache.values();
    stock(&pair.one, sku).await;
    until_written(&pair.one, before.len() as f64 + 1.0).await;
    let after = pair.cache.values();
    after.into_iter().find(|name| !before.contains(name)).expect("a new value")
}

#[tokio::test]
async fn f11_nonsense_is_as_good_as_nothing_and_counted() {
    let pair = Pair::start().await;
    let mut connection = pair.cache.connection();
    let other = stored(&pair, "NW-1001").await;
    let other: String = connection.get(&other).unwrap();
    let forms: [(&str, &str, Distortion); 9] = [
        ("NW-1002", "unreadable", Box::new(|_| b"\xff\x00nonsense".to_vec())),
        ("NW-1003", "unreadable", Box::new(|text| text.replace("ordergate 1 ", "ordergate 2 ").into_bytes())),
        ("NW-1004", "unreadable", Box::new(|text| text.as_bytes()[..text.len() / 2].to_vec())),
        ("NW-1005", "unreadable", Box::new(|text| text.replace("\"available\":\"", "\"available\":\"many").into_bytes())),
        ("NW-1006", "foreign", Box::new(move |_| other.clone().into_bytes())),
        ("NW-1007", "too_large", Box::new(|text| [text.as_bytes(), &vec![b' '; 1_000_000]].concat())),
        ("NW-1008", "from_the_future", Box::new(|text| text.replace("\"asked\":1", "\"asked\":9").into_bytes())),
        ("NW-1009", "invalidated", Box::new(|text| text.replace("\"under\":[\"", "\"under\":[\"x").into_bytes())),
        // It can be read, and is no stock that a back end may answer.
        (PLIERS, "miss", Box::new(|text| text.replace("\"available\":\"", "\"available\":\"-").into_bytes())),
    ];
    for (sku, outcome, distort) in forms {
        let name = stored(&pair, sku).await;
        let text: String = connection.get(&name).unwrap();
        let distorted = distort(&text);
        assert_ne!(distorted, text.as_bytes(), "{sku}: nothing was replaced in {text}");
        connection.set::<_, _, ()>(&name, distorted).unwrap();
        let count = async || pair.two.metric("ordergate_shared_cache_reads_total", &[&format!("\"{outcome}\"")]).await;
        let (before, truth) = (count().await, shown(&pair.one, sku).await.1);
        assert_eq!(shown(&pair.two, sku).await, ("live".into(), truth), "{sku}: {outcome}");
        assert_eq!(count().await, before + 1.0, "{sku}: {outcome}");
    }
    // Of another type altogether: values, and the versions that they are under.
    let name = stored(&pair, "NW-1011").await;
    let versions: Vec<String> = connection.keys("ordergate:v:*NW-1012*").unwrap();
    assert!(versions.is_empty());
    connection.del::<_, ()>(&name).unwrap();
    connection.lpush::<_, _, ()>(&name, "x").unwrap();
    connection.lpush::<_, _, ()>("ordergate:v:ai:NW-1012", "x").unwrap();
    for sku in ["NW-1011", "NW-1012"] {
        assert_eq!(shown(&pair.two, sku).await.0, "live");
    }
}

#[tokio::test]
async fn f11_hosts_of_another_format_share_the_server_and_hear_of_invalidations() {
    let pair = Pair::start().await;
    let mut connection = pair.cache.connection();
    let name = stored(&pair, PLIERS).await;
    // As a later release may lay them: values in its own places, versions where they always were.
    let later = name.replace("ordergate:1:", "ordergate:2:");
    connection.set::<_, _, ()>(&later, "another format").unwrap();
    assert_eq!(shown(&pair.two, PLIERS).await.0, "cached");
    let versions: Vec<String> = connection.keys("ordergate:v:a*NW-1014").unwrap();
    assert_eq!(versions.len(), 2, "{versions:?}");
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    connection.del::<_, ()>("ordergate:v:ai:NW-1014").unwrap();
    for host in [&pair.one, &pair.two] {
        super::until_metric(host, "ordergate_shared_cache_invalidations_heard_total", &["availability"], 1.0).await;
        assert_eq!(shown(host, PLIERS).await.1, "267");
    }
    assert_eq!(connection.get::<_, String>(&later).unwrap(), "another format", "nobody touched it");
}

#[tokio::test]
async fn f11_with_a_key_only_what_was_signed_with_it_is_believed() {
    let cache = CacheServer::start().await;
    let pair = Pair::on(cache, |config| {
        let config = config.set("cache.shared.sign_key", r#"{ env = "TEST_SIGN_KEY" }"#);
        config.env("TEST_SIGN_KEY", "0123456789abcdef0123456789abcdef")
    })
    .await;
    let mut connection = pair.cache.connection();
    let price = format!("/v1/offer-prices/{PLIERS}?quantity=20");
    let truth = hansen(&pair.one).get(&price).await.expect(200);
    until_written(&pair.one, 1.0).await;
    let name = pair.cache.values().remove(0);
    let text_of: String = connection.get(&name).unwrap();
    let amount = text(&truth, "/unit_price/amount");
    assert!(text_of.contains(amount), "{text_of}");
    connection.set::<_, _, ()>(&name, text_of.replace(amount, "0.01")).unwrap();
    let answer = hansen(&pair.two).get(&price).await.expect(200);
    assert_eq!((text(&answer, "/source"), &answer["unit_price"]), ("live", &truth["unit_price"]));
    assert_eq!(pair.two.metric("ordergate_shared_cache_reads_total", &["forged"]).await, 1.0);
    // Signed ones are shared.
    stock(&pair.one, "NW-1017").await;
    until_written(&pair.one, 2.0).await;
    assert_eq!(shown(&pair.two, "NW-1017").await.0, "cached");
}

#[tokio::test]
async fn f11_a_flushed_or_evicting_server_makes_hosts_ask_again_and_nothing_old_is_shown() {
    let pair = Pair::start().await;
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, PLIERS).await.1, "307");
        until_written(&pair.one, 1.0).await;
    }
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    cmd("FLUSHALL").exec(&mut pair.cache.connection()).unwrap();
    for host in [&pair.one, &pair.two] {
        ordergate_tests::eventually("the new stock is shown", async || (shown(host, PLIERS).await.1 == "267").then_some(()))
            .await;
    }
    // A value whose version was evicted is void, also after the version was made anew.
    until_written(&pair.one, 2.0).await;
    pair.backend.set_stock(PLIERS, "BER", "90").await;
    pair.cache.connection().del::<_, ()>("ordergate:v:an:NW-1014").unwrap();
    ordergate_tests::eventually("the newest stock is shown", async || (shown(&pair.two, PLIERS).await.1 == "257").then_some(()))
        .await;
    invalidate(&pair.two, PLIERS, json!({})).await;
}
