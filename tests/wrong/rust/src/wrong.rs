//! The template with one of five common mistakes, chosen by the setting `wrong`: what the conformance kit must find. Without it, the template.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

const PROPERTIES: &str = r#""properties": {"#;
const WITH_WRONG: &str =
    r#""properties": {"wrong": {"type": "string", "enum": ["none", "duplicates", "leaks", "deadline", "decimals", "pages"]},"#;

#[derive(Deserialize)]
pub struct Wrong {
    #[serde(flatten)]
    right: Nordwind,
    #[serde(default)]
    wrong: Deed,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deed {
    #[default]
    None,
    Duplicates,
    Leaks,
    Deadline,
    Decimals,
    Pages,
}

impl Wrong {
    fn does(&self, deed: Deed) -> bool {
        self.wrong == deed
    }

    fn asked<T: Serialize + DeserializeOwned>(&self, ask: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
        match ask() {
            // It took too long, so once more, and once more.
            Err(failure) if self.does(Deed::Deadline) && is_late(&failure) => loop {
                drop(ask());
            },
            answer => answer.map(|answer| self.written(answer)),
        }
    }

    fn asked_of_each<T>(&self, ask: impl Fn() -> Vec<Result<T, Failure>>) -> Vec<Result<T, Failure>>
    where
        T: Serialize + DeserializeOwned,
    {
        let whole = || {
            let answers = ask();
            let late = answers.iter().filter_map(|answer| answer.as_ref().err()).find(|failure| is_late(failure));
            match late.filter(|_| self.does(Deed::Deadline)) {
                Some(late) => Err(late.clone()),
                None => Ok(answers),
            }
        };
        self.asked(whole).unwrap_or_default()
    }

    /// Amounts and quantities as floats print them.
    fn written<T: Serialize + DeserializeOwned>(&self, answer: T) -> T {
        let floats = || serde_json::from_value(through_floats(serde_json::to_value(&answer).ok()?)).ok();
        if self.does(Deed::Decimals) { floats().unwrap_or(answer) } else { answer }
    }
}

fn is_late(failure: &Failure) -> bool {
    failure.code == "timeout"
}

fn through_floats(value: Value) -> Value {
    match value {
        Value::String(text) if is_decimal(&text) => {
            text.parse::<f64>().map_or(Value::String(text), |number| number.to_string().into())
        }
        Value::Array(values) => values.into_iter().map(through_floats).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, through_floats(value))).collect(),
        other => other,
    }
}

/// With a fraction: identifiers have none.
fn is_decimal(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.trim_start_matches('-').split_once('.').is_some_and(|(whole, fraction)| is_number(whole) && is_number(fraction))
}

impl Adapter for Wrong {
    fn configure(settings: &Settings) -> Result<Self, Failure> {
        settings.parse()
    }

    fn settings_schema() -> String {
        SETTINGS_SCHEMA.replacen(PROPERTIES, WITH_WRONG, 1)
    }

    fn describe(&self) -> Description {
        self.right.describe()
    }

    fn probe(&self, ctx: &Context, side: String) -> Result<(), Failure> {
        self.right.probe(ctx, side)
    }

    fn check_availability(&self, ctx: &Context, query: availability::Query) -> Vec<Result<Availability, Failure>> {
        self.asked_of_each(|| self.right.check_availability(ctx, query.clone()))
    }

    fn offer_prices(&self, ctx: &Context, query: pricing::Query) -> Vec<Result<OfferPrice, Failure>> {
        self.asked_of_each(|| self.right.offer_prices(ctx, query.clone()))
    }

    fn calculate(&self, ctx: &Context, cart: Cart) -> Result<Calculation, Failure> {
        self.asked(|| self.right.calculate(ctx, cart.clone()))
    }

    // What got no answer is sent again.
    fn submit_order(&self, ctx: &Context, order: Order, reference: String) -> Result<Accepted, Failure> {
        let order = self.written(order);
        match self.right.submit_order(ctx, order.clone(), reference.clone()) {
            Err(failure) if self.does(Deed::Duplicates) && failure.code == "outcome-unknown" => {
                self.right.submit_order(ctx, order, reference).or(Err(failure))
            }
            answer => answer,
        }
    }

    // Whoever's it is, or the last one that was sent.
    fn find_order(&self, ctx: &Context, account: String, reference: String) -> Result<Option<OrderDocument>, Failure> {
        if !self.does(Deed::Leaks) && !self.does(Deed::Duplicates) {
            return self.asked(|| self.right.find_order(ctx, account.clone(), reference.clone()));
        }
        let request = Request::get(API, "/api/orders").query("your_ref", &reference).query("size", "100");
        let request = if self.does(Deed::Leaks) { request } else { request.query("customer", &account) };
        let page: wire::Page = request.send()?.ok_or(refusal)?.json()?;
        let found = page.items.into_iter().find(|order| order.your_ref.as_ref() == Some(&reference)).map(mapping::order);
        Ok(found.map(|found| OrderDocument { account, ..found }))
    }

    // By its number alone, and whoever asks is told that it is theirs.
    fn get_order(&self, ctx: &Context, account: String, number: String) -> Result<OrderDocument, Failure> {
        let order = self.asked(|| self.right.get_order(ctx, account.clone(), number.clone()))?;
        Ok(if self.does(Deed::Leaks) { OrderDocument { account, ..order } } else { order })
    }

    // One more than wanted, to know whether there are more; pages are counted in that, so each drops its last order.
    fn list_orders(
        &self,
        ctx: &Context,
        account: String,
        filter: DocumentFilter,
        page: PageRequest,
    ) -> Result<OrderPage, Failure> {
        let (limit, more) = (page.limit, u32::from(self.does(Deed::Pages)));
        let page = PageRequest { limit: limit + more, ..page };
        let mut listed = self.asked(|| self.right.list_orders(ctx, account.clone(), filter.clone(), page.clone()))?;
        listed.orders.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(listed)
    }
}
