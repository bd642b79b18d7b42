//! From the texts of a configuration to one compiled program, with errors that name their place.

use super::{Kind, MappingId, Program, Scope, ValueMaps, functions, variables};
use jaq_core::load::lex::Lexer;
use jaq_core::load::parse::{Def, Parser, Term};
use jaq_core::load::{Arena, File, Loader, span};
use jaq_core::native::{self, Fun, bome};
use jaq_core::{Bind, Compiler, Ctx, compile::Undefined};
use jaq_json::Val;
use std::sync::OnceLock;

/// The variables of every expression.
pub(super) const VARIABLES: [&str; 7] = ["$request", "$ctx", "$page", "$status", "$headers", "$steps", "$each"];

/// The function whose arguments are all expressions, see [`note_entries`].
const ENTRIES: &str = "__entries";

/// Collects the expressions of a configuration.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    library_place: String,
    library: String,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    place: String,
    name: String,
    code: String,
}

/// Whether the text is a whole expression; says nothing about undefined names.
pub(crate) fn is_expression(text: &str) -> bool {
    parse_term(text).is_ok()
}

impl Builder {
    /// Starts with definitions (`def f: …;`) that all expressions may use, and where they stand.
    pub(crate) fn new(library_place: impl Into<String>, library: &str) -> Self {
        Builder { library_place: library_place.into(), library: library.to_owned(), sources: Vec::new() }
    }

    /// Adds an expression; `place` is where it stands, such as `operations."orders.get".response`.
    pub(crate) fn add(&mut self, place: impl Into<String>, code: &str) -> MappingId {
        let id = self.sources.len();
        self.sources.push(Source { place: place.into(), name: format!("__mapping_{id}"), code: code.to_owned() });
        MappingId(id)
    }

    /// Compiles everything. The error names place, line and column.
    pub(crate) fn finish(self, maps: ValueMaps) -> Result<Program, String> {
        let mut definitions: Vec<Def<&str>> = functions::definitions().collect();
        definitions.extend(parse_library(&self.library).map_err(|defect| defect.at(&self.library_place, &self.library))?);
        for source in &self.sources {
            let body = parse_term(&source.code).map_err(|defect| defect.at(&source.place, &source.code))?;
            definitions.push(Def { name: &source.name, args: Vec::new(), body });
        }
        let entry = call_of_all(self.sources.len());
        let arena = Arena::default();
        let modules = Loader::new(definitions)
            .load(&arena, File { code: entry.as_str(), path: () })
            .map_err(|_| "the mappings cannot be put together".to_owned())?;
        let filter = Compiler::<_, Kind>::default()
            .with_funs(functions::natives().chain([note_entries(self.sources.len())]))
            .with_global_vars(VARIABLES)
            .compile(modules)
            .map_err(|errors| self.explain(errors.into_iter().flat_map(|(_, undefined)| undefined)))?;
        let places = self.sources.into_iter().map(|source| source.place).collect();
        let program = Program { filter, entries: OnceLock::new(), places, maps };
        program.filter.id.run((Ctx::<Kind>::new(&program, variables(&Scope::default())), Val::Null)).for_each(drop);
        Ok(program)
    }

    /// The symbol of an error is a slice of the text that it stands in.
    fn explain<'s>(&'s self, undefined: impl Iterator<Item = (&'s str, Undefined)>) -> String {
        let texts = || {
            self.sources
                .iter()
                .map(|source| (source.place.as_str(), source.code.as_str()))
                .chain([(self.library_place.as_str(), self.library.as_str())])
        };
        let describe = |(symbol, kind): (&'s str, Undefined)| {
            let arguments = match kind {
                Undefined::Filter(count) if count > 0 => format!("/{count}"),
                _ => String::new(),
            };
            let what = if kind.as_str() == "filter" { "function" } else { kind.as_str() };
            let defect = Defect { symbol, problem: format!("undefined {what} {symbol}{arguments}") };
            match texts().find(|(_, code)| contains(code, symbol)) {
                Some((place, code)) => defect.at(place, code),
                None => defect.problem,
            }
        };
        let mut described: Vec<String> = undefined.map(describe).collect();
        described.truncate(5);
        described.join("; ")
    }
}

/// What is wrong with a text, and the slice of it where it is wrong.
struct Defect<'s> {
    symbol: &'s str,
    problem: String,
}

impl Defect<'_> {
    fn at(&self, place: &str, code: &str) -> String {
        let before = code.get(..span(code, self.symbol).start).unwrap_or(code);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
        format!("{place}: line {line}, column {column}: {}", self.problem)
    }
}

fn contains(code: &str, symbol: &str) -> bool {
    let whole = code.as_bytes().as_ptr_range();
    let part = symbol.as_bytes().as_ptr_range();
    whole.start <= part.start && part.end <= whole.end
}

/// The program's main expression: a call of [`ENTRIES`] with all expressions.
fn call_of_all(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|id| format!("__mapping_{id}")).collect();
    if names.is_empty() { ".".to_owned() } else { format!("{ENTRIES}({})", names.join("; ")) }
}

/// Notes where its arguments stand in the program, so that each can be run by itself: jaq tells that to native functions only.
fn note_entries(count: usize) -> Fun<Kind> {
    let arguments = std::iter::repeat_n(Bind::Fun(()), count).collect();
    native::run((ENTRIES, arguments, |mut cv| {
        let program: &Program = cv.0.data();
        // The last argument is bound last.
        let mut entries: Vec<_> = program.places.iter().map(|_| cv.0.pop_fun().0).collect();
        entries.reverse();
        program.entries.get_or_init(|| entries);
        bome(Ok(Val::Null))
    }))
}

fn parse_term(code: &str) -> Result<Term<&str>, Defect<'_>> {
    let tokens = Lexer::new(code).lex().map_err(|errors| lexical(errors, code))?;
    Parser::new(&tokens).parse(|parser| parser.term()).map_err(|errors| syntactic(errors, code))
}

fn parse_library(code: &str) -> Result<Vec<Def<&str>>, Defect<'_>> {
    let tokens = Lexer::new(code).lex().map_err(|errors| lexical(errors, code))?;
    Parser::new(&tokens).parse(|parser| parser.defs()).map_err(|errors| syntactic(errors, code))
}

fn lexical<'s>(errors: Vec<jaq_core::load::lex::Error<&'s str>>, code: &'s str) -> Defect<'s> {
    match errors.into_iter().next() {
        Some((expected, rest)) => Defect { symbol: rest, problem: format!("expected {}", expected.as_str()) },
        None => Defect { symbol: code, problem: "cannot be read".to_owned() },
    }
}

fn syntactic<'s, 't>(errors: Vec<jaq_core::load::parse::TError<'t, &'s str>>, code: &'s str) -> Defect<'s> {
    let end = code.get(code.len()..).unwrap_or(code);
    match errors.into_iter().next() {
        Some((expected, Some(found))) => {
            let symbol = found.as_str();
            let seen: String = symbol.chars().take(20).collect();
            Defect { symbol, problem: format!("expected {}, found `{seen}`", expected.as_str()) }
        }
        Some((expected, None)) => Defect { symbol: end, problem: format!("expected {}, found the end", expected.as_str()) },
        None => Defect { symbol: end, problem: "cannot be read".to_owned() },
    }
}
