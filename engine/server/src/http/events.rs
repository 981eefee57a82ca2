//! `/api/events`: a stream of what changed, as server-sent events; the person's rights and session are looked at again and again.
use std::{
    collections::{HashSet, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, StatusCode},
};
use futures_util::stream;
use kontor_access::Actor;
use kontor_records::Seen;
use kontor_storage::system::event::{self, Cursor, Event, Kind, News};
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Interval, MissedTickBehavior},
};

use super::{answer, caller::SignedIn, request::Request, route::Answer, work};
use crate::{
    engine::Engine,
    events::{MOST_EVENTS, STREAMS_EACH, Subscription},
    language::{Language, Text},
    problem::{Code, Problem},
};

/// The session is looked at so often.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// Something is sent so often even when nothing happens, so that nobody on the way closes the connection.
const BEAT_EVERY: Duration = Duration::from_secs(15);
/// The database must have answered the first question by then.
const START_LIMIT: Duration = Duration::from_secs(10);
/// A stream can be taken up again after so long. Events are kept for an hour more, for transactions that took their time.
const RESUMABLE: i64 = 23 * 3_600;

/// Follows what changes.
pub(super) async fn follow(engine: Arc<Engine>, caller: SignedIn, request: Request) -> Answer {
    let query = request.query(&["after"])?;
    let header = request.header(HeaderName::from_static("last-event-id"));
    let after = header.or_else(|| query.get("after")).filter(|id| !id.is_empty()).map(str::to_owned);
    let subscription = engine.events().subscribe(&caller.tenant, caller.session.login).ok_or_else(too_many)?;
    let mut follower = Follower {
        engine,
        caller,
        language: request.language,
        subscription,
        actor: None,
        since: i64::MAX,
        place: String::new(),
        sent: HashSet::new(),
        waiting: VecDeque::new(),
        check: every(CHECK_EVERY),
        beat: every(BEAT_EVERY),
    };
    follower.begin(after).await?;
    let frames = stream::unfold(follower, |mut follower| async move {
        let text = follower.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), follower))
    });
    let kind = HeaderValue::from_static("text/event-stream");
    let response = answer::raw(StatusCode::OK, kind, Body::from_stream(frames));
    // Proxies that collect answers would keep events back.
    Ok(answer::header(response, HeaderName::from_static("x-accel-buffering"), "no"))
}

fn too_many() -> Problem {
    let most = STREAMS_EACH.to_string();
    let way_out =
        Text("每人最多同时打开 {0} 个；请关闭不用的页面。", "A person may follow with {0} at a time; close pages not in use.");
    Problem::new(Code::TooManyStreams).because(way_out.with(&[&most]))
}

