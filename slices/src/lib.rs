//! Keeps one DRA driver's `ResourceSlice`s of one node at the API server as they are wanted.
//!
//! Somebody says in a [`Wanted`] which pools of devices there shall be; each is one slice of at most
//! [`BLOCK`] devices. [`Checked`] holds them to the limits of the API, pool by pool. [`plan()`] says what is
//! next to be done with what the server holds, and is pure. The [`Keeper`] does it, and goes on: it watches
//! the driver's slices of the node, makes again what others delete, and tells in a [`State`] what is
//! published, what the server drops, and what it refuses. Nothing is written while all is as wanted, and
//! nothing is deleted at the end of the program.
//!
//! Left to others: which devices there are and what is said of them; that a value which flaps is held back
//! (DRA-31: by attribute, where the meaning of each is known, so in who makes the [`Wanted`]); the kubelet;
//! starting the task, and when to hurry ([`Nudge`]).

#![forbid(unsafe_code)]

mod backoff;
mod check;
mod checked;
mod desk;
mod feature;
mod form;
mod keeper;
mod memory;
#[cfg(test)]
mod model_server;
mod name;
mod plan;
mod quantity;
#[cfg(test)]
mod samples;
mod scope;
mod server;
mod slice;
mod state;
mod taint_times;
mod wanted;

pub use check::{Breach, Limit};
pub use checked::Checked;
pub use desk::Timing;
pub use feature::Feature;
pub use keeper::{Keeper, KeeperError, Nudge};
pub use memory::Memory;
pub use name::{DriverName, InvalidName, Label, NodeName, PoolName};
pub use plan::{Step, plan};
pub use scope::Scope;
pub use server::{ApiServer, Event, Failure, Server};
pub use slice::{Slice, Unreadable};
pub use state::{Published, Sight, State, Trouble};
pub use wanted::{BLOCK, Pool, Wanted, blocks};
