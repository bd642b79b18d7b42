//! Canonical requests as people write them: JSON with the names of `wit/` in snake_case. Every mistake is told with the shape that is expected.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::ask::Ask;
use super::super::operation::{
    AcceptQuote, Calculate, CancelOrder, CheckAvailability, DeclineQuote, FindOrder, FindQuote, GetOrder, GetQuote, ListOrders,
    ListQuotes, OfferPrices, Operation, Probe, Release, Reserve, SubmitOrder, SubmitQuote, WithdrawQuote,
};
use super::TryError;
use crate::domain::{AccountNumber, BackendNumber, Cart, DocumentFilter, Order, PageRequest, QuoteRequest, Reference, Side};

pub(super) struct Input<'a>(pub(super) &'a Value);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserving {
    cart: Cart,
    extends: Option<String>,
    #[serde(default = "a_quarter_of_an_hour")]
    hold_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Releasing {
    reservation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ordering {
    order: Order,
    #[serde(default = "an_order")]
    reference: Reference,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requesting {
    request: QuoteRequest,
    #[serde(default = "a_quote")]
    reference: Reference,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    account: AccountNumber,
    reference: Reference,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Getting {
    account: AccountNumber,
    number: BackendNumber,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    account: AccountNumber,
    #[serde(default)]
    filter: DocumentFilter,
    #[serde(default = "a_page")]
    page: PageRequest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    account: AccountNumber,
    number: BackendNumber,
    revision: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probing {
    #[serde(default = "reads")]
    side: Side,
}

impl Input<'_> {
    /// The operation of that name with this input.
    pub(super) fn ask(&self, operation: &str) -> Result<Ask, TryError> {
        Ok(match operation {
            CheckAvailability::NAME => Ask::Availability(self.availability()?),
            OfferPrices::NAME => Ask::Prices(self.prices()?),
            Reserve::NAME => Ask::Reserve(self.reserve()?),
            Release::NAME => Ask::Release(self.release()?),
            Calculate::NAME => Ask::Calculate(self.calculate()?),
            SubmitOrder::NAME => Ask::SubmitOrder(self.submit_order()?),
            FindOrder::NAME => Ask::FindOrder(self.find_order()?),
            GetOrder::NAME => Ask::GetOrder(self.get_order()?),
            ListOrders::NAME => Ask::ListOrders(self.list_orders()?),
            CancelOrder::NAME => Ask::CancelOrder(self.cancel_order()?),
            SubmitQuote::NAME => Ask::SubmitQuote(self.submit_quote()?),
            FindQuote::NAME => Ask::FindQuote(self.find_quote()?),
            GetQuote::NAME => Ask::GetQuote(self.get_quote()?),
            ListQuotes::NAME => Ask::ListQuotes(self.list_quotes()?),
            AcceptQuote::NAME => Ask::AcceptQuote(self.accept_quote()?),
            DeclineQuote::NAME => Ask::DeclineQuote(self.decline_quote()?),
            WithdrawQuote::NAME => Ask::WithdrawQuote(self.withdraw_quote()?),
            Probe::NAME => Ask::Probe(self.probe()?),
            other => {
                let known = "those that send requests; what is pushed (inbound.translate) is not tried out this way".to_owned();
                return Err(TryError::Operation { asked: other.to_owned(), known });
            }
        })
    }

    fn read<O: Operation, T: DeserializeOwned>(&self, shape: &'static str) -> Result<T, TryError> {
        T::deserialize(self.0).map_err(|error| TryError::Input { operation: O::NAME, problem: error.to_string(), shape })
    }

    fn availability(&self) -> Result<CheckAvailability, TryError> {
        let query = self.read::<CheckAvailability, _>("{buyer, items: [{sku, location, unit, quantity, requested_date}]}")?;
        Ok(CheckAvailability { query })
    }

    fn prices(&self) -> Result<OfferPrices, TryError> {
        let query =
            self.read::<OfferPrices, _>("{buyer: {account, currency}, items: [{sku, quantity: {value, unit}, location, date}]}")?;
        Ok(OfferPrices { query })
    }

    fn reserve(&self) -> Result<Reserve, TryError> {
        let Reserving { cart, extends, hold_ms } = self.read::<Reserve, _>("{cart, extends, hold_ms}")?;
        Ok(Reserve { cart, extends, hold: Duration::from_millis(hold_ms) })
    }

    fn release(&self) -> Result<Release, TryError> {
        let Releasing { reservation } = self.read::<Release, _>("{reservation}")?;
        Ok(Release { reservation })
    }

    fn calculate(&self) -> Result<Calculate, TryError> {
        let shape = "the cart: {buyer: {account, currency}, lines: [{id, sku, quantity: {value, unit}}]}";
        Ok(Calculate { cart: self.read::<Calculate, _>(shape)? })
    }

    fn submit_order(&self) -> Result<SubmitOrder, TryError> {
        let shape = "{order: {account, currency, placed_at, lines: [{id, sku, quantity: {value, unit}, unit_price: {amount, currency}}]}, reference}";
        let Ordering { order, reference } = self.read::<SubmitOrder, _>(shape)?;
        Ok(SubmitOrder { order, reference })
    }

    fn find_order(&self) -> Result<FindOrder, TryError> {
        let Finding { account, reference } = self.read::<FindOrder, _>(FIND)?;
        Ok(FindOrder { account, reference })
    }

    fn get_order(&self) -> Result<GetOrder, TryError> {
        let Getting { account, number } = self.read::<GetOrder, _>(GET)?;
        Ok(GetOrder { account, number })
    }

    fn list_orders(&self) -> Result<ListOrders, TryError> {
        let Listing { account, filter, page } = self.read::<ListOrders, _>(LIST)?;
        Ok(ListOrders { account, filter, page })
    }

    fn cancel_order(&self) -> Result<CancelOrder, TryError> {
        let Ending { account, number, reason, .. } = self.read::<CancelOrder, _>("{account, number, reason}")?;
        Ok(CancelOrder { account, number, reason: reason.unwrap_or_default() })
    }

    fn submit_quote(&self) -> Result<SubmitQuote, TryError> {
        let shape = "{request: {account, currency, placed_at, lines: [{id, sku, quantity: {value, unit}}]}, reference}";
        let Requesting { request, reference } = self.read::<SubmitQuote, _>(shape)?;
        Ok(SubmitQuote { request, reference })
    }

    fn find_quote(&self) -> Result<FindQuote, TryError> {
        let Finding { account, reference } = self.read::<FindQuote, _>(FIND)?;
        Ok(FindQuote { account, reference })
    }

    fn get_quote(&self) -> Result<GetQuote, TryError> {
        let Getting { account, number } = self.read::<GetQuote, _>(GET)?;
        Ok(GetQuote { account, number })
    }

    fn list_quotes(&self) -> Result<ListQuotes, TryError> {
        let Listing { account, filter, page } = self.read::<ListQuotes, _>(LIST)?;
        Ok(ListQuotes { account, filter, page })
    }

    fn accept_quote(&self) -> Result<AcceptQuote, TryError> {
        Ok(AcceptQuote { acceptance: self.read::<AcceptQuote, _>("{number, revision, order, reference}")? })
    }

    fn decline_quote(&self) -> Result<DeclineQuote, TryError> {
        let Ending { account, number, revision, reason } = self.read::<DeclineQuote, _>("{account, number, revision, reason}")?;
        Ok(DeclineQuote { account, number, revision: revision.unwrap_or_default(), reason })
    }

    fn withdraw_quote(&self) -> Result<WithdrawQuote, TryError> {
        let Ending { account, number, reason, .. } = self.read::<WithdrawQuote, _>("{account, number, reason}")?;
        Ok(WithdrawQuote { account, number, reason })
    }

    fn probe(&self) -> Result<Probe, TryError> {
        let Probing { side } = self.read::<Probe, _>("{side}, read or write")?;
        Ok(Probe { side })
    }
}

const FIND: &str = "{account, reference}";
const GET: &str = "{account, number}";
const LIST: &str = "{account, filter: {statuses, from, to, search}, page: {cursor, limit}}";

fn a_quarter_of_an_hour() -> u64 {
    900_000
}

fn an_order() -> Reference {
    Reference::new_order()
}

fn a_quote() -> Reference {
    Reference::new_quote()
}

fn a_page() -> PageRequest {
    PageRequest { cursor: None, limit: 20 }
}

fn reads() -> Side {
    Side::Read
}
