//! Captured orders together with the transfers that carry them.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Transfer, rows};
use crate::domain::{BusinessStatus, Order, Reference};

/// An order and where it stands.
#[derive(Clone, Debug)]
pub struct CarriedOrder {
    pub transfer: Transfer,
    pub order: Order,
    /// What the back end says; none before it has said anything.
    pub status: Option<BusinessStatus>,
}

/// The columns of a transfer with its order.
macro_rules! carried {
    ($condition:literal) => {
        concat!(
            "SELECT t.*, d.payload AS payload, d.status AS status FROM documents d JOIN transfers t ON t.id = d.transfer ",
            "WHERE d.kind = 'order' AND ",
            $condition
        )
    };
}

impl Store {
    /// The order with this reference; none when it is a quote, or not ours.
    pub async fn carried_order(&self, reference: &Reference) -> Result<Option<CarriedOrder>, StoreError> {
        let query = sqlx::query(carried!("d.reference = ?")).bind(reference.to_string());
        query.fetch_optional(&self.readers).await?.as_ref().map(carried).transpose()
    }

    /// Orders whose transfers are not settled, oldest first, at most so many.
    pub async fn open_orders(&self, most: u32) -> Result<Vec<CarriedOrder>, StoreError> {
        let query = sqlx::query(carried!("t.turn IS NOT NULL ORDER BY t.id LIMIT ?")).bind(most);
        query.fetch_all(&self.readers).await?.iter().map(carried).collect()
    }
}

fn carried(row: &SqliteRow) -> Result<CarriedOrder, StoreError> {
    let (payload, status): (String, Option<String>) = (row.try_get("payload")?, row.try_get("status")?);
    let order = rows::parse("order", &payload)?;
    Ok(CarriedOrder { transfer: rows::transfer(row)?, order, status: status.as_deref().map(BusinessStatus::parse) })
}
