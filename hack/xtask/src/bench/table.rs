//! The table of figures: ours, the bar, whether it is held, and the peer's.
//!
//! Left to others: measuring.

/// What a bar does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bar {
    /// A count that may not be over this.
    AtMost(f64),
    /// A time of this machine: shown beside this figure, not held.
    Goal(f64),
    /// Shown only.
    None,
}

/// One figure.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) unit: &'static str,
    pub(super) ours: f64,
    pub(super) bar: Bar,
    /// Peers and their figures of the same unit.
    pub(super) peers: Vec<(&'static str, f64)>,
}

impl Row {
    pub(super) fn new(what: &str, ours: f64, unit: &'static str, bar: Bar) -> Self {
        Self {
            what: what.to_owned(),
            unit,
            ours,
            bar,
            peers: Vec::new(),
        }
    }

    /// The same row with a peer's figure.
    pub(super) fn beside(mut self, peer: &'static str, figure: f64) -> Self {
        self.peers.push((peer, figure));
        self
    }

    /// What is wrong with a figure that is held.
    pub(super) fn fault(&self) -> Option<String> {
        let Bar::AtMost(most) = self.bar else {
            return None;
        };
        // not `ours > most`: what is not a number is not held
        let held = self.ours <= most;
        let over = format!(
            "{}: {} {}, the bar is {}",
            self.what, self.ours, self.unit, most
        );
        (!held).then_some(over)
    }

    fn cells(&self) -> [String; 5] {
        let figure = |value: f64| format!("{} {}", shown(value), self.unit);
        let (bar, verdict) = match self.bar {
            Bar::AtMost(most) if self.fault().is_none() => (figure(most), "held"),
            Bar::AtMost(most) => (figure(most), "OVER"),
            Bar::Goal(goal) if self.ours <= goal => (figure(goal), "under"),
            Bar::Goal(goal) => (figure(goal), "over, not held"),
            Bar::None => (String::new(), ""),
        };
        let peers = self
            .peers
            .iter()
            .map(|(name, value)| format!("{name} {}", figure(*value)));
        let peers: Vec<String> = peers.collect();
        [
            self.what.clone(),
            figure(self.ours),
            bar,
            verdict.to_owned(),
            peers.join(", "),
        ]
    }
}

/// Three digits that count; whole numbers whole.
fn shown(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// The table, a line each, in columns.
pub(super) fn lines(rows: &[Row]) -> Vec<String> {
    let head = ["what", "ours", "bar", "", "peers, same run"].map(str::to_owned);
    let cells: Vec<[String; 5]> = std::iter::once(head)
        .chain(rows.iter().map(Row::cells))
        .collect();
    let mut widths = [0; 5];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 5]| {
        let padded = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    cells.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_over_its_bar_is_a_fault_and_a_time_is_not() {
        let count = Row::new("calls", 17.0, "calls", Bar::AtMost(16.0));
        assert_eq!(count.fault().unwrap(), "calls: 17 calls, the bar is 16");
        let nothing = Row::new("calls", f64::NAN, "calls", Bar::AtMost(16.0));
        assert!(nothing.fault().is_some());
        let time = Row::new("time", 9.0, "ms", Bar::Goal(8.0)).beside("ghw", 18.25);
        assert_eq!(time.fault(), None);
        assert_eq!(
            lines(&[count, time]),
            [
                "what   ours      bar                       peers, same run",
                "calls  17 calls  16 calls  OVER",
                "time   9 ms      8 ms      over, not held  ghw 18.2 ms",
            ]
        );
    }
}
