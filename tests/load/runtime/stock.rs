//! A back end that knows every article and answers at once: the demo back end's interface for stock, without its data.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::json;

/// Starts it on a free port of this process and gives its address.
pub(super) async fn start() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            connection.set_nodelay(true).unwrap();
            let service = hyper_util::service::TowerToHyperService::new(tower::service_fn(answer));
            tokio::spawn(async move {
                Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), service).await.ok()
            });
        }
    });
    url
}

async fn answer<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let query = request.uri().query().unwrap_or_default();
    let skus = query.split('&').find_map(|pair| pair.strip_prefix("sku=")).unwrap_or_default().replace("%2C", ",");
    let article = |sku: &str| {
        json!({"article": sku, "site": null, "free": "1240", "uom": "PCE", "made_to_order": false, "lead_days": 3,
               "inbound": [{"qty": "500", "eta": "2026-12-03"}]})
    };
    let stock: Vec<_> = skus.split(',').filter(|sku| !sku.is_empty()).map(article).collect();
    let body = Bytes::from(json!({"stock": stock, "unknown": []}).to_string());
    Ok(Response::builder().header("content-type", "application/json").body(Full::new(body)).unwrap())
}
