//! Operations with many items: grouping them into requests, and finding each item's answer again (F9: one bad item spoils no other).

mod matching;

use crate::exchange::Exchange;
use crate::mapping::value;
use jaq_json::Val;
use ordergate_sdk::http::{self, Response};
use ordergate_sdk::types::Failure;

pub(crate) use matching::Wanted;

/// What the back end answered to one request, over all its pages.
struct Answers {
    values: Vec<Val>,
    /// All pages were seen: what is not among them is not known.
    complete: bool,
}

/// Asks for all items of the canonical request and gives one answer per item, in their order.
pub(crate) fn run(exchange: &Exchange<'_>, wanted: &[Wanted]) -> Vec<Result<Val, Failure>> {
    if exchange.operation.plan.is_none() {
        return concluded(exchange, wanted);
    }
    let groups = match groups(exchange) {
        Ok(groups) => groups,
        Err(failure) => return wanted.iter().map(|_| Err(failure.clone())).collect(),
    };
    let exchanges: Vec<Exchange<'_>> = groups.iter().map(|group| part(exchange, group)).collect();
    let mut results: Vec<Option<Result<Val, Failure>>> = wanted.iter().map(|_| None).collect();
    for ((group, exchange), reply) in groups.iter().zip(&exchanges).zip(send(&exchanges)) {
        let members: Vec<&Wanted> = group.iter().filter_map(|index| wanted.get(*index)).collect();
        let answered = match reply.and_then(|reply| all_pages(exchange, reply)) {
            Ok(answers) => matching::assign(exchange, &members, answers.values, answers.complete),
            Err(failure) => members.iter().map(|_| Err(failure.clone())).collect(),
        };
        for (index, result) in group.iter().zip(answered) {
            if let Some(slot) = results.get_mut(*index) {
                *slot = Some(result);
            }
        }
    }
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err(Failure::invalid_request("The item was not asked for."))))
        .collect()
}

/// The answers that the operation's steps brought.
fn concluded(exchange: &Exchange<'_>, wanted: &[Wanted]) -> Vec<Result<Val, Failure>> {
    match exchange.conclude() {
        Ok(answer) => {
            let members: Vec<&Wanted> = wanted.iter().collect();
            matching::assign(exchange, &members, values(answer.value), true)
        }
        Err(failure) => wanted.iter().map(|_| Err(failure.clone())).collect(),
    }
}

/// An array's elements; null is none of them.
fn values(value: Val) -> Vec<Val> {
    match value {
        Val::Null => Vec::new(),
        Val::Arr(items) => items.to_vec(),
        one => vec![one],
    }
}

/// Positions of the items that go into one request together.
fn groups(exchange: &Exchange<'_>) -> Result<Vec<Vec<usize>>, Failure> {
    let items = items(exchange);
    let mut groups: Vec<(Val, Vec<usize>)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let key = exchange.operation.group_by.map_or(Ok(Val::Null), |mapping| exchange.evaluate(mapping, item.clone()))?;
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, members)) => members.push(index),
            None => groups.push((key, vec![index])),
        }
    }
    let most = exchange.operation.items_per_request.map_or(usize::MAX, |items| items as usize);
    Ok(groups.iter().flat_map(|(_, members)| members.chunks(most)).map(<[usize]>::to_vec).collect())
}

fn items(exchange: &Exchange<'_>) -> Vec<Val> {
    match value::field(exchange.request_value(), "items") {
        Val::Arr(items) => items.to_vec(),
        _ => Vec::new(),
    }
}

fn part<'a>(exchange: &Exchange<'a>, group: &[usize]) -> Exchange<'a> {
    let items = items(exchange);
    let members: Val = group.iter().filter_map(|index| items.get(*index).cloned()).collect();
    exchange.with_request(value::with_field(exchange.request_value().clone(), "items", members))
}

/// All requests at once. A request that cannot be put together takes no other with it.
fn send(exchanges: &[Exchange<'_>]) -> Vec<Result<Response, Failure>> {
    let request = |exchange: &Exchange<'_>| exchange.request()?.ok_or_else(|| Failure::invalid_request("there is no request"));
    let requests: Vec<Result<http::Request, Failure>> = exchanges.iter().map(request).collect();
    if let [Ok(only)] = requests.as_slice() {
        return vec![only.clone().send()];
    }
    let sendable = requests.iter().filter_map(|request| request.as_ref().ok().cloned()).collect();
    let mut replies = http::send_many(sendable).into_iter();
    let reply = |request: Result<_, Failure>| {
        request.and_then(|_| replies.next().unwrap_or_else(|| Err(Failure::unavailable("no reply"))))
    };
    requests.into_iter().map(reply).collect()
}

fn all_pages(exchange: &Exchange<'_>, first: Response) -> Result<Answers, Failure> {
    let mut answer = exchange.answer(Ok(first))?;
    let mut found = Vec::new();
    for number in 2..=exchange.operation.max_pages.saturating_add(1) {
        found.append(&mut values(answer.value));
        let Some(next) = answer.next else { return Ok(Answers { values: found, complete: true }) };
        if number > exchange.operation.max_pages {
            break;
        }
        answer = exchange.on_page(number, Some(next)).send()?;
    }
    Ok(Answers { values: found, complete: false })
}

#[cfg(test)]
mod tests;
