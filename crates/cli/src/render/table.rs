//! A table for a reader: aligned on a terminal, or as Markdown for a review.

use crate::ui::{BOLD, DIM, paint};
use std::fmt::Write as _;

/// How a row stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// Like the others.
    Plain,
    /// A part of the row above it.
    Part,
    /// The sum.
    Total,
}

/// Rows of cells; the first column is text, the others are figures.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// The names of the columns.
    pub(crate) header: Vec<String>,
    /// As many cells as there are names.
    pub(crate) rows: Vec<(RowKind, Vec<String>)>,
}

impl Table {
    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut widths: Vec<usize> = self.header.iter().map(|cell| cell.chars().count()).collect();
        for (kind, cells) in &self.rows {
            for (place, (width, cell)) in widths.iter_mut().zip(cells).enumerate() {
                *width = (*width).max(cell.chars().count() + indent(*kind, place));
            }
        }
        let line = |kind: RowKind, cells: &[String]| {
            let cells = cells.iter().zip(&widths).enumerate().map(|(place, (cell, width))| match place {
                0 => format!("{:width$}", format!("{:1$}{cell}", "", indent(kind, place))),
                _ => format!("{cell:>width$}"),
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut text = paint(DIM, line(RowKind::Plain, &self.header));
        for (kind, cells) in &self.rows {
            let row = line(*kind, cells);
            let row = match kind {
                RowKind::Plain => row,
                RowKind::Part => paint(DIM, row),
                RowKind::Total => paint(BOLD, row),
            };
            let _ = write!(text, "\n{row}");
        }
        text
    }

    /// For a review.
    pub(crate) fn markdown(&self) -> String {
        let cell = |text: &String| text.replace('|', "\\|");
        let mut text = format!("| {} |\n|---|", self.header.iter().map(cell).collect::<Vec<_>>().join(" | "));
        text.extend(self.header.iter().skip(1).map(|_| "---:|"));
        for (kind, cells) in &self.rows {
            let cells = cells.iter().enumerate().map(|(place, text)| match (kind, place) {
                (RowKind::Part, 0) => format!("&emsp;{}", cell(text)),
                (RowKind::Total, _) if !text.is_empty() => format!("**{}**", cell(text)),
                _ => cell(text),
            });
            let _ = write!(text, "\n| {} |", cells.collect::<Vec<_>>().join(" | "));
        }
        text
    }
}

fn indent(kind: RowKind, place: usize) -> usize {
    if kind == RowKind::Part && place == 0 { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |kind, cells: &[&str]| (kind, cells.iter().map(ToString::to_string).collect());
        Table {
            header: ["", "2026-10", "total"].iter().map(ToString::to_string).collect(),
            rows: vec![
                row(RowKind::Plain, &["cards", "$1.00", "$12.50"]),
                row(RowKind::Part, &["Amazon Kendra", "$1.00", "$12.50"]),
                row(RowKind::Total, &["total", "$1.00", "$12.50"]),
            ],
        }
    }

    #[test]
    fn figures_stand_below_each_other() {
        let plain = anstream::adapter::strip_str(&table().text()).to_string();
        insta::assert_snapshot!(plain, @r"
                         2026-10   total
        cards              $1.00  $12.50
          Amazon Kendra    $1.00  $12.50
        total              $1.00  $12.50
        ");
    }

    #[test]
    fn markdown_has_the_same_cells() {
        insta::assert_snapshot!(table().markdown(), @r"
        |  | 2026-10 | total |
        |---|---:|---:|
        | cards | $1.00 | $12.50 |
        | &emsp;Amazon Kendra | $1.00 | $12.50 |
        | **total** | **$1.00** | **$12.50** |
        ");
    }
}
