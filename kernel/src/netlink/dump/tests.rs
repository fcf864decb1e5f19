//! The dump wrapper against a kernel that interrupts, overruns, truncates and lies.

use super::*;
use crate::netlink::wire::DUMP_INTERRUPTED;
use crate::netlink::{Protocol, Socket, link};

/// A kernel that answers each question with the next of its answers, datagram by datagram.
#[derive(Default)]
struct FakeKernel {
    answers: Vec<Vec<Reply>>,
    waiting: Vec<Reply>,
    sequence: u32,
    asked: u32,
    drained: u32,
}

#[derive(Clone)]
enum Reply {
    /// Messages: kind, flags, payload.
    Messages(Vec<(u16, u16, Vec<u8>)>),
    /// The same under the number of another question.
    Stale(Vec<(u16, u16, Vec<u8>)>),
    /// From another process.
    Forged(Vec<(u16, u16, Vec<u8>)>),
    Error(i32),
}

impl Transport for FakeKernel {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.sequence = u32_at(message, 8).unwrap();
        self.asked += 1;
        self.waiting = if self.answers.len() > 1 {
            self.answers.remove(0)
        } else {
            self.answers[0].clone()
        };
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>) -> io::Result<Received> {
        let reply = self.waiting.remove(0);
        let (messages, sequence, from_kernel) = match reply {
            Reply::Messages(messages) => (messages, self.sequence, true),
            Reply::Stale(messages) => (messages, self.sequence.wrapping_sub(1), true),
            Reply::Forged(messages) => (messages, self.sequence, false),
            Reply::Error(number) => return Err(io::Error::from_raw_os_error(number)),
        };
        let bytes = encode(&messages, sequence);
        buffer.clear();
        buffer.extend_from_slice(&bytes[..bytes.len().min(buffer.capacity())]);
        Ok(Received {
            length: bytes.len(),
            from_kernel,
        })
    }

    fn drain(&mut self) -> io::Result<()> {
        self.drained += 1;
        self.waiting.clear();
        Ok(())
    }
}

