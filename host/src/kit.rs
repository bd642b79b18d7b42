//! The conformance kit (`ordergate adapter test`): runs an adapter in the production runtime before its back end's test system, makes the faults that
//! happen in production, and tells every promise that is broken. Knows only the contract and a plan. Called by the command line.

mod answers;
mod changes;
mod decimals;
mod documents;
mod fault;
pub mod finding;
mod foreign;
mod goods;
mod judge;
mod numbers;
mod outages;
mod paging;
mod paper;
mod plain;
mod report;
mod run;
mod settle;
mod tape;
mod transfers;
mod witness;

pub use report::Report;
pub use tape::{CassetteError, Tape};

use finding::Kind;
use goods::Goods;
use paper::{Paper, Placed};
use report::Ceilings;
use run::Run;
use witness::{Witness, WitnessError};

use crate::adapter::ask::Ask;
use crate::adapter::bench::{Bench, BenchError, Subject};
use crate::config::ConformancePlan;
use crate::domain::{Description, Reference, Side};
use crate::egress::Watch;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Witness(#[from] WitnessError),
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    #[error("--only {asked}: the adapter has {known}")]
    Only { asked: String, known: String },
    #[error("the run was recorded with another component: record it again")]
    Another,
}

/// Tests an adapter; `only` narrows it to one operation.
pub async fn test(subject: &Subject, plan: &ConformancePlan, tape: &Tape, only: Option<&str>) -> Result<Report, KitError> {
    if !tape.fits(&subject.digest) {
        return Err(KitError::Another);
    }
    let watch = Watch::default();
    let bench = Bench::set_up(subject, watch.clone(), |egress| egress.watched(&watch)).await?;
    let (description, sends) = bench.describe().await?;
    if let Some(asked) = only.filter(|only| !description.supports(only)) {
        let known = description.capabilities.iter().cloned().collect::<Vec<_>>().join(", ");
        return Err(KitError::Only { asked: asked.to_owned(), known });
    }
    let witness = Witness::new(plan.witness.as_ref(), &subject.folder, tape)?;
    if let Some(witness) = &witness {
        witness.counts_nothing_for(&nobodys(Paper::Order)).await?;
    }
    let has_witness = witness.is_some();
    let run = Run::new(&bench, plan, &description, tape, witness, only);
    described(&run, &bench, sends).await?;
    all(&run).await;
    let limits = Ceilings::of(bench.limits());
    let book = run.into_book();
    tape.finish(&subject.digest, has_witness)?;
    Ok(Report {
        adapter: description.name.clone(),
        version: description.version.clone(),
        digest: subject.digest.clone(),
        seed: tape.seed(),
        cases: book.cases,
        findings: book.findings,
        notes: book.notes,
        costs: book.costs,
        limits,
        strays: book.strays,
        unproved: book.unproved,
    })
}

/// It says the same of itself each time, and sends nothing meanwhile.
async fn described(run: &Run<'_>, bench: &Bench, sends: bool) -> Result<(), BenchError> {
    let case = run.begin("descriptor.describe", "twice");
    let (again, sends_again) = bench.describe().await?;
    if again != *run.description {
        case.find(Kind::NotDeterministic, "it describes itself in two ways");
    }
    if sends || sends_again {
        case.find(Kind::SendsWhileDescribed, "it tried to send a request");
    }
    case.end();
    Ok(())
}

async fn all(run: &Run<'_>) {
    let mut goods = Goods::of(run);
    plain::reads(run, &mut goods).await;
    let mut placed = Vec::new();
    for paper in Paper::BOTH {
        placed.push((paper, documents::documents_of(run, &goods, paper).await));
    }
    for paper in Paper::BOTH {
        if run.description.supports(paper.getting()) || run.description.supports(paper.listing()) {
            foreign::documents_of_others(run, &goods, paper).await;
        }
        if run.description.supports(paper.listing()) {
            paging::lists(run, &goods, paper).await;
        }
    }
    let order = placed.iter().find_map(|(paper, placed)| placed.as_ref().filter(|_| *paper == Paper::Order));
    decimals::received(run, &goods, order.map(|order| order.number.as_str())).await;
    decimals::sent(run, &goods).await;
    let questions = questions(run.description, &goods, &placed);
    let nothing = outages::nothing(run, questions_about_nothing(&goods)).await;
    outages::reads(run, &questions, &nothing).await;
    outages::repeats(run, &questions).await;
    // Before the orders that take the stock.
    changes::reservations(run, &goods).await;
    for paper in Paper::BOTH {
        transfers::submits(run, &goods, paper).await;
        changes::cancellations(run, &goods, paper).await;
    }
    answers::quotes(run, &goods).await;
}

/// Every read that the adapter has, about what is there.
fn questions(description: &Description, goods: &Goods<'_>, placed: &[(Paper, Option<Placed>)]) -> Vec<Ask> {
    let mut questions =
        vec![goods.probe(Side::Read), goods.availability(goods.known()), goods.prices(goods.known()), goods.calculate()];
    for (paper, placed) in placed {
        questions.push(paper.list(goods.account(), 3, None));
        if let Some(Placed { number, reference }) = placed {
            questions.extend([paper.find(goods.account(), reference), paper.get(goods.account(), number)]);
        }
    }
    questions.retain(|question| description.supports(question.name()));
    questions
}

fn questions_about_nothing(goods: &Goods<'_>) -> Vec<Ask> {
    Paper::BOTH.map(|paper| paper.find(goods.account(), &nobodys(paper))).to_vec()
}

/// A reference that nobody ever uses.
fn nobodys(paper: Paper) -> Reference {
    Reference::new(format!("{}{}", paper.letter(), "0".repeat(26)))
}
