//! The Fusion-shaped back end, and a host before it with the Oracle adapter.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::vendor::{Vendor, VendorBackend, VendorWorld};
use crate::{HostConfig, programs};

/// A running Fusion-shaped back end.
pub struct AdfBackend(VendorBackend);

/// A Fusion-shaped back end and a host before it: `adler` is 10060, `bert` 10070, `cara` 10080.
pub type AdfWorld = VendorWorld<AdfBackend>;

impl Vendor for AdfBackend {
    fn stopped() -> Self {
        Self(VendorBackend::new("Fusion back end", programs::adf_program()))
    }

    fn config(&self) -> HostConfig {
        HostConfig::for_adf(&self.url(), self.password())
    }
}

impl AdfBackend {
    /// An order that comes over another system, or is entered by hand when none is named; gives its number.
    pub async fn foreign_order(&self, customer: &str, item: &str, system: Option<(&str, &str)>) -> String {
        let line = json!({"SourceTransactionLineId": "1", "SourceTransactionLineNumber": "1", "SourceScheduleNumber": "1", "SourceTransactionScheduleId": "1",
            "OrderedUOMCode": "Ea", "OrderedQuantity": 4, "ProductNumber": item, "TransactionCategoryCode": "ORDER", "TransactionLineType": "Buy"});
        let mut order = json!({"BusinessUnitId": 300_000_046_987_012_u64, "RequestingBusinessUnitId": 300_000_046_987_012_u64, "BuyingPartyNumber": customer,
            "CustomerPONumber": "4500001", "TransactionalCurrencyCode": "EUR", "SubmittedFlag": true, "FreezePriceFlag": false,
            "FreezeShippingChargeFlag": false, "FreezeTaxFlag": false, "lines": [line]});
        if let Some((system, id)) = system {
            order["SourceTransactionSystem"] = Value::from(system);
            order["SourceTransactionId"] = Value::from(id);
        }
        let entered = self.control().post("/control/orders", &order).await.expect(201);
        entered["OrderNumber"].as_str().expect("a number").to_owned()
    }

    /// Ships so many of an order's first line; the rest becomes a line of its own.
    pub async fn ship(&self, number: &str, quantity: u32) {
        self.control()
            .post(&format!("/control/orders/{number}/ship"), &json!({"quantity": quantity.to_string()}))
            .await
            .expect(204);
    }

    /// What a gateway gave up on is done at last; gives how many orders.
    pub async fn commit_late(&self) -> u64 {
        self.control().post("/control/late", &json!({})).await.expect(200)["done"].as_u64().expect("a number")
    }
}

impl Deref for AdfBackend {
    type Target = VendorBackend;

    fn deref(&self) -> &VendorBackend {
        &self.0
    }
}

impl DerefMut for AdfBackend {
    fn deref_mut(&mut self) -> &mut VendorBackend {
        &mut self.0
    }
}
