//! The plan of a conformance test: facts of a back end's test system that `ordergate adapter test` may use. Read and checked as a whole, like
//! the configuration.

use std::path::Path;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::EndpointConfig;
use super::load::{Reader, read_text_or};
use super::problem::{ConfigError, Problem};
use crate::domain::{AccountNumber, BackendNumber, Currency, Location, Note, Party, SalesArea, Sku, StoreName, Unit};

/// A plan for the demo back end, explained.
pub const CONFORMANCE_EXAMPLE: &str = include_str!("../../../sdk/templates/common/conformance.toml");

const SECTIONS: [&str; 7] = ["backend", "buyer", "catalog", "order", "quotes", "calls", "witness"];

/// What is known of the test system.
#[derive(Clone, Debug)]
pub struct ConformancePlan {
    /// The back end itself keeps quantities as floating point numbers, so nobody can keep more of their digits.
    pub float_quantities: bool,
    pub buyer: PlannedBuyer,
    pub catalog: PlannedCatalog,
    pub order: PlannedOrder,
    pub quotes: PlannedQuotes,
    pub calls: PlannedCalls,
    pub witness: Option<WitnessConfig>,
}

/// Orders are placed in the back end that the configuration names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PlannedBackend {
    is_test_system: bool,
    float_quantities: bool,
}

/// Who buys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedBuyer {
    /// Sold-to number of a customer that may order.
    pub account: AccountNumber,
    /// Another customer that may order: whose documents `account` must never see.
    pub other_account: Option<AccountNumber>,
    pub currency: Currency,
    pub ship_to: Option<String>,
    pub contract: Option<String>,
    pub sales_area: Option<SalesArea>,
    /// An order of `other_account`; when absent, one is submitted for it.
    pub foreign_order: Option<BackendNumber>,
    /// A customer with more orders than fit on a page; `account` when absent.
    pub list_account: Option<AccountNumber>,
    #[serde(default = "default_store")]
    pub store: StoreName,
}

/// What is bought.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCatalog {
    /// Items that can be ordered; the first one is in every order.
    pub items: Vec<KnownItem>,
    /// An item that the back end does not have.
    #[serde(default = "default_unknown_sku")]
    pub unknown_sku: Sku,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownItem {
    pub sku: Sku,
    pub quantity: Decimal,
    #[serde(default = "Unit::one")]
    pub unit: Unit,
    pub location: Option<Location>,
}

/// What every order says besides.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlannedOrder {
    pub purchase_order: Option<String>,
    pub delivery_method: Option<String>,
    pub payment_terms: Option<String>,
    pub parties: Vec<Party>,
    pub notes: Vec<Note>,
}

/// Quotes that may be answered; each is used up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlannedQuotes {
    /// Number of an offered quote of `account` that may become an order.
    pub to_accept: Option<BackendNumber>,
    /// Number of an offered quote of `account` that may be declined.
    pub to_decline: Option<BackendNumber>,
}

/// How long the calls of the test may take.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlannedCalls {
    /// Of a call whose back end answers.
    pub deadline_ms: u64,
    /// Of a call whose back end does not answer.
    pub short_deadline_ms: u64,
    /// Requests of one call at which faults are made, counted from its first.
    pub fault_positions: usize,
}

impl Default for PlannedCalls {
    fn default() -> Self {
        Self { deadline_ms: 20_000, short_deadline_ms: 2_000, fault_positions: 6 }
    }
}

/// A way to count the orders that the back end really has under a reference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// As an endpoint of the configuration.
    pub endpoint: EndpointConfig,
    /// Path and query; `{reference}` stands for the order's reference.
    pub path: String,
    /// JSON pointer to a list or a number in the reply; the whole reply when empty.
    #[serde(default)]
    pub count: String,
}

fn default_store() -> StoreName {
    "main".into()
}

fn default_unknown_sku() -> Sku {
    "NO-SUCH-ITEM".into()
}

impl ConformancePlan {
    /// Most items that are named.
    const MOST_ITEMS: usize = 100;

