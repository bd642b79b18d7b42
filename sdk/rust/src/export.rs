//! From the generated export traits to the `Adapter` trait, and the macro that makes a component of an adapter.

use crate::adapter::Adapter;
use crate::bindings::exports::ordergate::adapter as contract;
use crate::failure::code;
use crate::settings::Settings;
use crate::types::{Context, DocumentFilter, Failure, PageRequest};
use crate::{availability, checkout, descriptor, inbound, log, orders, pricing, quotes};
use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

/// Makes the component's exports from an [`Adapter`]. Once per crate, for a `cdylib` built for `wasm32-wasip2`.
#[macro_export]
macro_rules! export_adapter {
    ($adapter:ty) => {
        // Natively the exports would only be names that some linkers refuse.
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        mod __ordergate_component {
            #[allow(unused_imports)]
            use super::*;
            type Component = $crate::export::Component<$adapter>;
            $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        }
    };
}

/// The exports of an adapter.
#[derive(Debug)]
pub struct Component<A>(PhantomData<A>);

thread_local! {
    // One component holds one adapter. It is kept from `configure` to the call, or across a snapshot of the instance.
    static CONFIGURED: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
}

impl<A: Adapter> Component<A> {
    fn configure() -> Result<Rc<A>, Failure> {
        let adapter = Rc::new(A::configure(&Settings::load())?);
        CONFIGURED.set(Some(adapter.clone()));
        #[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
        crate::heap::settle();
        Ok(adapter)
    }

    fn adapter() -> Result<Rc<A>, Failure> {
        let kept = CONFIGURED.with_borrow(Clone::clone).and_then(|any| any.downcast::<A>().ok());
        kept.map_or_else(Self::configure, Ok)
    }

    /// Settings that do not fit are not the caller's fault, and nothing was sent.
    fn call<T>(run: impl FnOnce(&A) -> Result<T, Failure>) -> Result<T, Failure> {
        match Self::adapter() {
            Ok(adapter) => run(&adapter),
            Err(failure) => Err(Failure { code: code::UNAVAILABLE.to_owned(), ..failure }),
        }
    }

    fn call_batch<T>(items: usize, run: impl FnOnce(&A) -> Vec<Result<T, Failure>>) -> Vec<Result<T, Failure>> {
        match Self::call(|adapter| Ok(run(adapter))) {
            Ok(results) => results,
            Err(failure) => (0..items).map(|_| Err(failure.clone())).collect(),
        }
    }
}

impl<A: Adapter> contract::lifecycle::Guest for Component<A> {
    fn configure() -> Result<(), Failure> {
        Self::configure().map(|_| ())
    }
}

impl<A: Adapter> contract::descriptor::Guest for Component<A> {
    fn describe() -> descriptor::Description {
        let mut description = Self::adapter().map(|adapter| adapter.describe()).unwrap_or_else(|failure| {
            log::error("not configured", &[("reason", failure.message)]);
            descriptor::Description::default()
        });
        if description.settings_schema.is_empty() {
            description.settings_schema = A::settings_schema();
        }
        description
    }
}

impl<A: Adapter> contract::availability::Guest for Component<A> {
    fn check(ctx: Context, query: availability::Query) -> Vec<Result<availability::Availability, Failure>> {
        Self::call_batch(query.items.len(), |adapter| adapter.check_availability(&ctx, query))
    }
}

impl<A: Adapter> contract::pricing::Guest for Component<A> {
    fn offer_prices(ctx: Context, query: pricing::Query) -> Vec<Result<pricing::OfferPrice, Failure>> {
        Self::call_batch(query.items.len(), |adapter| adapter.offer_prices(&ctx, query))
    }
}

impl<A: Adapter> contract::checkout::Guest for Component<A> {
    fn reserve(ctx: Context, request: checkout::ReservationRequest) -> Result<checkout::Reservation, Failure> {
        Self::call(|adapter| adapter.reserve(&ctx, request))
    }

    fn release(ctx: Context, reservation: String) -> Result<(), Failure> {
        Self::call(|adapter| adapter.release(&ctx, reservation))
    }

    fn calculate(ctx: Context, cart: checkout::Cart) -> Result<checkout::Calculation, Failure> {
        Self::call(|adapter| adapter.calculate(&ctx, cart))
    }
}

impl<A: Adapter> contract::orders::Guest for Component<A> {
    fn submit(ctx: Context, order: orders::Order, reference: String) -> Result<orders::Accepted, Failure> {
        Self::call(|adapter| adapter.submit_order(&ctx, order, reference))
    }

    fn find_by_reference(ctx: Context, account: String, reference: String) -> Result<Option<orders::OrderDocument>, Failure> {
        Self::call(|adapter| adapter.find_order(&ctx, account, reference))
    }

    fn get(ctx: Context, account: String, number: String) -> Result<orders::OrderDocument, Failure> {
        Self::call(|adapter| adapter.get_order(&ctx, account, number))
    }

