//! Priced lines: many in one request, and a bad one fails by itself.

use crate::failures;
use crate::gateway::Gateway;
use crate::mapping::price_request::{self, Occasion, Wanted};
use crate::mapping::prices::{self, Priced};
use crate::settings::Settings;
use crate::wire::Entity;
use ordergate_sdk::halving::{self, Group, Refusal};
use ordergate_sdk::http::{Request, Response};
use ordergate_sdk::types::Failure;

/// Requests of one call.
const MOST_REQUESTS: usize = 24;

/// One answer for each wanted line, in their order. Lines of different occasions never share a request.
pub(crate) fn price(settings: &Settings, asks: &[(Occasion, Wanted)]) -> Vec<Result<Priced, Failure>> {
    let gateway = Gateway::new(settings);
    halving::ask(asks.len(), groups(settings, asks), MOST_REQUESTS, |groups| {
        let requests: Vec<Result<Request, Failure>> = groups.iter().map(|group| request(settings, asks, group)).collect();
        let sendable = requests.iter().filter_map(|request| request.as_ref().ok().cloned()).collect();
        let mut replies = gateway.send_all(sendable).into_iter();
        let answer = |(group, request): (&Group, Result<Request, Failure>)| {
            request?;
            let reply = replies.next().unwrap_or_else(|| Err(Failure::unavailable("the host gave no reply")));
            read(settings, asks, group, &reply.map_err(refusal)?)
        };
        groups.iter().zip(requests).map(answer).collect()
    })
}

fn groups(settings: &Settings, asks: &[(Occasion, Wanted)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let most = settings.pricing.items_per_request as usize;
    for (place, (occasion, _)) in asks.iter().enumerate() {
        let fits = |group: &&mut Group| {
            let first = group.first().and_then(|first| asks.get(*first));
            group.len() < most && first.is_some_and(|(other, _)| other == occasion)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
}

fn request(settings: &Settings, asks: &[(Occasion, Wanted)], group: &Group) -> Result<Request, Failure> {
    let members: Vec<&(Occasion, Wanted)> = group.iter().filter_map(|place| asks.get(*place)).collect();
    let (occasion, _) = members.first().ok_or_else(|| Failure::invalid_request("there is nothing to price"))?;
    let wanted: Vec<&Wanted> = members.iter().map(|(_, wanted)| wanted).collect();
    let body = price_request::body(settings, occasion, &wanted).map_err(Failure::invalid_request)?;
    Ok(Gateway::new(settings).pricing("priceSalesTransaction", &body))
}

fn read(
    settings: &Settings,
    asks: &[(Occasion, Wanted)],
    group: &Group,
    reply: &Response,
) -> Result<Vec<Result<Priced, Failure>>, Refusal> {
    let body = reply.exact_json()?;
    let answer = Entity::of(&body);
    if !prices::is_answer(answer) {
        return Err(reply.unreadable("The reply is no answer of pricing.").into());
    }
    prices::check(answer).map_err(|said| Failure::rejected("The back end could not price it.").detail(said))?;
    let line = |(index, place): (usize, &usize)| {
        let (_, wanted) = asks.get(*place).ok_or_else(|| Failure::invalid_response("there is no such line"))?;
        let id = price_request::line_id(index);
        let priced = prices::line(settings, answer, &id, wanted.quantity).map_err(|problem| reply.unreadable(&problem))?;
        let said = || prices::messages(answer, Some(&id)).join(" ");
        priced.ok_or_else(|| Failure::rejected(prices::nothing_priced(&wanted.sku, wanted.quantity)).detail(said()))
    };
    Ok(group.iter().enumerate().map(line).collect())
}

fn refusal(failure: Failure) -> Refusal {
    let (failure, item) = failures::line_of(failure);
    Refusal { failure, item }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::settings;
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use serde_json::json;

    fn ask(day: u8) -> (Occasion, Wanted) {
        let at = format!("2026-11-{day:02}T00:00:00Z");
        let occasion = Occasion { customer: 1, currency: "USD".to_owned(), at, is_checkout: false };
        let wanted =
            Wanted { sku: "A".to_owned(), item: Some(1), organization: None, quantity: Decimal::ONE, unit: "Ea".to_owned() };
        (occasion, wanted)
    }

    proptest! {
        /// Every line is in exactly one request, no request is too large or of two days.
        #[test]
        fn f9_lines_are_split_into_requests_without_loss(days in prop::collection::vec(1u8..4, 0..60), most in 1u32..20) {
            let settings = settings(json!({"pricing": {"items_per_request": most}}));
            let asks: Vec<_> = days.iter().map(|day| ask(*day)).collect();
            let groups = groups(&settings, &asks);
            let mut places: Vec<usize> = groups.iter().flatten().copied().collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..asks.len()).collect::<Vec<_>>());
            for group in &groups {
                prop_assert!(group.len() <= most as usize);
                prop_assert!(group.iter().all(|place| asks[*place].0 == asks[group[0]].0));
            }
        }

        /// Whichever lines are bad: they fail, and no other does.
        #[test]
        fn f9_halving_finds_exactly_the_bad_lines(bad in prop::collection::vec(any::<bool>(), 1..20)) {
            let all: Group = (0..bad.len()).collect();
            let answers = halving::ask(bad.len(), vec![all], 100, |groups| {
                let answer = |group: &Group| match group.iter().any(|place| bad[*place]) {
                    true => Err(Failure::rejected("no").into()),
                    false => Ok(group.iter().map(|_| Ok(())).collect()),
                };
                groups.iter().map(answer).collect()
            });
            let failed: Vec<bool> = answers.iter().map(Result::is_err).collect();
            prop_assert_eq!(failed, bad);
        }
    }
}
