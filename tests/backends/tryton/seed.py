"""Makes a database of a small company for tests, and writes down what tests must know of it.

    venv/bin/python seed.py FOLDER

leaves FOLDER/seed.sqlite and FOLDER/facts.json. Everything is entered through proteus, Tryton's own client library, as a person would.
"""

import datetime
import json
import pathlib
import secrets
import sqlite3
import subprocess
import sys
from decimal import Decimal

MODULES = ["sale", "stock", "product_price_list", "sale_price_list", "sale_stock_quantity"]
# trytond-admin; what the modules bring themselves is not validated once more, which would take longer than all the rest.
UNCHECKED_ADMIN = """
from trytond.model import ModelStorage
ModelStorage._validate = classmethod(lambda cls, records, field_names=None: None)
from trytond.cli.admin import main
main()
"""
PRODUCTS = [("LAMP", "Work lamp", "17.55", "10"), ("GLOVE", "Work glove", "9.90", "5"), ("BIKE", "Cargo bike", "1250", "800")]
STOCK = [("LAMP", 120), ("BIKE", 7)]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "seeding.sqlite"
    database.write_bytes(b"")
    configuration = folder / "seeding.conf"
    configuration.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n")
    create(folder, configuration)

    from proteus import config

    config.set_trytond(database="seeding", user="admin", config_file=str(configuration))
    facts = fill()
    # What was written last may still be in the journal beside the file; a backup has it all.
    with sqlite3.connect(database) as written, sqlite3.connect(folder / "seed.sqlite") as seed:
        written.backup(seed)
    (folder / "facts.json").write_text(json.dumps(facts, indent=1))
    for left in folder.glob("seeding.*"):
        left.unlink()


def create(folder, configuration):
    """An empty database with the modules in it."""
    password = folder / "password"
    password.write_text(secrets.token_hex(16))
    admin = [sys.executable, "-c", UNCHECKED_ADMIN, "-c", str(configuration), "-d", "seeding", "--email", "admin@example.com", "-l", "en"]
    subprocess.run([*admin, "-u", "ir", "res", *MODULES, "--activate-dependencies"], check=True, env={"TRYTONPASSFILE": str(password)})
    password.unlink()


def fill():
    from proteus import Model

    company, euro = found_company()
    tax = open_books(company)
    products = enter_products(company, tax)
    contract = enter_price_list(company, products)
    accounts = enter_customers(company, contract)
    stock_up(products)
    configure_sales()
    return {
        "desk_key": application_key(Model.get("res.user").find([("login", "=", "admin")])[0]),
        "shop_key": application_key(hire_shop(company)),
        "company": company.id,
        "currency": euro.id,
        "parties": accounts,
        "products": {code: product.id for code, product in products.items()},
        "unit": products["LAMP"].default_uom.id,
        "tax": tax.id,
    }


def found_company():
    from proteus import Model, Wizard, config

    Currency, Party = Model.get("currency.currency"), Model.get("party.party")
    euro = Currency(name="Euro", symbol="€", code="EUR", numeric_code="978", rounding=Decimal("0.01"), digits=2)
    euro.rates.new(date=datetime.date(2020, 1, 1), rate=Decimal(1))
    euro.save()
    us = Party(name="Nordlicht Handel")
    us.save()
    founding = Wizard("company.company.config")
    founding.execute("company")
    founding.form.party, founding.form.currency = us, euro
    founding.execute("add")
    (company,) = Model.get("company.company").find([])
    (admin,) = Model.get("res.user").find([("login", "=", "admin")])
    admin.companies.append(company)
    admin.company = company
    admin.save()
    context = config.get_config()
    context._context = dict(Model.get("res.user").get_preferences(True, context.context), company=company.id)
    return company, euro


def open_books(company):
    """A chart of accounts, and a value added tax of 19 %."""
    from trytond.modules.account.tests.tools import create_chart, create_tax

    create_chart(company)
    tax = create_tax(Decimal("0.19"), company)
    tax.name = tax.description = "VAT 19 %"
    tax.save()
    return tax


