//! Changes of text, by lines and by words. Cuts are made where characters begin.

use super::pick;
use fastrand::Rng;

/// What is put into texts: signs that mean something to YAML, CEL, JSON, ARNs and policies, and characters of several bytes.
const PIECES: &[&str] = &[
    "${",
    "}",
    "$${",
    "secret://env/A",
    "secret://secretsmanager/a#b",
    "*",
    "?",
    "&a",
    "*a",
    "<<: ",
    "!!str ",
    "- ",
    ": ",
    "|\n",
    ">-\n",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\\",
    "\n",
    "\t",
    "\r\n",
    "#",
    "\u{0}",
    "é",
    "ß",
    "𝄞",
    "\u{feff}",
    "\u{2028}",
    "٣",
    "0",
    "-1",
    "9223372036854775807",
    "1e999",
    "0x",
    "null",
    "true",
    "..",
    "/",
    "|",
    "%",
    "%2",
    "%00",
    "::",
    ".map(x, x)",
    ".filter(x, true)",
    "has(",
    "size(",
    "[0]",
    " ? ",
    " : ",
    " in ",
    " == ",
    " && ",
    "parameters.",
    "each.key",
    "region",
    "account.id",
    "a.b.c",
    "range(100000)",
    "join(",
    "matches('(a*)*b')",
    "cidrSubnet('10.0.0.0/16', 8, 2)",
    "toJson(",
    "fromJson(",
];

/// Changes a text; pieces may come from another.
pub(super) fn change(random: &mut Rng, text: &str, other: &str) -> String {
    match random.u8(0..8) {
        0 => lines(random, text, other),
        1 | 2 => replace_word(random, text, other),
        3 => {
            let piece = pick(random, PIECES).copied().unwrap_or_default();
            insert(random, text, piece)
        }
        4 => {
            let piece = slice(random, other);
            insert(random, text, piece)
        }
        5 => {
            // What stands twice, or very often.
            let piece = slice(random, text);
            let times = 1_usize << random.u8(0..9);
            let piece = if piece.len() > 64 { piece.to_owned() } else { piece.repeat(times) };
            insert(random, text, &piece)
        }
        6 => {
            let (from, to) = range(random, text);
            format!("{}{}", text.get(..from).unwrap_or_default(), text.get(to..).unwrap_or_default())
        }
        _ => lines(random, text, other),
    }
}

fn lines(random: &mut Rng, text: &str, other: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let place = random.usize(0..lines.len());
    let others: Vec<&str> = other.split('\n').collect();
    match random.u8(0..4) {
        0 => drop(lines.remove(place)),
        1 => lines.swap(place, random.usize(0..text.split('\n').count())),
        2 => {
            let line = lines.get(place).copied().unwrap_or_default();
            lines.insert(random.usize(0..=lines.len()), line);
        }
        _ => {
            // A block of the other text, moved to the depth of the place.
            let start = random.usize(0..others.len());
            let block: Vec<&str> = others.iter().skip(start).take(random.usize(1..8)).copied().collect();
            let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
            let wanted = lines.get(place).map_or(0, |line| depth(line));
            let first = block.first().map_or(0, |line| depth(line));
            let moved: Vec<String> = block
                .iter()
                .map(|line| {
                    let indent = (depth(line) + wanted).saturating_sub(first);
                    format!("{}{}", " ".repeat(indent), line.trim_start_matches(' '))
                })
                .collect();
            let mut all: Vec<&str> = lines.iter().take(place).copied().collect();
            all.extend(moved.iter().map(String::as_str));
            all.extend(lines.iter().skip(place));
            return all.join("\n");
        }
    }
    lines.join("\n")
}

fn replace_word(random: &mut Rng, text: &str, other: &str) -> String {
    let own = words(text);
    let theirs = words(other);
    let (Some((from, to)), Some((begin, end))) = (pick(random, &own), pick(random, &theirs)) else {
        return insert(random, text, "a");
    };
    let given = match random.u8(0..3) {
        0 => pick(random, PIECES).copied().unwrap_or_default(),
        _ => other.get(*begin..*end).unwrap_or_default(),
    };
    format!("{}{given}{}", text.get(..*from).unwrap_or_default(), text.get(*to..).unwrap_or_default())
}

/// Where the words are: runs of letters and digits, and each other sign by itself.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut inside = false;
    for (place, each) in text.char_indices() {
        let end = place + each.len_utf8();
        let letter = each.is_alphanumeric() || each == '_';
        match found.last_mut() {
            Some((_, last)) if letter && inside => *last = end,
            _ if each == ' ' => {}
            _ => found.push((place, end)),
        }
        inside = letter;
    }
    found
}

fn insert(random: &mut Rng, text: &str, piece: &str) -> String {
    let place = boundary(text, random.usize(0..=text.len()));
    let (before, after) = text.split_at(place);
    format!("{before}{piece}{after}")
}

fn slice<'a>(random: &mut Rng, text: &'a str) -> &'a str {
    let (from, to) = range(random, text);
    text.get(from..to).unwrap_or_default()
}

fn range(random: &mut Rng, text: &str) -> (usize, usize) {
    let from = boundary(text, random.usize(0..=text.len()));
    let most = if random.bool() { 8 } else { 200 };
    let to = boundary(text, text.len().min(from + random.usize(0..=most)));
    (from, to.max(from))
}

fn boundary(text: &str, mut place: usize) -> usize {
    while !text.is_char_boundary(place) {
        place += 1;
    }
    place
}
