//! Places for people, found fast: the lines of each file are counted once. Imports `model`.

use charter_model::{DesiredResource, Location, Pointer, Sources, Span};

/// Where each line of each file begins.
pub(crate) struct Lines<'a> {
    sources: &'a Sources,
    starts: Vec<Vec<usize>>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Self {
        let starts = sources.files().iter().map(|file| {
            let breaks = file.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place + 1);
            std::iter::once(0).chain(breaks).collect()
        });
        Self { sources, starts: starts.collect() }
    }

    pub(crate) fn location(&self, span: Span) -> Option<Location> {
        let file = self.sources.get(span.source)?;
        let starts = self.starts.get(span.source.0 as usize)?;
        let offset = span.offset as usize;
        let line = starts.partition_point(|start| *start <= offset);
        let start = *starts.get(line.checked_sub(1)?)?;
        let column = file.text.get(start..offset)?.chars().count() + 1;
        Some(Location { file: file.name.clone(), line: u32::try_from(line).ok()?, column: u32::try_from(column).ok()? })
    }

    pub(crate) fn of(&self, resource: &DesiredResource, place: &Pointer) -> Option<Location> {
        self.location(resource.locations.nearest(place)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_sources() {
        let mut sources = Sources::default();
        let source = sources.add("a.yaml", "é: 1\nkey: value\n\nlast");
        let lines = Lines::new(&sources);
        for offset in [0, 2, 6, 11, 17, 18, 20] {
            let span = Span { source, offset, length: 1 };
            assert_eq!(lines.location(span), sources.location(span), "{offset}");
        }
    }
}
