//! Who is about the same thing waits in line: a job takes its place behind all others that name one of its keys.
//!
//! Without it fifty writers of one record would take every connection only to wait for its lock in the database, and whoever
//! writes elsewhere would wait behind them. Pure: the threads hand in jobs and take out those that may run.
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Instant,
};

use kontor_definitions::{FieldId, RecordId};

use crate::store::DatabaseKey;

/// What a write job will lock, as far as that is known before it runs. To name too little costs a connection that waits, to name
/// too much costs time; neither does harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardKey {
    /// A record that is written.
    Record(RecordId),
    /// A record whose roll-ups follow what is written.
    Totals(RecordId),
    /// Values that occur once: their hash.
    Value(u64),
    /// A sequence of numbers.
    Sequence(FieldId),
}

impl GuardKey {
    /// How many jobs of one key run at once. What is locked at the end of a job lets the next one get ready meanwhile.
    fn width(self) -> usize {
        match self {
            Self::Record(_) | Self::Value(_) => 1,
            Self::Totals(_) | Self::Sequence(_) => 2,
        }
    }
}

/// A key of one database.
pub(super) type Place = (DatabaseKey, GuardKey);
/// A job's number in the order of coming.
pub(super) type Ticket = u64;

/// The lines of all keys. A job stands in the lines of all its keys from the moment it comes, so of those that wait the first
/// one waits only for jobs that run: nobody waits for ever.
pub(super) struct Guards<J> {
    next: Ticket,
    widest: usize,
    lines: HashMap<Place, VecDeque<Ticket>>,
    places: HashMap<Ticket, Vec<Place>>,
    waiting: BTreeMap<Ticket, (Instant, J)>,
}

impl<J> Guards<J> {
    /// Nobody waits. At most so many jobs of one key run at once.
    pub(super) fn new(widest: usize) -> Self {
        Self { next: 0, widest, lines: HashMap::new(), places: HashMap::new(), waiting: BTreeMap::new() }
    }

    /// A job comes; answers it where it may run at once. It waits until a moment.
    pub(super) fn enter(&mut self, mut places: Vec<Place>, until: Instant, job: J) -> Option<(Ticket, J)> {
        places.sort_unstable_by_key(|(_, key)| *key);
        places.dedup();
        let ticket = self.next;
        self.next += 1;
        for place in &places {
            self.lines.entry(*place).or_default().push_back(ticket);
        }
        self.places.insert(ticket, places);
        if self.may_run(ticket) {
            return Some((ticket, job));
        }
        self.waiting.insert(ticket, (until, job));
        None
    }

