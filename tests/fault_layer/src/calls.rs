//! The functions of libc that are watched, under their names: each asks the rules and passes on to the real one.
use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use libc::{iovec, mode_t, off64_t, size_t, ssize_t};

use crate::rules::{Call, absolute, active, fault, granted, path_of};

/// Calls the function that libc itself has under this name.
macro_rules! real {
    ($name:ident($($argument:expr => $ty:ty),*) -> $answer:ty) => {{
        static FOUND: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
        let name = concat!(stringify!($name), "\0");
        let found = real(name, &FOUND);
        // SAFETY: libc has this function with these arguments, and whoever called ours keeps what it asks of them.
        unsafe {
            let function = std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($ty),*) -> $answer>(found);
            function($($argument),*)
        }
    }};
}

fn real(name: &str, found: &AtomicPtr<c_void>) -> *mut c_void {
    let known = found.load(Ordering::Relaxed);
    if !known.is_null() {
        return known;
    }
    // SAFETY: the name ends with NUL.
    let looked_up = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr().cast()) };
    assert!(!looked_up.is_null(), "libc has no {name}");
    found.store(looked_up, Ordering::Relaxed);
    looked_up
}

/// What a function answers that failed with this error.
fn failed<T: From<i8>>(error: c_int) -> T {
    // SAFETY: every thread has its own.
    unsafe { *libc::__errno_location() = error };
    T::from(-1)
}

fn size_of(file: c_int) -> off64_t {
    // SAFETY: zeros are a value of this structure.
    let mut found: libc::stat64 = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is ours; what is no file answers an error.
    if unsafe { libc::fstat64(file, &raw mut found) } == 0 { found.st_size } else { 0 }
}

/// How many bytes may be written to an open file; from the file's position where none is given.
fn room(file: c_int, wanted: usize, from: Option<off64_t>) -> Result<usize, c_int> {
    if !active() {
        return Ok(wanted);
    }
    let end = size_of(file);
    // SAFETY: asking for the position changes nothing.
    let from = from.unwrap_or_else(|| unsafe { libc::lseek64(file, 0, libc::SEEK_CUR) }.max(0));
    let last = from.saturating_add(off64_t::try_from(wanted).unwrap_or(off64_t::MAX));
    let behind = usize::try_from(last.saturating_sub(end.max(from))).unwrap_or(0);
    granted(&path_of(file), wanted, behind)
}

/// The error with which a file does not become so long.
fn no_room_to_grow(file: c_int, size: off64_t) -> Option<c_int> {
    if !active() {
        return None;
    }
    let more = usize::try_from(size.saturating_sub(size_of(file))).unwrap_or(0);
    // In one piece or not at all.
    match granted(&path_of(file), more, more) {
        Ok(granted) if granted >= more => None,
        Ok(_) => Some(libc::ENOSPC),
        Err(error) => Some(error),
    }
}

/// The error with which a name cannot be made in a folder.
fn refused(call: Call, folder: c_int, path: *const c_char) -> Option<c_int> {
    if path.is_null() || !active() {
        return None;
    }
    // SAFETY: asking whether a name is there changes nothing; the caller's path ends with NUL.
    let (is_there, given) = unsafe { (libc::faccessat(folder, path, libc::F_OK, 0) == 0, CStr::from_ptr(path)) };
    if call == Call::Create && is_there {
        return None;
    }
    if folder == libc::AT_FDCWD || given.to_bytes().starts_with(b"/") {
        return fault(call, &absolute(given));
    }
    fault(call, &[&path_of(folder), given.to_bytes()].join(&b'/'))
}

