//! What was sent, for a trace and for counting. Left to others: showing it.

use std::time::Duration;

/// One message that was sent, and how the kernel answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What was asked for: `move link 7, name it net1, set it up`.
    pub what: String,
    /// From the request to the answer.
    pub took: Duration,
    /// The error number that came back; `None` when all went well.
    pub errno: Option<i32>,
}
