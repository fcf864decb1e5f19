//! What every long-running program of ours has: supervised tasks, an admin port, logs, a graceful end.
//!
//! Left to others: what the tasks do.

#![forbid(unsafe_code)]