fn every(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// One open stream.
struct Follower {
    engine: Arc<Engine>,
    caller: SignedIn,
    language: Language,
    subscription: Subscription,
    /// What the person's rights depend on, as last seen.
    actor: Option<Actor>,
    /// The version of rights since which that is known; what happened under an older one is not judged by it.
    since: i64,
    /// The id to come back with, once everything waiting was sent.
    place: String,
    /// Numbers sent before the stream had caught up; they may come once more.
    sent: HashSet<i64>,
    waiting: VecDeque<String>,
    check: Interval,
    beat: Interval,
}

/// What a stream does next.
enum Turn {
    End,
    Check,
    News(Arc<News>),
    /// It was too slow and missed something.
    Lost,
    Beat,
}

impl Follower {
    /// Finds out where to begin and what was missed.
    async fn begin(&mut self, after: Option<String>) -> Result<(), Problem> {
        let mut place = self.subscription.place.clone();
        let read = tokio::time::timeout(START_LIMIT, place.wait_for(Option::is_some)).await;
        let Ok(Ok(Some(now))) = read.map(|found| found.map(|cursor| cursor.clone())) else {
            return Err(Problem::new(Code::Unavailable));
        };
        self.look_at_rights(&[]).await?;
        self.place = self.id(&now);
        self.waiting.push_back(format!("retry: 2000\nid: {}\n\n", self.place));
        let Some(after) = after else { return Ok(()) };
        let missed = match self.missed(&after).await? {
            Some(news) if !self.is_doubtful(&news).await? => Some(news),
            Some(_) | None => None,
        };
        match missed {
            Some(news) => {
                // Until the last of them is sent one comes back to where one was.
                self.waiting.clear();
                self.waiting.push_back("retry: 2000\n\n".to_owned());
                self.place = after;
                self.take(&news).await?;
                self.sent.extend(news.events.iter().map(|(seq, _)| *seq));
                Ok(())
            }
            None => {
                self.resync();
                Ok(())
            }
        }
    }

    /// What happened since an id, unless that is too long ago or no id of ours.
    async fn missed(&self, after: &str) -> Result<Option<News>, Problem> {
        let Some((seconds, cursor)) = after.split_once('-') else { return Ok(None) };
        let now = self.engine.now().unix_timestamp();
        let known = seconds.parse::<i64>().is_ok_and(|at| at <= now + 60 && at >= now - RESUMABLE);
        if !known {
            return Ok(None);
        }
        let cursor = cursor.to_owned();
        let read = self.caller.tenant.db().read(move |tx| match Cursor::parse(tx.dialect(), &cursor) {
            Some(cursor) => event::since(tx, &cursor, MOST_EVENTS).map(Some),
            None => Ok(None),
        });
        Ok(read.await.map_err(|error: kontor_storage::StorageError| error)?)
    }

    /// Whether among what was missed is something that depends on the rights of then, which nobody knows any more.
    async fn is_doubtful(&mut self, news: &News) -> Result<bool, Problem> {
        let older = |event: &Event| event.was.is_some_and(|was| was.rights_version < self.since);
        if news.events.iter().any(|(_, event)| event.kind == Kind::Rights || older(event)) {
            return Ok(true);
        }
        let seen = self.look_at_rights(&news.events).await?;
        Ok(seen.iter().any(|one| one.gone || one.event.kind == Kind::Rights))
    }

    fn id(&self, cursor: &Cursor) -> String {
        format!("{}-{}", self.engine.now().unix_timestamp(), cursor.text())
    }

    /// The next piece of the stream; nothing ends it.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(text) = self.waiting.pop_front() {
                return Some(text);
            }
            match self.wait().await {
                Turn::End => return None,
                Turn::Check => {
                    let holds = self.engine.desk().holds(&self.caller.session, self.engine.now()).await;
                    if !matches!(holds, Ok(true)) {
                        return None;
                    }
                }
                // Whoever could not be told comes back with the last id and misses nothing.
                Turn::News(news) => self.take(&news).await.ok()?,
                Turn::Lost => self.resync(),
                Turn::Beat => {
                    let now = self.subscription.place.borrow().clone();
                    if let Some(now) = now.filter(|_| self.subscription.news.is_empty()) {
                        self.place = self.id(&now);
                    }
                    self.waiting.push_back(format!(": beat\nid: {}\n\n", self.place));
                }
            }
        }
    }

    async fn wait(&mut self) -> Turn {
        let Subscription { closing, news, .. } = &mut self.subscription;
        tokio::select! {
            // The session comes first: a busy stream must not outlive it.
            biased;
            _asked = closing.wait_for(|closing| *closing) => Turn::End,
            _tick = self.check.tick() => Turn::Check,
            news = news.recv() => match news {
                Ok(news) => Turn::News(news),
                Err(RecvError::Lagged(_)) => Turn::Lost,
                Err(RecvError::Closed) => Turn::End,
            },
            _tick = self.beat.tick() => Turn::Beat,
        }
    }

    /// Everything must be looked at anew.
    fn resync(&mut self) {
        self.waiting.push_back(format!("id: {}\nevent: resync\ndata: {{\"kind\":\"resync\"}}\n\n", self.place));
    }

    /// Queues what the person may see of a reading.
    async fn take(&mut self, news: &News) -> Result<(), Problem> {
        let fresh: Vec<(i64, Event)> = news.events.iter().filter(|(seq, _)| !self.sent.contains(seq)).copied().collect();
        let seen = self.look_at_rights(&fresh).await?;
        let after = self.id(&news.cursor);
        let before = std::mem::replace(&mut self.place, after);
        if news.truncated {
            self.resync();
            return Ok(());
        }
        let last = seen.len().saturating_sub(1);
        for (index, one) in seen.iter().enumerate() {
            // Only the last of a reading moves the place: who is cut off within hears the reading again.
            let id = if index == last { &self.place } else { &before };
            self.waiting.push_back(format!("id: {id}\nevent: {}\ndata: {}\n\n", kind(one), shown(one)));
        }
        Ok(())
    }

    /// The events that the person may see with the rights of now; one about rights only when it changed theirs.
    async fn look_at_rights(&mut self, events: &[(i64, Event)]) -> Result<Vec<Seen>, Problem> {
        let events = events.to_vec();
        let job = move |session: &mut kontor_records::Session<'_>| {
            Ok((session.visible(&events)?, session.rights().actor().clone(), session.rights_version()))
        };
        let (mut seen, actor, version) = work::read(&self.engine, (&self.caller, self.language), job).await?;
        let changed = self.actor.as_ref().is_some_and(|before| *before != actor);
        if changed || self.actor.is_none() {
            self.since = version;
        }
        self.actor = Some(actor);
        let since = self.since;
        let known = |one: &Seen| one.event.was.is_some_and(|was| was.rights_version >= since);
        seen.retain(|one| one.event.kind != Kind::Rights && (!one.gone || (known(one) && !changed)));
        if changed {
            let event = Event::of_tenant(Kind::Rights, 0);
            seen.push(Seen { seq: 0, event, entity: None, gone: false });
        }
        Ok(seen)
    }
}

/// A record that left one's reach is gone, whatever else happened to it.
fn kind(one: &Seen) -> &'static str {
    if one.gone && one.event.kind != Kind::Purged { "gone" } else { one.event.kind.name() }
}

fn shown(one: &Seen) -> Value {
    let revision = (one.event.kind != Kind::Rights && !one.gone).then_some(one.event.revision);
    let id = one.event.record.map(|(_, record)| record.0.to_string());
    json!({"kind": kind(one), "entity": one.entity, "id": id, "revision": revision})
}
