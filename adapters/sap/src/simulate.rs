//! Simulated orders: many items in one POST. One bad item refuses the whole request, so a refused one is halved until the bad item stands alone
//! (rule F9). Several orders in one `$batch` are not possible here: the service takes one.

use crate::failures::ITEM;
use crate::gateway::Gateway;
use crate::mapping::sent::item_number as number;
use crate::mapping::simulation::{self, Customer, Days, Purpose, Wanted};
use crate::settings::Settings;
use crate::wire::names::{Names, SIMULATION};
use crate::wire::{self, Entity, Read};
use ordergate_sdk::failure::code;
use ordergate_sdk::http::{Request, Response};
use ordergate_sdk::types::Failure;
use serde_json::Value;
use std::collections::VecDeque;

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

/// One request: places of its items in the caller's list.
type Group = Vec<usize>;

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
        let unanswered = || Err(Failure::unavailable("The back end was asked too often for one call; ask for fewer items."));
        let mut answers: Vec<Result<T, Failure>> = asks.iter().map(|_| unanswered()).collect();
        let (mut waiting, mut sent) = (VecDeque::from(self.groups(asks)), 0);
        while !waiting.is_empty() && sent < MOST_REQUESTS {
            let now: Vec<Group> = waiting.drain(..waiting.len().min(MOST_REQUESTS - sent)).collect();
            sent += now.len();
            let requests = now.iter().map(|group| self.request(asks, group)).collect();
            let replies = Gateway::new(self.settings).post_all(NAMES.service, requests);
            for (group, reply) in now.into_iter().zip(replies) {
                match reply {
                    Ok(reply) => self.read(&reply, &group, &mut answers, &map),
                    Err(failure) => waiting.extend(self.split(group, failure, &mut answers)),
                }
            }
        }
        answers
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
        &self,
        reply: &Response,
        group: &[usize],
        answers: &mut [Result<T, Failure>],
        map: &impl Fn(usize, Entity<'_>, Entity<'_>) -> Result<T, Failure>,
    ) {
        let body = reply.json::<Value>();
        for (index, place) in group.iter().enumerate() {
            let answer = body.as_ref().map_err(Clone::clone).and_then(|body| {
                let simulated = wire::entity(body).map_err(|problem| reply.unreadable(&problem))?;
                let item = simulation::numbered(NAMES, simulated, number(index));
                map(*place, simulated, item.ok_or_else(|| Failure::invalid_response("The back end left an item out."))?)
            });
            if let Some(slot) = answers.get_mut(*place) {
                *slot = answer;
            }
        }
    }

    /// What to ask again after a refusal: without the item that it names, else in halves. Any other failure is every item's.
    fn split<T>(&self, group: Group, failure: Failure, answers: &mut [Result<T, Failure>]) -> Vec<Group> {
        let is_of_an_item = matches!(failure.code.as_str(), code::REJECTED | code::NOT_FOUND);
        let named = failure.ext.iter().find(|(name, _)| name == ITEM).and_then(|(_, item)| item.parse::<u32>().ok());
        let named = (0..group.len()).find(|index| Some(number(*index)) == named);
        let mut fail = |place: usize| {
            if let Some(slot) = answers.get_mut(place) {
                *slot = Err(Failure { ext: Vec::new(), ..failure.clone() });
            }
        };
        if !is_of_an_item || group.len() == 1 {
            group.into_iter().for_each(&mut fail);
            return Vec::new();
        }
        let mut group = group;
        if let Some(index) = named {
            fail(group.remove(index));
            return vec![group];
        }
        let rest = group.split_off(group.len() / 2);
        vec![group, rest]
    }
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
