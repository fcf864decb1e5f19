//! System Name TLV, type 5: what the sender calls itself (IEEE 802.1AB-2016, 8.5.6).
//!
//! It leaves decoding it to [`super::string`], and showing it safely to [`crate::Text`].

use super::string::string;

string! {
    /// What the sender calls itself: a string of 0 to 255 octets.
    SystemName, "system name"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    #[test]
    fn the_value_is_the_string() {
        let value = b"leaf-1.example"; // no length, no terminator
        let tlv = Tlv::SystemName(SystemName(value.as_slice().into()));
        assert_wire(5, value, &tlv);
    }
}
