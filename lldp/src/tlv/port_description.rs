//! Port Description TLV, type 4: what the sender calls the port (IEEE 802.1AB-2016, 8.5.5).
//!
//! It leaves decoding it to [`super::string`], and showing it safely to [`crate::Text`].

use super::string::string;

string! {
    /// What the sender calls the port: a string of 0 to 255 octets.
    PortDescription, "port description"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    #[test]
    fn the_value_is_the_string() {
        let value = b"green rack 12"; // no length, no terminator
        let tlv = Tlv::PortDescription(PortDescription(value.as_slice().into()));
        assert_wire(4, value, &tlv);
    }
}
