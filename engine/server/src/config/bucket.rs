//! Settings of a bucket that keeps the contents of files: where it is, and the keys that open it.
use std::{fmt, path::PathBuf};

use serde::Deserialize;

use super::ConfigError;

/// Environment variables; the keys stand in none of the settings that others may read.
const ENDPOINT: &str = "KONTOR_S3_ENDPOINT";
const REGION: &str = "KONTOR_S3_REGION";
const KEYS: &str = "KONTOR_S3_KEYS";
const ACCESS_KEY_ID: &str = "KONTOR_S3_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "KONTOR_S3_SECRET_ACCESS_KEY";
/// The region of services that know none.
const DEFAULT_REGION: &str = "us-east-1";

/// A bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketConfig {
    /// Its name.
    pub bucket: String,
    /// What the names of all objects begin with; empty for none.
    pub prefix: String,
    /// Address of the service; without it Amazon's own.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// Who we are there.
    pub access_key_id: String,
    /// What proves it.
    pub secret_access_key: String,
}

/// What `kontor.toml` says about a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketFile {
    /// `s3_endpoint`
    pub endpoint: Option<String>,
    /// `s3_region`
    pub region: Option<String>,
    /// `s3_keys`: a file with the keys.
    pub keys: Option<PathBuf>,
}

/// The file with the keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
}

impl fmt::Debug for BucketConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the keys.
        let shown = (&self.bucket, &self.prefix, &self.endpoint, &self.region);
        f.debug_tuple("BucketConfig").field(&shown).finish()
    }
}

impl BucketConfig {
    /// The bucket of `s3://bucket/prefix`, with the environment over `kontor.toml`.
    pub fn read(url: &str, file: BucketFile, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let bad = || ConfigError::BadFiles(url.to_owned());
        let path = url.strip_prefix("s3://").ok_or_else(bad)?;
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let prefix = prefix.trim_matches('/');
        if bucket.is_empty() || !bucket.chars().all(allowed) || !prefix.split('/').all(|part| part.chars().all(allowed)) {
            return Err(bad());
        }
        let endpoint = environment(ENDPOINT).or(file.endpoint);
        if let Some(endpoint) = &endpoint
            && !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme))
        {
            return Err(ConfigError::BadEndpoint(endpoint.clone()));
        }
        let keys = match (environment(ACCESS_KEY_ID), environment(SECRET_ACCESS_KEY)) {
            (Some(access_key_id), Some(secret_access_key)) => Keys { access_key_id, secret_access_key },
            _ => {
                let path = environment(KEYS).map(PathBuf::from).or(file.keys).ok_or(ConfigError::NoKeys)?;
                let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::UnreadableKeys(path.clone(), error))?;
                // What the parser says would show a part of the file.
                toml::from_str(&text).map_err(|_shows_keys| ConfigError::BadKeys(path))?
            }
        };
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint,
            region: environment(REGION).or(file.region).unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BucketConfig, BucketFile, ConfigError};

    fn keys(name: &str) -> Option<String> {
        name.contains("KEY_ID").then(|| "id".to_owned()).or_else(|| name.contains("SECRET").then(|| "secret".to_owned()))
    }

    #[test]
    fn a_bucket_is_read_from_its_address_and_the_environment() {
        let file = BucketFile { endpoint: Some("http://127.0.0.1:9000".to_owned()), ..BucketFile::default() };
        let read = BucketConfig::read("s3://company/kontor/files/", file, keys).unwrap();
        assert_eq!((read.bucket.as_str(), read.prefix.as_str(), read.region.as_str()), ("company", "kontor/files", "us-east-1"));
        assert_eq!(read.secret_access_key, "secret");
        assert!(!format!("{read:?}").contains("secret"));
        assert_eq!(BucketConfig::read("s3://company", BucketFile::default(), keys).unwrap().prefix, "");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for url in ["s3:/x", "company", "s3://", "s3://a b", "s3://a/b?c", "https://company"] {
            let read = BucketConfig::read(url, BucketFile::default(), keys);
            assert!(matches!(read, Err(ConfigError::BadFiles(named)) if named == url), "{url}");
        }
        let without = BucketConfig::read("s3://company", BucketFile::default(), |_| None);
        assert!(matches!(without, Err(ConfigError::NoKeys)));
        let file = BucketFile { endpoint: Some("127.0.0.1".to_owned()), ..BucketFile::default() };
        assert!(matches!(BucketConfig::read("s3://company", file, keys), Err(ConfigError::BadEndpoint(_))));
    }
}
