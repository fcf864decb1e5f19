//! Tables as people know them from `kubectl`: a head, columns two blanks apart, no lines.
//!
//! On a terminal a table fits its width: columns that may shrink are cut, then those that matter least are left
//! out. Elsewhere it is as wide as it is. Every cell passes [`printable`]. Left to others: what is in it.

use comfy_table::{ContentArrangement, presets};

use crate::args::Format;
use crate::print::printable;

/// Blanks between columns.
const GAP: u16 = 2;
/// The narrowest a column is cut to.
const NARROWEST: u16 = 8;

/// A column.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    /// What stands above it.
    pub(crate) head: &'static str,
    /// When it is left out on a narrow terminal: the highest first, 0 never.
    pub(crate) expendable: u8,
    /// Whether its text may be cut.
    pub(crate) cut: bool,
    /// Whether nothing shows as nothing, not as `-`.
    pub(crate) blank: bool,
}

/// A column that stays as it is.
pub(crate) const fn column(head: &'static str) -> Column {
    Column {
        head,
        expendable: 0,
        cut: false,
        blank: false,
    }
}

impl Column {
    /// It may be left out, the highest first.
    pub(crate) const fn expendable(mut self, rank: u8) -> Self {
        self.expendable = rank;
        self
    }

    /// Its text may be cut.
    pub(crate) const fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    /// Nothing shows as nothing, not as `-`.
    pub(crate) const fn blank(mut self) -> Self {
        self.blank = true;
        self
    }

    /// As it is in this form: in a wide table nothing is cut or left out.
    pub(crate) fn in_format(self, format: Format) -> Self {
        match format {
            Format::Wide => Self {
                expendable: 0,
                cut: false,
                ..self
            },
            Format::Table | Format::Json | Format::Yaml => self,
        }
    }
}

/// Rows under columns.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
        }
    }

    /// A table without rows, in this form; the last `only_wide` of the columns are for a wide one only.
    pub(crate) fn in_format(columns: &[Column], only_wide: usize, format: Format) -> Self {
        let shown = match format {
            Format::Wide => columns.len(),
            Format::Table | Format::Json | Format::Yaml => columns.len().saturating_sub(only_wide),
        };
        let shown = columns.iter().take(shown);
        let shown: Vec<Column> = shown.map(|column| column.in_format(format)).collect();
        Self::new(shown)
    }

    /// Adds a row: a text per column, an empty one shows as `-`; those beyond the columns are left out.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cell = |(text, column): (String, &Column)| match printable(&text) {
            safe if safe.is_empty() && !column.blank => "-".to_owned(),
            safe => safe.into_owned(),
        };
        self.rows
            .push(cells.into_iter().zip(&self.columns).map(cell).collect());
    }

    /// Whether it has no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its lines, fitted to `width` where that is known.
    pub(crate) fn lines(mut self, width: Option<u16>) -> Vec<String> {
        if let Some(width) = width {
            while self.least_width() > width && self.leave_one_out() {}
            self.cut_to(width);
        }
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.columns.iter().map(|column| column.head));
        table.add_rows(&self.rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, GAP));
        }
        table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }

    /// Cuts texts that may be cut, the widest column first, until the table has this width.
    fn cut_to(&mut self, width: u16) {
        let mut widths: Vec<u16> = (0..self.columns.len())
            .map(|at| self.width_of(at))
            .collect();
        let total = widths
            .iter()
            .fold(0, |total: u16, one| total.saturating_add(*one + GAP));
        for _ in width..total.saturating_sub(GAP) {
            let columns = widths.iter_mut().zip(&self.columns);
            let cuttable = columns.filter(|(width, column)| column.cut && **width > NARROWEST);
            if let Some((width, _)) = cuttable.max_by_key(|(width, _)| **width) {
                *width -= 1;
            }
        }
        for row in &mut self.rows {
            for (cell, width) in row.iter_mut().zip(&widths) {
                if shown_width(cell) > *width {
                    let kept = usize::from(width.saturating_sub(1));
                    *cell = cell.chars().take(kept).chain(['…']).collect();
                }
            }
        }
    }

    /// The width of a column: its head's or its widest cell's.
    fn width_of(&self, at: usize) -> u16 {
        let head = self.columns.get(at).map(|column| column.head);
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let texts = head.into_iter().chain(cells.map(String::as_str));
        texts.map(shown_width).max().unwrap_or_default()
    }

    /// Cells the table needs when what may be cut is cut.
    fn least_width(&self) -> u16 {
        let widths = self.columns.iter().enumerate().map(|(at, column)| {
            let width = self.width_of(at);
            let least = if column.cut {
                width.min(NARROWEST)
            } else {
                width
            };
            least.saturating_add(GAP)
        });
        widths.fold(0, u16::saturating_add).saturating_sub(GAP)
    }

    /// Leaves out the column that matters least. Says whether there was one.
    fn leave_one_out(&mut self) -> bool {
        let ranked = self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.expendable > 0);
        let Some((at, _)) = ranked.max_by_key(|(_, column)| column.expendable) else {
            return false;
        };
        self.columns.remove(at);
        for row in &mut self.rows {
            if at < row.len() {
                row.remove(at);
            }
        }
        true
    }
}

/// Cells that a text takes on a terminal where no letter is wider than one.
fn shown_width(text: &str) -> u16 {
    u16::try_from(text.chars().count()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            column("NETDEV"),
            column("MODEL").cut().expendable(2),
            column("DRIVER").expendable(1),
        ]);
        table.row([
            "ens2f0".to_owned(),
            "Ethernet Controller E810-C".to_owned(),
            "ice".to_owned(),
        ]);
        table.row([String::new(), "I\x1b[2J".to_owned(), String::new()]);
        table
    }

    #[test]
    fn a_pipe_gets_everything() {
        assert_eq!(
            table().lines(None),
            [
                "NETDEV  MODEL                       DRIVER",
                "ens2f0  Ethernet Controller E810-C  ice",
                "-       I\\x1b[2J                    -",
            ]
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_then_leaves_out() {
        assert_eq!(
            table().lines(Some(31)),
            [
                "NETDEV  MODEL            DRIVER",
                "ens2f0  Ethernet Contr…  ice",
                "-       I\\x1b[2J         -",
            ]
        );
        assert_eq!(
            table().lines(Some(16)),
            ["NETDEV  DRIVER", "ens2f0  ice", "-       -"]
        );
        assert_eq!(table().lines(Some(3)), ["NETDEV", "ens2f0", "-"]);
    }
}
