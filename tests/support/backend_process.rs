//! A back end as a process of its own, on a port that stays its own over a restart.

use std::path::PathBuf;
use std::process::Command;

use crate::{Client, Process, lasting_port};

pub(crate) struct BackendProcess {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    port: u16,
    process: Option<Process>,
}

impl BackendProcess {
    /// Not started yet. `arguments` come after `--listen`.
    pub(crate) fn new(name: &'static str, program: PathBuf, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { name, program, arguments, port: lasting_port(), process: None }
    }

    /// Starts the stopped back end on its port.
    pub(crate) async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the back end runs already");
        let mut command = Command::new(&self.program);
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.port)).args(&self.arguments);
        let mut process = Process::start(self.name, &mut command);
        process.wait_for("the back end listens", |process| process.stdout().contains("listening on").then_some(())).await;
        self.process = Some(process);
    }

    /// Stops it: nothing listens on its port.
    pub(crate) async fn stop(&mut self) {
        let mut process = self.process.take().expect("the back end runs");
        process.terminate();
        process.ended().await;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url())
    }
}
