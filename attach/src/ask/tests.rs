//! The client against servers that answer, and such as do not.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;
use crate::record::ClaimAttach;

const LONG: Duration = Duration::from_secs(20);

fn question() -> Question {
    Question {
        version: VERSION,
        namespace: "default".into(),
        pod: "web".into(),
        uid: None,
        container_id: Some("abc".into()),
    }
}

fn answer() -> Answer {
    Answer::Devices {
        devices: vec![GivenDevice {
            network: "green".parse().ok(),
            device: "0000:3b:00.2".parse().unwrap(),
            kind: Kind::VirtualFunction,
            address: "0000:3b:00.2".parse().ok(),
            uplink: None,
            vf_index: Some(2),
            attach: ClaimAttach::default(),
            by: GivenBy::Resource("colvin.dev/green".parse().unwrap()),
        }],
    }
}

/// A server that reads one question and writes these bytes.
fn server(bytes: Vec<u8>) -> (tempfile::TempDir, PathBuf, thread::JoinHandle<Vec<u8>>) {
    let run = tempfile::tempdir().unwrap();
    let path = socket(run.path());
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut before = [0; LENGTH_BYTES];
        stream.read_exact(&mut before).unwrap();
        let mut json = vec![0; length(before).unwrap()];
        stream.read_exact(&mut json).unwrap();
        stream.write_all(&bytes).unwrap();
        json
    });
    (run, path, server)
}

#[test]
fn a_question_is_answered() {
    let (_run, path, server) = server(encode(&answer()).unwrap());
    assert_eq!(ask(&path, &question(), LONG).unwrap(), answer());
    let asked: Question = decode(&server.join().unwrap()).unwrap();
    assert_eq!(asked, question());
}

#[test]
fn the_wire_has_these_words() {
    let asked = json!({"version": 1, "namespace": "default", "pod": "web", "containerId": "abc"});
    assert_eq!(serde_json::to_value(question()).unwrap(), asked);
    let told = json!({"answer": "devices", "devices": [{"network": "green", "device": "0000:3b:00.2",
        "kind": "VirtualFunction", "address": "0000:3b:00.2", "vfIndex": 2, "resource": "colvin.dev/green"}]});
    assert_eq!(serde_json::to_value(answer()).unwrap(), told);
    assert_eq!(serde_json::from_value::<Answer>(told).unwrap(), answer());
    let framed = encode(&json!({})).unwrap();
    assert_eq!(
        framed,
        [0, 0, 0, 2, b'{', b'}'],
        "the most significant byte first"
    );
}

#[test]
fn an_agent_that_is_down_is_told_from_one_that_does_not_answer() {
    let run = tempfile::tempdir().unwrap();
    let path = socket(run.path());
    let error = ask(&path, &question(), LONG).unwrap_err();
    assert!(error.is_down(), "no socket: {error}");
    drop(UnixListener::bind(&path).unwrap());
    let error = ask(&path, &question(), LONG).unwrap_err();
    assert!(error.is_down(), "a socket that nobody serves: {error}");

    std::fs::remove_file(&path).unwrap();
    let silent = UnixListener::bind(&path).unwrap();
    let error = ask(&path, &question(), Duration::from_millis(50)).unwrap_err();
    assert!(matches!(error, AskError::TimedOut), "{error}");
    drop(silent);
}

#[test]
fn a_stream_of_single_bytes_does_not_outlast_the_limit() {
    let run = tempfile::tempdir().unwrap();
    let path = socket(run.path());
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (wait_in, wait) = std::sync::mpsc::channel::<()>();
        stream.write_all(&60_000u32.to_be_bytes()).unwrap();
        // a byte each 10 ms, for ever: it ends when the client goes
        while stream.write_all(b" ").is_ok() {
            assert!(wait.recv_timeout(Duration::from_millis(10)).is_err());
        }
        drop(wait_in);
    });
    let begun = Instant::now();
    let error = ask(&path, &question(), Duration::from_millis(200)).unwrap_err();
    assert!(matches!(error, AskError::TimedOut), "{error}");
    assert!(begun.elapsed() < LONG);
    server.join().unwrap();
}

#[test]
fn an_agent_that_takes_nobody_does_not_hold_the_plugin() {
    let run = tempfile::tempdir().unwrap();
    let path = socket(run.path());
    let _listener = UnixListener::bind(&path).unwrap();
    // fill what the listener keeps for itself
    let mut waiting = Vec::new();
    loop {
        let one = rustix::net::socket_with(
            rustix::net::AddressFamily::UNIX,
            rustix::net::SocketType::STREAM,
            rustix::net::SocketFlags::NONBLOCK,
            None,
        );
        let one = one.unwrap();
        let address = rustix::net::SocketAddrUnix::new(&path).unwrap();
        if rustix::net::connect(&one, &address).is_err() {
            break;
        }
        waiting.push(one);
    }
    let error = ask(&path, &question(), Duration::from_millis(50)).unwrap_err();
    assert!(matches!(error, AskError::TimedOut), "{error}");
}

#[test]
fn answers_that_are_cut_too_long_or_no_answer_are_errors() {
    let whole = encode(&answer()).unwrap();
    for cut in [0, 2, 4, whole.len() - 1] {
        let (_run, path, _server) = server(whole[..cut].to_vec());
        let error = ask(&path, &question(), LONG).unwrap_err();
        assert!(matches!(error, AskError::Lost(_)), "cut at {cut}: {error}");
    }
    let (_run, path, _server) = server(0x0100_0000u32.to_be_bytes().to_vec());
    let error = ask(&path, &question(), LONG).unwrap_err();
    assert!(
        matches!(error, AskError::Length { bytes: 0x0100_0000 }),
        "{error}"
    );
    let (_run, path, _server) = server(encode(&json!({"answer": "perhaps"})).unwrap());
    let error = ask(&path, &question(), LONG).unwrap_err();
    assert!(matches!(error, AskError::Garbled(_)), "{error}");
    let long = Question {
        pod: "a".repeat(MAX_BYTES),
        ..question()
    };
    let error = ask(&path, &long, LONG).unwrap_err();
    assert!(matches!(error, AskError::Length { .. }), "{error}");
}
