//! The cluster's one controller: Network status and events.
fn main() {}
