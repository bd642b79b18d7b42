//! Says too much, or what cannot be.

use ordergate_sdk::availability::Availability;
use ordergate_sdk::http::Request;
use ordergate_sdk::log;
use ordergate_sdk::types::Failure;

use crate::{Outcome, five, told};

const MIB: usize = 1024 * 1024;

pub(crate) fn log_flood(sku: &str) -> Outcome {
    for number in 0..2_000 {
        log::info(&format!("flood {sku} {number} {}", "x".repeat(200)), &[]);
    }
    Ok(five(sku))
}

pub(crate) fn print_flood(sku: &str) -> Outcome {
    for number in 0..1_000 {
        println!("flood {sku} {number}");
        eprintln!("flood {sku} {number}");
    }
    Ok(five(sku))
}

/// One line, long, without an end.
pub(crate) fn long_line(sku: &str) -> Outcome {
    log::info(&format!("long {sku} {}", "x".repeat(MIB)), &[]);
    print!("printed {sku} {}", "y".repeat(MIB));
    Ok(five(sku))
}

/// A line that looks like two.
pub(crate) fn forged_line(sku: &str) -> Outcome {
    log::info(&format!("ends here\nERROR ordergate: forged {sku} \u{1b}[2J"), &[("a", "b\r\nERROR forged".into())]);
    Ok(five(sku))
}

pub(crate) fn huge_result(sku: &str) -> Outcome {
    let ext = vec![("zoo.large".to_owned(), "x".repeat(20 * MIB))];
    Ok(Availability { ext, ..five(sku) })
}

pub(crate) fn huge_request() -> Outcome {
    let sent = Request::post("api", "/ok").body(vec![b'x'; 20 * MIB], "text/plain").send();
    told(format!("{:?}", sent.map(|reply| reply.status())))
}

/// Long texts in a failure, with line breaks, and a wait of five hundred years.
pub(crate) fn huge_failure() -> Outcome {
    let mut failure = Failure::rejected("long\r\n".repeat(MIB)).detail("long\n".repeat(MIB)).line("1\n".repeat(MIB));
    failure.retry_after_ms = Some(u64::MAX);
    Err(failure)
}

pub(crate) fn with_amount(sku: &str, amount: &str) -> Outcome {
    Ok(Availability { available: amount.to_owned(), ..five(sku) })
}
