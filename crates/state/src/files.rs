//! The one seam through which state touches files: few operations, each a step that a crash can fall before or after.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// What state needs of a file system. All of it is synchronous; what blocks is called on a thread for that.
pub trait Files: Send + Sync + 'static {
    /// Whether the calls take real time, so that they must not be made on a thread that runs tasks.
    fn is_blocking(&self) -> bool {
        true
    }

    /// Makes a folder and those that hold it.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// The whole content; none if there is no such file.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;

    /// How long the file is; 0 if there is no such file.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// Makes the file hold exactly this. Durable when it returns, but for the file's name.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Adds to the end. Durable when it returns, but for the file's name if it is new.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file. Durable when it returns.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Gives a file another name, in place of whatever had it: at once, or not at all.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Waits until no other process is in its critical section, then enters ours, until the result is dropped.
    fn enter(&self, path: &Path) -> io::Result<Box<dyn Held>>;

    /// Marks this process as alive, until the result is dropped or the process dies. None if another one has the mark.
    fn hold(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>>;
}

/// Something held until it is dropped; the system drops it for a process that dies.
pub trait Held: Send + Sync {}

/// The files of this machine. State is nobody else's business: files are made readable by their owner only.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskFiles;

struct LockedFile {
    // Closing the file gives the lock back.
    _file: File,
}

impl Held for LockedFile {}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn open_lock(path: &Path) -> io::Result<File> {
    options().read(true).write(true).create(true).truncate(false).open(path)
}

impl Files for DiskFiles {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(folder)
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = options().write(true).create(true).truncate(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = options().append(true).create(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = options().write(true).create(true).truncate(false).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened as a file, and names are durable with the rename.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn enter(&self, path: &Path) -> io::Result<Box<dyn Held>> {
        let file = open_lock(path)?;
        file.lock()?;
        Ok(Box::new(LockedFile { _file: file }))
    }

    fn hold(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>> {
        let file = open_lock(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(LockedFile { _file: file }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
