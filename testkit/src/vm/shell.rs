//! The bench for a person: a shell in a guest between its two leaves.
//!
//! Left to others: the command line that calls it (`cargo xtask vm`).

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

use super::guest::VmConfig;
use super::process::progress;
use super::scenario::Scenario;

/// The key that ends the session: Ctrl-].
const END: u8 = 0x1d;

/// Boots a guest with two PFs between two leaf switches. A terminal gets a shell in it, until the
/// shell is left, Ctrl-] is typed or the guest ends; anything else on standard input is run there
/// as a script of bash, at most for an hour.
///
/// # Errors
/// As the bench's, when the terminal cannot be set, and when the script ends with another status than 0.
pub fn shell() -> Result<()> {
    let mut config = VmConfig::new("bench1", &["tap0", "tap1"]);
    config.console = isatty(std::io::stdin());
    if !config.console {
        let script = std::io::read_to_string(std::io::stdin()).context("reading the script")?;
        let output = Scenario::with(&config)?
            .vm
            .run_within(Duration::from_hours(1), &script)?;
        std::io::stdout()
            .write_all(output.stdout.as_bytes())
            .context("writing its output")?;
        std::io::stderr()
            .write_all(output.stderr.as_bytes())
            .context("writing its output")?;
        if output.status != 0 {
            bail!("the script ended with status {}", output.status);
        }
        return Ok(());
    }
    let scenario = Scenario::with(&config)?;
    let vm = &scenario.vm;
    progress("a shell in the guest; Ctrl-] ends it");
    progress("a program that is built again has to come by /share to be the new one");
    progress(&format!("/share is {} here", vm.share().display()));
    let console = UnixStream::connect(vm.console_socket()).context("connecting to the console")?;
    let _raw = Raw::set()?;
    talk(console)
}

/// Standard input to the console, the console to standard output, until one of them ends.
fn talk(mut console: UnixStream) -> Result<()> {
    let mut from_guest = console.try_clone().context("sharing the console")?;
    let typing = console.try_clone().context("sharing the console")?;
    let size = tcgetwinsize(std::io::stdin()).context("reading the terminal's size")?;
    let (rows, columns) = (size.ws_row, size.ws_col);
    writeln!(console, "stty rows {rows} cols {columns}; clear").context("setting the size")?;
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
struct Raw(Termios);

impl Raw {
    fn set() -> Result<Self> {
        let stdin = std::io::stdin();
        let before = tcgetattr(&stdin).context("reading the terminal's settings")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Now, &raw).context("setting the terminal")?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Err(error) = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0) {
            progress(&format!("cannot put the terminal back: {error}"));
        }
    }
}