def enter_products(company, tax):
    from proteus import Model
    from trytond.modules.account.tests.tools import get_accounts

    accounts = get_accounts(company)
    category = Model.get("product.category")(name="Goods", accounting=True)
    category.account_revenue, category.account_expense = accounts["revenue"], accounts["expense"]
    category.customer_taxes.append(tax)
    category.save()
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    products = {}
    for code, name, price, cost in PRODUCTS:
        template = Model.get("product.template")(
            name=name, code=code, default_uom=unit, type="goods", salable=True, list_price=Decimal(price), cost_price_method="fixed",
            account_category=category, lead_time=datetime.timedelta(0))
        template.products[0].cost_price = Decimal(cost)
        template.save()
        products[code] = template.products[0]
    return products


def enter_price_list(company, products):
    """5 % off; lamps 10 % from 100 and 20 % from 500 pieces. The first line that fits is used."""
    from proteus import Model

    contract = Model.get("product.price_list")(name="Contract A", company=company, price="list_price", unit="product_default")
    for product, quantity, formula in ((products["LAMP"], 500, "unit_price * 0.80"), (products["LAMP"], 100, "unit_price * 0.90"), (None, None, "unit_price * 0.95")):
        line = contract.lines.new()
        line.product, line.quantity, line.formula = product, quantity, formula
    contract.save()
    return contract


def enter_customers(company, contract):
    """One with the contract, one without, and one that is taxed otherwise."""
    from proteus import Model

    Party = Model.get("party.party")
    term = Model.get("account.invoice.payment_term")(name="30 days")
    term.lines.new(type="remainder").relativedeltas.new(days=30)
    term.save()
    germany = Model.get("country.country")(name="Germany", code="DE")
    germany.save()
    abroad = Model.get("account.tax.rule")(name="Abroad", kind="sale", company=company)
    abroad.save()
    customers = {
        "10100001": Party(name="Adler Werkzeuge", sale_price_list=contract),
        "10100002": Party(name="Bert Bau"),
        "10100003": Party(name="Cara Export", customer_tax_rule=abroad),
    }
    for code, party in customers.items():
        party.code, party.customer_payment_term = code, term
        address = party.addresses[0] if party.addresses else party.addresses.new()
        address.street, address.city, address.postal_code, address.country = "Hauptstr. 1", "Berlin", "10115", germany
        party.save()
    return {code: {"id": party.id, "address": party.addresses[0].id} for code, party in customers.items()}


def stock_up(products):
    from proteus import Model

    (warehouse,) = Model.get("stock.location").find([("type", "=", "warehouse")])
    inventory = Model.get("stock.inventory")(location=warehouse.storage_location)
    for code, quantity in STOCK:
        line = inventory.lines.new()
        line.product, line.quantity, line.expected_quantity = products[code], float(quantity), 0.0
    inventory.save()
    inventory.click("confirm")


def configure_sales():
    from proteus import Model

    sales = Model.get("sale.configuration")(1)
    sales.sale_shipment_method, sales.sale_invoice_method = "order", "order"
    sales.sale_quotation_validity = datetime.timedelta(days=14)
    sales.save()


def hire_shop(company):
    """The user as which Ordergate comes: sales, and nothing else."""
    from proteus import Model

    shop = Model.get("res.user")(name="Shop", login="shop")
    # A record belongs to one list of the client library, and this one is in the administrator's.
    shop.companies.append(Model.get("company.company")(company.id))
    shop.company = company
    shop.groups.extend(Model.get("res.group").find([("name", "=", "Sales")]))
    shop.save()
    return shop


def application_key(user):
    from proteus import Model

    application = Model.get("res.user.application")(user=user, application="rest")
    application.save()
    if application.state != "validated":
        application.click("validate_")
    return application.key


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
