//! The form of the journal on disk: one line of JSON for each batch, with its sum in front.
//!
//! A batch is the unit that is durable or not, so it is one line: a torn write can only harm the last line. The sum covers all that
//! follows it in the line, so that damage anywhere else is told from a torn tail.

use crate::{Entry, Position};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Batch {
    pub(crate) serial: u64,
    pub(crate) sequence: u64,
    /// The token of the lease under which it was written.
    pub(crate) fence: u64,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchRef<'a> {
    serial: u64,
    sequence: u64,
    fence: u64,
    entries: &'a [Entry],
}

/// What the bytes of a journal hold.
#[derive(Debug, PartialEq)]
pub(crate) struct Scan {
    /// Whole batches, each with where it begins.
    pub(crate) batches: Vec<(u64, Batch)>,
    /// Where the half-written tail begins, if there is one.
    pub(crate) torn: Option<u64>,
}

/// A journal that does not hold what was written to it.
#[derive(Debug, PartialEq)]
pub(crate) struct Damage {
    pub(crate) byte: u64,
    pub(crate) reason: String,
}

const BEFORE_SUM: &str = "{\"sum\":\"";
const AFTER_SUM: &str = "\",";
const SUM_LENGTH: usize = 16;

/// One line, with its newline.
pub(crate) fn encode(position: Position, fence: u64, entries: &[Entry]) -> Result<String, serde_json::Error> {
    let Position { serial, sequence } = position;
    let text = serde_json::to_string(&BatchRef { serial, sequence, fence, entries })?;
    let rest = text.strip_prefix('{').unwrap_or(&text);
    let mut line = String::with_capacity(rest.len() + BEFORE_SUM.len() + SUM_LENGTH + AFTER_SUM.len() + 1);
    line.push_str(BEFORE_SUM);
    line.push_str(&sum(rest));
    line.push_str(AFTER_SUM);
    line.push_str(rest);
    line.push('\n');
    Ok(line)
}

/// Reads a journal.
pub(crate) fn scan(bytes: &[u8]) -> Result<Scan, Damage> {
    let mut found = Scan { batches: Vec::new(), torn: None };
    let mut offset = 0_u64;
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            found.torn = Some(offset);
            break;
        };
        let (line, after) = rest.split_at(end);
        let after = after.get(1..).unwrap_or_default();
        match decode(line) {
            Ok(batch) => found.batches.push((offset, batch)),
            // A file system may make a file longer before the data has arrived: the gap reads as zeros.
            Err(_) if after.is_empty() && line.contains(&0) => {
                found.torn = Some(offset);
                break;
            }
            Err(reason) => return Err(Damage { byte: offset, reason }),
        }
        offset += end as u64 + 1;
        rest = after;
    }
    Ok(found)
}

fn decode(line: &[u8]) -> Result<Batch, String> {
    let text = std::str::from_utf8(line).map_err(|error| format!("the line is not text ({error})"))?;
    let (found, rest) = text
        .strip_prefix(BEFORE_SUM)
        .and_then(|rest| rest.split_at_checked(SUM_LENGTH))
        .and_then(|(found, rest)| Some((found, rest.strip_prefix(AFTER_SUM)?)))
        .ok_or("the line does not begin as a journal line does")?;
    let expected = sum(rest);
    if found != expected {
        return Err(format!("the line has the sum {expected}, but was written with {found}"));
    }
    serde_json::from_str(&format!("{{{rest}")).map_err(|error| format!("the line cannot be understood ({error})"))
}

fn sum(text: &str) -> String {
    let mut digest = hex::encode(Sha256::digest(text.as_bytes()));
    digest.truncate(SUM_LENGTH);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn journal(batches: u64) -> String {
        (0..batches)
            .map(|sequence| {
                let entry = Entry::Forget { address: format!("shop/a{sequence}").parse().unwrap() };
                encode(Position { serial: 3, sequence }, 7, &[entry]).unwrap()
            })
            .collect()
    }

    #[test]
    fn a_line_is_json_and_reads_back() {
        let text = journal(1);
        insta::assert_snapshot!(text, @r#"{"sum":"a3f76e11b1804e83","serial":3,"sequence":0,"fence":7,"entries":[{"entry":"forget","address":"shop/a0"}]}"#);
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
        let found = scan(text.as_bytes()).unwrap();
        assert_eq!((found.batches.len(), found.torn), (1, None));
    }

    #[test]
    fn cut_at_any_byte_it_keeps_every_whole_batch_and_nothing_else() {
        let text = journal(4);
        for cut in 0..=text.len() {
            let kept = &text.as_bytes()[..cut];
            let whole = kept.iter().filter(|byte| **byte == b'\n').count();
            let found = scan(kept).unwrap();
            assert_eq!(found.batches.len(), whole, "cut at {cut}");
            assert_eq!(found.torn.is_some(), kept.last().is_some_and(|byte| *byte != b'\n'), "cut at {cut}");
        }
    }

    #[test]
    fn a_gap_of_zeros_at_the_end_is_a_torn_write() {
        let mut bytes = journal(3).into_bytes();
        let start = journal(2).len();
        let length = bytes.len();
        bytes[start + 30..length - 5].fill(0);
        let found = scan(&bytes).unwrap();
        assert_eq!((found.batches.len(), found.torn), (2, Some(start as u64)));
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_never_read_as_if_nothing_had_happened(place in 0_usize..400, flip in 1_u8..=255) {
            let text = journal(4);
            let place = place % (text.len() - 1);
            let mut bytes = text.into_bytes();
            bytes[place] ^= flip;
            match scan(&bytes) {
                Err(damage) => prop_assert!(damage.byte as usize <= place),
                Ok(found) => prop_assert!(found.torn.is_some(), "{} batches", found.batches.len()),
            }
        }
    }
}
