//! New documents: the deep insert of an order or a quotation. An error says what cannot be handed over; nothing is left out silently.

use super::parties;
use super::simulation::Area;
use super::units;
use crate::settings::{Settings, ValueMap};
use crate::wire::date;
use crate::wire::names::Names;
use ordergate_sdk::handover::line_key;
use ordergate_sdk::json::Draft;
use ordergate_sdk::orders::{Order, OrderLine, QuoteLink};
use ordergate_sdk::quotes::{QuoteLine, QuoteRequest};
use ordergate_sdk::types::{self, Note, Party};
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of the customer's reference, and of the field that keeps our line id.
const REFERENCE: usize = 35;
pub(super) const LINE: usize = 6;

/// What the headers of orders and quotations have in common.
struct Header<'a> {
    kind: &'a str,
    account: &'a str,
    currency: &'a str,
    reference: &'a str,
    purchase_order: Option<&'a str>,
    placed_at: &'a str,
    requested: Option<&'a str>,
    area: Option<&'a types::SalesArea>,
    parties: &'a [Party],
}

/// An order, from a cart or from a quotation.
pub(crate) fn order(settings: &Settings, names: &Names, order: &Order, reference: &str) -> Result<Value, String> {
    if order.contract.is_some() {
        return Err("an order under a contract cannot be handed over".to_owned());
    }
    let products: Vec<&OrderLine> = order.lines.iter().filter(|line| line.kind == "product").collect();
    let header = Header {
        kind: &settings.orders.kind,
        account: &order.account,
        currency: &order.currency,
        reference,
        purchase_order: order.purchase_order.as_deref(),
        placed_at: &order.placed_at,
        requested: requested(order.requested_date.as_deref(), products.iter().map(|line| line.requested_date.as_deref())),
        area: order.sales_area.as_ref(),
        parties: &order.parties,
    };
    let token = settings.texts.payment_token.as_ref().zip(order.payment_token.as_ref());
    let texts = texts(settings, names, &order.notes, token.map(|(id, token)| (id.as_str(), token.clone())));
    let items: Result<Vec<Value>, String> =
        products.iter().enumerate().map(|(index, line)| order_item(settings, names, order.quote.as_ref(), index, line)).collect();
    let draft = draft(settings, names, &header)?
        .optional(
            names.shipping_condition,
            mapped(&settings.delivery_methods, order.delivery_method.as_deref(), "delivery_methods")?,
        )
        .optional(names.payment_terms, mapped(&settings.payment_terms, order.payment_terms.as_deref(), "payment_terms")?)
        .optional(names.preceding_document, order.quote.as_ref().map(|quote| &quote.number))
        .list(names.texts, texts)
        .list(names.items, items?);
    let complete = if order.ship_complete { draft.part(names.complete_delivery, Value::Bool(true)) } else { draft };
    Ok(complete.done())
}

/// A quotation: a request that sales must answer, or a counter-offer, which is a request of its own.
pub(crate) fn quotation(settings: &Settings, names: &Names, request: &QuoteRequest, reference: &str) -> Result<Value, String> {
    if request.contract.is_some() {
        return Err("a quote request under a contract cannot be handed over".to_owned());
    }
    let header = Header {
        kind: &settings.quotes.kind,
        account: &request.account,
        currency: &request.currency,
        reference,
        purchase_order: None,
        placed_at: &request.placed_at,
        requested: requested(request.requested_date.as_deref(), request.lines.iter().map(|line| line.requested_date.as_deref())),
        area: request.sales_area.as_ref(),
        parties: &request.parties,
    };
    let wishes = wishes(request);
    let wishes = (!wishes.is_empty()).then_some((settings.texts.other.as_str(), wishes));
    let purchase_order = request.purchase_order.as_deref();
    let items: Result<Vec<Value>, String> =
        request.lines.iter().enumerate().map(|(index, line)| quote_item(settings, names, purchase_order, index, line)).collect();
    let draft = draft(settings, names, &header)?
        .optional(names.delivery_block, settings.quotes.request_block.as_ref())
        .list(names.texts, texts(settings, names, &request.notes, wishes))
        .list(names.items, items?);
    Ok(draft.done())
}

/// The day of the header: its own, else the earliest of the lines'. Lines have no day of their own when a document is created.
fn requested<'a>(own: Option<&'a str>, lines: impl Iterator<Item = Option<&'a str>>) -> Option<&'a str> {
    own.or_else(|| lines.flatten().min())
}

fn draft(settings: &Settings, names: &Names, header: &Header<'_>) -> Result<Draft, String> {
    let Area { organization, channel, division } = Area::of(settings, header.area);
    let placed_on = date::day_of_instant(header.placed_at).and_then(date::to_json);
    let draft = Draft::new()
        .text(names.kind, header.kind)
        .text(names.organization, organization)
        .text(names.channel, channel)
        .text(names.division, division)
        .text(names.sold_to, header.account)
        .text(names.currency, header.currency)
        .text(names.reference, fitting("reference", header.reference, REFERENCE)?)
        .optional(names.reference_date, placed_on)
        .optional(names.reference_type, settings.orders.reference_type.as_ref())
        .optional(names.requested_date, header.requested.and_then(date::to_json))
        .list(names.partners, parties::sent(settings, names, header.account, header.parties)?);
    with_purchase_order(draft, names.purchase_order, header.purchase_order)
}

