//! In a program that was built without S3 there are no buckets.
use std::{io, ops::Range};

use axum::body::Bytes;
use kontor_definitions::TenantId;

use super::{Chunks, Listing, Part, incoming::Received};
use crate::config::BucketConfig;

/// A bucket, of which there are none.
#[derive(Debug)]
pub enum Bucket {}

#[expect(clippy::unused_async, reason = "the bucket of a program with S3 waits for its service")]
impl Bucket {
    /// Says that there are none.
    pub fn new(_config: &BucketConfig) -> Result<Self, String> {
        Err("this program was built without S3".to_owned())
    }

    pub(crate) async fn probe(&self) -> Result<(), String> {
        match *self {}
    }

    pub(super) async fn keep(&self, _tenant: TenantId, _name: &str, _received: &Received) -> io::Result<()> {
        match *self {}
    }

    pub(super) async fn put(&self, _tenant: TenantId, _name: &str, _bytes: Bytes) -> io::Result<()> {
        match *self {}
    }

    pub(super) async fn get(&self, _tenant: TenantId, _name: &str) -> io::Result<Bytes> {
        match *self {}
    }

    pub(super) async fn read(&self, _tenant: TenantId, _name: &str, _part: Range<u64>) -> io::Result<Chunks> {
        match *self {}
    }

    pub(super) async fn read_all(&self, _tenant: TenantId, _name: &str) -> io::Result<Chunks> {
        match *self {}
    }

    pub(super) async fn size(&self, _tenant: TenantId, _name: &str) -> io::Result<Option<u64>> {
        match *self {}
    }

    pub(super) async fn remove(&self, _tenant: TenantId, _name: &str) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn list(&self, _tenant: TenantId, _part: Part) -> Listing {
        match *self {}
    }
}
