//! Compiled components on disk, so that a restart does not compile again. Written and read only by this host: a precompiled file from
//! elsewhere is native code and is never loaded.
//!
//! Beside it stands why a component cannot be frozen, when that was found out, so that it is not tried at every start.
//!
//! A file's name holds the component's digest (and that of its settings, when it is a snapshot), the runtime's version and a hash of all that shapes the code (target, CPU features, engine
//! settings). Its last 32 bytes are the SHA-256 of the rest: behind the code, so that the file can be mapped into memory as it is, and only what runs
//! of it takes memory.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

const SUM_BYTES: u64 = 32;
const RUNTIME: &str = "wasmtime-48";
/// Changed whenever files are written differently.
const LAYOUT: u8 = 2;

/// Kinds of files: native code, and the reason why there is none.
const CODE: &str = "cwasm";
const REFUSAL: &str = "refused";

/// What was not used for so long is removed when something new is kept, and so is what is beyond the most files or bytes, the longest
/// unused first.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 3_600);
const MAX_FILES: usize = 128;
const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// A larger one was not made by this host: see the most that a compiling process may answer.
const MAX_FILE_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// A draft that is older was left by a host that ended while it wrote.
const DRAFT: Duration = Duration::from_secs(3_600);

/// It names imports, whose names are the component's own.
const MAX_REASON_CHARACTERS: usize = 2_000;

/// The host's own folder within the cache folder.
const FOLDER: &str = "adapters";

/// A folder of compiled components.
pub(super) struct CompileCache {
    folder: PathBuf,
}

impl CompileCache {
    /// Makes a folder of its own in `cache_dir`, open to this user only, or takes the one that is there when nobody else could have put
    /// anything into it. Without one, every load compiles.
    pub(super) fn open(cache_dir: &Path) -> Option<Self> {
        let folder = cache_dir.join(FOLDER);
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        match made.and_then(|()| check_parent(cache_dir)).and_then(|()| check_own_folder(&folder)) {
            Ok(()) => Some(Self { folder }),
            Err(cause) => {
                tracing::warn!(folder = %folder.display(), %cause, "compiled adapters cannot be kept; every start compiles them");
                None
            }
        }
    }