fn order_item(
    settings: &Settings,
    names: &Names,
    quote: Option<&QuoteLink>,
    index: usize,
    line: &OrderLine,
) -> Result<Value, String> {
    let product = Product { sku: &line.sku, buyer_sku: &line.buyer_sku, quantity: &line.quantity, location: &line.location };
    let item = product.draft(settings, names).map_err(|problem| format!("line {}: {problem}", line.id))?;
    let item = match names.line_reference {
        Some(field) => item.text(field, line_key(index, &line.id, LINE)),
        None => item,
    };
    Ok(match line.quote.as_ref().or(quote) {
        Some(link) => {
            let line = link.line.as_ref().unwrap_or(&line.id);
            item.text(names.preceding_document, &link.number).text(names.preceding_item, line).done()
        }
        None => item.done(),
    })
}

fn quote_item(
    settings: &Settings,
    names: &Names,
    purchase_order: Option<&str>,
    index: usize,
    line: &QuoteLine,
) -> Result<Value, String> {
    let product = Product { sku: &line.sku, buyer_sku: &line.buyer_sku, quantity: &line.quantity, location: &line.location };
    let item = product.draft(settings, names).map_err(|problem| format!("line {}: {problem}", line.id))?;
    let numbered = item.text(names.item_number, item_number(index).to_string());
    Ok(with_purchase_order(numbered, names.item_purchase_order, purchase_order)?.done())
}

/// Items are numbered in tens.
pub(crate) fn item_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX).saturating_mul(10)
}

fn with_purchase_order(draft: Draft, field: Option<&str>, number: Option<&str>) -> Result<Draft, String> {
    Ok(match field.zip(number) {
        Some((field, number)) => draft.text(field, fitting("purchase order number", number, REFERENCE)?),
        None => draft,
    })
}

/// What is ordered or asked for.
struct Product<'a> {
    sku: &'a Option<String>,
    buyer_sku: &'a Option<String>,
    quantity: &'a types::Quantity,
    location: &'a Option<String>,
}

impl Product<'_> {
    fn draft(&self, settings: &Settings, names: &Names) -> Result<Draft, String> {
        let named = match (self.sku, self.buyer_sku) {
            (Some(sku), _) => Draft::new().text(names.material, sku),
            (None, Some(buyer_sku)) => Draft::new().text(names.customer_material, buyer_sku),
            (None, None) => return Err("it names no item".to_owned()),
        };
        let draft =
            named.text(names.quantity, &self.quantity.value).text(names.unit, units::to_sap(settings, &self.quantity.unit)?);
        Ok(draft.optional(names.plant, self.location.as_deref().map(|location| settings.plant(location))))
    }
}

/// The code of a word in a map. An empty map says that it is not handed over; a word that a filled map lacks is an error.
fn mapped<'a>(map: &'a ValueMap, word: Option<&str>, key: &str) -> Result<Option<&'a str>, String> {
    let Some(word) = word.filter(|_| !map.is_empty()) else { return Ok(None) };
    map.get(word)
        .map(|code| Some(code.as_str()))
        .ok_or_else(|| format!("{word:?} has no code: add it under {key} in the settings"))
}

/// Texts by id and language, which are their key: several of the same are one.
fn texts(settings: &Settings, names: &Names, notes: &[Note], more: Option<(&str, String)>) -> Vec<Value> {
    let own = &settings.texts;
    let mut merged: BTreeMap<(String, String), String> = BTreeMap::new();
    let noted = notes.iter().map(|note| {
        let id = own.kinds.get(&note.kind).unwrap_or(&own.other).clone();
        let language =
            note.language.as_deref().and_then(|tag| tag.get(..2)).map_or_else(|| own.language.clone(), str::to_ascii_uppercase);
        ((id, language), note.text.clone())
    });
    let more = more.map(|(id, text)| ((id.to_owned(), own.language.clone()), text));
    for (key, text) in noted.chain(more) {
        let whole = merged.entry(key).or_default();
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(&text);
    }
    let value = |((id, language), text): ((String, String), String)| {
        Draft::new().text(names.text_language, language).text(names.text_id, id).text(names.text, text).done()
    };
    merged.into_iter().map(value).collect()
}

/// What a quotation has no field for, in words, for those who answer it.
fn wishes(request: &QuoteRequest) -> String {
    let revision = request.counters_revision.as_deref().map(|revision| format!(" as of {revision}")).unwrap_or_default();
    let counter = request.counters.as_ref().map(|number| format!("Counter-offer to quotation {number}{revision}."));
    let wish = |(index, line): (usize, &QuoteLine)| {
        let price = line.unit_price.as_ref()?;
        let per = line.per.as_deref().unwrap_or("1");
        Some(format!("Item {}: wished price {} {} per {per}.", item_number(index), price.amount, price.currency))
    };
    let wishes = request.lines.iter().enumerate().filter_map(wish);
    counter.into_iter().chain(wishes).collect::<Vec<_>>().join("\n")
}

fn fitting<'a>(what: &str, text: &'a str, most: usize) -> Result<&'a str, String> {
    if text.chars().count() <= most { Ok(text) } else { Err(format!("the {what} has more than {most} characters")) }
}
