//! Several files in one input: a line `=== NAME` begins each.

const MARK: &[u8] = b"=== ";

/// The sections in order, each with its name; what stands before the first mark has no name.
pub(crate) fn sections(data: &[u8]) -> Vec<(&str, Vec<u8>)> {
    let mut found: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        let name = line.strip_prefix(MARK).and_then(|name| std::str::from_utf8(name).ok());
        match (name, found.last_mut()) {
            (Some(name), _) => found.push((name.trim(), Vec::new())),
            (None, Some((_, content))) => content.extend_from_slice(line),
            (None, None) => found.push(("", line.to_vec())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_begins_a_section_and_belongs_to_none() {
        let found = sections(b"x\n=== a\n1\n2\n=== b");
        assert_eq!(found, [("", b"x\n".to_vec()), ("a", b"1\n2\n".to_vec()), ("b", Vec::new())]);
        assert!(sections(b"").is_empty());
    }
}
