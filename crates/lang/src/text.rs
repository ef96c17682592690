//! Texts with `${…}`: cutting them into parts, and finding the parts again in the file.
//! Imports nothing.

use std::ops::Range;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text as it is, `$${` already made `${`.
    Literal(String),
    /// What stands between `${` and `}`, by its place in the text.
    Expression(Range<usize>),
}

/// An `${` without its `}`, by its place in the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unclosed(pub(crate) usize);

/// Cuts a text at its expressions.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, Unclosed> {
    let mut found = Vec::new();
    let mut literal = String::new();
    let mut place = 0;
    while let Some(rest) = text.get(place..).filter(|rest| !rest.is_empty()) {
        if let Some(after) = rest.strip_prefix("$${") {
            literal.push_str("${");
            place = text.len() - after.len();
        } else if let Some(body) = rest.strip_prefix("${") {
            let start = text.len() - body.len();
            let length = closing_brace(body).ok_or(Unclosed(place))?;
            if !literal.is_empty() {
                found.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            found.push(Piece::Expression(start..start + length));
            place = start + length + 1;
        } else {
            let next = rest.char_indices().skip(1).find(|(_, each)| *each == '$').map_or(rest.len(), |(at, _)| at);
            literal.push_str(rest.get(..next).unwrap_or_default());
            place += next;
        }
    }
    if !literal.is_empty() {
        found.push(Piece::Literal(literal));
    }
    Ok(found)
}

/// The place of the brace that closes an expression: not one inside a map literal, a quoted text or a comment of it.
fn closing_brace(body: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, each) in code(body) {
        match each {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(place),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The characters of an expression that are neither in quotes nor in a comment, with their places. Ends at a quote that is
/// not closed.
pub(crate) fn code(body: &str) -> impl Iterator<Item = (usize, char)> {
    let mut place = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = body.get(place..)?;
            let first = rest.chars().next()?;
            let start = place;
            if matches!(first, '\'' | '"') {
                place += quoted_length(rest, first, body.get(..place).is_some_and(is_raw_prefix))?;
            } else if rest.starts_with("//") {
                place += rest.find('\n').unwrap_or(rest.len());
            } else {
                place += first.len_utf8();
                return Some((start, first));
            }
        }
    })
}

/// Whether the text before a quote ends in the `r` of a raw text, alone or with the `b` of bytes.
fn is_raw_prefix(before: &str) -> bool {
    let word: String = before.chars().rev().take_while(|each| each.is_alphanumeric() || *each == '_').collect();
    matches!(word.to_ascii_lowercase().as_str(), "r" | "rb" | "br")
}

/// The length of a quoted text, quotes included.
fn quoted_length(rest: &str, quote: char, raw: bool) -> Option<usize> {
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let delimiter = if rest.starts_with(&triple) { triple.as_str() } else { rest.get(..1)? };
    let mut place = delimiter.len();
    loop {
        let inner = rest.get(place..)?;
        if inner.starts_with(delimiter) {
            return Some(place + delimiter.len());
        }
        let mut characters = inner.chars();
        let first = characters.next()?;
        place += first.len_utf8();
        if first == '\\' && !raw {
            place += characters.next()?.len_utf8();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        pieces(text)
            .unwrap()
            .into_iter()
            .map(|piece| match piece {
                Piece::Literal(literal) => format!("={literal}"),
                Piece::Expression(range) => format!("${}", &text[range]),
            })
            .collect()
    }

    #[test]
    fn texts_are_cut_at_expressions() {
        assert_eq!(shown("a-${b}-${c.d}"), ["=a-", "$b", "=-", "$c.d"]);
        assert_eq!(shown("${b}"), ["$b"]);
        assert_eq!(shown("$5 and $"), ["=$5 and $"]);
        assert_eq!(shown("é${x}ü"), ["=é", "$x", "=ü"]);
    }

    #[test]
    fn two_dollars_are_literal() {
        assert_eq!(shown("$${aws:username}/${b}"), ["=${aws:username}/", "$b"]);
    }

    #[test]
    fn braces_in_maps_and_texts_do_not_close() {
        assert_eq!(shown("${{'a': 1}}"), ["${'a': 1}"]);
        assert_eq!(shown("${'}'}x"), ["$'}'", "=x"]);
        assert_eq!(shown(r#"${"\"}" + '''}'''}"#), [r#"$"\"}" + '''}'''"#]);
        assert_eq!(shown(r"${r'\'}y"), [r"$r'\'", "=y"]);
        assert_eq!(shown("${a // }\n}"), ["$a // }\n"]);
    }

    #[test]
    fn an_open_expression_is_told_where_it_opens() {
        assert_eq!(pieces("ab${c"), Err(Unclosed(2)));
        assert_eq!(pieces("${'}"), Err(Unclosed(0)));
    }
}
