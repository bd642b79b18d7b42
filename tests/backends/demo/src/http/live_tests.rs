//! The whole back end over real sockets: a server on a free port and a client that writes and reads bytes, so that what faults do to a
//! connection can be seen as it is.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

use crate::{Options, Running, serve};

struct Live {
    running: Running,
    stop: oneshot::Sender<()>,
}

async fn live(options: Options) -> Live {
    let (stop, stopped) = oneshot::channel::<()>();
    let quiet = Options { advance_every_secs: 0, stock_moves_every_secs: 0, answer_after_secs: 3600, ..options };
    let running = serve(quiet, async move { drop(stopped.await) }).await.unwrap();
    Live { running, stop }
}

impl Live {
    async fn stop(self) {
        drop(self.stop);
        self.running.finished().await.unwrap();
    }

    /// All bytes that come back until the connection is closed.
    async fn bytes(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: nordwind-demo-key\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.running.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        reply
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let reply = String::from_utf8(self.bytes(method, path, body.as_ref()).await).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").expect(&reply);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::String(body.to_owned())))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn fault(&self, rule: Value) {
        let (status, body) = self.send("PUT", "/control/faults", Some(json!({"rules": [rule]}))).await;
        assert_eq!(status, 200, "{body}");
    }
}

fn order(reference: &str) -> Value {
    json!({"customer": "C-1001", "your_ref": reference, "positions": [{"pos": "10", "article": "NW-1014", "qty": "2"}]})
}

#[tokio::test]
async fn the_way_from_price_to_order_works_over_http() {
    let live = live(Options::default()).await;
    let stock = live.get("/api/stock?sku=NW-1019,NOPE&site=BER").await;
    assert_eq!((&stock["stock"][0]["free"], &stock["unknown"]), (&json!("9"), &json!(["NOPE"])));
    let inquiry = json!({"customer": "C-1001", "currency": "EUR", "positions": [{"pos": "1", "article": "NW-1014", "qty": "2", "uom": "PCE"}, {"pos": "2", "article": "NOPE", "qty": "1"}]});
    let (_, prices) = live.send("POST", "/api/price-inquiries", Some(inquiry)).await;
    assert_eq!(
        (&prices["positions"][0]["net"], &prices["positions"][1]["error"]["code"]),
        (&json!("21.90"), &json!("UNKNOWN_ARTICLE"))
    );
    let (status, held) =
        live.send("POST", "/api/reservations", Some(json!({"positions": [{"article": "NW-1014", "qty": "2"}]}))).await;
    assert_eq!(status, 201);
    let mut order = order("W-1");
    order["reservation"] = held["id"].clone();
    let (status, taken) = live.send("POST", "/api/orders", Some(order)).await;
    assert_eq!((status, &taken["state"], &taken["channel"]), (201, &json!("OPN"), &json!("WEB")));
    let found = live.get("/api/orders?customer=C-1001&your_ref=W-1").await;
    assert_eq!(found["items"], json!([taken]));
    assert_eq!(live.get(&format!("/api/orders/{}", taken["no"].as_str().unwrap())).await, taken);
    live.stop().await;
}

#[tokio::test]
async fn requests_without_the_key_or_with_bad_bodies_are_refused_clearly() {
    let live = live(Options { api_key: "another".to_owned(), ..Options::default() }).await;
    assert_eq!(live.send("GET", "/api/ping", None).await.0, 401);
    assert_eq!(live.send("GET", "/control", None).await.0, 200);
    live.stop().await;
    let live = self::live(Options::default()).await;
    let (status, body) = live
        .send("POST", "/api/orders", Some(json!({"customer": "C-1001", "positions": [{"article": "NW-1014", "qty": 2}]})))
        .await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("BAD_REQUEST")));
    assert!(body["error"]["text"].as_str().unwrap().contains("positions[0].qty"), "{body}");
    assert_eq!(live.send("GET", "/api/nowhere", None).await.0, 404);
    assert_eq!(live.send("DELETE", "/api/ping", None).await.1["error"]["code"], "BAD_METHOD");
    live.stop().await;
}

