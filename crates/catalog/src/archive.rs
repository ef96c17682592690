//! The file that the digests of all types are kept in: a readable header, an index of names, then blocks of documents that are
//! compressed together and inflated only when a type in them is asked for. Knows nothing of what the documents say.

use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{Read, Write};
use std::sync::OnceLock;

/// The first bytes of the file, with the version of its form.
const MAGIC: &[u8] = b"charter-catalogue 1\n";
/// Documents are gathered into one block up to this size: large enough to compress well, small enough to inflate in a
/// millisecond.
const BLOCK_LIMIT: usize = 128 * 1024;

/// What the file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArchiveHeader {
    /// Where the documents come from: `cfn-lint 1.51.0`.
    pub source: String,
    /// How many types there are.
    pub types: usize,
}

/// Why a file cannot be read as an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the type catalogue is damaged: {0}; make it again with `cargo xtask catalog`")]
pub struct ArchiveError(pub(crate) String);

/// An archive whose blocks are inflated on first use.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    header: ArchiveHeader,
    entries: Vec<Entry>,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Entry {
    name: Box<str>,
    block: usize,
    start: usize,
    length: usize,
}

#[derive(Debug)]
struct Block {
    compressed: Cow<'static, [u8]>,
    inflated: OnceLock<Option<Box<[u8]>>>,
}

impl Archive {
    /// Reads header and index; no block is inflated.
    pub(crate) fn parse(bytes: &'static [u8]) -> Result<Self, ArchiveError> {
        let damaged = |what: &str| ArchiveError(what.to_owned());
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it has another form"))?;
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("its header does not end"))?;
        let (header, rest) = rest.split_at(end);
        let header: ArchiveHeader = serde_json::from_slice(header).map_err(|error| ArchiveError(error.to_string()))?;
        let (length, rest) =
            rest.get(1..).and_then(|rest| rest.split_first_chunk::<4>()).ok_or_else(|| damaged("it has no index"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (index, mut rest) = rest.split_at_checked(length).ok_or_else(|| damaged("its index is cut off"))?;
        let index = inflate(index).ok_or_else(|| damaged("its index does not inflate"))?;
        let index = String::from_utf8(index).map_err(|_| damaged("its index is not text"))?;

        let mut archive = Self { header, entries: Vec::new(), blocks: Vec::new() };
        let mut start = 0;
        for line in index.lines() {
            let (name, length) = line.split_once(' ').ok_or_else(|| damaged("a line of its index is not whole"))?;
            let length: usize = length.parse().map_err(|_| damaged("a length of its index is no number"))?;
            if name == "-" {
                let (block, after) = rest.split_at_checked(length).ok_or_else(|| damaged("a block is cut off"))?;
                archive.blocks.push(Block { compressed: Cow::Borrowed(block), inflated: OnceLock::new() });
                rest = after;
                start = 0;
            } else {
                let block = archive.blocks.len().checked_sub(1).ok_or_else(|| damaged("a type has no block"))?;
                archive.entries.push(Entry { name: name.into(), block, start, length });
                start += length;
            }
        }
        if archive.entries.len() != archive.header.types {
            return Err(damaged("its header and its index differ in the number of types"));
        }
        archive.entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(archive)
    }

    /// What the file says of itself.
    pub(crate) fn header(&self) -> &ArchiveHeader {
        &self.header
    }

    /// Every name, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// The document of a name.
    pub(crate) fn document(&self, name: &str) -> Option<&[u8]> {
        let place = self.entries.binary_search_by(|entry| (*entry.name).cmp(name)).ok()?;
        let entry = self.entries.get(place)?;
        let block = self.blocks.get(entry.block)?;
        let inflated =
            block.inflated.get_or_init(|| inflate(&block.compressed).map(Vec::into_boxed_slice)).as_deref()?;
        inflated.get(entry.start..entry.start.checked_add(entry.length)?)
    }
}

/// Writes an archive of documents, given by group (the service) and name. Equal documents give equal bytes.
pub fn write_archive<'a>(
    source: &str,
    documents: impl IntoIterator<Item = (&'a str, &'a str, String)>,
) -> std::io::Result<Vec<u8>> {
    let mut documents: Vec<_> = documents.into_iter().collect();
    documents.sort();
    let (mut index, mut blocks) = (String::new(), Vec::new());
    let mut rest = documents.as_slice();
    while let Some((group, _, first)) = rest.first() {
        let mut size = first.len();
        let mut count = 1;
        while let Some((next_group, _, document)) = rest.get(count) {
            if next_group != group || size + document.len() > BLOCK_LIMIT {
                break;
            }
            size += document.len();
            count += 1;
        }
        let (block, after) = rest.split_at(count);
        let text: String = block.iter().map(|(_, _, document)| document.as_str()).collect();
        let compressed = deflate(text.as_bytes())?;
        index.push_str(&format!("- {}\n", compressed.len()));
        for (_, name, document) in block {
            index.push_str(&format!("{name} {}\n", document.len()));
        }
        blocks.extend(compressed);
        rest = after;
    }
    let header = serde_json::to_string(&ArchiveHeader { source: source.to_owned(), types: documents.len() })?;
    let index = deflate(index.as_bytes())?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(header.into_bytes());
    bytes.push(b'\n');
    bytes.extend(u32::try_from(index.len()).map_err(std::io::Error::other)?.to_le_bytes());
    bytes.extend(index);
    bytes.extend(blocks);
    Ok(bytes)
}

fn deflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    ZlibDecoder::new(bytes).read_to_end(&mut inflated).ok()?;
    Some(inflated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let large = "x".repeat(BLOCK_LIMIT);
        let documents =
            [("b", "b::One", "one".to_owned()), ("a", "a::Two", large), ("a", "a::Three", "three".to_owned())];
        write_archive("test 1", documents).unwrap()
    }

    #[test]
    fn documents_read_back_by_name() {
        let archive = Archive::parse(sample().leak()).unwrap();
        assert_eq!(archive.header(), &ArchiveHeader { source: "test 1".to_owned(), types: 3 });
        assert_eq!(archive.names().collect::<Vec<_>>(), ["a::Three", "a::Two", "b::One"]);
        assert_eq!(archive.document("b::One"), Some(&b"one"[..]));
        assert_eq!(archive.document("a::Two").unwrap().len(), BLOCK_LIMIT);
        assert_eq!(archive.document("a::Four"), None);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_never_a_panic() {
        let bytes = sample();
        for length in 0..bytes.len() {
            let cut: &'static [u8] = bytes[..length].to_vec().leak();
            assert!(Archive::parse(cut).is_err(), "cut at {length}");
        }
    }
}
