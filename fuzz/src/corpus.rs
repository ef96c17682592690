//! The corpus: `fuzz/corpus/TARGET/`, one input a file. Good beginnings, and every input that ever found something.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of a target's corpus.
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The inputs of a target, each with its name, sorted.
pub fn load(target: &str) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let entry = entry?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    entries.sort();
    Ok(entries)
}
