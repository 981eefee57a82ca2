//! What contents and thumbnails are called below their tenant: `ab/cdef…`, `thumbnails/ab/cdef….96`, by SHA-256.
use super::{Listed, thumbnail::Size};

/// Where the thumbnails are.
pub(super) const THUMBNAILS: &str = "thumbnails";

/// What is kept of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What was uploaded.
    Contents,
    /// What was drawn of it.
    Thumbnails,
}

/// The name of a content.
pub(crate) fn content(hash: &str) -> String {
    let (shelf, rest) = hash.split_at_checked(2).unwrap_or(("", hash));
    format!("{shelf}/{rest}")
}

/// The name of a thumbnail.
pub(super) fn thumbnail(hash: &str, size: Size) -> String {
    format!("{THUMBNAILS}/{}.{}", content(hash), size.pixels())
}

impl Listed {
    /// The hash of the content that this is, or is drawn of; of a stray file something that is no hash.
    pub(crate) fn hash(&self) -> String {
        let name = self.name.strip_prefix(THUMBNAILS).unwrap_or(&self.name);
        name.split('.').next().unwrap_or_default().replace('/', "")
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::{Listed, Size, content, thumbnail};

    #[test]
    fn names_and_hashes_lead_to_each_other() {
        assert_eq!(content("abcdef"), "ab/cdef");
        assert_eq!(thumbnail("abcdef", Size::Small), "thumbnails/ab/cdef.96");
        for name in ["ab/cdef", "thumbnails/ab/cdef.96"] {
            assert_eq!(Listed { name: name.to_owned(), changed: SystemTime::UNIX_EPOCH }.hash(), "abcdef");
        }
    }
}
