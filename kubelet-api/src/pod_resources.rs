//! What the kubelet tells about who has what, and asking for it.
//!
//! Left to others: what follows of it.

mod list;

pub use list::{ListError, list};

#[rustfmt::skip]
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::clone_on_ref_ptr,
    clippy::pedantic,
    unused_qualifications,
    reason = "generated"
)]
pub mod v1;
