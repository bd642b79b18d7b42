//! The story that `cargo xtask demo --smoke` walks: a customer browses, buys, asks for a quote and looks at the history, while the back end
//! goes away and the host is killed. Every step tells what it saw and fails when that is not what the product promises.

mod buying;
mod history;
mod outage;
mod quoting;
mod reading;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::demo::World;
use crate::interrupt;

/// A step looks at the world, does something, and tells what it saw.
type Step = fn(&mut Story) -> Result<String>;

const STEPS: [(&str, Step); 19] = [
    ("Browse", reading::browse),
    ("Browse again: from the cache", reading::browse_again),
    ("Stock changes in the back end: pushed, shown at once", reading::pushed),
    ("Two customers, two prices", reading::two_prices),
    ("Fill the cart", reading::cart),
    ("Check out: reserved, priced and sealed live", buying::check_out),
    ("Order what was sealed", buying::order),
    ("Confirmed in the back end", buying::confirmed),
    ("The storefront repeats its order: nothing happens twice", buying::repeated),
    ("Ask for a quote", quoting::request),
    ("The sales desk offers", quoting::offered),
    ("Accept the offer", quoting::accept),
    ("History: also what was ordered by telephone", history::all_channels),
    ("The back end stops: browsing goes on", outage::browse_from_cache),
    ("An order is accepted all the same", outage::accept_order),
    ("kill -9 and restart of the host: the order is still there", outage::kill_and_restart),
    ("The back end is back: the order arrives, once", outage::recover),
    ("kill -9 in the middle of transfers: nothing lost, nothing doubled", outage::kill_while_sending),
    ("The host ends when asked, with success", outage::end),
];

/// Walks all steps; stops at the first that fails.
pub(crate) fn walk(world: World) -> Result<()> {
    let mut story = Story::new(world);
    println!("host {} · operations {} · back end {}", story.world.api, story.world.ops, story.world.backend_url());
    for (number, (title, step)) in STEPS.into_iter().enumerate() {
        interrupt::check()?;
        let start = Instant::now();
        let seen = step(&mut story)
            .with_context(|| format!("step {}, {title}\nthe host's log:\n{}", number + 1, story.world.host_log()))?;
        println!("{:>2}/{} {title} ({} ms)\n      {seen}", number + 1, STEPS.len(), start.elapsed().as_millis());
    }
    Ok(())
}

/// Where the story stands: what later steps need of earlier ones.
struct Story {
    world: World,
    /// The checkout that is to be ordered.
    checkout: Value,
    /// References of all orders placed, each of which must be in the back end exactly once.
    orders: Vec<String>,
    /// Reference of the quote.
    quote: String,
}

impl Story {
    fn new(world: World) -> Self {
        Self { world, checkout: Value::Null, orders: Vec::new(), quote: String::new() }
    }

    /// The storefront as the customer C-1001.
    fn hansen(&self) -> Client {
        Client::new(&self.world.api).with("x-api-key", &self.world.keys.hansen)
    }

    /// The storefront as the customer C-1002.
    fn bauer(&self) -> Client {
        Client::new(&self.world.api).with("x-api-key", &self.world.keys.bauer)
    }

    /// Seals a cart of one line.
    fn seal(&self, customer: &Client, sku: &str, quantity: &str) -> Result<Value> {
        let line = json!({"id": "1", "sku": sku, "quantity": {"value": quantity}});
        customer.post("/v1/checkouts", &json!({"lines": [line]}))?.expect_status(&[201])
    }

    /// Orders a sealed checkout and remembers the reference. The checkout's id is the idempotency key.
    fn place(&mut self, customer: &Client, checkout: &Value) -> Result<Value> {
        let id = text(checkout, "/id")?;
        let order = customer
            .capture("/v1/orders", id, &json!({"checkout": id, "purchase_order": "PO-4711"}))?
            .expect_status(&[201, 202])?;
        self.orders.push(text(&order, "/reference")?.to_owned());
        Ok(order)
    }

    /// Waits until the order's transfer is confirmed.
    fn until_confirmed(&self, customer: &Client, reference: &str) -> Result<Value> {
        until(&format!("order {reference} confirmed"), Duration::from_secs(60), || {
            let order = customer.get(&format!("/v1/orders/{reference}"))?.expect_status(&[200])?;
            match optional_text(&order, "/transfer/state") {
                Some("confirmed") => Ok(Some(order)),
                None if optional_text(&order, "/number").is_some() => Ok(Some(order)),
                Some(state @ ("rejected" | "parked" | "abandoned")) => bail!("order {reference} is {state}: {order}"),
                _ => Ok(None),
            }
        })
    }

    /// How many orders the back end has with this reference.
    fn count_in_backend(&self, reference: &str) -> Result<usize> {
        let found = self.world.backend().get(&format!("/api/orders?your_ref={reference}"))?.expect_status(&[200])?;
        Ok(items(&found)?.len())
    }

    /// Every order placed so far is in the back end exactly once.
    fn nothing_lost_nothing_doubled(&self) -> Result<()> {
        for reference in &self.orders {
            let count = self.count_in_backend(reference)?;
            ensure!(count == 1, "the back end has order {reference} {count} times");
        }
        let stats = self.world.backend().get("/control/stats")?.expect_status(&[200])?;
        let duplicates = stats.pointer("/duplicates").and_then(Value::as_array).context("/control/stats has no duplicates")?;
        ensure!(duplicates.is_empty(), "the back end took orders twice: {duplicates:?}");
        Ok(())
    }
}

/// A text in a JSON document, by its JSON pointer.
fn text<'a>(document: &'a Value, pointer: &str) -> Result<&'a str> {
    optional_text(document, pointer).with_context(|| format!("there is no text at {pointer} in {document}"))
}

fn optional_text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer).and_then(Value::as_str)
}

/// The `items` of a list.
fn items(document: &Value) -> Result<&Vec<Value>> {
    document.pointer("/items").and_then(Value::as_array).with_context(|| format!("there are no items in {document}"))
}

/// Looks again and again until it finds something, or the time is over.
fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        interrupt::check()?;
        if let Some(found) = look()? {
            return Ok(found);
        }
        if start.elapsed() > limit {
            bail!("not within {limit:?}: {what}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
