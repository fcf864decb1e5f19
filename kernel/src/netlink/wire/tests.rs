//! The reader and the builder of messages. Numbers in the annotated bytes are little endian, so these
//! tests are for such machines.

use proptest::prelude::*;

use super::*;

const TWO_ATTRIBUTES: &[u8] = &[
    0x1e, 0x00, 0x00, 0x00, // nlmsg_len 30, padding not counted
    0x10, 0x00, // nlmsg_type 16, RTM_NEWLINK
    0x02, 0x00, // nlmsg_flags, NLM_F_MULTI
    0x07, 0x00, 0x00, 0x00, // nlmsg_seq 7
    0x00, 0x00, 0x00, 0x00, // nlmsg_pid, the kernel
    0x05, 0x00, // nla_len 5
    0x21, 0x80, // nla_type 33 with NLA_F_NESTED
    0x01, 0x00, 0x00, 0x00, // one byte and padding
    0x06, 0x00, // nla_len 6
    0x03, 0x00, // nla_type 3
    b'a', 0x00, // text and NUL
    0x00, 0x00, // padding
];

#[test]
fn a_message_is_read_with_its_attributes() {
    let mut messages = Messages::new(TWO_ATTRIBUTES);
    let message = messages.next().unwrap().unwrap();
    assert_eq!((message.kind, message.flags, message.sequence), (16, 2, 7));
    let mut attributes = Attributes::new(message.payload);
    let seen: Vec<_> = (&mut attributes).collect();
    assert_eq!(
        seen,
        [
            Attribute {
                kind: 33,
                value: &[1]
            },
            Attribute {
                kind: 3,
                value: b"a\0"
            },
        ]
    );
    assert!(!attributes.is_torn());
    assert_eq!((seen[0].u8(), seen[1].text()), (Some(1), Some("a")));
    assert_eq!(messages.next(), None);
}

#[test]
fn a_number_of_another_length_is_no_number() {
    let attribute = Attribute {
        kind: 1,
        value: &[1, 2, 3],
    };
    assert_eq!(attribute.u8(), None);
    assert_eq!(attribute.u16(), None);
    assert_eq!(attribute.u32(), None);
}

#[test]
fn a_list_that_ends_inside_an_attribute_gives_what_was_whole() {
    let list = &TWO_ATTRIBUTES[16..30];
    for end in 0..=list.len() {
        let mut attributes = Attributes::new(&list[..end]);
        let seen = (&mut attributes).count();
        let whole = [5, 6, 7, 8].contains(&end) || end == 0 || end == list.len();
        assert_eq!(
            seen,
            usize::from(end >= 5) + usize::from(end >= 14),
            "{end}"
        );
        assert_eq!(attributes.is_torn(), !whole, "{end}");
    }
}

#[test]
fn a_request_is_what_the_kernel_reads() {
    let request = Request::get(18, &[1, 2, 3])
        .with_nested(1, |inner| inner.with(2, &[9]))
        .with_text(3, "a")
        .encode(7);
    let expected = [
        40, 0, 0, 0, // length
        18, 0, 1, 0, // RTM_GETLINK, NLM_F_REQUEST
        7, 0, 0, 0, // sequence
        0, 0, 0, 0, // port
        1, 2, 3, 0, // fixed header and padding
        12, 0, 1, 0x80, // attribute 1, nested
        5, 0, 2, 0, 9, 0, 0, 0, // attribute 2 in it
        6, 0, 3, 0, b'a', 0, 0, 0, // attribute 3
    ];
    assert_eq!(request, expected);
}

#[test]
fn a_record_of_a_message_reads_back_without_numbers_of_its_conversation() {
    let message = Messages::new(TWO_ATTRIBUTES).next().unwrap().unwrap();
    let mut record = Vec::new();
    message.write_to(&mut record);
    message.write_to(&mut record);
    let read: Vec<_> = Messages::new(&record).map(Result::unwrap).collect();
    let same = Message {
        sequence: 0,
        ..message
    };
    assert_eq!(read, [same, same]);
}

#[test]
fn a_length_shorter_than_the_header_is_torn_and_not_endless() {
    let mut bytes = TWO_ATTRIBUTES.to_vec();
    bytes[0] = 15;
    let read: Vec<_> = Messages::new(&bytes).collect();
    assert_eq!(read, [Err(TornMessages { offset: 0 })]);
    let mut attributes = Attributes::new(&[3, 0, 1, 0]);
    assert_eq!((attributes.next(), attributes.is_torn()), (None, true));
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_an_end(bytes: Vec<u8>) {
        for message in Messages::new(&bytes).flatten() {
            prop_assert!(Attributes::new(message.payload).count() <= bytes.len() / 4);
        }
        prop_assert!(Attributes::new(&bytes).count() <= bytes.len() / 4 + 1);
    }
}
