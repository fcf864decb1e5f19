//! The node daemon: discovers, decides, publishes.
fn main() {}
