//! Files that somebody named: read only when they are regular files, and never more of them than they should have. A pipe or a device would hold
//! whoever reads it for ever, and a huge one would take the machine's memory.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Most bytes of a file that a person writes: configuration, settings, certificates, pins.
pub const WRITTEN_BYTES: usize = 4 * 1024 * 1024;

/// Most bytes of a file with one secret or key.
pub const SECRET_BYTES: usize = 64 * 1024;

/// Most bytes of a detached signature: it has four lines; this is ten times its usual size.
pub const SIGNATURE_BYTES: usize = 4 * 1024;

/// All of a file, which may have at most so many bytes. Opening it waits for nobody: a pipe is opened even when nobody writes to it.
pub fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !found.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device, no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most { Err(too_large(most)) } else { Ok(bytes) }
}

/// The same of a text.
pub fn read_text(path: &Path, most: usize) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no UTF-8 text"))
}

fn too_large(most: usize) -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        read(path, 10).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_read_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "0123456789").unwrap();
        assert_eq!(read_text(&file, 10).unwrap(), "0123456789");
        std::fs::write(&file, "0123456789a").unwrap();
        assert_eq!(refusal(&file), "it has more than 10 bytes");
        std::fs::write(&file, [0xff]).unwrap();
        assert_eq!(read_text(&file, 10).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(read(&folder.path().join("none"), 10).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn pipes_devices_and_folders_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(refusal(&pipe), "it is a pipe or a device, no regular file");
        assert_eq!(refusal(Path::new("/dev/zero")), "it is a pipe or a device, no regular file");
        assert_eq!(read(folder.path(), 10).unwrap_err().kind(), ErrorKind::IsADirectory);
    }

    #[test]
    fn a_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_text(&link, 10).unwrap(), "x");
    }
}
