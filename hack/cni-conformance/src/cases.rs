//! The cases, by the parts of the reference.
//!
//! Left to others: where they run.

mod add;
mod address;
mod capability;
mod check;
mod config;
mod del;
mod environment;
mod gc;
mod parallel;
mod result;
mod status;
mod version;

use crate::suite::Case;

/// Every list.
pub(crate) const ALL: &[&[Case]] = &[
    environment::CASES,
    config::CASES,
    version::CASES,
    add::CASES,
    del::CASES,
    check::CASES,
    status::CASES,
    gc::CASES,
    result::CASES,
    capability::CASES,
    address::CASES,
    parallel::CASES,
];
