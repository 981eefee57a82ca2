//! Whole stories through the engine: install, use, change, publish, import.
mod app_folders;
mod random_apps;
mod sample_data;
