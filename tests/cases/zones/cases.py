"""Computes the cases of cases.json with Python's own zones, independently of the engine: on which day a moment falls in a zone.

Usage: cases.py > cases.json
"""
import datetime
import json
import zoneinfo

UTC = datetime.timezone.utc

# Title, zone, moments in UTC. Changes of clocks lie between the moments of one case.
CASES = [
    ("no change of clocks", "Asia/Shanghai", ["2026-03-01T15:59:59Z", "2026-03-01T16:00:00Z"]),
    ("clocks go forward", "Europe/Berlin", ["2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"]),
    ("clocks go back", "Europe/Berlin", ["2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"]),
    ("the hour that comes twice", "America/New_York", ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T04:59:59Z", "2026-11-02T05:00:00Z"]),
    ("clocks go forward at midnight", "America/Santiago", ["2026-09-06T03:59:59Z", "2026-09-06T04:00:00Z", "2026-09-07T02:59:59Z", "2026-09-07T03:00:00Z"]),
    ("half an hour of change", "Australia/Lord_Howe", ["2026-04-04T12:59:59Z", "2026-04-04T13:00:00Z", "2026-04-05T13:29:59Z", "2026-04-05T13:30:00Z"]),
    ("a quarter of an hour", "Asia/Kathmandu", ["2026-07-14T18:14:59Z", "2026-07-14T18:15:00Z"]),
    ("fourteen hours ahead", "Pacific/Kiritimati", ["2026-12-31T09:59:59Z", "2026-12-31T10:00:00Z"]),
    ("eleven hours behind", "Pacific/Pago_Pago", ["2027-01-01T10:59:59Z", "2027-01-01T11:00:00Z"]),
    ("southern summer", "Australia/Sydney", ["2026-01-31T12:59:59Z", "2026-01-31T13:00:00Z", "2026-07-31T13:59:59Z", "2026-07-31T14:00:00Z"]),
    ("a leap day", "America/Los_Angeles", ["2028-02-29T07:59:59Z", "2028-02-29T08:00:00Z", "2028-03-01T07:59:59Z", "2028-03-01T08:00:00Z"]),
    ("no zone but UTC", "UTC", ["2026-06-30T23:59:59Z", "2026-07-01T00:00:00Z"]),
    ("summer time that China once had", "Asia/Shanghai", ["1988-07-01T14:59:59Z", "1988-07-01T15:00:00Z"]),
]

# Buckets of moments, in one zone: the first day of each, with how many fall into it.
BUCKETS = ["day", "week", "month", "quarter", "year"]


def first_day(bucket, day):
    if bucket == "week":
        return day - datetime.timedelta(days=day.weekday())
    if bucket == "month":
        return day.replace(day=1)
    if bucket == "quarter":
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    if bucket == "year":
        return day.replace(month=1, day=1)
    return day


def main():
    cases = []
    for title, zone, moments in CASES:
        days = []
        for moment in moments:
            at = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(zoneinfo.ZoneInfo(zone))
            days.append(at.date())
        buckets = {}
        for bucket in BUCKETS:
            counted = {}
            for day in days:
                first = first_day(bucket, day).isoformat()
                counted[first] = counted.get(first, 0) + 1
            buckets[bucket] = counted
        moved = [{"at": moment, "day": day.isoformat()} for moment, day in zip(moments, days)]
        cases.append({"title": title, "zone": zone, "moments": moved, "buckets": buckets})
    print(json.dumps({"cases": cases}, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
