//! (to be written)
pub struct Inventory;
