//! The bench for a person: a shell in a guest between its two leaves.
//!
//! Left to others: the command line that calls it (`cargo xtask vm`).

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use anyhow::{Context as _, Result};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

use super::guest::VmConfig;
use super::process::progress;
use super::scenario::Scenario;

/// The key that ends the session: Ctrl-].
const END: u8 = 0x1d;

/// Boots a guest with two PFs between two leaf switches and gives this terminal a shell in it, until
/// Ctrl-] is typed, standard input ends or the guest ends.
///
/// # Errors
/// As the bench's, and when the terminal cannot be set.
pub fn shell() -> Result<()> {
    let mut config = VmConfig::new("bench1", &["tap0", "tap1"]);
    config.console = true;
    let scenario = Scenario::with(&config)?;
    let vm = &scenario.vm;
    progress("a shell in the guest; /share is writable on both sides; Ctrl-] ends it");
    progress(&format!("/share is {} here", vm.share().display()));
    let console = UnixStream::connect(vm.console_socket()).context("connecting to the console")?;
    let _raw = Raw::set()?;
    talk(console)
}

/// Standard input to the console, the console to standard output, until one of them ends.
fn talk(mut console: UnixStream) -> Result<()> {
    let mut from_guest = console.try_clone().context("sharing the console")?;
    let typing = console.try_clone().context("sharing the console")?;
    if let Ok(size) = tcgetwinsize(std::io::stdin()) {
        let (rows, columns) = (size.ws_row, size.ws_col);
        writeln!(console, "stty rows {rows} cols {columns}; clear").context("setting the size")?;
    } else {
        writeln!(console).context("waking the shell")?;
    }
    std::thread::spawn(move || {
        let mut typed = [0; 256];
        while let Ok(count @ 1..) = std::io::stdin().read(&mut typed) {
            let bytes = typed.get(..count).unwrap_or_default();
            if bytes.contains(&END) || console.write_all(bytes).is_err() {
                break;
            }
        }
        // ends the copying below; fails only when the guest has ended first
        drop(typing.shutdown(std::net::Shutdown::Both));
    });
    std::io::copy(&mut from_guest, &mut std::io::stdout()).context("reading the console")?;
    Ok(())
}

/// The terminal passing every key on, until dropped.
struct Raw(Option<Termios>);

impl Raw {
    fn set() -> Result<Self> {
        let stdin = std::io::stdin();
        if !isatty(&stdin) {
            return Ok(Self(None));
        }
        let before = tcgetattr(&stdin).context("reading the terminal's settings")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Now, &raw).context("setting the terminal")?;
        Ok(Self(Some(before)))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0
            && let Err(error) = tcsetattr(std::io::stdin(), OptionalActions::Now, before)
        {
            progress(&format!("cannot put the terminal back: {error}"));
        }
    }
}
