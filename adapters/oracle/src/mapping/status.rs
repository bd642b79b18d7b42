//! Business statuses, from the codes of an order and of its lines.

use super::lines::Line;
use crate::settings::Settings;
use crate::wire::Entity;
use rust_decimal::Decimal;

/// Ordergate's status of an order, and the back end's code.
pub(crate) fn of_order(settings: &Settings, order: Entity<'_>, lines: &[Line<'_>]) -> (String, Option<String>) {
    let raw = order.text("StatusCode").or_else(|| order.text("Status"));
    let code = raw.unwrap_or_default();
    let open: Vec<&Line<'_>> = lines.iter().filter(|line| !line.is_cancelled()).collect();
    let shipped = open.iter().filter(|line| line.is_shipped()).count();
    let configured = settings.statuses.get(code).map(String::as_str);
    let status = match configured {
        _ if is_draft(order) || is_held(order, lines) => "on-hold",
        Some(status) => status,
        None if matches!(code, "CANCELED" | "CANCELLED") || !lines.is_empty() && open.is_empty() => "cancelled",
        None if code == "CLOSED" => "completed",
        None if shipped > 0 && shipped == open.len() => "shipped",
        None if open.iter().any(|line| line.shipped > Decimal::ZERO) || shipped > 0 => "partially-shipped",
        None if code == "OPEN" => "open",
        None => "unknown",
    };
    (status.to_owned(), raw.map(ToOwned::to_owned))
}

/// Saved, but not submitted: nobody works on it.
pub(crate) fn is_draft(order: Entity<'_>) -> bool {
    let is_told = order.value().get("SubmittedFlag").is_some_and(|flag| !flag.is_null());
    is_told && !order.flag("SubmittedFlag")
}

/// Somebody must release it.
pub(crate) fn is_held(order: Entity<'_>, lines: &[Line<'_>]) -> bool {
    order.flag("OnHoldFlag") || lines.iter().any(|line| line.parts.iter().any(|part| part.flag("OnHoldFlag")))
}

/// Status of one fulfillment line.
pub(crate) fn of_part(settings: &Settings, code: Option<&str>) -> Option<String> {
    let code = code?;
    let usual = match code {
        "AWAIT_SHIP" => "in-process",
        "SHIPPED" => "shipped",
        "CANCELED" | "CANCELLED" => "cancelled",
        "CLOSED" => "completed",
        _ => "unknown",
    };
    Some(settings.line_statuses.get(code).map_or(usual, String::as_str).to_owned())
}
