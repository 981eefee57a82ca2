//! Zones of the IANA database: which names there are, and on which day a moment falls in one.
use kontor_definitions::convert::Zones;
use time::{Date, Duration, OffsetDateTime};
use time_tz::{Offset as _, TimeZone as _};

/// Whether there is a zone of that name, such as `Asia/Shanghai`.
pub fn is_known(name: &str) -> bool {
    time_tz::timezones::get_by_name(name).is_some()
}

/// The day on which a moment falls in a zone; nothing for a zone that is not known or a day outside the calendar.
pub fn day(at: OffsetDateTime, zone: &str) -> Option<Date> {
    let zone = time_tz::timezones::get_by_name(zone)?;
    let local = at.checked_to_offset(zone.get_offset_utc(&at).to_utc());
    local.map(OffsetDateTime::date).filter(|date| (1..=9999).contains(&date.year()))
}

/// The first moment of a day in a zone, which is not midnight where clocks are put forward then.
pub fn first_moment(day: Date, zone: &str) -> Option<OffsetDateTime> {
    // No zone is further than this from UTC, so the day begins in between.
    let midnight = day.midnight().assume_utc();
    let mut before = midnight.checked_sub(Duration::hours(16))?;
    let mut within = midnight.checked_add(Duration::hours(16))?;
    loop {
        let apart = (within - before).whole_seconds();
        if apart <= 1 {
            return Some(within);
        }
        let middle: OffsetDateTime = before + Duration::seconds(apart / 2);
        if self::day(middle, zone)? < day {
            before = middle;
        } else {
            within = middle;
        }
    }
}

/// The zones of the database, for conversions.
pub(crate) struct Known;

impl Zones for Known {
    fn day(&self, zone: &str, at: OffsetDateTime) -> Option<Date> {
        day(at, zone)
    }
    fn first_moment(&self, zone: &str, day: Date) -> Option<OffsetDateTime> {
        first_moment(day, zone)
    }
}
