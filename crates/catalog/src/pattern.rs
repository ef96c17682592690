//! Patterns of the registry's schemas: ECMA regular expressions (with the habits of Java, which the registry itself runs), made
//! to mean the same in `fancy-regex`. Imports nothing of this crate.

use fancy_regex::{Regex, RegexBuilder};
use std::sync::{Arc, OnceLock};

/// Room for one compiled pattern: the registry repeats character classes up to 100,000 times.
const COMPILED_LIMIT: usize = 64 << 20;

/// A pattern, compiled on first use and kept.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: Arc<str>,
    compiled: OnceLock<Option<Matcher>>,
}

#[derive(Debug)]
enum Matcher {
    /// `^ATOM{least,most}$`, by far the most common form: the atom is matched without counting, the characters are counted.
    Counted {
        class: Regex,
        least: usize,
        most: usize,
    },
    General(Regex),
}

impl Pattern {
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.into(), compiled: OnceLock::new() }
    }

    /// As the schema has it.
    pub(crate) fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// Whether the text has a match. A pattern that cannot be compiled, or a text on which matching takes too many steps, is given
    /// the benefit of the doubt: the service decides.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self.matcher() {
            Some(Matcher::Counted { class, least, most }) => {
                (*least..=*most).contains(&text.chars().count()) && class.is_match(text).unwrap_or(true)
            }
            Some(Matcher::General(regex)) => regex.is_match(text).unwrap_or(true),
            None => true,
        }
    }

    /// Whether the first match is the whole text.
    pub(crate) fn is_whole_match(&self, text: &str) -> bool {
        match self.matcher() {
            Some(Matcher::General(regex)) => regex
                .find(text)
                .is_ok_and(|found| found.is_some_and(|found| found.start() == 0 && found.end() == text.len())),
            _ => self.matches(text),
        }
    }

    /// Whether the pattern could be compiled.
    #[cfg(test)]
    pub(crate) fn is_usable(&self) -> bool {
        self.matcher().is_some()
    }

    fn matcher(&self) -> Option<&Matcher> {
        self.compiled.get_or_init(|| compile(&self.source)).as_ref()
    }
}

fn compile(source: &str) -> Option<Matcher> {
    if let Some((atom, least, most)) = counted_atom(source) {
        let class = regex(&format!("^{}*$", translate(atom)))?;
        return Some(Matcher::Counted { class, least, most });
    }
    match open_end(source) {
        Some(shorter) => regex(&translate(&shorter)).map(Matcher::General),
        None => regex(&translate(source)).map(Matcher::General),
    }
}

fn regex(translated: &str) -> Option<Regex> {
    RegexBuilder::new(translated).delegate_size_limit(COMPILED_LIMIT).build().ok()
}

/// Splits `^ATOM{least,most}$` into its parts.
fn counted_atom(source: &str) -> Option<(&str, usize, usize)> {
    let (atom, least, most) = repetition(source.strip_prefix('^')?.strip_suffix('$')?)?;
    (last_atom(atom)? == 0).then_some((atom, least, most))
}

/// A pattern that ends in `ATOM{least,most}` and goes on to nothing has a match wherever `ATOM{least}` has one. The difference is
/// compiling up to 2,000 copies of the atom.
fn open_end(source: &str) -> Option<String> {
    let (before, least, _) = repetition(source)?;
    let start = last_atom(before)?;
    Some(match least {
        0 => before.get(..start)?.to_owned(),
        least => format!("{before}{{{least}}}"),
    })
}

/// Splits `…{least,most}` into what is repeated, with all before it, and how often.
fn repetition(text: &str) -> Option<(&str, usize, usize)> {
    let (before, count) = text.strip_suffix('}')?.rsplit_once('{')?;
    let (least, most) = count.split_once(',')?;
    let most = if most.is_empty() { usize::MAX } else { most.parse().ok()? };
    Some((before, least.parse().ok()?, most))
}

