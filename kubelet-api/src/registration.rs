//! How the kubelet asks a plugin whose socket it found who it is.
//!
//! Left to others: what is said by it.

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
