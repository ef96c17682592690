//! The seam to the file system: everything that the language reads, it reads here.
//! Imports `model` only.

use charter_model::{Diagnostic, Diagnostics, SourceId, Sources, Span};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Nobody writes larger ones; a device or an endless pipe must not fill the memory.
const LARGEST: u64 = 8 << 20;

/// The folder that holds `stacks`, `modules` and `environments`.
pub(crate) struct Project<'a> {
    root: &'a Path,
    pub(crate) sources: Sources,
    /// By name: a file that several expressions read is read once.
    known: HashMap<String, Option<SourceId>>,
}

/// A file that could not be read, in words for a person.
pub(crate) struct Unreadable {
    pub(crate) code: &'static str,
    pub(crate) summary: String,
    pub(crate) help: String,
}

impl<'a> Project<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        Self { root, sources: Sources::default(), known: HashMap::new() }
    }

    /// Reads a file that the project needs; `name` is relative to the root, with `/`. None: the diagnostics say why.
    pub(crate) fn read(&mut self, name: &str, diagnostics: &mut Diagnostics) -> Option<SourceId> {
        match self.read_bytes(name) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Some(self.sources.add(name, text)),
                Err(error) => {
                    diagnostics.push(self.not_utf8(name, &error));
                    None
                }
            },
            Err(unreadable) => {
                diagnostics.push(Diagnostic::error(unreadable.code, unreadable.summary).help(unreadable.help));
                None
            }
        }
    }

    /// Reads a file that an expression names, relative to the file that the expression stands in.
    pub(crate) fn read_beside(&mut self, beside: SourceId, path: &str) -> Result<SourceId, Unreadable> {
        let folder = self.sources.get(beside).map(|file| file.name.to_string()).unwrap_or_default();
        let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = normal(folder, path).filter(|name| !name.is_empty()).ok_or_else(|| outside(path))?;
        if let Some(Some(known)) = self.known.get(&name) {
            return Ok(*known);
        }
        let inside = match (self.root.canonicalize(), self.root.join(&name).canonicalize()) {
            (Ok(root), Ok(file)) => file.starts_with(root),
            // It does not exist: reading it says so.
            _ => true,
        };
        if !inside {
            return Err(outside(path));
        }
        let bytes = self.read_bytes(&name)?;
        let text = String::from_utf8(bytes).map_err(|_| Unreadable {
            code: "not-utf8",
            summary: format!("{name} is not UTF-8 text"),
            help: "only text can be read into a property; upload other content to S3".to_owned(),
        })?;
        let source = self.sources.add(name.as_str(), text);
        self.known.insert(name, Some(source));
        Ok(source)
    }

    /// The names in a folder that end in one of `.yaml` and `.yml`, sorted; with `inner`, the folders that hold that file.
    pub(crate) fn list(&self, folder: &str, inner: Option<&str>) -> Vec<String> {
        list(&self.root.join(folder), inner)
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.root.join(name).symlink_metadata().is_ok()
    }

    fn read_bytes(&self, name: &str) -> Result<Vec<u8>, Unreadable> {
        let path: PathBuf = self.root.join(name);
        let failed = |error: &std::io::Error| {
            let (code, help) = match error.kind() {
                std::io::ErrorKind::NotFound => {
                    ("file-missing", format!("create {name}, or run from the project's folder"))
                }
                std::io::ErrorKind::PermissionDenied => {
                    ("unreadable-file", format!("allow reading it: chmod u+r {name}"))
                }
                _ => ("unreadable-file", "check what the name leads to".to_owned()),
            };
            Unreadable { code, summary: format!("{name} cannot be read: {}", plain_reason(error)), help }
        };
        let metadata = path.metadata().map_err(|error| failed(&error))?;
        let not_a_file = |what: &str| Unreadable {
            code: "not-a-file",
            summary: format!("{name} is {what}, not a file"),
            help: "put a file in its place, or rename it".to_owned(),
        };
        if metadata.is_dir() {
            return Err(not_a_file("a folder"));
        }
        if !metadata.is_file() {
            return Err(not_a_file("a device or pipe"));
        }
        let too_large = || Unreadable {
            code: "too-large",
            summary: format!("{name} is larger than {} MiB", LARGEST >> 20),
            help: "split it into several files".to_owned(),
        };
        if metadata.len() > LARGEST {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&path).map_err(|error| failed(&error))?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        if bytes.len() as u64 > LARGEST {
            return Err(too_large());
        }
        Ok(bytes)
    }

    fn not_utf8(&mut self, name: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
        // Shown with replacement characters; up to the culprit the text is the file's own.
        let offset = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let source = self.sources.add(name, text);
        let span = Span { source, offset: u32::try_from(offset).unwrap_or(u32::MAX), length: 3 };
        Diagnostic::error("not-utf8", format!("{name} is not UTF-8"))
            .label(span, format!("byte {offset} of the file"))
            .help("save the file as UTF-8")
    }
}

/// The environments of a project, sorted: the names of the files in `environments`.
pub fn environments(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = list(&root.join("environments"), None)
        .iter()
        .filter_map(|name| name.rsplit_once('.').map(|(stem, _)| stem.to_owned()))
        .collect();
    names.dedup();
    names
}

fn list(folder: &Path, inner: Option<&str>) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .filter(|name| match inner {
            Some(inner) => folder.join(name).join(inner).symlink_metadata().is_ok(),
            None => name.ends_with(".yaml") || name.ends_with(".yml"),
        })
        .collect();
    names.sort();
    names
}

fn outside(path: &str) -> Unreadable {
    Unreadable {
        code: "file-outside-project",
        summary: format!("{path} lies outside the project"),
        help: "copy it into the project: what a plan depends on must be there".to_owned(),
    }
}

/// A path below the root, without `.` and `..`; none if it leads out.
fn normal(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<String> = folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// The operating system's words without its number.
fn plain_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "no reason given".to_owned(),
    }
}
