//! Who asks, for which account, in which store.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::{ServiceError, Shop};
use crate::domain::{AccountNumber, Buyer, CallContext, Currency, Extensions, Principal, Purpose};

/// An authenticated request.
#[derive(Clone, Debug)]
pub struct Caller {
    pub principal: Arc<Principal>,
    /// A customer's place among their calls that are under way: free again when the last copy of this is gone.
    pub place: Option<Arc<OwnedSemaphorePermit>>,
    pub shop: Arc<Shop>,
    /// The account that the request is for; checked against the principal's grant.
    pub account: Option<AccountNumber>,
    pub request_id: String,
    pub trace_parent: Option<String>,
    pub locale: Option<String>,
}

impl Caller {
    /// The account, for use cases that need one.
    pub fn account(&self) -> Result<&AccountNumber, ServiceError> {
        self.account.as_ref().ok_or(ServiceError::AccountRequired)
    }

    pub(super) fn locale(&self) -> String {
        self.locale.clone().unwrap_or_else(|| self.shop.config.locale.clone())
    }

    pub(super) fn context(&self, purpose: Purpose, deadline: Duration) -> CallContext {
        CallContext {
            store: self.shop.name.clone(),
            channel: self.shop.config.channel.clone(),
            locale: self.locale(),
            request_id: self.request_id.clone(),
            trace_parent: self.trace_parent.clone(),
            purpose,
            deadline,
        }
    }

    /// The context of a read whose answer others may get, too: in the store's language, not the caller's.
    pub(super) fn read_context(&self, purpose: Purpose) -> CallContext {
        CallContext { locale: self.shop.config.locale.clone(), ..self.context(purpose, self.shop.config.read_deadline()) }
    }

    /// For whom a price is asked.
    pub(super) fn buyer(&self, ship_to: Option<String>, contract: Option<String>, currency: Option<Currency>) -> Buyer {
        Buyer {
            account: self.account.clone(),
            ship_to,
            contract,
            currency: currency.unwrap_or(self.shop.config.currency),
            sales_area: self.shop.config.sales_area.clone(),
            ext: Extensions::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountGrant, PrincipalKind};
    use std::collections::BTreeSet;

    #[test]
    fn an_answer_that_others_may_get_is_asked_in_the_stores_language() {
        let store = toml::from_str("adapter = \"erp\"\ncurrency = \"EUR\"\nlocale = \"de\"").unwrap();
        let principal = Principal {
            kind: PrincipalKind::Service,
            id: "key:shop".into(),
            accounts: AccountGrant::Any,
            stores: BTreeSet::new(),
            scopes: BTreeSet::new(),
            expires_at: None,
        };
        let caller = Caller {
            principal: Arc::new(principal),
            place: None,
            shop: Arc::new(Shop::new("main".into(), store)),
            account: None,
            request_id: "r".into(),
            trace_parent: None,
            locale: Some("fr".into()),
        };
        assert_eq!(caller.read_context(Purpose::Browse).locale, "de");
        assert_eq!(caller.context(Purpose::Checkout, Duration::from_secs(1)).locale, "fr");
    }
}
