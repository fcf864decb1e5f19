//! System Description TLV, type 6: the sender's hardware and software (IEEE 802.1AB-2016, 8.5.7).
//!
//! It leaves decoding it to [`super::string`], and showing it safely to [`crate::Text`].

use super::string::string;

string! {
    /// The sender's hardware and software: a string of 0 to 255 octets.
    SystemDescription, "system description"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    #[test]
    fn the_value_is_the_string() {
        let value = b"Example NOS 4.2"; // no length, no terminator
        let tlv = Tlv::SystemDescription(SystemDescription(value.as_slice().into()));
        assert_wire(6, value, &tlv);
    }
}
