//! Taking an operation's steps, and taking back what they did when it is refused in the end.
//!
//! As long as nothing was changed, a failure is what it is: nothing was handed over. Afterwards, and when an attempt before has left something, a
//! refusal is final only when `undo` has worked; after a change everything else leaves the outcome open: the host looks the document up.

use crate::exchange::Exchange;
use crate::mapping::value;
use crate::plan::{Plan, unsendable};
use crate::reading;
use crate::step::Step;
use jaq_json::Val;
use ordergate_sdk::failure::code;
use ordergate_sdk::http::{self, Intent, Request, Response};
use ordergate_sdk::types::Failure;

impl Exchange<'_> {
    /// The same after all steps, whose values are `$steps`.
    pub(crate) fn after_steps(mut self) -> Result<Self, Failure> {
        let steps = &self.operation.steps;
        if !steps.is_empty() {
            self.scope.steps = value::object([]);
        }
        for step in steps {
            let value = self.take(step).map_err(|failure| self.settled(failure))?;
            self.resumed |= step.resumes && !value::is_null(&value);
            let steps = std::mem::take(&mut self.scope.steps);
            self.scope.steps = value::with_field(steps, &step.name, value);
        }
        Ok(self)
    }

    /// What a failure means after what was done.
    pub(crate) fn settled(&self, failure: Failure) -> Failure {
        if failure.is(code::CONFLICT) {
            return failure;
        }
        let left = match is_refusal(&failure) {
            true if self.changed || self.resumed => self.undo().err(),
            false if self.changed => Some(failure.clone()),
            _ => None,
        };
        match left {
            None => failure,
            Some(left) => in_doubt(failure, &left),
        }
    }

    /// Takes the steps of `undo`. They see the values of the steps that were taken.
    fn undo(&self) -> Result<(), Failure> {
        let mut undoing = Exchange { scope: self.scope.clone(), ..*self };
        for step in &self.operation.undo {
            let value = undoing.take(step)?;
            let steps = std::mem::take(&mut undoing.scope.steps);
            undoing.scope.steps = value::with_field(steps, &step.name, value);
        }
        Ok(())
    }

    /// Takes one step; its value is null when it was left out, and an array when it has `each`.
    fn take(&mut self, step: &Step) -> Result<Val, Failure> {
        let input = || self.scope.request.clone();
        if let Some(when) = step.when
            && !value::is_true(&self.evaluate(when, input())?)
        {
            return Ok(Val::Null);
        }
        let Some(plan) = &step.plan else { return self.calculate(step) };
        let Some(each) = step.each else {
            let reply = self.request_of(step, plan)?.send();
            return self.read(step, reply);
        };
        let Val::Arr(elements) = self.evaluate(each, input())? else {
            return Err(unsendable(format!("{}: it gives no array", self.configuration.program.place(each))));
        };
        self.take_each(step, plan, &elements)
    }

    /// One request for each element, all at once.
    fn take_each(&mut self, step: &Step, plan: &Plan, elements: &[Val]) -> Result<Val, Failure> {
        let mut parts: Vec<Exchange<'_>> = elements.iter().map(|element| self.for_each(element)).collect();
        let requests = parts.iter().map(|part| part.request_of(step, plan)).collect::<Result<Vec<_>, _>>()?;
        let replies = http::send_many(requests);
        let values: Vec<_> = parts.iter_mut().zip(replies).map(|(part, reply)| part.read(step, reply)).collect();
        self.changed |= parts.iter().any(|part| part.changed);
        values.into_iter().collect()
    }

    fn for_each(&self, element: &Val) -> Self {
        let scope = crate::mapping::Scope { each: element.clone(), ..self.scope.clone() };
        Exchange { scope, ..*self }
    }

    /// The value of a step that sends nothing; its input is the canonical request.
    fn calculate(&self, step: &Step) -> Result<Val, Failure> {
        let input = self.scope.request.clone();
        let value = step.reading.mapping.map_or(Ok(Val::Null), |mapping| self.evaluate(mapping, input))?;
        reading::refused(&value, step.intent).map(|()| value)
    }

    fn request_of(&self, step: &Step, plan: &Plan) -> Result<Request, Failure> {
        plan.request(self.configuration, step.intent, &self.scope)
    }

    /// Reads the reply to a step and notes whether it has, or may have, changed something.
    fn read(&mut self, step: &Step, reply: Result<Response, Failure>) -> Result<Val, Failure> {
        let done = reply.as_ref().is_ok_and(|response| step.reading.succeeded(response.status()));
        let read = reply.and_then(|response| step.reading.read(self.configuration, &response, &self.scope));
        let maybe_done = read.as_ref().err().is_some_and(is_in_doubt);
        self.changed |= step.intent == Intent::Write && (done || maybe_done);
        read.map(|read| read.value)
    }
}

/// Whether the back end, or a mapping, has said no for good.
fn is_refusal(failure: &Failure) -> bool {
    [code::REJECTED, code::INVALID_REQUEST, code::NOT_FOUND, code::UNSUPPORTED].iter().any(|code| failure.is(code))
}

/// Whether the request may have been taken in spite of the failure.
fn is_in_doubt(failure: &Failure) -> bool {
    [code::OUTCOME_UNKNOWN, code::TIMEOUT, code::INVALID_RESPONSE].iter().any(|code| failure.is(code))
}

fn in_doubt(failure: Failure, cause: &Failure) -> Failure {
    let said = cause.detail.as_deref().unwrap_or(&cause.message);
    let detail = format!("the operation was only partly carried out, and then: {said}");
    Failure { code: code::OUTCOME_UNKNOWN.to_owned(), detail: Some(detail), ..failure }
}
