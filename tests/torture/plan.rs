//! What a storm is to be: how long, on which database, with how many hosts, before what kind of back end.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// What the back end does with a reference that it has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Takes it a second time; it can be asked whether it has it.
    Queryable,
    /// Refuses it. Only here may the network deliver an order twice.
    UniqueReference,
}

/// How much of a storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) seed: u64,
    pub(crate) orders: usize,
    pub(crate) kills: usize,
    /// Asked for on the command line, not the short form.
    pub(crate) is_long: bool,
}

impl Size {
    /// The short form, unless `cargo xtask torture` asks for more.
    pub(crate) fn asked() -> Self {
        let number = |name: &str| {
            let text = std::env::var(name).ok()?;
            Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name}: {text:?} is no number")))
        };
        let orders = number("ORDERGATE_TORTURE_ORDERS");
        Self {
            seed: number("ORDERGATE_TORTURE_SEED").unwrap_or(1),
            orders: orders.unwrap_or(50) as usize,
            kills: number("ORDERGATE_TORTURE_KILLS").unwrap_or(4) as usize,
            is_long: orders.is_some(),
        }
    }

    /// How often a host stands still.
    pub(crate) fn pauses(self) -> usize {
        self.kills.div_ceil(4)
    }

    /// How often a database server crashes.
    pub(crate) fn crashes(self) -> usize {
        self.kills.div_ceil(5)
    }

    /// Both kinds of back end, or only the usual one when time is short.
    pub(crate) fn classes(self, usual: Class) -> Vec<Class> {
        if self.is_long { vec![Class::Queryable, Class::UniqueReference] } else { vec![usual] }
    }
}

/// One storm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) size: Size,
    pub(crate) database: Database,
    pub(crate) hosts: usize,
    pub(crate) class: Class,
    /// The network delivers orders twice although the back end takes them twice: to see that the verdict notices.
    pub(crate) doubles_orders: bool,
}

impl Plan {
    pub(crate) fn new(database: Database, hosts: usize) -> Self {
        Self { size: Size::asked(), database, hosts, class: Class::Queryable, doubles_orders: false }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { seed, orders, kills, .. } = self.size;
        let (database, hosts, class) = (self.database, self.hosts, self.class);
        write!(f, "seed {seed}, {orders} orders, {kills} kills, {database:?}, {hosts} host(s), back end {class:?}")
    }
}
