//! In a suite that is built without S3 there is no server of buckets.
use std::{path::PathBuf, sync::Arc};

use kontor_server::files::Bucket;

/// A server, of which there are none.
pub(crate) enum BucketServer {}

impl BucketServer {
    /// A client.
    pub(crate) fn bucket(&self) -> Arc<Bucket> {
        match *self {}
    }

    /// Where the objects are on this machine's disk.
    pub(crate) fn objects(&self) -> PathBuf {
        match *self {}
    }
}
