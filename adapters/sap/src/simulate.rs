//! Simulated orders: many items in one POST. One bad item refuses the whole request, so a refused one is halved until the bad item stands alone
//! (rule F9). Several orders in one `$batch` are not possible here: the service takes one.

use crate::failures::ITEM;
use crate::gateway::Gateway;
use crate::mapping::sent::item_number as number;
use crate::mapping::simulation::{self, Customer, Days, Purpose, Wanted};
use crate::settings::Settings;
use crate::wire::names::{Names, SIMULATION};
use crate::wire::{self, Entity, Read};
use ordergate_sdk::halving::{self, Group, Refusal};
use ordergate_sdk::http::{Request, Response};
use ordergate_sdk::log;
use ordergate_sdk::types::Failure;
use serde_json::Value;

/// Requests of one call. Halving fifty items down to one bad one takes twelve.
const MOST_REQUESTS: usize = 24;

pub(crate) const NAMES: &Names = &SIMULATION;

/// An item to simulate, and what holds for the request that it is in.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) sku: String,
    pub(crate) quantity: String,
    pub(crate) unit: Option<String>,
    pub(crate) plant: Option<String>,
    pub(crate) requested: Option<String>,
    pub(crate) pricing: Option<String>,
}

/// What all requests of one call have in common.
pub(crate) struct Simulation<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) customer: &'a Customer<'a>,
    pub(crate) purpose: Purpose,
    pub(crate) items_per_request: u32,
}

impl Simulation<'_> {
    /// One answer for each ask, in their order. `map` reads the simulated item, which belongs to the given place.
    pub(crate) fn run<T>(
        &self,
        asks: &[Ask],
        map: impl Fn(usize, Entity<'_>, Entity<'_>) -> Result<T, Failure>,
    ) -> Vec<Result<T, Failure>> {
        halving::ask(asks.len(), self.groups(asks), MOST_REQUESTS, |groups| {
            let requests = groups.iter().map(|group| self.request(asks, group)).collect();
            let replies = Gateway::new(self.settings).post_all(NAMES.service, requests);
            groups.iter().zip(replies).map(|(group, reply)| Ok(Self::read(&reply.map_err(refusal)?, group, &map))).collect()
        })
    }

    /// Items that may share a request: the same days, and no material twice, because a later item finds what an earlier one has taken.
    fn groups(&self, asks: &[Ask]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let most = self.items_per_request as usize;
        for (place, ask) in asks.iter().enumerate() {
            let fits = |group: &&mut Group| {
                let mut others = group.iter().filter_map(|other| asks.get(*other));
                let same_days = others.clone().all(|other| other.requested == ask.requested && other.pricing == ask.pricing);
                let twice = self.purpose != Purpose::Prices && others.any(|other| other.sku == ask.sku);
                group.len() < most && same_days && !twice
            };
            match groups.iter_mut().find(fits) {
                Some(group) => group.push(place),
                None => groups.push(vec![place]),
            }
        }
        groups
    }

    fn request(&self, asks: &[Ask], group: &[usize]) -> Request {
        let members = group.iter().filter_map(|place| asks.get(*place));
        let wanted: Vec<Wanted> = members.clone().enumerate().map(|(index, ask)| wanted(index, ask)).collect();
        let first = members.clone().next();
        let days = Days {
            requested: first.and_then(|ask| ask.requested.as_deref()),
            pricing: first.and_then(|ask| ask.pricing.as_deref()),
        };
        post(self.settings, &simulation::request(self.settings, NAMES, self.customer, days, self.purpose, &wanted))
    }

    fn read<T>(
        reply: &Response,
        group: &[usize],
        map: &impl Fn(usize, Entity<'_>, Entity<'_>) -> Result<T, Failure>,
    ) -> Vec<Result<T, Failure>> {
        let body = reply.json::<Value>();
        let simulated = body.as_ref().ok().and_then(|body| wire::entity(body).ok());
        let unasked = simulated.map_or(0, |simulated| simulated.many(NAMES.items).len().saturating_sub(group.len()));
        if unasked > 0 {
            // Parts of a set, free goods, freight: usual where the company configured them.
            log::debug("the simulation has items that nobody asked for", &[("items", unasked.to_string())]);
        }
        let answer = |(index, place): (usize, &usize)| {
            let body = body.as_ref().map_err(Clone::clone)?;
            let simulated = wire::entity(body).map_err(|problem| reply.unreadable(&problem))?;
            let item = simulation::numbered(NAMES, simulated, number(index));
            map(*place, simulated, item.ok_or_else(|| Failure::invalid_response("The back end left an item out."))?)
        };
        group.iter().enumerate().map(answer).collect()
    }
}

/// A refused simulation may say which item it is about.
fn refusal(failure: Failure) -> Refusal {
    let named = failure.ext.iter().find(|(name, _)| name == ITEM).and_then(|(_, item)| item.parse::<u32>().ok());
    let item = named.and_then(|named| usize::try_from(named / 10).ok()?.checked_sub(1).filter(|index| number(*index) == named));
    Refusal { failure: Failure { ext: Vec::new(), ..failure }, item }
}

/// A simulation changes nothing, although it is a POST.
pub(crate) fn post(settings: &Settings, body: &Value) -> Request {
    Gateway::new(settings).request("POST", NAMES.service, NAMES.set).json(body).reading()
}

fn wanted(index: usize, ask: &Ask) -> Wanted {
    Wanted {
        number: number(index),
        sku: ask.sku.clone(),
        quantity: ask.quantity.clone(),
        unit: ask.unit.clone(),
        plant: ask.plant.clone(),
    }
}

/// What cannot be read of a simulation.
pub(crate) fn misread<T>(read: Read<T>) -> Result<T, Failure> {
    read.map_err(|problem| Failure::invalid_response("The back end's answer cannot be read.").detail(problem))
}
