//! Transactions of CPQ as quotes, and requests as transactions. Every name is the site's own.

use super::{money, plain, units};
use crate::settings::{Fields, LineFields, Settings};
use crate::wire::{Draft, Entity, Read, date};
use ordergate_sdk::quotes::{QuoteDocument, QuoteLine, QuoteRequest};
use ordergate_sdk::types::Quantity;
use rust_decimal::Decimal;
use serde_json::Value;

/// The main document: `{"documents": {…}}` where an action or a creation answers, the document itself otherwise.
pub(crate) fn main(body: &Value) -> Entity<'_> {
    let whole = Entity::of(body);
    whole.one("documents").unwrap_or(whole)
}

/// A new transaction. An error says what cannot be handed over.
pub(crate) fn request(settings: &Settings, request: &QuoteRequest, reference: &str) -> Read<Value> {
    if request.contract.is_some() {
        return Err("a quote request under a contract cannot be handed over".to_owned());
    }
    let Fields { reference: own, account, currency, purchase_order, notes, .. } = &settings.quotes.fields;
    let lines: Read<Vec<Value>> = request.lines.iter().enumerate().map(|(index, line)| item(settings, index, line)).collect();
    let words = words(request);
    let items = Draft::new().list("items", lines?).done();
    Ok(Draft::new()
        .text(own, reference)
        .text(account, &request.account)
        .text(currency, &request.currency)
        .optional(purchase_order, request.purchase_order.as_ref())
        .optional(notes, (!words.is_empty()).then_some(words))
        .part(&settings.quotes.lines, items)
        .done())
}

fn item(settings: &Settings, index: usize, line: &QuoteLine) -> Read<Value> {
    let sku = line.sku.as_deref().ok_or_else(|| format!("line {}: it names no item of the back end", line.id))?;
    let unit = units::to_fusion(settings, &line.quantity.unit).map_err(|problem| format!("line {}: {problem}", line.id))?;
    let LineFields { number, part, quantity, unit: unit_field, .. } = &settings.quotes.line_fields;
    Ok(Draft::new()
        .text(part, sku)
        .text(quantity, &line.quantity.value)
        .text(unit_field, unit)
        .optional("_price_book_var_name", settings.quotes.price_book.as_ref())
        .part(number, Value::from(index + 1))
        .done())
}

/// What a transaction has no field for, in words, for those who answer it.
fn words(request: &QuoteRequest) -> String {
    let counter = request.counters.as_ref().map(|number| {
        let revision = request.counters_revision.as_deref().map(|revision| format!(", revision {revision}")).unwrap_or_default();
        format!("Counter-offer to quote {number}{revision}.")
    });
    let wish = |(index, line): (usize, &QuoteLine)| {
        let price = line.unit_price.as_ref()?;
        let per = line.per.as_deref().unwrap_or("1");
        Some(format!("Line {}: wished price {} {} per {per}.", index + 1, price.amount, price.currency))
    };
    let wishes = request.lines.iter().enumerate().filter_map(wish);
    let notes = request.notes.iter().map(|note| note.text.clone());
    counter.into_iter().chain(wishes).chain(notes).collect::<Vec<_>>().join("\n")
}

/// A quote with its lines.
pub(crate) fn document(settings: &Settings, main: Entity<'_>, lines: &[Entity<'_>]) -> Read<QuoteDocument> {
    let summary = summary(settings, main)?;
    let lines = lines.iter().map(|line| quote_line(settings, *line, &summary.currency)).collect::<Read<_>>()?;
    Ok(QuoteDocument { lines, ..summary })
}

/// Without lines, for lists.
pub(crate) fn summary(settings: &Settings, main: Entity<'_>) -> Read<QuoteDocument> {
    let names = &settings.quotes.fields;
    let (status, raw_status) = status(settings, main);
    Ok(QuoteDocument {
        number: main.required(&names.number)?.to_owned(),
        reference: main.text(&names.reference).map(ToOwned::to_owned),
        account: main.required(&names.account)?.to_owned(),
        revision: revision(settings, main),
        purchase_order: main.text(&names.purchase_order).map(ToOwned::to_owned),
        placed_at: main.parsed(&names.created, "time", date::instant)?.ok_or_else(|| format!("{} is missing", names.created))?,
        changed_at: main.parsed(&names.changed, "time", date::instant)?,
        status,
        raw_status,
        currency: main.required(&names.currency)?.to_owned(),
        valid_until: main.parsed(&names.valid_until, "date", date::day)?,
        order_number: main.text(&names.order_number).map(ToOwned::to_owned),
        ..QuoteDocument::default()
    })
}

/// One state of the offer: its version, and where a site has none the moment of its last change.
fn revision(settings: &Settings, main: Entity<'_>) -> String {
    let names = &settings.quotes.fields;
    main.text(&names.revision).or_else(|| main.text(&names.changed)).unwrap_or("1").to_owned()
}

fn status(settings: &Settings, main: Entity<'_>) -> (String, Option<String>) {
    let raw = main.text(&settings.quotes.fields.status);
    let known = raw.and_then(|raw| settings.quotes.statuses.get(raw));
    (known.map_or("unknown", String::as_str).to_owned(), raw.map(ToOwned::to_owned))
}

fn quote_line(settings: &Settings, line: Entity<'_>, currency: &str) -> Read<QuoteLine> {
    let names = &settings.quotes.line_fields;
    let quantity = line.amount(&names.quantity)?;
    let unit =
        line.text(&names.unit).map_or_else(|| Ok(settings.availability.unit.clone()), |unit| units::to_un(settings, unit))?;
    let unit_price = amount(line, &names.unit_price)?;
    let amount = amount(line, &names.amount)?.or_else(|| unit_price.and_then(|price| price.checked_mul(quantity)));
    Ok(QuoteLine {
        id: line.required(&names.number)?.to_owned(),
        sku: line.text(&names.part).map(ToOwned::to_owned),
        description: line.text(&names.description).map(ToOwned::to_owned),
        quantity: Quantity { value: plain(quantity), unit },
        unit_price: unit_price.map(|price| money(price, currency)),
        amount: amount.map(|amount| money(amount, currency)),
        ..QuoteLine::default()
    })
}

/// An amount, or `{"value", "currency"}`.
fn amount(line: Entity<'_>, field: &str) -> Read<Option<Decimal>> {
    match line.one(field) {
        Some(amount) => amount.decimal("value"),
        None => line.decimal(field),
    }
}
