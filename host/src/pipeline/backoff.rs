//! Back-off: exponential with full jitter (rule T7). Pure; the seed makes tests repeatable.
