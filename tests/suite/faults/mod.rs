//! What must hold when processes and servers come and go: several nodes, a power cut, a database that restarts, a full disk.
mod changes_under_load;
mod database_restart;
#[cfg(target_os = "linux")]
mod full_disk;
#[cfg(target_os = "linux")]
mod full_disk_commands;
#[cfg(target_os = "linux")]
mod full_disk_files;
#[cfg(target_os = "linux")]
mod full_disk_postgres;
mod two_nodes;
