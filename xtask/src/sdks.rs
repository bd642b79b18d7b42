//! The tests of the SDKs in other languages than Rust, by the test tools that those languages bring.

use std::process::Command;

use crate::cargo::Workspace;

/// Writes its sums to standard output.
const UNITTEST: &str = "import sys, unittest; unittest.main(None, argv=['', 'discover', '-s', 'tests'], testRunner=unittest.TextTestRunner(sys.stdout))";

/// One command for each SDK.
pub(crate) fn commands(workspace: &Workspace) -> Vec<Command> {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=tap", "test/"]).current_dir(workspace.root.join("sdk/js"));
    let mut python = Command::new("python3");
    python.args(["-B", "-c", UNITTEST]).current_dir(workspace.root.join("sdk/python"));
    vec![node, python]
}

/// What a line of their sums says: tests that passed, and tests that failed.
pub(crate) fn counted(line: &str) -> Option<(u64, u64)> {
    let number = |prefix: &str| line.strip_prefix(prefix).and_then(|rest| rest.split(' ').next()?.parse().ok());
    // Python counts all that ran; how many of them failed, its exit code tells.
    number("# pass ").or_else(|| number("Ran ")).map(|passed| (passed, 0)).or_else(|| number("# fail ").map(|failed| (0, failed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_both_tools_are_understood() {
        assert_eq!(counted("# pass 39"), Some((39, 0)));
        assert_eq!(counted("# fail 2"), Some((0, 2)));
        assert_eq!(counted("Ran 27 tests in 0.005s"), Some((27, 0)));
        for other in ["# tests 39", "ok 1 - it passes", "", "OK"] {
            assert_eq!(counted(other), None, "{other}");
        }
    }
}