fn encode(messages: &[(u16, u16, Vec<u8>)], sequence: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, flags, payload) in messages {
        let length = u32::try_from(16 + payload.len()).unwrap();
        bytes.extend(length.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend(0_u32.to_ne_bytes());
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

const KIND: u16 = 16;

fn item(byte: u8) -> (u16, u16, Vec<u8>) {
    (KIND, MULTI, vec![byte; 4])
}

fn torn_item(byte: u8) -> (u16, u16, Vec<u8>) {
    (KIND, MULTI | DUMP_INTERRUPTED, vec![byte; 4])
}

fn done() -> (u16, u16, Vec<u8>) {
    (DONE, MULTI, vec![0; 4])
}

fn refused(number: i32) -> (u16, u16, Vec<u8>) {
    let mut payload = (-number).to_ne_bytes().to_vec();
    payload.extend([0; 16]);
    (ERROR, CAPPED, payload)
}

fn ask(answers: Vec<Vec<Reply>>) -> (Result<Vec<u8>, DumpError>, FakeKernel) {
    let kernel = FakeKernel {
        answers,
        ..FakeKernel::default()
    };
    let mut conversation = Conversation::new(kernel);
    let request = Request::dump(18, &[]);
    let answer = conversation.ask("things", &request, Vec::new, |all, message| {
        all.push(message.payload.first().copied().unwrap_or(0));
    });
    (answer, conversation.transport)
}

#[test]
fn a_dump_of_several_datagrams_is_one_answer() {
    let answer = vec![
        Reply::Messages(vec![item(1), item(2)]),
        Reply::Messages(vec![item(3), done()]),
    ];
    let (seen, kernel) = ask(vec![answer]);
    assert_eq!(seen.unwrap(), [1, 2, 3]);
    assert_eq!((kernel.asked, kernel.drained), (1, 0));
}

#[test]
fn disc_18_a_torn_dump_is_asked_for_again_and_never_mixed() {
    let torn = vec![
        Reply::Messages(vec![item(1)]),
        Reply::Messages(vec![torn_item(2), done()]),
    ];
    let torn_at_the_end = vec![Reply::Messages(vec![
        item(3),
        (DONE, MULTI | DUMP_INTERRUPTED, vec![0; 4]),
    ])];
    let whole = vec![Reply::Messages(vec![item(4), item(5), done()])];
    let (seen, kernel) = ask(vec![torn, torn_at_the_end, whole]);
    assert_eq!(seen.unwrap(), [4, 5]);
    assert_eq!(kernel.asked, 3);
}

#[test]
fn disc_18_a_dump_that_stays_torn_is_an_error_that_says_so() {
    let (seen, kernel) = ask(vec![vec![Reply::Messages(vec![torn_item(1), done()])]]);
    let error = seen.unwrap_err();
    assert!(matches!(error, DumpError::Torn { tries: 16, .. }));
    assert!(error.to_string().contains("torn"), "{error}");
    assert_eq!(kernel.asked, 16);
}

#[test]
fn disc_18_a_datagram_that_does_not_fit_grows_the_buffer_and_is_asked_for_again() {
    let long = (KIND, MULTI, vec![7; 3 * FIRST_BUFFER_BYTES]);
    let answer = vec![Reply::Messages(vec![item(1), long, done()])];
    let (seen, kernel) = ask(vec![answer]);
    assert_eq!(seen.unwrap(), [1, 7]);
    assert_eq!((kernel.asked, kernel.drained), (2, 1));
}

#[test]
fn a_datagram_without_end_is_an_error_and_no_memory() {
    let long = (KIND, MULTI, vec![7; LONGEST_DATAGRAM_BYTES + 1]);
    let (seen, _) = ask(vec![vec![Reply::Messages(vec![long, done()])]]);
    assert!(matches!(seen, Err(DumpError::TooLong { .. })));
}

#[test]
fn disc_18_an_overrun_is_a_whole_new_dump() {
    let overrun = vec![Reply::Messages(vec![item(1)]), Reply::Error(libc::ENOBUFS)];
    let marked = vec![Reply::Messages(vec![item(2), (OVERRUN, 0, Vec::new())])];
    let whole = vec![Reply::Messages(vec![item(3), done()])];
    let (seen, kernel) = ask(vec![overrun.clone(), marked, whole]);
    assert_eq!(seen.unwrap(), [3]);
    assert_eq!((kernel.asked, kernel.drained), (3, 2));
    let (seen, _) = ask(vec![overrun]);
    assert!(matches!(seen, Err(DumpError::Overrun { tries: 16, .. })));
}

#[test]
fn answers_to_other_questions_and_of_other_processes_do_not_count() {
    let answer = vec![
        Reply::Stale(vec![item(1), done()]),
        Reply::Forged(vec![item(2), done()]),
        Reply::Messages(vec![item(3), (NOOP, 0, Vec::new()), done()]),
    ];
    assert_eq!(ask(vec![answer]).0.unwrap(), [3]);
}

#[test]
fn a_refusal_carries_the_number_and_the_kernels_own_words() {
    let mut spoken = refused(libc::EINVAL);
    spoken.1 |= HAS_ATTRIBUTES;
    spoken.2.extend([12, 0, 1, 0]); // NLMSGERR_ATTR_MSG, little endian machines only
    spoken.2.extend(b"no such");
    spoken.2.push(0);
    let (seen, _) = ask(vec![vec![Reply::Messages(vec![spoken])]]);
    let error = seen.unwrap_err();
    assert_eq!(error.refusal(), Some(libc::EINVAL));
    assert_eq!(
        error.to_string(),
        "the kernel refused to tell things (\"no such\")"
    );
}

#[test]
fn a_refusal_that_repeats_the_question_still_has_its_words() {
    let mut payload = (-libc::EPERM).to_ne_bytes().to_vec();
    payload.extend(20_u32.to_ne_bytes()); // the question's length: a header and four bytes
    payload.extend([0; 16]);
    payload.extend([6, 0, 1, 0, b'a', 0, 0, 0]);
    let (seen, _) = ask(vec![vec![Reply::Messages(vec![(
        ERROR,
        HAS_ATTRIBUTES,
        payload,
    )])]]);
    assert!(seen.unwrap_err().to_string().ends_with("(\"a\")"));
}

#[test]
fn a_dump_that_ends_with_an_error_is_no_answer() {
    let end = (DONE, MULTI, (-libc::EMSGSIZE).to_ne_bytes().to_vec());
    let (seen, _) = ask(vec![vec![Reply::Messages(vec![item(1), end])]]);
    assert_eq!(seen.unwrap_err().refusal(), Some(libc::EMSGSIZE));
}

#[test]
fn after_a_lost_answer_the_next_question_starts_clean() {
    let kernel = FakeKernel {
        answers: vec![
            vec![Reply::Error(libc::EAGAIN)],
            vec![Reply::Messages(vec![item(1), done()])],
        ],
        ..FakeKernel::default()
    };
    let mut conversation = Conversation::new(kernel);
    let request = Request::dump(18, &[]);
    let count = |count: &mut u32, _: Message<'_>| *count += 1;
    let lost = conversation.ask("things", &request, || 0, count);
    let Err(DumpError::Receive { source, .. }) = lost else {
        panic!("{lost:?}");
    };
    assert_eq!(source.kind(), io::ErrorKind::TimedOut);
    let seen = conversation.ask("things", &request, || 0, count);
    assert_eq!(seen.unwrap(), 1);
    assert_eq!(conversation.transport.drained, 1);
}

#[test]
fn one_thing_is_answered_by_one_message_without_an_end() {
    let one = (KIND, 0, vec![9]);
    assert_eq!(ask(vec![vec![Reply::Messages(vec![one])]]).0.unwrap(), [9]);
}

#[test]
fn a_torn_record_gives_what_was_whole_and_where_it_tore() {
    let whole = encode(&[item(1), item(2), item(3)], 0);
    let fold = |all: &mut Vec<u8>, message: Message<'_>| all.push(message.payload[0]);
    for end in 0..=whole.len() {
        let (seen, torn) = replay(&whole[..end], Vec::new(), fold);
        assert_eq!(seen, [1, 2, 3][..end / 20]);
        let at = TornMessages {
            offset: end / 20 * 20,
        };
        assert_eq!(torn, (end % 20 != 0).then_some(at));
    }
}

#[test]
fn disc_18_a_real_dump_that_does_not_fit_is_dumped_again_in_a_bigger_buffer() {
    let mut conversation = Conversation::new(Socket::open(Protocol::Route).unwrap());
    let ask = |conversation: &mut Conversation<Socket>| {
        let request = link::dump_request();
        conversation.ask("links", &request, Vec::new, |all: &mut Vec<u8>, message| {
            message.write_to(all);
        })
    };
    let whole = ask(&mut conversation).unwrap();
    assert!(whole.len() > 500); // `lo` at least
    conversation.buffer = Vec::with_capacity(64);
    let again = ask(&mut conversation).unwrap();
    assert_eq!(again.len(), whole.len());
    assert!(conversation.buffer.capacity() > 500);
}

fn changed(answer: Vec<Reply>) -> (Result<(), DumpError>, FakeKernel) {
    let kernel = FakeKernel {
        answers: vec![answer],
        ..FakeKernel::default()
    };
    let mut conversation = Conversation::new(kernel);
    let request = Request::change(19, 0, &[]);
    let answer = conversation.change(&request);
    (answer, conversation.transport)
}

#[test]
fn a_change_is_done_when_the_kernel_says_so_under_its_own_number() {
    let stale = Reply::Stale(vec![refused(libc::EPERM)]);
    let forged = Reply::Forged(vec![refused(libc::EPERM)]);
    let done = Reply::Messages(vec![refused(0)]);
    let (answer, kernel) = changed(vec![stale, forged, done]);
    answer.unwrap();
    assert!(kernel.waiting.is_empty(), "it waited for its own");
}

#[test]
fn a_change_whose_answer_is_lost_is_not_made_again() {
    for number in [libc::ENOBUFS, libc::EAGAIN, libc::EIO] {
        let (answer, kernel) = changed(vec![Reply::Error(number)]);
        let error = answer.unwrap_err();
        assert!(error.refusal().is_none(), "{error:?}");
        assert_eq!(kernel.asked, 1);
    }
    let long = Reply::Messages(vec![(ERROR, 0, vec![0; FIRST_BUFFER_BYTES])]);
    let (answer, kernel) = changed(vec![long]);
    assert!(
        matches!(answer, Err(DumpError::TooLong { .. })),
        "{answer:?}"
    );
    assert_eq!(kernel.asked, 1);
}

#[test]
fn what_is_left_of_a_lost_answer_is_thrown_away_before_the_next_change() {
    let kernel = FakeKernel {
        answers: vec![
            vec![
                Reply::Error(libc::ENOBUFS),
                Reply::Messages(vec![refused(0)]),
            ],
            vec![Reply::Messages(vec![refused(libc::EEXIST)])],
        ],
        ..FakeKernel::default()
    };
    let mut conversation = Conversation::new(kernel);
    let request = Request::change(19, 0, &[]);
    conversation.change(&request).unwrap_err();
    let error = conversation.change(&request).unwrap_err();
    assert_eq!(error.refusal(), Some(libc::EEXIST));
    assert_eq!(conversation.transport.drained, 1);
}
