//! The plan on small machines.
