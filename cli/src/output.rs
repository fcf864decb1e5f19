//! Where a command's output goes and in which form: table, JSON or YAML, with or without colour.
//!
//! Left to others: what is shown, and making text safe ([`crate::print`]).

use std::io::{self, IsTerminal as _, Write};

use anyhow::Context as _;
use serde::Serialize;

use crate::args::{Color, Format};
use crate::print::{printable, printable_json, printable_yaml};
use crate::table::Table;

/// Where output goes.
pub(crate) struct Output<'a> {
    to: &'a mut dyn Write,
    width: Option<u16>,
    color: bool,
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    /// A head: bold.
    Head,
    /// All is well: green.
    Good,
    /// A mark that something is odd: yellow.
    Odd,
    /// Something that hinders: red.
    Bad,
    /// Beside the point: grey.
    Aside,
}

impl<'a> Output<'a> {
    /// Output to `to`, which is standard output where `terminal` says so.
    pub(crate) fn new(to: &'a mut dyn Write, color: Color) -> Self {
        let terminal = io::stdout().is_terminal();
        let quiet = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match color {
            Color::Auto => terminal && !quiet,
            Color::Always => true,
            Color::Never => false,
        };
        let width = terminal.then(terminal_width).flatten();
        Self { to, width, color }
    }

    /// Output without colour, as wide as it is.
    #[cfg(test)]
    pub(crate) fn plain(to: &'a mut dyn Write) -> Self {
        Self {
            to,
            width: None,
            color: false,
        }
    }

    /// A value as an object, in this form.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn object(&mut self, form: Form, value: &impl Serialize) -> anyhow::Result<()> {
        let text = match form {
            Form::Json => json(value)?,
            Form::Yaml => yaml(value)?,
        };
        self.to.write_all(text.as_bytes())?;
        Ok(())
    }

    /// A value as one line of JSON, sent at once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn json_line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string(value).context("cannot write JSON")?;
        writeln!(self.to, "{}", printable_json(&text))?;
        self.to.flush()?;
        Ok(())
    }

    /// A table, its head bold.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn table(&mut self, table: Table) -> io::Result<()> {
        for (at, line) in table.lines(self.width).into_iter().enumerate() {
            let shown = if at == 0 {
                self.toned(Tone::Head, &line)
            } else {
                line
            };
            writeln!(self.to, "{shown}")?;
        }
        Ok(())
    }

    /// A line that begins with a mark. Both are made safe.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn marked(&mut self, tone: Tone, mark: &str, text: &str) -> io::Result<()> {
        let mark = self.toned(tone, &printable(mark));
        writeln!(self.to, "{mark} {}", printable(text))
    }

    /// A line of text, made safe.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.to, "{}", printable(text))
    }

    /// A line of text in grey, made safe.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn aside(&mut self, text: &str) -> io::Result<()> {
        let text = self.toned(Tone::Aside, &printable(text));
        writeln!(self.to, "{text}")
    }

    /// Whether a person reads it as it is written.
    pub(crate) fn is_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// Sends what was written.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    fn toned(&self, tone: Tone, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Head => "1",
            Tone::Good => "32",
            Tone::Odd => "33",
            Tone::Bad => "31",
            Tone::Aside => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A form for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// The form for programs, or `None` for a table.
    pub(crate) fn form(self) -> Option<Form> {
        match self {
            Self::Table | Self::Wide => None,
            Self::Json => Some(Form::Json),
            Self::Yaml => Some(Form::Yaml),
        }
    }
}

/// Indented JSON that is safe on a terminal, with a line feed at its end.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(value).context("cannot write JSON")?;
    text.push('\n');
    Ok(printable_json(&text).into_owned())
}

/// YAML that is safe on a terminal, all text in quotes: a reader of YAML 1.1 takes `0000:08:00.0`
/// for the number 480 and `no` for false.
pub(crate) fn yaml(value: &impl Serialize) -> anyhow::Result<String> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false, quote_all: true };
    let text = serde_saphyr::to_string_with_options(value, options).context("cannot write YAML")?;
    Ok(printable_yaml(&text).into_owned())
}

/// Columns of the terminal that standard output is, when it tells.
fn terminal_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_for_readers_of_yaml_1_1() {
        let traps = [
            "0000:08:00.0",
            "02:00:00:00:00:01",
            "no",
            "1_000",
            "0x10",
            "~",
        ];
        let shown = yaml(&traps).unwrap();
        let expected = traps.map(|trap| format!("- '{trap}'\n")).concat();
        assert_eq!(shown, expected);
    }
}
