//! Whole stories through the engine: install, use, change, publish, import.
mod app_folders;
mod random_apps;
mod rights_matrix;
mod sample_data;