/// Where the single character, class or shorthand begins that the text ends with; none if it ends with anything else.
fn last_atom(text: &str) -> Option<usize> {
    let mut start = 0;
    let mut last = None;
    while let Some(first) = text.get(start..)?.chars().next() {
        let rest = text.get(start..)?;
        let length = match first {
            '[' => class_end(rest)?,
            '\\' => match rest.chars().nth(1)? {
                'p' | 'P' if rest.get(2..)?.starts_with('{') => rest.find('}')? + 1,
                'd' | 'D' | 'w' | 'W' | 's' | 'S' | '.' => 2,
                second => {
                    start += 1 + second.len_utf8();
                    last = None;
                    continue;
                }
            },
            '.' => 1,
            other => {
                start += other.len_utf8();
                last = None;
                continue;
            }
        };
        last = Some(start);
        start += length;
    }
    last
}

/// Where the class that the text begins with ends: behind its `]`.
fn class_end(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    if characters.next()?.1 != '[' {
        return None;
    }
    while let Some((place, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            ']' => return Some(place + 1),
            _ => {}
        }
    }
    None
}

/// Rewrites an ECMA pattern so that it means the same to `fancy-regex`.
///
/// * `\d` and `\w` are ASCII in ECMA and Unicode here.
/// * Inside a class, `[`, `&&`, `--`, `~~` and a `-` beside a shorthand are plain characters there and set operations here.
/// * A `{` that begins no repetition is a plain character there and an error here.
/// * `\<`, `\>` and escapes of letters that need none are plain characters there.
/// * `\uD800\uDC00-\uDBFF\uDFFF` (surrogates, as Java writes them) and `\u10000-\u10FFFF` (as written in many schemas) both stand
///   for the characters beyond the basic plane.
/// * POSIX names of Java: `\p{Alnum}`.
/// * `\Z` of Java is the end of the text.
/// * A look-ahead may be repeated there, to no effect.
fn translate(source: &str) -> String {
    let characters: Vec<char> = source.replace(r"(?!\.)+", r"(?!\.)").chars().collect();
    let mut out = String::with_capacity(source.len() + 16);
    let mut place = 0;
    let mut in_class = false;
    // What the last step of a class was: only a single character can begin a range.
    let mut range_may_begin = false;
    let at = |place: usize| characters.get(place).copied();
    while let Some(character) = at(place) {
        let mut range_may_begin_next = in_class;
        match character {
            '\\' => {
                range_may_begin_next &= !is_shorthand(&characters, place) && !out.ends_with('-');
                place += escape(&characters, place, in_class, &mut out);
                range_may_begin = range_may_begin_next;
                continue;
            }
            '[' if in_class => out.push_str(r"\["),
            '[' => {
                in_class = true;
                out.push('[');
                if at(place + 1) == Some('^') {
                    out.push('^');
                    place += 1;
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(character);
            }
            '-' if in_class => {
                let range = range_may_begin
                    && at(place + 1).is_some_and(|next| next != ']')
                    && !is_shorthand(&characters, place + 1);
                if range {
                    out.push('-');
                    // The end of a range may be a hyphen itself.
                    if at(place + 1) == Some('-') {
                        out.push_str(r"\-");
                        place += 1;
                    }
                    range_may_begin_next = false;
                } else {
                    out.push_str(r"\-");
                }
            }
            '{' if !in_class && !begins_repetition(&characters, place) => out.push_str(r"\{"),
            '}' if !in_class && !ends_repetition(&characters, place) => out.push_str(r"\}"),
            _ => out.push(character),
        }
        range_may_begin = range_may_begin_next;
        place += 1;
    }
    out
}

/// Whether an escape begins at `place` that stands for a set of characters.
fn is_shorthand(characters: &[char], place: usize) -> bool {
    characters.get(place) == Some(&'\\')
        && characters
            .get(place + 1)
            .is_some_and(|letter| matches!(letter, 'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'p' | 'P'))
}

/// Writes the escape that begins at `place`; gives back how many characters it took.
fn escape(characters: &[char], place: usize, in_class: bool, out: &mut String) -> usize {
    let at = |offset: usize| characters.get(place + offset).copied();
    match at(1) {
        Some('d') => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
        Some('D') if !in_class => out.push_str("[^0-9]"),
        Some('w') => out.push_str(if in_class { "A-Za-z0-9_" } else { "[A-Za-z0-9_]" }),
        Some('W') if !in_class => out.push_str("[^A-Za-z0-9_]"),
        Some('Z') if !in_class => out.push_str(r"\z"),
        Some('u') => return unicode_escape(characters, place, out),
        Some('p' | 'P') if at(2) == Some('{') => {
            let name: String = characters.iter().skip(place + 3).take_while(|each| **each != '}').collect();
            let class = match name.as_str() {
                "Alnum" => "[:alnum:]",
                "Alpha" => "[:alpha:]",
                "Digit" => "[:digit:]",
                "Graph" => "[:graph:]",
                "Lower" => "[:lower:]",
                "Print" => "[:print:]",
                "Punct" => "[:punct:]",
                "Upper" => "[:upper:]",
                "ASCII" => "[:ascii:]",
                other => {
                    // `\p{IsLetter}` of Java is `\p{Letter}`.
                    let plain = other.strip_prefix("Is").unwrap_or(other);
                    out.push_str(&format!(r"\{}{{{plain}}}", at(1).unwrap_or('p')));
                    return name.chars().count() + 4;
                }
            };
            out.push_str(&if in_class { class.to_owned() } else { format!("[{class}]") });
            return name.chars().count() + 4;
        }
        // Escapes of letters and of what needs none; those with a meaning here go through as they are.
        Some(
            character @ ('<' | '>' | '_' | '"' | '\'' | '/' | '@' | ':' | ';' | ',' | '=' | '%' | '!' | ' ' | '`'),
        ) => {
            out.push(character);
        }
        Some(character) if !character.is_ascii() => out.push(character),
        Some(
            character @ ('e' | 'g' | 'i' | 'j' | 'l' | 'm' | 'o' | 'q' | 'y' | 'I' | 'J' | 'L' | 'M' | 'T' | 'U' | 'Y'),
        ) => {
            out.push(character);
        }
        Some(character) => {
            out.push('\\');
            out.push(character);
        }
        None => out.push_str(r"\\"),
    }
    2
}

/// `\uXXXX`, with what schemas make of the characters beyond the basic plane.
fn unicode_escape(characters: &[char], place: usize, out: &mut String) -> usize {
    let text: String = characters.iter().skip(place).take(23).collect();
    const BEYOND: &str = r"\x{10000}-\x{10FFFF}";
    for (written, length) in [(r"\uD800\uDC00-\uDBFF\uDFFF", 25), (r"\ud800\udc00-\udbff\udfff", 25)] {
        let long: String = characters.iter().skip(place).take(length).collect();
        if long == written {
            out.push_str(BEYOND);
            return length;
        }
    }
    for (written, length) in [(r"\u10000-\u10FFFF", 16), (r"\u{10000}-\u{10FFFF}", 20)] {
        if text.starts_with(written) {
            out.push_str(BEYOND);
            return length;
        }
    }
    let digits: String = characters.iter().skip(place + 2).take(4).collect();
    match u32::from_str_radix(&digits, 16) {
        // Half of a pair cannot stand in text that is Unicode: the nearest character that can.
        Ok(0xD800..=0xDBFF) => out.push_str(r"\x{D7FF}"),
        Ok(0xDC00..=0xDFFF) => out.push_str(r"\x{E000}"),
        Ok(code) if digits.len() == 4 => out.push_str(&format!(r"\x{{{code:X}}}")),
        _ => {
            out.push('u');
            return 2;
        }
    }
    6
}

fn begins_repetition(characters: &[char], place: usize) -> bool {
    let inner: String = characters.iter().skip(place + 1).take_while(|each| **each != '}').collect();
    let closed = characters.len() > place + 1 + inner.chars().count();
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let digits = |text: &str| text.bytes().all(|each| each.is_ascii_digit());
    place > 0 && closed && !inner.is_empty() && inner != "," && digits(least) && digits(most)
}

fn ends_repetition(characters: &[char], place: usize) -> bool {
    let start = characters.iter().take(place).rposition(|each| *each == '{');
    start.is_some_and(|start| {
        begins_repetition(characters, start)
            && characters.iter().skip(start).position(|each| *each == '}') == Some(place - start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let pattern = Pattern::new(pattern);
        assert!(pattern.is_usable(), "{}", pattern.source());
        pattern.matches(text)
    }

    #[test]
    fn shorthands_are_ascii_as_in_ecma() {
        assert!(matches(r"^\d+$", "12"));
        assert!(!matches(r"^\d+$", "١٢"));
        assert!(!matches(r"^[\w-]+$", "é"));
        assert!(matches(r"^[\w+=,.@-]+$", "a-b@c"));
    }

    #[test]
    fn class_operators_of_the_regex_crate_are_plain_characters() {
        assert!(matches(r"^[a&&b]+$", "a&b"));
        assert!(matches(r"^[a[]+$", "a["));
        assert!(matches(r"^[+--]+$", "+,-"));
        assert!(matches(r"^[a~~]+$", "a~"));
        assert!(matches(r"^[\w-\.]+$", "a-."));
        assert!(!matches(r"^[\w-_]+$", "."));
        assert!(matches(r"^[a-c-e]+$", "b-e"));
        assert!(!matches(r"^[a-c-e]+$", "d"));
    }

    #[test]
    fn braces_that_repeat_nothing_are_plain_characters() {
        assert!(matches(r"^{a}$", "{a}"));
        assert!(matches(r"^a{2}{b}$", "aa{b}"));
        assert!(matches(r"^\${[a-z]{1,3}}$", "${abc}"));
    }

    #[test]
    fn characters_beyond_the_basic_plane_are_understood_however_written() {
        for pattern in [
            r"^[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*$",
            r"^[\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]*$",
        ] {
            assert!(matches(pattern, "a 𝄞\n"), "{pattern}");
            assert!(!matches(pattern, "\u{1}"), "{pattern}");
        }
    }

    #[test]
    fn a_counted_class_counts_characters_not_bytes() {
        assert!(matches(r"^[\s\S]{1,3}$", "äöü"));
        assert!(!matches(r"^[\s\S]{1,3}$", "äöüß"));
        assert!(!matches(r"^[a-z]{2,}$", "a"));
        assert!(matches(r"^[a-z\]]{1,2}$", "a]"));
        assert!(matches(r"^.{0,2}$", "ab") && !matches(r"^.{0,2}$", "abc") && !matches(r"^.{0,2}$", "a\n"));
        assert!(matches(r"^\S{2,2000}$", "ab") && !matches(r"^\S{2,2000}$", "a") && !matches(r"^\S{2,2000}$", "a b"));
    }

    #[test]
    fn a_repetition_that_ends_a_pattern_needs_only_its_least() {
        assert_eq!(open_end(r"arn:[a-z]{1,63}:[^/].{0,1023}").as_deref(), Some(r"arn:[a-z]{1,63}:[^/]"));
        assert_eq!(open_end(r"[\p{L}\p{M}]{0,1024}").as_deref(), Some(""));
        assert_eq!(open_end(r"^a\p{L}{3,9}").as_deref(), Some(r"^a\p{L}{3}"));
        for whole in [r"^a{0,9}$", r"(ab){0,9}", r"ab{1,2}", r"a{2}", r"\{0,9}"] {
            assert_eq!(open_end(whole), None, "{whole}");
        }
        assert!(matches(r"^a[b-c]{2,3}", "abcb") && !matches(r"^a[b-c]{2,3}", "ab"));
    }

    #[test]
    fn lookaheads_and_java_names_work() {
        assert!(matches(r"^(?!aws:)[\p{Alnum}\p{L}]+$", "abc"));
        assert!(!matches(r"^(?!aws).+$", "aws"));
        assert!(matches(r"^\p{IsLetter}+$", "é"));
    }
}
