//! What failing tests said, kept for the end of the run: by then their suite's output is far up, or cut off where only a log's last lines are
//! kept.

/// So many lines are shown of what one test said, from its first panic on.
const LINES: usize = 40;

/// Reads the output of a test program line by line.
#[derive(Default)]
pub(crate) struct Failures {
    tests: Vec<Failure>,
    is_in_section: bool,
}

struct Failure {
    test: String,
    said: Vec<String>,
    has_panicked: bool,
}

impl Failures {
    /// One line of the test program's output.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(test) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            self.tests.push(Failure { test: test.to_owned(), said: Vec::new(), has_panicked: false });
            self.is_in_section = true;
        } else if line == "failures:" {
            self.is_in_section = false;
        } else if let (true, Some(failure)) = (self.is_in_section, self.tests.last_mut()) {
            failure.read(line);
        }
    }

    /// All of it once more; nothing when nothing failed.
    pub(crate) fn shown(&self) -> String {
        let one = |failure: &Failure| format!("\n---- {}\n{}\n", failure.test, failure.said.join("\n"));
        self.tests.iter().map(one).collect()
    }
}

impl Failure {
    fn read(&mut self, line: &str) {
        if !self.has_panicked && line.contains("panicked at") {
            self.has_panicked = true;
            self.said.clear();
        }
        if self.said.len() < LINES {
            self.said.push(line.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failing_test_said_is_shown_from_its_panic_on() {
        let mut failures = Failures::default();
        let output = "test a ... ok\nfailures:\n\n---- b::c stdout ----\nchatter\nthread 'b::c' panicked at x.rs:1:\nleft: 1\nnote\n\n\
                      failures:\n    b::c\n\ntest result: FAILED. 1 passed; 1 failed";
        output.lines().for_each(|line| failures.read(line));
        assert_eq!(failures.shown(), "\n---- b::c\nthread 'b::c' panicked at x.rs:1:\nleft: 1\nnote\n\n");
    }

    #[test]
    fn one_long_winded_test_does_not_hide_the_others() {
        let mut failures = Failures::default();
        failures.read("---- long stdout ----");
        (0..10 * LINES).for_each(|number| failures.read(&format!("line {number}")));
        failures.read("---- other stdout ----");
        failures.read("its reason");
        let shown = failures.shown();
        assert!(shown.lines().count() < LINES + 10 && shown.contains("its reason"), "{shown}");
    }

    #[test]
    fn nothing_is_shown_when_nothing_failed() {
        let mut failures = Failures::default();
        "test a ... ok\n\ntest result: ok. 1 passed".lines().for_each(|line| failures.read(line));
        assert_eq!(failures.shown(), "");
    }
}
