//! Hashes of what system tables say: of a row's parts, and the hash trees that seals are made of.
//!
//! The trees are those of RFC 6962: a leaf is the hash of the byte 0 and its data, a node that of the byte 1 and its two children; where a
//! level has an odd number, the last one moves up unchanged.
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::hex;

/// A hash as bytes.
pub type Hash = [u8; 32];

/// The hash of the parts of a row, each with its length before it, in hexadecimal digits.
pub(crate) fn of_parts(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

/// A moment in a hash: databases keep microseconds, a finer one would hash differently when read back.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    (at.unix_timestamp_nanos() / 1_000).to_string()
}

/// The leaf of a row: made of the digits of its hash, whatever somebody may have written in their place.
pub(crate) fn leaf(row: &str) -> Hash {
    joined(0, &[row.as_bytes()])
}

/// The root over leaves; none over nothing.
pub(crate) fn root(leaves: &[Hash]) -> Option<Hash> {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = above(&level);
    }
    level.first().copied()
}

/// A step on the way from a leaf to the root: the hash to join with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The other child of the node above.
    pub sibling: Hash,
    /// It stands on the left.
    pub is_left: bool,
}

impl Step {
    /// The other child in hexadecimal digits.
    pub fn sibling_text(&self) -> String {
        hex(&self.sibling)
    }
}

/// The way from the leaf at `index` to the root.
pub(crate) fn path(leaves: &[Hash], mut index: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        let is_left = index % 2 == 1;
        let sibling = if is_left { index.checked_sub(1) } else { index.checked_add(1) };
        if let Some(sibling) = sibling.and_then(|at| level.get(at)) {
            steps.push(Step { sibling: *sibling, is_left });
        }
        level = above(&level);
        index /= 2;
    }
    steps
}

/// Where a way from a leaf leads.
#[cfg(test)]
pub(crate) fn rise(leaf: Hash, steps: &[Step]) -> Hash {
    steps.iter().fold(
        leaf,
        |at, step| {
            if step.is_left { joined(1, &[&step.sibling, &at]) } else { joined(1, &[&at, &step.sibling]) }
        },
    )
}

fn above(level: &[Hash]) -> Vec<Hash> {
    let node = |pair: &[Hash]| match pair {
        [left, right] => joined(1, &[left, right]),
        [alone, ..] => *alone,
        [] => Hash::default(),
    };
    level.chunks(2).map(node).collect()
}

fn joined(mark: u8, parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([mark]);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{Hash, hex, joined, path, rise, root};

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|number| joined(0, &[&[number]])).collect()
    }

    #[test]
    fn the_root_is_that_of_the_standard() {
        // The test vector of RFC 6962's reference implementation: a tree over one empty leaf.
        let empty = joined(0, &[&[]]);
        assert_eq!(hex(&root(&[empty]).unwrap()), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        let five = leaves(5);
        let pair = |left: &Hash, right: &Hash| joined(1, &[left, right]);
        let four = pair(&pair(&five[0], &five[1]), &pair(&five[2], &five[3]));
        assert_eq!(root(&five), Some(pair(&four, &five[4])));
        assert_eq!(root(&[]), None);
    }

    #[test]
    fn every_leaf_has_its_way_to_the_root_and_no_other() {
        for count in 1..40 {
            let leaves = leaves(count);
            let top = root(&leaves).unwrap();
            for index in 0..leaves.len() {
                let way = path(&leaves, index);
                assert_eq!(rise(leaves[index], &way), top, "{index} of {count}");
                let other = leaves[(index + 1) % leaves.len()];
                assert!(count == 1 || rise(other, &way) != top, "{index} of {count}");
            }
        }
    }
}
