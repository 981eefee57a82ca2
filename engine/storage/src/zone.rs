//! Zones of the IANA database: which names there are, and on which day a moment falls in one.
use time::{Date, OffsetDateTime};
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
