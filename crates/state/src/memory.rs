//! Files in memory, with faults on demand: what the disk does on a bad day, step by step, so that tests can stop at each.

use crate::{Files, Held};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It succeeds.
    None,
    /// It fails before it had any effect.
    Before(io::ErrorKind),
    /// Only this many bytes of a write arrive, then it fails. Steps that write nothing fail before they have any effect.
    Torn {
        /// How many.
        kept: usize,
        /// How it fails.
        kind: io::ErrorKind,
    },
    /// It has its effect and then fails.
    After(io::ErrorKind),
}

/// Decides what happens at each step: called with the step's name (`append`, `write`, `truncate`, `rename`, `sync`) and its file.
type Hook = dyn Fn(&'static str, &Path) -> Fault + Send + Sync;

/// Files in memory. Clones share the same files.
#[derive(Clone, Default)]
pub struct MemoryFiles {
    shared: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    files: BTreeMap<PathBuf, Vec<u8>>,
    held: BTreeSet<PathBuf>,
    /// What a name stood for before renames that are not durable yet, oldest first.
    renamed: Vec<(PathBuf, Option<Vec<u8>>)>,
    hook: Option<Arc<Hook>>,
}

struct Mark {
    shared: Arc<Mutex<Content>>,
    path: PathBuf,
}

struct NothingHeld;

impl Held for NothingHeld {}
impl Held for Mark {}

impl Drop for Mark {
    fn drop(&mut self) {
        locked(&self.shared).held.remove(&self.path);
    }
}

fn locked(shared: &Mutex<Content>) -> MutexGuard<'_, Content> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for MemoryFiles {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let content = locked(&self.shared);
        formatter.debug_map().entries(content.files.iter().map(|(path, bytes)| (path, bytes.len()))).finish()
    }
}

impl MemoryFiles {
    /// An empty, faultless file system.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, asks before each step that changes something.
    pub fn set_faults(&self, hook: impl Fn(&'static str, &Path) -> Fault + Send + Sync + 'static) {
        locked(&self.shared).hook = Some(Arc::new(hook));
    }

    /// From now on, nothing fails.
    pub fn clear_faults(&self) {
        locked(&self.shared).hook = None;
    }

    /// Another disk that holds the same, with the same renames not durable yet; nobody holds anything on it, and nothing fails.
    pub fn fork(&self) -> Self {
        let content = locked(&self.shared);
        let copy = Content {
            files: content.files.clone(),
            held: BTreeSet::new(),
            renamed: content.renamed.clone(),
            hook: None,
        };
        Self { shared: Arc::new(Mutex::new(copy)) }
    }

    /// Takes back every rename that was not made durable.
    pub fn lose_power(&self) {
        let mut content = locked(&self.shared);
        while let Some((path, before)) = content.renamed.pop() {
            match before {
                Some(bytes) => content.files.insert(path, bytes),
                None => content.files.remove(&path),
            };
        }
    }

    /// The content of a file.
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        locked(&self.shared).files.get(path).cloned()
    }

    /// Makes a file hold something else, behind everyone's back.
    pub fn set_content(&self, path: &Path, bytes: Vec<u8>) {
        locked(&self.shared).files.insert(path.to_owned(), bytes);
    }

    /// Every file.
    pub fn paths(&self) -> Vec<PathBuf> {
        locked(&self.shared).files.keys().cloned().collect()
    }

    fn step(&self, name: &'static str, path: &Path, effect: impl FnOnce(&mut Content, usize)) -> io::Result<()> {
        // The hook is called without the lock: it may look at the files.
        let hook = locked(&self.shared).hook.clone();
        let fault = hook.map_or(Fault::None, |hook| hook(name, path));
        let content = &mut *locked(&self.shared);
        match fault {
            Fault::None => {
                effect(content, usize::MAX);
                Ok(())
            }
            Fault::Before(kind) => Err(kind.into()),
            Fault::Torn { kept, kind } => {
                if matches!(name, "append" | "write") {
                    effect(content, kept);
                }
                Err(kind.into())
            }
            Fault::After(kind) => {
                effect(content, usize::MAX);
                Err(kind.into())
            }
        }
    }
}

impl Files for MemoryFiles {
    fn is_blocking(&self) -> bool {
        false
    }

    fn create_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(self.content(path))
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(self.content(path).map_or(0, |bytes| bytes.len() as u64))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step("write", path, |content, most| {
            content.files.insert(path.to_owned(), bytes.iter().copied().take(most).collect());
        })
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step("append", path, |content, most| {
            content.files.entry(path.to_owned()).or_default().extend(bytes.iter().copied().take(most));
        })
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        self.step("truncate", path, |content, _| {
            content.files.entry(path.to_owned()).or_default().truncate(usize::try_from(length).unwrap_or(usize::MAX));
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename", to, |content, _| {
            if let Some(bytes) = content.files.remove(from) {
                let before = content.files.insert(to.to_owned(), bytes);
                content.renamed.push((to.to_owned(), before));
            }
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step("sync", folder, |content, _| content.renamed.clear())
    }

    fn enter(&self, _path: &Path) -> io::Result<Box<dyn Held>> {
        Ok(Box::new(NothingHeld))
    }

    fn hold(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>> {
        let free = locked(&self.shared).held.insert(path.to_owned());
        Ok(free.then(|| Box::new(Mark { shared: self.shared.clone(), path: path.to_owned() }) as Box<dyn Held>))
    }
}