    fn list(ctx: Context, account: String, filter: DocumentFilter, page: PageRequest) -> Result<orders::OrderPage, Failure> {
        Self::call(|adapter| adapter.list_orders(&ctx, account, filter, page))
    }

    fn cancel(ctx: Context, account: String, number: String, reason: String) -> Result<orders::OrderDocument, Failure> {
        Self::call(|adapter| adapter.cancel_order(&ctx, account, number, reason))
    }
}

impl<A: Adapter> contract::quotes::Guest for Component<A> {
    fn submit(ctx: Context, request: quotes::QuoteRequest, reference: String) -> Result<quotes::Received, Failure> {
        Self::call(|adapter| adapter.submit_quote(&ctx, request, reference))
    }

    fn find_by_reference(ctx: Context, account: String, reference: String) -> Result<Option<quotes::QuoteDocument>, Failure> {
        Self::call(|adapter| adapter.find_quote(&ctx, account, reference))
    }

    fn get(ctx: Context, account: String, number: String) -> Result<quotes::QuoteDocument, Failure> {
        Self::call(|adapter| adapter.get_quote(&ctx, account, number))
    }

    fn list(ctx: Context, account: String, filter: DocumentFilter, page: PageRequest) -> Result<quotes::QuotePage, Failure> {
        Self::call(|adapter| adapter.list_quotes(&ctx, account, filter, page))
    }

    fn accept(ctx: Context, acceptance: quotes::Acceptance) -> Result<orders::Accepted, Failure> {
        Self::call(|adapter| adapter.accept_quote(&ctx, acceptance))
    }

    fn decline(
        ctx: Context,
        account: String,
        number: String,
        revision: String,
        reason: Option<String>,
    ) -> Result<quotes::QuoteDocument, Failure> {
        Self::call(|adapter| adapter.decline_quote(&ctx, account, number, revision, reason))
    }

    fn cancel(ctx: Context, account: String, number: String, reason: Option<String>) -> Result<quotes::QuoteDocument, Failure> {
        Self::call(|adapter| adapter.cancel_quote(&ctx, account, number, reason))
    }
}

impl<A: Adapter> contract::inbound::Guest for Component<A> {
    fn translate(ctx: Context, headers: Vec<(String, String)>, body: Vec<u8>) -> Result<Vec<inbound::Event>, Failure> {
        Self::call(|adapter| adapter.translate(&ctx, headers, body))
    }
}

impl<A: Adapter> contract::health::Guest for Component<A> {
    fn probe(ctx: Context, side: String) -> Result<(), Failure> {
        Self::call(|adapter| adapter.probe(&ctx, side))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Backend;

    struct Strict;

    impl Adapter for Strict {
        fn configure(settings: &Settings) -> Result<Self, Failure> {
            if settings.text() == "{}" { Err(Failure::invalid_request("settings: customer is missing")) } else { Ok(Strict) }
        }

        fn settings_schema() -> String {
            r#"{"required":["customer"]}"#.to_owned()
        }

        fn describe(&self) -> descriptor::Description {
            descriptor::Description::new("strict", "1.0.0").capable_of([crate::operation::GET_ORDER])
        }
    }

    fn items(count: usize) -> availability::Query {
        availability::Query { items: vec![availability::Item::default(); count], ..Default::default() }
    }

    #[test]
    fn a_call_configures_the_adapter_when_nobody_did() {
        let _backend = Backend::new().settings(r#"{"customer":"C1"}"#);
        assert_eq!(<Component<Strict> as contract::descriptor::Guest>::describe().capabilities, ["orders.get"]);
    }

    #[test]
    fn the_schema_of_the_settings_is_told_whether_or_not_they_fit_it() {
        let schema = || <Component<Strict> as contract::descriptor::Guest>::describe().settings_schema;
        {
            let _backend = Backend::new();
            assert_eq!(schema(), r#"{"required":["customer"]}"#);
        }
        let _backend = Backend::new().settings(r#"{"customer":"C1"}"#);
        assert_eq!(schema(), r#"{"required":["customer"]}"#);
    }

    #[test]
    fn an_operation_that_is_not_there_answers_unsupported_for_every_item() {
        let _backend = Backend::new().settings(r#"{"customer":"C1"}"#);
        let results = <Component<Strict> as contract::availability::Guest>::check(Context::default(), items(3));
        assert_eq!(results.len(), 3);
        assert!(results.iter().all(|result| result.as_ref().is_err_and(|failure| failure.is(code::UNSUPPORTED))));
    }

    #[test]
    fn settings_that_do_not_fit_refuse_the_load_and_send_nothing() {
        let backend = Backend::new();
        let refused = <Component<Strict> as contract::lifecycle::Guest>::configure().unwrap_err();
        assert_eq!(refused.message, "settings: customer is missing");
        let answer =
            <Component<Strict> as contract::orders::Guest>::submit(Context::default(), orders::Order::default(), "R1".into());
        assert!(answer.unwrap_err().is(code::UNAVAILABLE));
        assert!(backend.requests().is_empty());
    }
}