    fn path(&self, engine: &Engine, key: &str, kind: &str) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        LAYOUT.hash(&mut hasher);
        self.folder.join(format!("{key}-{RUNTIME}-{:016x}.{kind}", hasher.finish()))
    }

    /// What was kept under this key. A broken or foreign file counts as none.
    pub(super) fn load(&self, engine: &Engine, key: &str) -> Option<Component> {
        let path = self.path(engine, key, CODE);
        let mut file = open_own(&path)?;
        let component = is_whole(&mut file).then(|| map(engine, &path).or_else(|| copy(engine, &mut file))).flatten();
        if component.is_none() {
            tracing::warn!(file = %path.display(), "a compiled adapter is damaged and is compiled again");
        }
        component
    }

    /// Keeps native code under a key of letters, digits and dashes. When it cannot (false), the next start compiles again.
    pub(super) fn keep(&self, engine: &Engine, key: &str, artifact: &[u8]) -> bool {
        let stored = self.store(&self.path(engine, key, CODE), artifact);
        if let Err(cause) = &stored {
            tracing::warn!(%cause, "a compiled adapter could not be kept; the next start compiles it again");
        }
        stored.is_ok()
    }

    /// Why there is no snapshot under this key, as it was found out before. A broken or foreign file counts as none.
    pub(super) fn refusal(&self, engine: &Engine, key: &str) -> Option<String> {
        let mut file = open_own(&self.path(engine, key, REFUSAL))?;
        if !is_whole(&mut file) {
            return None;
        }
        let mut reason = String::new();
        content(&mut file).ok()?.read_to_string(&mut reason).ok()?;
        Some(reason)
    }

    /// Keeps why there is no snapshot. When it cannot, the next start finds it out again.
    pub(super) fn keep_refusal(&self, engine: &Engine, key: &str, reason: &str) {
        let reason: String = reason.chars().take(MAX_REASON_CHARACTERS).collect();
        if let Err(cause) = self.store(&self.path(engine, key, REFUSAL), reason.as_bytes()) {
            tracing::warn!(%cause, "why an adapter has no snapshot could not be kept; the next start finds it out again");
        }
    }

    /// Written under another name and renamed, so that nobody reads half a file.
    fn store(&self, path: &Path, artifact: &[u8]) -> io::Result<()> {
        let draft = self.folder.join(format!(".{}.draft", uuid::Uuid::now_v7()));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        let written =
            file.write_all(artifact).and_then(|()| file.write_all(&Sha256::digest(artifact))).and_then(|()| file.sync_all());
        let placed = written.and_then(|()| fs::rename(&draft, path));
        if placed.is_err() {
            let _ = fs::remove_file(&draft);
        }
        self.tidy();
        placed
    }

    /// Removes what is not used any more. What cannot be removed stays.
    fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let known = |path: PathBuf| {
            let found = fs::symlink_metadata(&path).ok()?;
            // What seems to come from the future was used just now.
            Some((found.modified().ok()?.elapsed().unwrap_or_default(), path, found.len()))
        };
        let mut files: Vec<_> = entries.flatten().filter_map(|entry| known(entry.path())).collect();
        files.sort();
        let mut together = 0;
        for (place, (unused, path, bytes)) in files.into_iter().enumerate() {
            let is_draft = path.extension().is_some_and(|kind| kind == "draft");
            together += bytes;
            let too_many = place >= MAX_FILES || (place > 0 && together > MAX_BYTES);
            if unused > UNUSED || (is_draft && unused > DRAFT) || too_many {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// A folder that is none of this user's, or that others can write to, may hold their code.
fn check_own_folder(folder: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(folder)?;
    let is_own = found.is_dir() && found.uid() == effective_user() && found.mode() & 0o022 == 0;
    let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "it is no folder of this user alone: remove it");
    is_own.then_some(()).ok_or_else(refused)
}

/// Whoever can write to the folder around it can put another one in its place, unless the folder keeps each to their own (sticky).
fn check_parent(parent: &Path) -> io::Result<()> {
    let found = fs::metadata(parent)?;
    let is_trusted = [effective_user(), 0].contains(&found.uid()) && (found.mode() & 0o002 == 0 || found.mode() & 0o1000 != 0);
    let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "others can replace it: name a cache folder of this user");
    is_trusted.then_some(()).ok_or_else(refused)
}

/// A file of this user's, and no link or pipe.
fn open_own(path: &Path) -> Option<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let is_ours = |found: &fs::Metadata| found.is_file() && found.uid() == effective_user() && found.len() <= MAX_FILE_BYTES;
    file.metadata().ok().filter(is_ours)?;
    // It was used: what is not is removed one day.
    let _ = file.set_modified(SystemTime::now());
    Some(file)
}

/// All of a file but its sum.
fn content(file: &mut File) -> io::Result<io::Take<&mut File>> {
    let length = file.metadata()?.len().checked_sub(SUM_BYTES).ok_or(io::ErrorKind::UnexpectedEof)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file.take(length))
}

/// Whether a file is what was written.
fn is_whole(file: &mut File) -> bool {
    sums(file).is_ok_and(|(found, written)| found == written)
}

/// Of the content, as it is and as it was when it was written.
fn sums(file: &mut File) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut sum = Sha256::new();
    io::copy(&mut content(file)?, &mut sum)?;
    let mut written = Vec::new();
    file.read_to_end(&mut written)?;
    Ok((sum.finalize().to_vec(), written))
}

#[expect(unsafe_code, reason = "the standard library does not say who runs the process")]
fn effective_user() -> u32 {
    // SAFETY: geteuid has no arguments, touches no memory and cannot fail.
    unsafe { libc::geteuid() }
}

