//! The control file: which calls on which paths fail, and with what.
//!
//! A rule is `ERROR CALLS ROOM PATH`, such as `ENOSPC write,create 4096 /tmp/a/data`: under this path these calls fail with
//! this error once so many bytes were written (0: at once). A write that does not fit any more is a short one first, as on a
//! real disk. The calls: `write` (every byte counts), `extend` (only bytes behind the end of the file count), `create`
//! (names of files and folders that are not there yet), `rename`, `sync`.
use std::{
    ffi::{CStr, c_int},
    sync::{Mutex, OnceLock, PoisonError},
};

/// The variable that names the control file.
const VARIABLE: &CStr = c"KONTOR_FAULTS";
/// No control file and no path is longer.
const LONGEST: usize = 4096;

/// What a process asks the system for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Write,
    Extend,
    Create,
    Rename,
    Sync,
}

struct Rule {
    error: c_int,
    calls: Vec<Call>,
    room: u64,
    path: Vec<u8>,
}

/// Tells one control file from the next of the same name.
type Stamp = (u64, i64, i64, i64);

struct Rules {
    stamp: Stamp,
    rules: Vec<Rule>,
}

static RULES: Mutex<Rules> = Mutex::new(Rules { stamp: (0, 0, 0, 0), rules: Vec::new() });

/// Whether anything may fail at this moment; asked first, because it costs little.
pub(crate) fn active() -> bool {
    stamp().is_some()
}

/// The error that a call shall have, if any.
pub(crate) fn fault(call: Call, path: &[u8]) -> Option<c_int> {
    let error = |rules: &mut [Rule]| {
        let rule = rules.iter().find(|rule| rule.is_about(call, path))?;
        (rule.room == 0).then_some(rule.error)
    };
    with_rules(error).flatten()
}

/// How many of so many bytes may be written, of which so many lie behind the end of the file; an error when none may.
pub(crate) fn granted(path: &[u8], wanted: usize, behind: usize) -> Result<usize, c_int> {
    let room = |rules: &mut [Rule]| {
        for rule in rules {
            let counted = if rule.is_about(Call::Write, path) {
                wanted
            } else if rule.is_about(Call::Extend, path) {
                behind
            } else {
                continue;
            };
            let room = usize::try_from(rule.room).unwrap_or(usize::MAX);
            let lacking = counted.saturating_sub(room);
            rule.room = rule.room.saturating_sub(counted as u64);
            return if lacking > 0 && lacking >= wanted { Err(rule.error) } else { Ok(wanted - lacking) };
        }
        Ok(wanted)
    };
    with_rules(room).unwrap_or(Ok(wanted))
}

impl Rule {
    /// `ENOSPC write,create 0 /a/path`
    fn read(line: &str) -> Option<Self> {
        let mut parts = line.splitn(4, ' ');
        let error = match parts.next()? {
            "ENOSPC" => libc::ENOSPC,
            "EDQUOT" => libc::EDQUOT,
            "EIO" => libc::EIO,
            _ => return None,
        };
        let calls = parts.next()?.split(',').map(|name| match name {
            "write" => Some(Call::Write),
            "extend" => Some(Call::Extend),
            "create" => Some(Call::Create),
            "rename" => Some(Call::Rename),
            "sync" => Some(Call::Sync),
            _ => None,
        });
        let calls = calls.collect::<Option<_>>()?;
        let room = parts.next()?.parse().ok()?;
        Some(Self { error, calls, room, path: parts.next()?.as_bytes().to_vec() })
    }

    fn is_about(&self, call: Call, path: &[u8]) -> bool {
        self.calls.contains(&call) && path.starts_with(&self.path)
    }
}

/// Asks the rules of this moment; nothing while there are none.
fn with_rules<T>(ask: impl FnOnce(&mut [Rule]) -> T) -> Option<T> {
    let now = stamp()?;
    let mut rules = RULES.lock().unwrap_or_else(PoisonError::into_inner);
    if rules.stamp != now {
        let text = control().map(contents).unwrap_or_default();
        // A panic would be written through the functions that wait for these rules.
        rules.rules = text.lines().map(|line| Rule::read(line).unwrap_or_else(|| wrong(line))).collect();
        rules.stamp = now;
    }
    Some(ask(&mut rules.rules))
}

/// Ends a process whose test made a mistake.
fn wrong(line: &str) -> ! {
    let text = format!("no rule for the fault layer: {line}\n");
    // SAFETY: the bytes are ours and as many as said.
    unsafe { libc::syscall(libc::SYS_write, 2, text.as_ptr(), text.len()) };
    std::process::abort()
}

fn control() -> Option<&'static CStr> {
    static CONTROL: OnceLock<Option<&'static CStr>> = OnceLock::new();
    *CONTROL.get_or_init(|| {
        // SAFETY: the name ends with NUL, and nobody changes the environment of a process under test.
        let value = unsafe { libc::getenv(VARIABLE.as_ptr()) };
        // SAFETY: what the environment holds ends with NUL and stays.
        (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) })
    })
}

fn stamp() -> Option<Stamp> {
    let path = control()?;
    // SAFETY: zeros are a value of this structure.
    let mut found: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the path ends with NUL and the structure is ours.
    let answer = unsafe { libc::stat(path.as_ptr(), &raw mut found) };
    (answer == 0).then_some((found.st_ino, found.st_mtime, found.st_mtime_nsec, found.st_size))
}

/// Read without the functions of libc, which are our own here.
fn contents(path: &CStr) -> String {
    let mut buffer = vec![0_u8; LONGEST];
    // SAFETY: the path ends with NUL; the buffer is ours and as long as said.
    let length = unsafe {
        let file = libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        let length = libc::syscall(libc::SYS_read, file, buffer.as_mut_ptr(), LONGEST);
        libc::syscall(libc::SYS_close, file);
        length
    };
    buffer.truncate(usize::try_from(length).unwrap_or(0));
    String::from_utf8_lossy(&buffer).into_owned()
}

/// Where an open file is.
pub(crate) fn path_of(file: c_int) -> Vec<u8> {
    link(&format!("/proc/self/fd/{file}\0"))
}

/// A path as it is given, made absolute.
pub(crate) fn absolute(path: &CStr) -> Vec<u8> {
    if path.to_bytes().starts_with(b"/") {
        return path.to_bytes().to_vec();
    }
    [&link("/proc/self/cwd\0"), path.to_bytes()].join(&b'/')
}

fn link(name: &str) -> Vec<u8> {
    let mut buffer = vec![0_u8; LONGEST];
    // SAFETY: the name ends with NUL; the buffer is ours and as long as said.
    let length = unsafe { libc::readlink(name.as_ptr().cast(), buffer.as_mut_ptr().cast(), LONGEST) };
    buffer.truncate(usize::try_from(length).unwrap_or(0));
    buffer
}