    /// A job has ended; answers those that may run now.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Vec<(Ticket, J)> {
        let mut behind = Vec::new();
        for place in self.places.remove(&ticket).unwrap_or_default() {
            let Some(line) = self.lines.get_mut(&place) else { continue };
            line.retain(|other| *other != ticket);
            behind.extend(line.iter().take(place.1.width().min(self.widest)).copied());
            if line.is_empty() {
                self.lines.remove(&place);
            }
        }
        behind.sort_unstable();
        behind.dedup();
        let ready: Vec<Ticket> =
            behind.into_iter().filter(|other| self.waiting.contains_key(other) && self.may_run(*other)).collect();
        ready.into_iter().filter_map(|other| self.waiting.remove(&other).map(|(_, job)| (other, job))).collect()
    }

    /// Takes out the jobs whose time is over; answers them, and those that may run now.
    pub(super) fn late(&mut self, now: Instant) -> (Vec<J>, Vec<(Ticket, J)>) {
        let late: Vec<Ticket> = self.waiting.iter().filter(|(_, (until, _))| *until <= now).map(|(ticket, _)| *ticket).collect();
        let (mut over, mut ready) = (Vec::new(), Vec::new());
        for ticket in late {
            // One of them may have become ready as another one left.
            if let Some((_, job)) = self.waiting.remove(&ticket) {
                over.push(job);
                ready.extend(self.leave(ticket));
            }
        }
        (over, ready)
    }

    /// When the time of the first one that waits is over.
    pub(super) fn first_late(&self) -> Option<Instant> {
        self.waiting.values().map(|(until, _)| *until).min()
    }

    /// Takes out everybody who waits.
    pub(super) fn clear(&mut self) -> Vec<J> {
        self.lines.clear();
        self.places.clear();
        std::mem::take(&mut self.waiting).into_values().map(|(_, job)| job).collect()
    }

    fn may_run(&self, ticket: Ticket) -> bool {
        let is_first = |place: &Place| {
            let line = self.lines.get(place);
            line.is_none_or(|line| line.iter().take(place.1.width().min(self.widest)).any(|first| *first == ticket))
        };
        self.places.get(&ticket).is_none_or(|places| places.iter().all(is_first))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn key(number: u128) -> Place {
        (DatabaseKey::Control, GuardKey::Record(RecordId(Uuid::from_u128(number))))
    }

    fn jobs(ready: &[(Ticket, &'static str)]) -> Vec<&'static str> {
        ready.iter().map(|(_, job)| *job).collect()
    }

    #[test]
    fn jobs_of_one_key_run_in_the_order_of_coming() {
        let (mut guards, now) = (Guards::new(4), Instant::now());
        let (first, _) = guards.enter(vec![key(1), key(1)], now, "first").unwrap();
        assert!(guards.enter(vec![key(1), key(2)], now, "second").is_none());
        assert!(guards.enter(vec![key(2)], now, "third").is_none(), "nobody passes who came earlier");
        let (other, _) = guards.enter(vec![key(3)], now, "other").unwrap();
        assert!(guards.leave(other).is_empty());
        let ready = guards.leave(first);
        assert_eq!(jobs(&ready), ["second"]);
        assert_eq!(jobs(&guards.leave(ready[0].0)), ["third"]);
    }

    #[test]
    fn two_of_a_sequence_run_at_once() {
        let (mut guards, now) = (Guards::new(4), Instant::now());
        let sequence = || vec![(DatabaseKey::Control, GuardKey::Sequence(FieldId::ID))];
        let started = ["a", "b", "c", "d"].map(|job| guards.enter(sequence(), now, job));
        assert_eq!(started.iter().flatten().count(), 2);
        let (second, _) = started[1].unwrap();
        assert_eq!(jobs(&guards.leave(second)), ["c"]);
    }

    #[test]
    fn whoever_waited_too_long_leaves_the_line() {
        let (mut guards, now) = (Guards::new(4), Instant::now());
        let later = now + Duration::from_secs(1);
        let (running, _) = guards.enter(vec![key(1)], now, "running").unwrap();
        assert!(guards.enter(vec![key(1), key(2)], now, "late").is_none());
        assert!(guards.enter(vec![key(2)], later, "behind").is_none());
        assert!(guards.enter(vec![key(1)], later, "patient").is_none());
        assert_eq!(guards.first_late(), Some(now));
        let (over, ready) = guards.late(now);
        assert_eq!((over, jobs(&ready)), (vec!["late"], vec!["behind"]));
        assert_eq!(jobs(&guards.leave(running)), ["patient"]);
        assert_eq!(guards.clear(), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn everybody_runs_and_never_two_of_a_record(keys in prop::collection::vec(prop::collection::vec(0_u128..5, 0..4), 1..40)) {
            let (mut guards, now) = (Guards::new(4), Instant::now());
            let (mut running, mut done) = (Vec::new(), 0);
            for (job, keys) in keys.iter().enumerate() {
                running.extend(guards.enter(keys.iter().copied().map(key).collect(), now, job));
            }
            while !running.is_empty() {
                for (place, (_, job)) in running.iter().enumerate() {
                    let apart = running[..place].iter().all(|(_, other)| keys[*other].iter().all(|key| !keys[*job].contains(key)));
                    prop_assert!(apart, "{running:?} of {keys:?}");
                }
                let (ticket, _) = running.remove(running.len() / 2);
                done += 1;
                running.extend(guards.leave(ticket));
            }
            prop_assert_eq!(done, keys.len());
            prop_assert!(guards.lines.is_empty() && guards.places.is_empty());
        }
    }
}
