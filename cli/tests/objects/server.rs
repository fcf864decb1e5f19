//! An API server that answers as a test wants: badly, late, in pages, not at all. Left to others: the assertions.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use colvin_testkit::machine::Machine;

/// What is answered to a path with its query: status and body, or `None` for nothing, ever.
pub(crate) type Answer = fn(&str) -> Option<(u16, String)>;

/// A server, and the kubeconfig that leads to it.
pub(crate) struct Server {
    folder: Machine,
}

impl Server {
    /// Starts one, which lives as long as the test's process.
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let connection = connection.unwrap();
                thread::spawn(move || serve(&connection, answer));
            }
        });
        let folder = Machine::empty().unwrap();
        let config = format!(
            "{{apiVersion: v1, kind: Config, current-context: c, users: [{{name: u, user: {{}}}}], \
             clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}], \
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]}}"
        );
        folder.write("config", config).unwrap();
        Self { folder }
    }

    /// The file that names it.
    pub(crate) fn kubeconfig(&self) -> std::path::PathBuf {
        self.folder.path().join("config")
    }
}

/// Answers one question, and hangs up.
fn serve(mut connection: &TcpStream, answer: Answer) {
    let mut from = BufReader::new(connection);
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    let path = line
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    while line.trim() != "" {
        line.clear();
        from.read_line(&mut line).unwrap();
    }
    let Some((status, body)) = answer(&path) else {
        // until who asked hangs up
        drop(from.read(&mut [0]));
        return;
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
}