    /// Reads and checks a plan, or tells all that is wrong with it.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::read(file, |reader| if reader.has("witness") { reader.section("witness").map(Some) } else { Some(None) })
    }

    /// The same, but the witness is left out: none of its secrets has to be there.
    pub fn load_without_witness(file: &Path) -> Result<Self, ConfigError> {
        Self::read(file, |_| Some(None))
    }

    fn read(file: &Path, witness: impl FnOnce(&mut Reader<'_>) -> Option<Option<WitnessConfig>>) -> Result<Self, ConfigError> {
        let failed = |problems| ConfigError { file: file.to_owned(), problems };
        let text = read_text_or(file, "the plan", "ordergate adapter test --example")?;
        let mut reader = Reader::new(&text);
        reader.refuse_unknown_sections(&SECTIONS);
        let backend = reader.section::<PlannedBackend>("backend");
        let (buyer, catalog, order) = (reader.section("buyer"), reader.section("catalog"), reader.section("order"));
        let (quotes, calls) = (reader.section("quotes"), reader.section("calls"));
        let witness = witness(&mut reader);
        if backend.as_ref().is_some_and(|backend| !backend.is_test_system) {
            let (line, column) = reader.source.locate(&["backend", "is_test_system"]);
            let message = "must be true: orders are really placed in the back end that the configuration names".to_owned();
            reader.problems.push(Problem { line, column, path: "backend.is_test_system".into(), message, code: "K001" });
        }
        let plan = (|| {
            let float_quantities = backend?.float_quantities;
            Some(Self {
                float_quantities,
                buyer: buyer?,
                catalog: catalog?,
                order: order?,
                quotes: quotes?,
                calls: calls?,
                witness: witness?,
            })
        })();
        if let Some(plan) = &plan {
            for (path, message) in plan.problems() {
                let (line, column) = reader.source.locate(&path);
                reader.problems.push(Problem { line, column, path: path.join("."), message, code: "K002" });
            }
        }
        match plan {
            Some(plan) if reader.problems.is_empty() => Ok(plan),
            _ => Err(failed(reader.problems)),
        }
    }

    fn problems(&self) -> Vec<(Vec<&'static str>, String)> {
        let items = self.catalog.items.len();
        let mut found = Vec::new();
        if !(1..=Self::MOST_ITEMS).contains(&items) {
            found.push((vec!["catalog", "items"], format!("must be 1 to {} items", Self::MOST_ITEMS)));
        }
        if self.catalog.items.iter().any(|item| item.quantity <= Decimal::ZERO) {
            found.push((vec!["catalog", "items"], "every quantity must be above zero".into()));
        }
        if self.catalog.items.iter().any(|item| item.sku == self.catalog.unknown_sku) {
            found.push((vec!["catalog", "unknown_sku"], "is one of the known items".into()));
        }
        if self.buyer.other_account.as_ref() == Some(&self.buyer.account) {
            found.push((vec!["buyer", "other_account"], "must be another customer than buyer.account".into()));
        }
        if self.witness.as_ref().is_some_and(|witness| !witness.path.contains("{reference}")) {
            found.push((vec!["witness", "path"], "must contain {reference}, where the order's reference goes".into()));
        }
        let calls = self.calls;
        for (name, value, most) in
            [("deadline_ms", calls.deadline_ms, 120_000), ("short_deadline_ms", calls.short_deadline_ms, 30_000)]
        {
            if !(500..=most).contains(&value) {
                found.push((vec!["calls", name], format!("must be 500 to {most}")));
            }
        }
        if !(1..=32).contains(&calls.fault_positions) {
            found.push((vec!["calls", "fault_positions"], "must be 1 to 32".into()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("conformance.toml");
        std::fs::write(&file, text).unwrap();
        let shown = ConformancePlan::load(&file).unwrap_err().to_string();
        shown.lines().map(|line| line.rsplit_once("conformance.toml:").unwrap().1.to_owned()).collect()
    }

    const GOOD: &str = "[backend]\nis_test_system = true\n[buyer]\naccount = 'C-1'\ncurrency = 'EUR'\n[catalog]\nitems = [{ sku = 'A', quantity = '2' }]\n";

    #[test]
    fn the_example_is_a_plan() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("conformance.toml");
        std::fs::write(&file, CONFORMANCE_EXAMPLE).unwrap();
        let plan = ConformancePlan::load(&file).unwrap();
        assert_eq!(plan.buyer.account.as_str(), "C-1001");
        assert!(plan.witness.is_some());
    }

    #[test]
    fn a_plan_that_does_not_say_test_system_is_refused() {
        let shown = problems(&GOOD.replace("is_test_system = true", "is_test_system = false"));
        assert_eq!(shown.len(), 1, "{shown:#?}");
        assert!(shown[0].starts_with("2:1: backend.is_test_system: must be true: orders are really placed"), "{shown:#?}");
        assert!(problems(&GOOD.replace("[backend]\nis_test_system = true\n", ""))[0].contains("must be true"));
    }

    #[test]
    fn all_problems_of_a_plan_are_told_at_once_with_their_places() {
        let shown =
            problems(&GOOD.replace("account", "acount").replace("sku", "skuu").replace("[catalog]", "[colour]\n[catalog]"));
        assert_eq!(shown.len(), 3, "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("6:2: colour: unknown section")), "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("4:1: buyer: unknown field `acount`")), "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("8:12: catalog: unknown field `skuu`")), "{shown:#?}");
    }

    #[test]
    fn what_contradicts_itself_is_told_with_the_mend() {
        let text = GOOD.replace("account = 'C-1'", "account = 'C-1'\nother_account = 'C-1'").replace("'2'", "'0'");
        let witness = "[witness]\nendpoint = { base_url = 'http://127.0.0.1' }\npath = '/orders'\n[calls]\nfault_positions = 0\n";
        let shown = problems(&format!("{text}{witness}")).join("\n");
        for expected in ["must be another customer", "quantity must be above zero", "must contain {reference}", "must be 1 to 32"]
        {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
    }
}
