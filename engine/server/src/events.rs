//! What changed, handed to those who follow: one task per tenant in use asks the database, however many follow.
//!
//! Asking four times a second while somebody follows is one short statement on an index; it sees what other nodes wrote
//! without a connection held open for notifications. What this process wrote itself wakes the task at once.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kontor_apps::Tenant;
use kontor_definitions::TenantId;
use kontor_storage::{
    StorageError,
    system::event::{self, Cursor, News},
};
use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

/// The database is asked so often.
const EVERY: Duration = Duration::from_millis(250);
/// Writes that come in quick succession are read together.
const GATHER: Duration = Duration::from_millis(20);
/// Events of one reading; whoever follows looks at everything anew when there are more.
pub(crate) const MOST_EVENTS: i64 = 1_000;
/// Readings that a slow follower may be behind.
const BEHIND: usize = 64;
/// Streams of one person on this node.
pub(crate) const STREAMS_EACH: usize = 12;
/// Everybody of this process who follows.
#[derive(Default)]
pub(crate) struct Hub {
    channels: Mutex<HashMap<TenantId, Arc<Channel>>>,
    streams: Mutex<HashMap<Uuid, usize>>,
    closing: watch::Sender<bool>,
}

/// A tenant that is followed.
struct Channel {
    news: broadcast::Sender<Arc<News>>,
    /// How far the task has come; nothing before its first reading.
    place: watch::Sender<Option<Cursor>>,
    wake: Notify,
    looks: Mutex<Looks>,
}

/// How often the database was asked for news of a tenant, since somebody follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// Questions that were begun.
    pub begun: u64,
    /// The last one that found something.
    pub found: u64,
}

/// A place in the row of followers; leaves it when dropped.
pub(crate) struct Subscription {
    hub: Arc<Hub>,
    login: Uuid,
    /// What is read from now on.
    pub(crate) news: broadcast::Receiver<Arc<News>>,
    /// How far the task has come.
    pub(crate) place: watch::Receiver<Option<Cursor>>,
    /// Becomes true when the server stops.
    pub(crate) closing: watch::Receiver<bool>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut streams = self.hub.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&self.login) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.login);
            }
        }
    }
}

impl Hub {
    /// Follows a tenant; nothing when this login has too many streams already.
    pub(crate) fn subscribe(self: &Arc<Self>, tenant: &Arc<Tenant>, login: Uuid) -> Option<Subscription> {
        {
            let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            let count = streams.entry(login).or_default();
            if *count == STREAMS_EACH {
                return None;
            }
            *count += 1;
        }
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_new = false;
        let channel = Arc::clone(channels.entry(tenant.id()).or_insert_with(|| {
            is_new = true;
            let (news, place) = (broadcast::Sender::new(BEHIND), watch::Sender::new(None));
            Arc::new(Channel { news, place, wake: Notify::new(), looks: Mutex::default() })
        }));
        let subscription = Subscription {
            hub: Arc::clone(self),
            login,
            news: channel.news.subscribe(),
            place: channel.place.subscribe(),
            closing: self.closing.subscribe(),
        };
        if is_new {
            tokio::spawn(ask(Arc::clone(self), channel, Arc::clone(tenant)));
        }
        subscription.into()
    }

    /// Something was written in this process.
    pub(crate) fn wake(&self, tenant: TenantId) {
        if let Some(channel) = self.channels.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant) {
            channel.wake.notify_one();
        }
    }

    /// How often this process asked for news of a tenant; nothing while nobody follows it.
    pub(crate) fn looks(&self, tenant: TenantId) -> Option<Looks> {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.get(&tenant).map(|channel| *channel.looks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends every stream.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Whether nobody follows a tenant any more; then its channel is gone.
    fn left(&self, tenant: TenantId, channel: &Channel) -> bool {
        // New followers come under the same lock: none is given a channel that nobody fills.
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let is_left = channel.news.receiver_count() == 0;
        if is_left {
            channels.remove(&tenant);
        }
        is_left
    }
}

/// Asks the database until nobody follows.
async fn ask(hub: Arc<Hub>, channel: Arc<Channel>, tenant: Arc<Tenant>) {
    while !hub.left(tenant.id(), &channel) {
        if let Err(error) = look(&channel, &tenant).await {
            tracing::warn!(%error, "events could not be read");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = channel.wake.notified() => tokio::time::sleep(GATHER).await,
        }
    }
}

async fn look(channel: &Channel, tenant: &Tenant) -> Result<(), StorageError> {
    let this = {
        let mut looks = channel.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.begun += 1;
        looks.begun
    };
    let known = channel.place.borrow().clone();
    let news = match known {
        None => {
            let cursor = tenant.db().read(event::now).await?;
            News { events: Vec::new(), truncated: false, cursor }
        }
        Some(cursor) => tenant.db().read(move |tx| event::since(tx, &cursor, MOST_EVENTS)).await?,
    };
    let cursor = news.cursor.clone();
    if !news.events.is_empty() {
        channel.looks.lock().unwrap_or_else(PoisonError::into_inner).found = this;
        // Followers may have left meanwhile.
        let _nobody = channel.news.send(Arc::new(news));
    }
    channel.place.send_replace(Some(cursor));
    Ok(())
}