/// The error with which an open file cannot be synchronised.
fn unsynchronised(file: c_int) -> Option<c_int> {
    if active() { fault(Call::Sync, &path_of(file)) } else { None }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    match room(file, count, None) {
        Ok(count) => real!(write(file => c_int, bytes => *const c_void, count => size_t) -> ssize_t),
        Err(error) => failed(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(file: c_int, bytes: *const c_void, count: size_t, from: off64_t) -> ssize_t {
    match room(file, count, Some(from)) {
        Ok(count) => real!(pwrite(file => c_int, bytes => *const c_void, count => size_t, from => off64_t) -> ssize_t),
        Err(error) => failed(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(file: c_int, bytes: *const c_void, count: size_t, from: off64_t) -> ssize_t {
    match room(file, count, Some(from)) {
        Ok(count) => real!(pwrite64(file => c_int, bytes => *const c_void, count => size_t, from => off64_t) -> ssize_t),
        Err(error) => failed(error),
    }
}

/// The parts that fit into so many bytes.
///
/// # Safety
/// There are as many parts as said.
unsafe fn shortened(parts: *const iovec, count: c_int, file: c_int, from: Option<off64_t>) -> Result<Vec<iovec>, c_int> {
    // SAFETY: as the caller promises.
    let mut parts = unsafe { std::slice::from_raw_parts(parts, usize::try_from(count).unwrap_or(0)) }.to_vec();
    let mut left = room(file, parts.iter().map(|part| part.iov_len).sum(), from)?;
    for part in &mut parts {
        part.iov_len = part.iov_len.min(left);
        left -= part.iov_len;
    }
    Ok(parts)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(file: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    if !active() {
        return real!(writev(file => c_int, parts => *const iovec, count => c_int) -> ssize_t);
    }
    // SAFETY: as whoever calls libc promises.
    match unsafe { shortened(parts, count, file, None) } {
        Ok(parts) => real!(writev(file => c_int, parts.as_ptr() => *const iovec, count => c_int) -> ssize_t),
        Err(error) => failed(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwritev(file: c_int, parts: *const iovec, count: c_int, from: off64_t) -> ssize_t {
    if !active() {
        return real!(pwritev(file => c_int, parts => *const iovec, count => c_int, from => off64_t) -> ssize_t);
    }
    // SAFETY: as whoever calls libc promises.
    match unsafe { shortened(parts, count, file, Some(from)) } {
        Ok(parts) => real!(pwritev(file => c_int, parts.as_ptr() => *const iovec, count => c_int, from => off64_t) -> ssize_t),
        Err(error) => failed(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwritev64(file: c_int, parts: *const iovec, count: c_int, from: off64_t) -> ssize_t {
    if !active() {
        return real!(pwritev64(file => c_int, parts => *const iovec, count => c_int, from => off64_t) -> ssize_t);
    }
    // SAFETY: as whoever calls libc promises.
    match unsafe { shortened(parts, count, file, Some(from)) } {
        Ok(parts) => real!(pwritev64(file => c_int, parts.as_ptr() => *const iovec, count => c_int, from => off64_t) -> ssize_t),
        Err(error) => failed(error),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(file: c_int, size: off64_t) -> c_int {
    if let Some(error) = no_room_to_grow(file, size) {
        return failed(error);
    }
    real!(ftruncate(file => c_int, size => off64_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(file: c_int, size: off64_t) -> c_int {
    if let Some(error) = no_room_to_grow(file, size) {
        return failed(error);
    }
    real!(ftruncate64(file => c_int, size => off64_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fallocate(file: c_int, mode: c_int, from: off64_t, size: off64_t) -> c_int {
    if let Some(error) = no_room_to_grow(file, from.saturating_add(size)) {
        return failed(error);
    }
    real!(fallocate(file => c_int, mode => c_int, from => off64_t, size => off64_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fallocate64(file: c_int, mode: c_int, from: off64_t, size: off64_t) -> c_int {
    if let Some(error) = no_room_to_grow(file, from.saturating_add(size)) {
        return failed(error);
    }
    real!(fallocate64(file => c_int, mode => c_int, from => off64_t, size => off64_t) -> c_int)
}

// These answer the error itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_fallocate(file: c_int, from: off64_t, size: off64_t) -> c_int {
    if let Some(error) = no_room_to_grow(file, from.saturating_add(size)) {
        return error;
    }
    real!(posix_fallocate(file => c_int, from => off64_t, size => off64_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_fallocate64(file: c_int, from: off64_t, size: off64_t) -> c_int {
    if let Some(error) = no_room_to_grow(file, from.saturating_add(size)) {
        return error;
    }
    real!(posix_fallocate64(file => c_int, from => off64_t, size => off64_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(file: c_int) -> c_int {
    if let Some(error) = unsynchronised(file) {
        return failed(error);
    }
    real!(fsync(file => c_int) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    if let Some(error) = unsynchronised(file) {
        return failed(error);
    }
    real!(fdatasync(file => c_int) -> c_int)
}

/// The error with which a file cannot be opened that is not there yet.
fn unmade(flags: c_int, folder: c_int, path: *const c_char) -> Option<c_int> {
    if flags & libc::O_CREAT == 0 { None } else { refused(Call::Create, folder, path) }
}

// libc takes the mode only where a file is made; an argument too many does no harm in the calling conventions of Linux.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    if let Some(error) = unmade(flags, libc::AT_FDCWD, path) {
        return failed(error);
    }
    real!(open(path => *const c_char, flags => c_int, mode => mode_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    if let Some(error) = unmade(flags, libc::AT_FDCWD, path) {
        return failed(error);
    }
    real!(open64(path => *const c_char, flags => c_int, mode => mode_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    if let Some(error) = unmade(flags, folder, path) {
        return failed(error);
    }
    real!(openat(folder => c_int, path => *const c_char, flags => c_int, mode => mode_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    if let Some(error) = unmade(flags, folder, path) {
        return failed(error);
    }
    real!(openat64(folder => c_int, path => *const c_char, flags => c_int, mode => mode_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    if let Some(error) = refused(Call::Create, libc::AT_FDCWD, path) {
        return failed(error);
    }
    real!(mkdir(path => *const c_char, mode => mode_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdirat(folder: c_int, path: *const c_char, mode: mode_t) -> c_int {
    if let Some(error) = refused(Call::Create, folder, path) {
        return failed(error);
    }
    real!(mkdirat(folder => c_int, path => *const c_char, mode => mode_t) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    if let Some(error) = refused(Call::Create, libc::AT_FDCWD, to) {
        return failed(error);
    }
    real!(link(from => *const c_char, to => *const c_char) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    if let Some(error) = refused(Call::Create, to_folder, to) {
        return failed(error);
    }
    real!(linkat(from_folder => c_int, from => *const c_char, to_folder => c_int, to => *const c_char, flags => c_int) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    if let Some(error) = refused(Call::Rename, libc::AT_FDCWD, to) {
        return failed(error);
    }
    real!(rename(from => *const c_char, to => *const c_char) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat(from_folder: c_int, from: *const c_char, to_folder: c_int, to: *const c_char) -> c_int {
    if let Some(error) = refused(Call::Rename, to_folder, to) {
        return failed(error);
    }
    real!(renameat(from_folder => c_int, from => *const c_char, to_folder => c_int, to => *const c_char) -> c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat2(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    if let Some(error) = refused(Call::Rename, to_folder, to) {
        return failed(error);
    }
    real!(renameat2(from_folder => c_int, from => *const c_char, to_folder => c_int, to => *const c_char, flags => c_uint) -> c_int)
}
