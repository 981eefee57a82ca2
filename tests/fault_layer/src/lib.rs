//! A library for tests that stands before libc in a process (`LD_PRELOAD`) and lets calls to the file system fail on purpose.
//!
//! `KONTOR_FAULTS` names a control file. While it exists, each of its lines is a rule (`rules.rs`); without it every call
//! passes unchanged. The file may come, change and go while the process runs. Start reading at `rules.rs`; `calls.rs`
//! holds the functions that libc has under the same names. Linux with glibc only.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
mod calls;
mod rules;
