//! Whole stories through the engine: install, use, change, publish, import.
mod app_folders;
mod companies;
mod days;
mod derived_values;
mod found;
mod import_as_person;
mod invariants;
mod jobs;
mod limits;
mod online_retail;
mod random_apps;
mod rate_gaps;
mod rates;
mod rights_matrix;
mod sample_data;
mod units;
mod zones;
