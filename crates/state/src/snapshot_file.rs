//! The form of the snapshot on disk: JSON with one line for each resource, so that it can be compared and looked at. Older versions
//! of its schema are migrated when they are read.

use crate::{STATE_VERSION, Snapshot, StateError};
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::io;
use std::path::Path;

/// Makes a document of version `n + 1` from one of version `n`, where `n` is its place in [`MIGRATIONS`] plus one.
type Migration = fn(&mut serde_json::Value);

/// From version 1 to 2, from 2 to 3, …: as many as [`STATE_VERSION`] minus one.
const MIGRATIONS: &[Migration] = &[];

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// The bytes of a snapshot.
pub(crate) fn encode(snapshot: &Snapshot) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::with_capacity(4096 + snapshot.resources.len() * 1024);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Shallow::default());
    snapshot.serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a snapshot.
pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Snapshot, StateError> {
    decode_with(path, bytes, STATE_VERSION, MIGRATIONS)
}

fn decode_with(path: &Path, bytes: &[u8], known: u32, migrations: &[Migration]) -> Result<Snapshot, StateError> {
    let corrupt = |error: serde_json::Error| StateError::Corrupt {
        path: path.to_owned(),
        byte: byte_of(bytes, &error),
        reason: error.to_string(),
    };
    let Version { version } = serde_json::from_slice(bytes).map_err(corrupt)?;
    if version > known {
        return Err(StateError::Newer { path: path.to_owned(), found: version, known });
    }
    if version == known {
        return serde_json::from_slice(bytes).map_err(corrupt);
    }
    let mut document: serde_json::Value = serde_json::from_slice(bytes).map_err(corrupt)?;
    let first = usize::try_from(version).unwrap_or(usize::MAX).saturating_sub(1);
    if version == 0 {
        return Err(StateError::Corrupt { path: path.to_owned(), byte: 0, reason: "there is no version 0".to_owned() });
    }
    for migrate in migrations.iter().skip(first) {
        migrate(&mut document);
    }
    if let Some(map) = document.as_object_mut() {
        map.insert("version".to_owned(), known.into());
    }
    serde_json::from_value(document).map_err(corrupt)
}

/// Where in the text an error of the parser stands.
pub(crate) fn byte_of(bytes: &[u8], error: &serde_json::Error) -> u64 {
    let before: usize =
        bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    (before + error.column().saturating_sub(1)).min(bytes.len()) as u64
}

/// Line breaks for the two outermost levels only.
#[derive(Default)]
struct Shallow {
    depth: usize,
    empty: bool,
}

impl Shallow {
    const LEVELS: usize = 2;

    fn open(&mut self) {
        self.depth += 1;
        self.empty = true;
    }

    fn close<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let broken = self.depth <= Self::LEVELS && !self.empty;
        self.depth = self.depth.saturating_sub(1);
        self.empty = false;
        if broken { self.line(writer) } else { Ok(()) }
    }

    fn line<W: io::Write + ?Sized>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b" "))
    }

    fn element<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth <= Self::LEVELS { self.line(writer) } else { Ok(()) }
    }
}

impl Formatter for Shallow {
    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open();
        writer.write_all(b"[")
    }
    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer)?;
        writer.write_all(b"]")
    }
    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.element(writer, first)
    }
    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open();
        writer.write_all(b"{")
    }
    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer)?;
        writer.write_all(b"}")
    }
    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.element(writer, first)
    }
    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot::new("local".parse().unwrap(), "lineage", "salt")
    }

    #[test]
    fn one_line_for_each_resource() {
        let mut snapshot = snapshot();
        let json = serde_json::json!({
            "address": "shop/a", "type": "AWS::S3::Bucket", "placement": {"account": "retail", "region": "us-east-1"},
            "identifier": "b", "inputs": {"BucketName": "b"}, "attributes": {},
        });
        for name in ["shop/a", "shop/b"] {
            snapshot.resources.insert(name.parse().unwrap(), serde_json::from_value(json.clone()).unwrap());
        }
        let bytes = encode(&snapshot).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes.clone()).unwrap(), @r#"
        {
         "version": 1,
         "environment": "local",
         "lineage": "lineage",
         "serial": 0,
         "salt": "salt",
         "resources": {
          "shop/a": {"address": "shop/a","type": "AWS::S3::Bucket","placement": {"account": "retail","region": "us-east-1"},"identifier": "b","inputs": {"BucketName": "b"},"attributes": {}},
          "shop/b": {"address": "shop/a","type": "AWS::S3::Bucket","placement": {"account": "retail","region": "us-east-1"},"identifier": "b","inputs": {"BucketName": "b"},"attributes": {}}
         }
        }
        "#);
        assert_eq!(decode(Path::new("state.json"), &bytes).unwrap(), snapshot);
    }

    #[test]
    fn a_newer_version_is_refused_with_advice() {
        let mut newer = snapshot();
        newer.version = 9;
        // What a later version adds must not be what the refusal stumbles over.
        let text = String::from_utf8(encode(&newer).unwrap()).unwrap().replace("\"salt\"", "\"pepper\"");
        let error = decode(Path::new("local.state.json"), text.as_bytes()).unwrap_err();
        insta::assert_snapshot!(error, @"local.state.json has schema version 9; this program knows versions up to 1. Use the version of charter that wrote it, or a later one");
    }

    #[test]
    fn older_versions_migrate_one_step_after_another() {
        let old = serde_json::json!({
            "version": 1, "environment": "local", "lineage": "l", "serial": 4, "pepper": "p", "resources": {},
        });
        let rename: Migration = |document| {
            let map = document.as_object_mut().unwrap();
            let pepper = map.remove("pepper").unwrap();
            map.insert("Salt".to_owned(), pepper);
        };
        let again: Migration = |document| {
            let map = document.as_object_mut().unwrap();
            let salt = map.remove("Salt").unwrap();
            map.insert("salt".to_owned(), salt);
        };
        let found = decode_with(Path::new("f"), old.to_string().as_bytes(), 3, &[rename, again]).unwrap();
        assert_eq!((found.version, found.serial, &*found.salt), (3, 4, "p"));
    }

    #[test]
    fn there_is_a_migration_for_every_older_version() {
        assert_eq!(MIGRATIONS.len() + 1, STATE_VERSION as usize);
    }

    #[test]
    fn damage_is_named_with_its_byte() {
        let mut bytes = encode(&snapshot()).unwrap();
        let place = bytes.windows(6).position(|part| part == b"\"salt\"").unwrap();
        bytes[place] = b'!';
        let error = decode(Path::new("local.state.json"), &bytes).unwrap_err();
        let StateError::Corrupt { byte, .. } = error else { panic!("{error}") };
        assert_eq!(byte as usize, place);
    }
}