#[tokio::test]
async fn a_lost_reply_closes_the_connection_without_a_byte_but_the_order_is_taken() {
    let live = live(Options::default()).await;
    live.fault(json!({"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost", "times": 1})).await;
    assert_eq!(live.bytes("POST", "/api/orders", Some(&order("W-7"))).await, b"");
    assert_eq!(live.get("/api/orders?your_ref=W-7").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(live.send("POST", "/api/orders", Some(order("W-7"))).await.0, 201, "the back end takes it a second time");
    let stats = live.get("/control/stats").await;
    assert_eq!(stats["duplicates"][0]["your_ref"], "W-7");
    assert_eq!((&stats["requests"]["POST /api/orders"], &stats["orders_taken"]), (&json!(2), &json!(2)));
    live.stop().await;
}

#[tokio::test]
async fn a_connection_cut_before_takes_nothing() {
    let live = live(Options::default()).await;
    live.fault(json!({"method": "POST", "path_prefix": "/api/orders", "fault": "cut-before", "times": 1})).await;
    assert_eq!(live.bytes("POST", "/api/orders", Some(&order("W-8"))).await, b"");
    assert_eq!(live.get("/api/orders?your_ref=W-8").await["items"], json!([]));
    live.stop().await;
}

#[tokio::test]
async fn a_body_cut_in_the_middle_is_shorter_than_announced() {
    let live = live(Options::default()).await;
    live.fault(json!({"path_prefix": "/api/stock", "fault": "cut-mid-body"})).await;
    let reply = String::from_utf8(live.bytes("GET", "/api/stock?sku=NW-1001", None).await).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let announced: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    assert_eq!(body.len(), announced / 2);
    live.stop().await;
}

#[tokio::test]
async fn refusals_by_rule_carry_their_status_and_retry_after() {
    let live = live(Options::default()).await;
    for (fault, status) in
        [("refuse-503", 503), ("throttle-429", 429), ("error-500", 500), ("html-error", 502), ("garbage-json", 200)]
    {
        live.fault(json!({"fault": fault, "retry_after_secs": 3, "times": 1})).await;
        let reply = String::from_utf8(live.bytes("GET", "/api/ping", None).await).unwrap();
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{fault}: {reply}");
        assert_eq!(reply.contains("retry-after: 3"), matches!(status, 503 | 429), "{reply}");
    }
    assert_eq!(live.get("/api/ping").await, json!({"ok": true}), "the rule is used up");
    live.fault(json!({"fault": "drip", "pause_ms": 1})).await;
    assert_eq!(live.get("/api/ping").await, json!({"ok": true}));
    live.stop().await;
}

#[tokio::test]
async fn control_moves_the_company() {
    let live = live(Options::default()).await;
    let (status, order) = live
        .send(
            "POST",
            "/control/orders",
            Some(json!({"customer": "C-1002", "channel": "TEL", "positions": [{"article": "NW-1001", "qty": "100"}]})),
        )
        .await;
    assert_eq!((status, &order["channel"]), (201, &json!("TEL")));
    let path = format!("/api/orders/{}", order["no"].as_str().unwrap());
    live.send("POST", "/control/advance", None).await;
    assert_eq!(live.get(&path).await["state"], "PCK");
    live.send("PUT", "/control/foreign", Some(json!({"enabled": true}))).await;
    assert_ne!(live.get(&path).await["customer"], "C-1002");
    let list = live.get("/api/orders?customer=C-1002").await;
    assert!(list["items"].as_array().unwrap().iter().any(|order| order["customer"] != "C-1002"));
    let (_, stock) = live.send("PUT", "/control/stock/NW-1001", Some(json!({"site": "HAM", "free": "3"}))).await;
    assert_eq!(stock["free"], "3");
    live.send("PUT", "/control/prices/NW-1013", Some(json!({"list": "1"}))).await;
    let inquiry = json!({"customer": "C-1003", "positions": [{"article": "NW-1013", "qty": "1"}]});
    assert_eq!(live.send("POST", "/api/price-inquiries", Some(inquiry)).await.1["positions"][0]["net"], "1.00");
    let (_, rfq) = live
        .send("POST", "/api/rfqs", Some(json!({"customer": "C-1003", "positions": [{"article": "NW-1014", "qty": "9"}]})))
        .await;
    live.send("POST", "/control/answer", None).await;
    let path = format!("/api/rfqs/{}", rfq["no"].as_str().unwrap());
    live.send("PUT", "/control/foreign", Some(json!({"enabled": false}))).await;
    assert_eq!(live.get(&path).await["state"], "OFR");
    live.send("PUT", "/control/clock", Some(json!({"ahead_secs": 20 * 86_400}))).await;
    assert_eq!(live.get(&path).await["state"], "EXP");
    live.stop().await;
}

#[tokio::test]
async fn every_control_request_of_the_list_is_there() {
    let live = live(Options::default()).await;
    for line in live.get("/control").await.as_array().unwrap() {
        let telephone =
            json!({"customer": "C-1001", "channel": "TEL", "positions": [{"pos": "10", "article": "NW-1014", "qty": "1"}]});
        let (_, taken) = live.send("POST", "/control/orders", Some(telephone)).await;
        let [no, pos] = [&taken["no"], &taken["positions"][0]["pos"]].map(|text| text.as_str().unwrap());
        let path = line["path"].as_str().unwrap().replace("{article}", "NW-1001").replace("{no}", no).replace("{pos}", pos);
        let body = Some(line["body"].clone()).filter(|body| !body.is_null());
        let (status, answer) = live.send(line["method"].as_str().unwrap(), &path, body).await;
        assert!((200..300).contains(&status), "{line}: {answer}");
    }
    live.stop().await;
}

#[tokio::test]
async fn data_outlives_a_restart_and_a_write_is_kept_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("nordwind.json");
    let with_data = || Options { data: Some(data.clone()), ..Options::default() };
    let first = live(with_data()).await;
    let (_, taken) = first.send("POST", "/api/orders", Some(order("W-3"))).await;
    assert!(std::fs::read_to_string(&data).unwrap().contains("W-3"));
    first.stop().await;
    let second = live(with_data()).await;
    assert_eq!(second.get("/api/orders?your_ref=W-3").await["items"], json!([taken]));
    second.stop().await;
}

#[tokio::test]
async fn lists_are_paged_newest_first_and_filtered_by_day() {
    let live = live(Options::default()).await;
    let first = live.get("/api/orders?customer=C-1001&size=3&page=1").await;
    let second = live.get("/api/orders?customer=C-1001&size=3&page=2").await;
    let times: Vec<String> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|order| order["entered_at"].as_str().unwrap().to_owned())
        .collect();
    assert!(times.len() == 6 && times.windows(2).all(|pair| pair[0] > pair[1]), "{times:?}");
    let day = &times[5][..10];
    let found = live.get(&format!("/api/orders?customer=C-1001&until={day}&size=100")).await;
    assert!(found["items"].as_array().unwrap().iter().all(|order| order["entered_at"].as_str().unwrap()[..10] <= *day));
    assert_eq!(live.get("/api/orders?q=Hafencity%2017").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(live.send("GET", "/api/orders?since=yesterday", None).await.0, 400);
    live.stop().await;
}
