"""Between Nordwind's words and the contract's. Pure: nothing is sent here. Every number of a reply is text, with the digits that were sent."""

from ordergate_sdk import Failure, Money, Quantity, checkout, is_same, orders, pricing, types
from ordergate_sdk import availability as stock
from refusal import refused_position

UNITS = {"PCE": "C62", "MTR": "MTR", "KG": "KGM", "PK": "XPK"}
UOMS = {unit: uom for uom, unit in UNITS.items()}
CHANNELS = {"WEB": "web", "TEL": "telephone", "CTR": "counter", "EDI": "edi"}
SHIPPING = {"standard": "STD", "express": "EXP", "pickup": "PUP"}
STATUSES = {
    "OPN": "open",
    "PCK": "in-process",
    "PSH": "partially-shipped",
    "SHP": "shipped",
    "DON": "completed",
    "CAN": "cancelled",
    "BLK": "on-hold",
}


def quantity(value, uom):
    """With the contract's unit."""
    return Quantity(value=value, unit=UNITS.get(uom, uom))


def money(amount, currency):
    """None where there is no amount yet."""
    return None if amount is None else Money(amount=amount, currency=currency)


def status(state):
    """The contract's status."""
    return STATUSES.get(state, "unknown")


def states(statuses):
    """The back end's states for these statuses, as its filter wants them; None for all."""
    return ",".join(state for state, name in STATUSES.items() if name in statuses) or None


def lines(reply):
    """What is in stock, by article."""
    return {line["article"]: line for line in reply["stock"]}


def availability(item, lines):
    """`lines`: by article, or why there are none."""
    if isinstance(lines, Failure):
        raise lines
    line = lines.get(item.sku)
    if line is None:
        raise Failure.not_found(f"there is no article {item.sku}")
    return stock.Availability(
        sku=item.sku,
        location=line["site"],
        available=line["free"] or "0",
        unit=UNITS.get(line["uom"], line["uom"]),
        unlimited=line["made_to_order"],
        lead_time_days=None if line["lead_days"] is None else int(line["lead_days"]),
        schedule=[
            types.ScheduleLine(quantity=quantity(inbound["qty"], line["uom"]), date=inbound["eta"]) for inbound in line["inbound"]
        ],
    )


def inquiry(buyer, items):
    """Positions are numbered by their index, so that answers find their items."""
    positions = [
        {"pos": str(index), "article": item.sku, "qty": item.quantity.value, "uom": UOMS.get(item.quantity.unit, item.quantity.unit)}
        for index, item in enumerate(items)
    ]
    return {"customer": buyer.account, "currency": buyer.currency, "positions": positions}


def offer_price(reply, pos):
    """The price of one position."""
    found = next((position for position in reply["positions"] if position["pos"] == pos), None)
    if found is None:
        raise Failure.invalid_response(f"the reply has no position {pos}")
    if "error" in found:
        raise refused_position(found["error"])
    currency = reply["currency"]
    return pricing.OfferPrice(
        sku=found["article"],
        quantity=quantity(found["qty"], found["uom"]),
        unit_price=money(found["net"], currency),
        list_price=money(found["list"], currency),
        per=found["per"],
        breaks=[pricing.QuantityBreak(from_=step["from"], unit_price=money(step["net"], currency)) for step in found["scale"]],
        valid_until=reply["valid_to"],
    )


def calculation_request(cart, shipping):
    """What the cart costs."""
    return {
        "customer": cart.buyer.account,
        "currency": cart.buyer.currency,
        "ship_to": cart.buyer.ship_to or ship_to(cart.parties),
        "shipping": SHIPPING.get(cart.delivery_method, shipping),
        "positions": [goods(line) for line in cart.lines],
    }


def calculation(reply):
    """What the cart costs, with what can be promised."""
    currency = reply["currency"]
    return checkout.Calculation(
        lines=[
            checkout.CalculatedLine(
                id=position["pos"],
                kind="product",
                sku=position["article"],
                description=position["text"],
                quantity=quantity(position["qty"], position["uom"]),
                unit_price=money(position["net"], currency),
                per=position["per"],
                amount=money(position["value"], currency),
                schedule=schedule(position),
            )
            for position in reply["positions"]
        ],
        totals=totals(reply),
        valid_until=reply["valid_to"],
        messages=reply["notes"],
    )


def order_request(order, reference, shipping):
    """The same reference in every attempt: it is what a lost order is found by."""
    return {
        "customer": order.account,
        "your_ref": reference,
        "po": order.purchase_order,
        "currency": order.currency,
        "wanted_on": order.requested_date,
        "shipping": SHIPPING.get(order.delivery_method, shipping),
        "complete": order.ship_complete,
        "remarks": "\n".join(note.text for note in order.notes) or None,
        "ship_to": ship_to(order.parties),
        # Freight and the like are the back end's own.
        "positions": [order_position(line) for line in order.lines if line.kind == "product"],
    }


