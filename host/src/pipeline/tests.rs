//! The pipeline against a scripted back end, with a clock that only the test moves.

mod doubles;
mod pricing;
mod releases;
mod running;
mod scripted;
mod steps;
mod time_jumps;
