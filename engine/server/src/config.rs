//! Settings of an instance: command line over environment over `kontor.toml` over defaults.
mod bucket;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use kontor_records::verify::ACCESS_KEPT_AT_LEAST;
use kontor_storage::StoreConfig;
use serde::Deserialize;
use time_tz::Tz;

pub use bucket::{BucketConfig, BucketFile};

use crate::files::Bucket;

/// The file with settings, looked for in the working directory.
pub const FILE: &str = "kontor.toml";
/// Where data is kept unless told otherwise.
pub const DATA: &str = "kontor-data";
/// Where the server listens unless told otherwise.
pub const LISTEN: &str = "127.0.0.1:8080";
/// The business zone unless told otherwise.
pub const TIME_ZONE: &str = "Asia/Shanghai";

/// The largest file that can be uploaded unless told otherwise, in megabytes.
pub const FILE_MEGABYTES: u64 = 512;
/// What all files of a tenant take together at most unless told otherwise, in megabytes.
pub const TENANT_MEGABYTES: u64 = 10_240;

/// How long the access log is kept unless told otherwise, in days.
pub const ACCESS_LOG_DAYS: i64 = 730;

/// A hundred years.
const MOST_DAYS: i64 = 36_500;

/// What files may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// Megabytes of one file.
    pub file: u64,
    /// Megabytes of all files of a tenant.
    pub tenant: u64,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { file: FILE_MEGABYTES, tenant: TENANT_MEGABYTES }
    }
}

/// How an instance runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// `postgres://…`, or SQLite files in `data`.
    pub database: Option<String>,
    /// The key file of sensitive fields; `None` stands for `kontor.key` in `data`.
    pub key_file: Option<PathBuf>,
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// People reach the server through TLS (a proxy in front): cookies are `Secure`.
    pub tls: bool,
    /// The business zone: which day `today()` is.
    pub zone: &'static Tz,
    /// What files may take.
    pub files: FileLimits,
    /// Where contents of files are kept; without it in `data`.
    pub bucket: Option<Arc<Bucket>>,
    /// How many days the access log is kept.
    pub access_log_days: i64,
}

/// What can be set in `kontor.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// See [`Config::data`].
    pub data: Option<PathBuf>,
    /// See [`Config::database`].
    pub database: Option<String>,
    /// See [`Config::key_file`].
    pub key_file: Option<PathBuf>,
    /// See [`Config::listen`].
    pub listen: Option<String>,
    /// See [`Config::tls`].
    pub tls: Option<bool>,
    /// See [`Config::zone`], by its name in the IANA database.
    pub time_zone: Option<String>,
    /// See [`FileLimits::file`].
    pub file_megabytes: Option<u64>,
    /// See [`FileLimits::tenant`].
    pub tenant_megabytes: Option<u64>,
    /// `s3://bucket/prefix`: where contents of files are kept.
    pub files: Option<String>,
    /// See [`BucketFile::endpoint`].
    pub s3_endpoint: Option<String>,
    /// See [`BucketFile::region`].
    pub s3_region: Option<String>,
    /// See [`BucketFile::keys`].
    pub s3_keys: Option<PathBuf>,
    /// See [`Config::access_log_days`].
    pub access_log_days: Option<i64>,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {FILE}: {0}")]
    Unreadable(#[source] std::io::Error),
    /// The file is no TOML or has a setting that there is not.
    #[error("{FILE}: {0}")]
    Malformed(#[source] Box<toml::de::Error>),
    /// The address to listen on is none.
    #[error("\"{0}\" is no address to listen on; write it like {LISTEN} or [::]:8080")]
    BadAddress(String),
    /// The zone is not in the IANA database.
    #[error("\"{0}\" is no time zone; write it like {TIME_ZONE}")]
    BadZone(String),
    /// The place for files is no bucket.
    #[error(
        "\"{0}\" is no place for files; write it like s3://bucket/prefix, or leave it out to keep them in the data directory"
    )]
    BadFiles(String),
    /// The service of the bucket is no address.
    #[error("\"{0}\" is no address of an S3 service; write it like https://s3.example.com")]
    BadEndpoint(String),
    /// Nothing opens the bucket.
    #[error("the bucket needs keys: KONTOR_S3_ACCESS_KEY_ID and KONTOR_S3_SECRET_ACCESS_KEY, or a file named by s3_keys")]
    NoKeys,
    /// The file with the keys cannot be read.
    #[error("cannot read the keys of the bucket in {0}: {1}")]
    UnreadableKeys(PathBuf, #[source] std::io::Error),
    /// The file with the keys has something else in it.
    #[error("{0} must have access_key_id = \"…\" and secret_access_key = \"…\", each on a line of its own")]
    BadKeys(PathBuf),
    /// The bucket cannot be used as it is described.
    #[error("the bucket cannot be used: {0}")]
    BadBucket(String),
    /// The access log would be kept for too short or too long a time.
    #[error("access_log_days = {0}: the access log is kept for {least} to {most} days", least = ACCESS_KEPT_AT_LEAST.whole_days(), most = MOST_DAYS)]
    BadDays(i64),
}

impl Config {
    /// The database part, for the store.
    pub fn store(&self) -> StoreConfig {
        StoreConfig {
            data: self.data.clone(),
            database: self.database.clone(),
            key_file: self.key_file.clone(),
            readers: 0,
            writers: 0,
        }
    }
}

/// Reads the settings file of a folder; one that is not there sets nothing.
pub fn read_file(folder: &Path) -> Result<File, ConfigError> {
    match std::fs::read_to_string(folder.join(FILE)) {
        Ok(text) => toml::from_str(&text).map_err(|error| ConfigError::Malformed(Box::new(error))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(File::default()),
        Err(error) => Err(ConfigError::Unreadable(error)),
    }
}

/// An address to listen on. `localhost` is understood, other names are not looked up.
pub fn address(text: &str) -> Result<SocketAddr, ConfigError> {
    let numeric = text.replace("localhost", "127.0.0.1");
    numeric.parse().map_err(|_not_an_address| ConfigError::BadAddress(text.to_owned()))
}

/// How many days the access log is kept: at least as long as `kontor verify` demands.
pub fn access_log_days(days: i64) -> Result<i64, ConfigError> {
    if (ACCESS_KEPT_AT_LEAST.whole_days()..=MOST_DAYS).contains(&days) { Ok(days) } else { Err(ConfigError::BadDays(days)) }
}

/// A time zone by its name.
pub fn zone(name: &str) -> Result<&'static Tz, ConfigError> {
    time_tz::timezones::get_by_name(name).ok_or_else(|| ConfigError::BadZone(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{File, access_log_days, address};

    #[test]
    fn addresses_are_numbers_or_localhost() {
        assert_eq!(address("localhost:80").unwrap().to_string(), "127.0.0.1:80");
        assert_eq!(address("[::]:8080").unwrap().port(), 8080);
        for bad in ["8080", "kontor.dev:80", "127.0.0.1", ""] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_access_log_is_kept_long_enough() {
        assert_eq!(access_log_days(180).unwrap(), 180);
        for bad in [-1, 0, 179, 40_000] {
            assert!(access_log_days(bad).unwrap_err().to_string().contains("180"), "{bad}");
        }
    }

    #[test]
    fn unknown_settings_are_refused() {
        assert!(toml::from_str::<File>("data = \"x\"\ntls = true").is_ok());
        assert!(toml::from_str::<File>("lissten = \"x\"").unwrap_err().to_string().contains("lissten"));
    }
}