def order_position(line):
    """With the price that the customer was promised."""
    return goods(line) | {"net": line.unit_price.amount if line.unit_price else None, "text": line.description}


def accepted(reply):
    """What the order became, and what the customer is told was changed."""
    return orders.Accepted(
        number=reply["no"],
        status=status(reply["state"]),
        raw_status=reply["state"],
        amendments=[amendment for position in reply["positions"] for amendment in amendments(position)],
        as_of=reply["changed_at"],
    )


def amendments(position):
    """What was asked and is otherwise."""
    changes = [
        ("price", position.get("asked_net"), position["net"], "The price has changed."),
        ("quantity", position.get("asked_qty"), position["qty"], "The quantity was changed."),
        ("substitution", position.get("asked_article"), position["article"], "Another article was taken."),
    ]
    for kind, before, after, message in changes:
        if before is not None and not (before == after if kind == "substitution" else is_same(before, after)):
            yield orders.Amendment(line=position["pos"], kind=kind, from_=before, to=after, message=message)


def order(reply):
    """An order as the back end has it."""
    return orders.OrderDocument(
        number=reply["no"],
        reference=reply["your_ref"],
        account=reply["customer"],
        channel=CHANNELS.get(reply["channel"], reply["channel"]),
        purchase_order=reply["po"],
        placed_at=reply["entered_at"],
        changed_at=reply["changed_at"],
        status=status(reply["state"]),
        raw_status=reply["state"],
        currency=reply["currency"],
        # An order may have no prices yet.
        totals=None if reply["total"] is None else totals(reply),
        requested_date=reply["wanted_on"],
        notes=[types.Note(kind="customer", text=reply["remarks"])] if reply["remarks"] else [],
        lines=[order_line(reply, position) for position in reply["positions"]],
    )


def order_line(order, position):
    """One position."""
    return orders.DocumentLine(
        id=position["pos"],
        # Only our own orders carry our line ids.
        reference=position["pos"] if order["your_ref"] else None,
        kind="product",
        sku=position["article"],
        description=position["text"],
        quantity=quantity(position["qty"], position["uom"]),
        unit_price=money(position["net"], order["currency"]),
        per=position["per"],
        amount=money(position["value"], order["currency"]),
        location=position["site"],
        status=status(position["state"]),
        raw_status=position["state"],
        shipped=position["shipped"],
        schedule=schedule(position),
        deliveries=[delivery(parcel, position["uom"]) for parcel in position["tracking"]],
    )


def delivery(parcel, uom):
    """What was shipped together."""
    return orders.Delivery(
        quantity=quantity(parcel["qty"], uom),
        shipped_on=parcel["shipped_on"],
        carrier=parcel["carrier"],
        tracking_number=parcel["no"],
    )


def found(reply, reference):
    """The order with the reference, if it is there. Newest first; should there be several, the one that was taken first counts."""
    ours = [one for one in reply["items"] if one["your_ref"] == reference]
    return order(ours[-1]) if ours else None


def order_page(reply):
    """One page, and where the next begins."""
    page, pages = int(reply["page"]), int(reply["pages"])
    return orders.OrderPage(orders=[order(found) for found in reply["items"]], next=str(page + 1) if page < pages else None)


def schedule(position):
    """How many by when from where."""
    return [
        types.ScheduleLine(quantity=quantity(part["qty"], position["uom"]), date=part["date"], location=part["site"])
        for part in position["promised"]
    ]


def totals(reply):
    """What it costs in all."""
    currency = reply["currency"]
    freight = reply["freight"]
    return types.Totals(
        lines=money(reply["goods"], currency),
        charges=[]
        if freight is None or is_same(freight, "0")
        else [types.PriceComponent(kind="freight", description="Freight", amount=money(freight, currency))],
        taxes=[
            types.PriceComponent(
                kind="tax", description=f"VAT {vat['rate']} %", amount=money(vat["amount"], currency), rate=vat["rate"], code=vat["code"]
            )
            for vat in reply["vat"]
        ],
        payable=money(reply["total"], currency),
    )


def goods(line):
    """What is wanted, without prices."""
    unit = line.quantity.unit
    return {"pos": line.id, "article": line.sku, "qty": line.quantity.value, "uom": UOMS.get(unit, unit), "site": line.location}


def ship_to(parties):
    """A ship-to number, an address, or None for the customer's first."""
    party = next((party for party in parties if party.role == "ship-to"), None)
    if party is None or party.address is None:
        return None if party is None else party.number
    address = party.address
    return {
        "name": address.name,
        "street": ", ".join(address.lines),
        "zip": address.postal_code,
        "city": address.city,
        "country": address.country,
    }
