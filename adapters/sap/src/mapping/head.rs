//! What orders and quotations know of themselves alike.

use super::{money, prices, same_number};
use crate::settings::Settings;
use crate::wire::names::Names;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::types::{Extensions, Note, PriceComponent, Totals};
use rust_decimal::Decimal;

/// The header of a document.
pub(crate) struct Head {
    pub(crate) number: String,
    pub(crate) reference: Option<String>,
    pub(crate) account: String,
    pub(crate) channel: String,
    pub(crate) purchase_order: Option<String>,
    pub(crate) placed_at: String,
    pub(crate) changed_at: Option<String>,
    pub(crate) currency: String,
}

/// `account` is the one that was asked for: the same number with other leading zeros is given its spelling.
pub(crate) fn head(settings: &Settings, names: &Names, document: Entity<'_>, account: &str) -> Read<Head> {
    let sold_to = document.required(names.sold_to)?;
    let account = if same_number(sold_to, account) { account } else { sold_to };
    let changed_at = document.parsed(names.changed_at, "time", date::instant)?;
    // A day, not a moment: the header has no time of creation.
    let day = match document.parsed(names.created_on, "date", date::day)? {
        Some(day) => Some(day),
        None => document.parsed(names.document_date, "date", date::day)?,
    };
    let placed_at = day.map(|day| format!("{day}T00:00:00Z")).or_else(|| changed_at.clone());
    Ok(Head {
        number: document.required(names.number)?.trim_start_matches('0').to_owned(),
        reference: document.text(names.reference).map(ToOwned::to_owned),
        account: account.to_owned(),
        channel: channel(settings, names, document),
        purchase_order: purchase_order(settings, names, document),
        placed_at: placed_at.ok_or_else(|| format!("{} is missing", names.created_on))?,
        changed_at,
        currency: document.required(names.currency)?.to_owned(),
    })
}

/// By the type of the customer's reference. Whatever it is called, the document is shown.
fn channel(settings: &Settings, names: &Names, document: Entity<'_>) -> String {
    let known = document.text(names.reference_type).and_then(|code| settings.channels.get(code));
    known.map_or("other", String::as_str).to_owned()
}

/// The customer's own number: beside our reference, or in its place when the document is not marked as ours.
fn purchase_order(settings: &Settings, names: &Names, document: Entity<'_>) -> Option<String> {
    let beside = names.purchase_order.and_then(|field| document.text(field));
    let items = document.many(names.items);
    let at_item = || items.iter().find_map(|item| item.text(names.item_purchase_order?));
    let marker = settings.orders.reference_type.as_deref();
    let is_ours = marker.is_some() && document.text(names.reference_type) == marker;
    let in_its_place = || document.text(names.reference).filter(|_| !is_ours);
    beside.or_else(at_item).or_else(in_its_place).map(ToOwned::to_owned)
}

/// Sums, when the items are there. The net total of the header leaves rejected items out, and so do the taxes here. Where nobody says the taxes,
/// nobody knows what is to pay.
pub(crate) fn totals(names: &Names, document: Entity<'_>, currency: &str) -> Read<Option<Totals>> {
    let items = document.many(names.items);
    let (Some(net), false) = (document.decimal(names.net_total)?, items.is_empty()) else { return Ok(None) };
    let mut tax = Decimal::ZERO;
    for item in items.iter().filter(|item| item.text(names.rejection_reason).is_none()) {
        let Some(of_item) = prices::tax(names, *item)? else { return Ok(None) };
        tax += of_item;
    }
    Ok(Some(sums(net, tax, currency)))
}

/// Net and tax, summed.
pub(crate) fn sums(net: Decimal, tax: Decimal, currency: &str) -> Totals {
    let taxes =
        PriceComponent { kind: "tax".to_owned(), description: None, amount: money(tax, currency), rate: None, code: None };
    Totals {
        lines: money(net, currency),
        charges: Vec::new(),
        taxes: if tax.is_zero() { Vec::new() } else { vec![taxes] },
        rounding: None,
        payable: money(net + tax, currency),
    }
}

/// Header texts.
pub(crate) fn notes(settings: &Settings, names: &Names, document: Entity<'_>) -> Vec<Note> {
    let note = |text: Entity<'_>| {
        let id = text.text(names.text_id)?;
        let kind = settings.texts.kinds.iter().find(|(_, known)| known.as_str() == id).map_or(id, |(kind, _)| kind);
        // The token of a payment is nobody's note.
        (settings.texts.payment_token.as_deref() != Some(id)).then_some(())?;
        let language = text.text(names.text_language).map(str::to_ascii_lowercase);
        Some(Note { kind: kind.to_owned(), language, text: text.text(names.text)?.to_owned() })
    };
    document.many(names.texts).into_iter().filter_map(note).collect()
}

/// Facts that the contract has no field for.
pub(crate) fn extensions(names: &Names, document: Entity<'_>) -> Extensions {
    let fields = [
        ("sap.document-type", names.kind),
        ("sap.distribution-channel", names.channel),
        ("sap.net-total", names.net_total),
        ("sap.delivery-block", names.delivery_block),
        ("sap.billing-block", names.billing_block),
        ("sap.credit-status", names.credit_status),
    ];
    fields.into_iter().filter_map(|(name, field)| Some((name.to_owned(), document.text(field)?.to_owned()))).collect()
}
