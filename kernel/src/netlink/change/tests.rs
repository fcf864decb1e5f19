//! Messages as they are sent, and as they are read back.
