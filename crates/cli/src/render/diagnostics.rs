//! Findings about the input: the source line with the culprit underlined, by miette.

use charter_model::{Diagnostic, Severity, Sources};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles};
use std::fmt;
use std::sync::Arc;

/// A finding as miette wants it. Labels in other files than the first cannot be drawn into one picture: they become notes.
struct Report {
    diagnostic: Diagnostic,
    source: Option<NamedSource<Arc<str>>>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
}

impl fmt::Debug for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.diagnostic, formatter)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.diagnostic.summary)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// The finding as text, with styles.
pub(crate) fn render(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let first = diagnostic.labels.first().map(|label| label.span.source);
    let source = first
        .and_then(|source| sources.get(source))
        .map(|file| NamedSource::new(&file.name, file.text.clone()).with_language("yaml"));
    let mut labels = Vec::new();
    let mut notes: Vec<String> = diagnostic.help.iter().cloned().collect();
    for label in &diagnostic.labels {
        if Some(label.span.source) == first {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            labels.push(LabeledSpan::new(text, label.span.offset as usize, label.span.length as usize));
        } else if let Some(location) = sources.location(label.span) {
            notes.push(format!("{location}: {}", label.text));
        }
    }
    let help = (!notes.is_empty()).then(|| notes.join("\n"));
    let report = Report { diagnostic: diagnostic.clone(), source, labels, help };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles: ThemeStyles::ansi() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false).with_context_lines(1);
    let mut text = String::new();
    match handler.render_report(&mut text, &report) {
        Ok(()) => text,
        Err(_) => format!("{}: {}", diagnostic.code, diagnostic.summary),
    }
}

/// The finding for a machine: with line and column beside the spans.
pub(crate) fn as_json(diagnostic: &Diagnostic, sources: &Sources) -> serde_json::Value {
    let labels: Vec<serde_json::Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let location = sources.location(label.span);
            serde_json::json!({
                "file": location.as_ref().map(|location| &*location.file),
                "line": location.as_ref().map(|location| location.line),
                "column": location.as_ref().map(|location| location.column),
                "offset": label.span.offset,
                "length": label.span.length,
                "text": label.text,
            })
        })
        .collect();
    serde_json::json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "summary": diagnostic.summary,
        "labels": labels,
        "help": diagnostic.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_model::Span;

    #[test]
    fn the_culprit_is_underlined_and_labels_of_other_files_become_notes() {
        let mut sources = Sources::default();
        let stack = sources.add("stacks/a.yaml", "stack: a\nresources:\n  index:\n    type: AWS::Kendra::Indx\n");
        let module = sources.add("modules/m/module.yaml", "module: m\n");
        let diagnostic = Diagnostic::error("unknown-type", "There is no resource type AWS::Kendra::Indx")
            .label(Span { source: stack, offset: 39, length: 17 }, "not in the catalogue")
            .label(Span { source: module, offset: 0, length: 6 }, "included here")
            .help("did you mean AWS::Kendra::Index?");
        let text = anstream::adapter::strip_str(&render(&diagnostic, &sources)).to_string();
        insta::assert_snapshot!(text, @r"
        charter::unknown-type

          × There is no resource type AWS::Kendra::Indx
           ╭─[stacks/a.yaml:4:11]
         3 │   index:
         4 │     type: AWS::Kendra::Indx
           ·           ────────┬────────
           ·                   ╰── not in the catalogue
           ╰────
          help: did you mean AWS::Kendra::Index?
                modules/m/module.yaml:1:1: included here
        ");
    }
}
