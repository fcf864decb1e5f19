//! The join on small machines, and on random ones.
