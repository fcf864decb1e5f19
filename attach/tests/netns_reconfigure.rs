//! Running attachments follow their Network, on a real kernel: MTU and routes of a child and of a moved link, what
//! somebody did by hand, what cannot be, and a kill at each place of the journal.
//!
//! Left to others: real VFs, which need a virtual machine; when and for whom it is done (`colvin-agent`).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test: its own folders, and the steps of a call that failed"
)]

#[path = "netns_reconfigure/follow.rs"]
mod follow;
#[path = "netns_reconfigure/killed.rs"]
mod killed;
#[expect(dead_code, reason = "the tests of attaching use the rest of it")]
#[path = "netns_attach/node.rs"]
mod node;
#[path = "netns_reconfigure/scene.rs"]
mod scene;
