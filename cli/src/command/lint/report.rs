//! Problems as lines for people and as an object for programs. Left to others: finding them.

use anyhow::Context as _;
use serde::Serialize;

use super::Linted;
use super::problem::{Level, Problem};
use crate::args::Format;
use crate::output::Output;

/// All that was found, for programs.
#[derive(Serialize)]
struct Report<'a> {
    problems: Vec<Reported<'a>>,
    summary: Summary,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    partial: &'a [String],
}

#[derive(Serialize)]
struct Reported<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    level: Level,
    #[serde(skip_serializing_if = "str::is_empty")]
    field: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    objects: usize,
    errors: usize,
    warnings: usize,
}

/// Writes what was found. Says whether it is bad: an error, or with `strict` a warning.
pub(super) fn write(
    linted: &[Linted],
    partial: &[String],
    strict: bool,
    output: &mut Output<'_>,
    format: Format,
) -> anyhow::Result<bool> {
    let count = |level: Level| {
        let problems = linted.iter().flat_map(|file| &file.problems);
        problems.filter(|problem| problem.level == level).count()
    };
    let summary = Summary {
        files: linted.len(),
        objects: linted.iter().map(|file| file.objects).sum(),
        errors: count(Level::Error),
        warnings: count(Level::Warning),
    };
    let bad = summary.errors > 0 || strict && summary.warnings > 0;
    if let Some(form) = format.form() {
        let problems = linted.iter().flat_map(|file| {
            let of_file = |problem| line(&file.name, problem);
            file.problems.iter().map(of_file)
        });
        let report = Report {
            problems: problems.collect(),
            summary,
            partial,
        };
        output.object(form, &report)?;
        return Ok(bad);
    }
    for file in linted {
        for problem in &file.problems {
            output.line(&format!("{}:{}: {problem}", file.name, problem.place))?;
        }
    }
    for note in partial {
        output.aside(note)?;
    }
    output.line(&summary.words()).context("cannot write")?;
    Ok(bad)
}

fn line<'a>(file: &'a str, problem: &'a Problem) -> Reported<'a> {
    Reported {
        file,
        line: problem.place.line,
        column: problem.place.column,
        level: problem.level,
        field: &problem.field,
        message: &problem.message,
        suggestion: problem.meant.as_deref(),
    }
}

impl Summary {
    fn words(&self) -> String {
        let many = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        let where_ = format!(
            "{} in {}",
            many(self.objects, "object"),
            many(self.files, "file")
        );
        match (self.errors, self.warnings) {
            (0, 0) => format!("{where_}: nothing is wrong"),
            (errors, warnings) => {
                format!(
                    "{where_}: {}, {}",
                    many(errors, "error"),
                    many(warnings, "warning")
                )
            }
        }
    }
}
