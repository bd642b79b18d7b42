//! The S/4-shaped back end, and a host before it with the SAP adapter.

use std::ops::{Deref, DerefMut};

use serde_json::json;

use crate::vendor::{Vendor, VendorBackend, VendorWorld};
use crate::{HostConfig, programs};

/// A running S/4-shaped back end.
pub struct S4Backend(VendorBackend);

/// An S/4-shaped back end and a host before it: `adler` is 10100001, `bert` 10100002, `cara` 10100003.
pub type S4World = VendorWorld<S4Backend>;

impl Vendor for S4Backend {
    fn stopped() -> Self {
        Self(VendorBackend::new("S/4 back end", programs::s4_program()))
    }

    fn config(&self) -> HostConfig {
        HostConfig::for_s4(&self.url(), self.password())
    }
}

impl S4Backend {
    /// A clerk takes an order by telephone; gives its number.
    pub async fn telephone_order(&self, customer: &str, material: &str) -> String {
        let body = json!({"SalesOrderType": "TA", "SalesOrganization": "1010", "DistributionChannel": "10", "OrganizationDivision": "00", "SoldToParty": customer,
            "PurchaseOrderByCustomer": "4500001", "CustomerPurchaseOrderType": "TELE", "to_Item": [{"Material": material, "RequestedQuantity": "4"}]});
        let entered = self.control().post("/control/orders", &body).await.expect(201);
        entered["d"]["SalesOrder"].as_str().expect("a number").to_owned()
    }
}

impl Deref for S4Backend {
    type Target = VendorBackend;

    fn deref(&self) -> &VendorBackend {
        &self.0
    }
}

impl DerefMut for S4Backend {
    fn deref_mut(&mut self) -> &mut VendorBackend {
        &mut self.0
    }
}
