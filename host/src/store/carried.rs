//! Captured orders together with the transfers that carry them.

use super::columns::transfer_columns;
use super::sql::{Row, query};
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
            "SELECT ",
            transfer_columns!("t."),
            ", d.payload AS payload, d.status AS status FROM documents d JOIN transfers t ON t.id = d.transfer ",
            "WHERE d.kind = 'order' AND ",
            $condition
        )
    };
}

impl Store {
    /// The order with this reference; none when it is a quote, or not ours.
    pub async fn carried_order(&self, reference: &Reference) -> Result<Option<CarriedOrder>, StoreError> {
        let order = query(carried!("d.reference = $1")).bind(reference.to_string());
        order.optional(&mut self.read().await?).await?.as_ref().map(carried).transpose()
    }

    /// Orders whose transfers are not settled, held ones too, oldest first, at most so many.
    pub async fn open_orders(&self, most: u32) -> Result<Vec<CarriedOrder>, StoreError> {
        let open = query(carried!("(t.turn IS NOT NULL OR d.reference IN (SELECT reference FROM holds)) ORDER BY t.id LIMIT $1"))
            .bind(most);
        open.all(&mut self.read().await?).await?.iter().map(carried).collect()
    }
}

fn carried(row: &Row) -> Result<CarriedOrder, StoreError> {
    let order = rows::parse("order", &row.text("payload")?)?;
    let status = row.optional_text("status")?.as_deref().map(BusinessStatus::parse);
    Ok(CarriedOrder { transfer: rows::transfer(row)?, order, status })
}