/// Maps a file of code that is whole.
#[expect(unsafe_code, reason = "wasmtime trusts precompiled code; this was made by this program and is unchanged")]
fn map(engine: &Engine, path: &Path) -> Option<Component> {
    // SAFETY: the file was made by `CompileCache::store` of this program for this runtime and its settings (its name), its sum tells that it is
    // unchanged, and it lies in a folder of this user alone (checked). It stays as it is while it is mapped: such files are written under
    // another name, renamed when they are whole, and removed, but never written to again.
    unsafe { Component::deserialize_file(engine, path) }.ok()
}

/// The same into memory: a file system may forbid running what lies on it.
fn copy(engine: &Engine, file: &mut File) -> Option<Component> {
    let mut artifact = Vec::new();
    content(file).ok()?.read_to_end(&mut artifact).ok()?;
    deserialize(engine, &artifact)
}

/// Native code as it was compiled.
#[expect(unsafe_code, reason = "wasmtime trusts precompiled code; this was made by this program and is unchanged")]
pub(super) fn deserialize(engine: &Engine, artifact: &[u8]) -> Option<Component> {
    // SAFETY: the bytes were made by `engine::compile` of this program: in this process, in a child of it (a pipe that nobody else has, a
    // digest that was compared), or earlier and kept in a file of this user alone, whose name and sum were checked.
    unsafe { Component::deserialize(engine, artifact) }.ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::super::engine::{self, engine};
    use super::*;
    use crate::config::RuntimeConfig;

    /// The smallest component: no imports, no exports.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn only_file(folder: &Path) -> PathBuf {
        let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let file = files.next().unwrap();
        assert_eq!(files.next(), None);
        file
    }

    #[test]
    fn a_compiled_component_is_kept_for_this_user_only_and_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("compiled");
        let (engine, cache) = (engine(&RuntimeConfig::default()).unwrap(), CompileCache::open(&folder).unwrap());
        assert!(cache.load(&engine, "abc").is_none());
        cache.keep(&engine, "abc", &engine::compile(EMPTY).unwrap());
        let folder = cache.folder.as_path();
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(only_file(folder)).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(cache.load(&engine, "abc").is_some());
        assert!(cache.load(&engine, "other").is_none());
        let mut file = open_own(&only_file(folder)).unwrap();
        assert!(copy(&engine, &mut file).is_some(), "where nothing that lies there may run");
    }

    #[test]
    fn what_is_not_used_for_a_month_and_what_was_left_half_written_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, cache) = (engine(&RuntimeConfig::default()).unwrap(), CompileCache::open(folder.path()).unwrap());
        let aged = |name: &str, age: Duration| {
            let file = fs::File::create(cache.folder.join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        aged("old.cwasm", UNUSED + Duration::from_secs(9));
        aged("young.cwasm", UNUSED - Duration::from_secs(3_600));
        aged(".left.draft", DRAFT + Duration::from_secs(9));
        aged(".being-written.draft", Duration::ZERO);
        cache.keep_refusal(&engine, "abc", "it uses threads");
        let left = |name: &str| cache.folder.join(name).exists();
        assert!(!left("old.cwasm") && left("young.cwasm") && !left(".left.draft") && left(".being-written.draft"));
        assert!(cache.refusal(&engine, "abc").is_some());
    }

    #[test]
    fn the_longest_unused_files_beyond_the_most_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, cache) = (engine(&RuntimeConfig::default()).unwrap(), CompileCache::open(folder.path()).unwrap());
        for age in 0..MAX_FILES as u64 + 5 {
            let file = fs::File::create(cache.folder.join(format!("{age}.cwasm"))).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60 + age)).unwrap();
        }
        cache.keep_refusal(&engine, "abc", "it uses threads");
        assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), MAX_FILES);
        assert!(cache.refusal(&engine, "abc").is_some() && cache.folder.join("0.cwasm").exists());
    }

    #[test]
    fn a_damaged_file_is_compiled_again_never_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, cache) = (engine(&RuntimeConfig::default()).unwrap(), CompileCache::open(folder.path()).unwrap());
        cache.keep(&engine, "abc", &engine::compile(EMPTY).unwrap());
        let file = only_file(&cache.folder);
        let whole = fs::read(&file).unwrap();
        for place in [0, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            fs::write(&file, &bytes).unwrap();
            assert!(cache.load(&engine, "abc").is_none(), "byte {place} of {}", whole.len());
        }
        for cut in [0, 5, SUM_BYTES as usize, whole.len() - 1] {
            fs::write(&file, &whole[..cut]).unwrap();
            assert!(cache.load(&engine, "abc").is_none(), "{cut} bytes of {}", whole.len());
        }
        cache.keep(&engine, "abc", &engine::compile(EMPTY).unwrap());
        assert!(cache.load(&engine, "abc").is_some());
    }

    #[test]
    fn a_refusal_is_kept_as_it_was_said_and_ignored_when_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, cache) = (engine(&RuntimeConfig::default()).unwrap(), CompileCache::open(folder.path()).unwrap());
        assert_eq!(cache.refusal(&engine, "abc"), None);
        cache.keep_refusal(&engine, "abc", "configure uses the clock");
        assert_eq!(cache.refusal(&engine, "abc").as_deref(), Some("configure uses the clock"));
        assert_eq!(cache.refusal(&engine, "other"), None);
        assert!(cache.load(&engine, "abc").is_none(), "it is no code");
        let file = only_file(&cache.folder);
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&file, &bytes).unwrap();
        assert_eq!(cache.refusal(&engine, "abc"), None);
        cache.keep_refusal(&engine, "abc", &"x".repeat(10_000));
        assert_eq!(cache.refusal(&engine, "abc").map(|reason| reason.len()), Some(MAX_REASON_CHARACTERS));
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_neither_used_nor_changed() {
        let cache_dir = tempfile::tempdir().unwrap();
        let folder = cache_dir.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(CompileCache::open(cache_dir.path()).is_none());
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o777);
    }

    #[test]
    fn the_longest_unused_bytes_beyond_the_most_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, cache) = (engine(&RuntimeConfig::default()).unwrap(), CompileCache::open(folder.path()).unwrap());
        for age in 0..3 {
            let file = fs::File::create(cache.folder.join(format!("{age}.cwasm"))).unwrap();
            // Without a byte on the disk.
            file.set_len(MAX_BYTES / 2).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60 + age)).unwrap();
        }
        cache.keep_refusal(&engine, "abc", "it uses threads");
        let left = |name: &str| cache.folder.join(name).exists();
        assert!(cache.refusal(&engine, "abc").is_some() && left("0.cwasm") && !left("1.cwasm") && !left("2.cwasm"));
    }

    #[test]
    fn a_file_that_is_a_pipe_or_larger_than_any_code_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, huge) = (folder.path().join("pipe"), folder.path().join("huge"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        fs::File::create(&huge).unwrap().set_len(1 << 42).unwrap();
        assert!(open_own(&pipe).is_none() && open_own(&huge).is_none());
    }

    #[test]
    fn a_folder_in_a_folder_that_others_can_write_to_is_not_used() {
        let cache_dir = tempfile::tempdir().unwrap();
        let open = |mode: u32| {
            fs::set_permissions(cache_dir.path(), fs::Permissions::from_mode(mode)).unwrap();
            CompileCache::open(cache_dir.path()).is_some()
        };
        assert_eq!((open(0o777), open(0o1777), open(0o755)), (false, true, true));
    }

    #[test]
    fn links_are_not_followed() {
        let (cache_dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(elsewhere.path(), cache_dir.path().join(FOLDER)).unwrap();
        assert!(CompileCache::open(cache_dir.path()).is_none());
        let (file, link) = (elsewhere.path().join("file"), elsewhere.path().join("link"));
        fs::write(&file, b"code").unwrap();
        symlink(&file, &link).unwrap();
        assert_eq!((open_own(&file).is_some(), open_own(&link).is_some()), (true, false));
    }
}
