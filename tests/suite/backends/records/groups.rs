//! Groups: buckets, paths, `having`, order, currencies, and the same as counting by hand.
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Value as Json, json};
use time::{Date, Duration, macros::datetime};

use super::world::{World, findings};
use crate::harness::{both_databases, database::Database};

both_databases!(
    groups_are_what_counting_by_hand_says,
    moments_fall_on_days_of_the_zone,
    groups_behind_references_follow_their_permit,
    currencies_are_never_mixed,
    having_sees_groups_and_measures,
    everything_wrong_is_told_at_once,
);

/// Random numbers that are the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % most as u64).unwrap()
    }
}

fn seeded(world: &World, dice: &mut Dice) -> Vec<Json> {
    let countries = [json!("DE"), json!("FR"), json!("CN"), Json::Null];
    for index in 0..60 {
        let since = Date::from_calendar_date(2025, time::Month::November, 20).unwrap() + Duration::days(dice.below(140) as i64);
        let body = json!({
            "code": format!("C{index}"),
            "name": format!("N{}", dice.below(3)),
            "country": countries[dice.below(4)],
            "since": if dice.below(6) == 0 { Json::Null } else { json!(since.to_string()) },
            "score": if dice.below(6) == 0 { Json::Null } else { json!(dice.below(9)) },
        });
        world.create("boss", "customer", &body).unwrap();
    }
    let page = world.list("boss", "customer", "fields=name,country,since,score&limit=1000").unwrap();
    page["items"].as_array().unwrap().clone()
}

/// The value of a group of a row, worked out without the database.
fn group_of(row: &Json, group: &str) -> Json {
    let Some((bucket, field)) = group.strip_suffix(')').and_then(|group| group.split_once('(')) else {
        return row[group].clone();
    };
    let Some(text) = row[field].as_str() else { return Json::Null };
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let day = Date::parse(text, format).unwrap();
    let month = u8::from(day.month());
    json!(match bucket {
        "day" => text.to_owned(),
        "week" => (day - Duration::days(i64::from(day.weekday().number_days_from_monday()))).to_string(),
        "month" => format!("{}-{month:02}-01", day.year()),
        "quarter" => format!("{}-{:02}-01", day.year(), (month - 1) / 3 * 3 + 1),
        _ => format!("{}-01-01", day.year()),
    })
}

fn measure_of(rows: &[&Json], measure: &str) -> Json {
    let scores = || rows.iter().filter_map(|row| row["score"].as_i64());
    match measure {
        "count()" => json!(rows.len()),
        "count(score)" => json!(scores().count()),
        "sum(score)" => json!(scores().sum::<i64>()),
        "max(score)" => json!(scores().max()),
        "min(since)" => json!(rows.iter().filter_map(|row| row["since"].as_str()).min()),
        _ => json!(rows.iter().filter_map(|row| row["country"].as_str()).collect::<BTreeSet<_>>().len()),
    }
}

/// Null before everything, numbers by value, texts by code point.
fn compared(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Null, _) => Ordering::Less,
        (_, Json::Null) => Ordering::Greater,
        (Json::Number(a), Json::Number(b)) => a.as_i64().cmp(&b.as_i64()),
        (a, b) => a.as_str().cmp(&b.as_str()),
    }
}

fn groups_are_what_counting_by_hand_says(database: &Database) {
    const GROUPS: [&str; 7] = ["country", "name", "day(since)", "week(since)", "month(since)", "quarter(since)", "year(since)"];
    const MEASURES: [&str; 6] = ["count()", "count(score)", "sum(score)", "max(score)", "min(since)", "count_distinct(country)"];
    let world = World::new(database);
    let mut dice = Dice(20_260_307);
    let rows = seeded(&world, &mut dice);
    for _ in 0..60 {
        let groups: Vec<&str> =
            (0..dice.below(3)).map(|_| GROUPS[dice.below(GROUPS.len())]).collect::<BTreeSet<_>>().into_iter().collect();
        let least = dice.below(5);
        let mut sort: Vec<(&str, bool)> = Vec::new();
        for key in [MEASURES[dice.below(MEASURES.len())]].iter().chain(groups.first()) {
            sort.push((key, dice.below(2) == 0));
        }
        let limit = 1 + dice.below(12);
        let mut found: BTreeMap<String, (Vec<Json>, Vec<&Json>)> = BTreeMap::new();
        for row in &rows {
            let key: Vec<Json> = groups.iter().map(|group| group_of(row, group)).collect();
            found.entry(format!("{key:?}")).or_insert((key, Vec::new())).1.push(row);
        }
        let mut expected: Vec<Json> = Vec::new();
        for (key, members) in found.into_values().filter(|(_, members)| members.len() > least) {
            let mut item: Json = MEASURES.iter().map(|measure| ((*measure).to_owned(), measure_of(&members, measure))).collect();
            for (group, value) in groups.iter().zip(key) {
                item[*group] = value;
            }
            expected.push(item);
        }
        let order = |a: &Json, b: &Json| {
            let asked =
                sort.iter().map(|(key, down)| if *down { compared(&b[*key], &a[*key]) } else { compared(&a[*key], &b[*key]) });
            asked
                .chain(groups.iter().map(|key| compared(&a[*key], &b[*key])))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        expected.sort_by(order);
        let truncated = expected.len() > limit;
        expected.truncate(limit);
        let keys: Vec<String> = sort.iter().map(|(key, down)| format!("{}{key}", if *down { "-" } else { "" })).collect();
        let params = format!(
            "group={}&measures={}&having=count() > {least}&sort={}&limit={limit}",
            groups.join(","),
            MEASURES.join(","),
            keys.join(",")
        );
        let answer = world.aggregate("boss", "customer", &params).unwrap();
        assert_eq!(answer, json!({"items": expected, "truncated": truncated}), "{params}");
    }
}

fn moments_fall_on_days_of_the_zone(database: &Database) {
    let world = World::new(database);
    for (index, at) in [
        datetime!(2026-03-28 22:59 UTC),
        datetime!(2026-03-28 23:01 UTC),
        // The clocks went forward that night.
        datetime!(2026-03-29 21:59 UTC),
        datetime!(2026-03-29 22:01 UTC),
        // And back.
        datetime!(2026-10-24 22:01 UTC),
        datetime!(2026-10-25 22:59 UTC),
        datetime!(2026-10-25 23:01 UTC),
    ]
    .into_iter()
    .enumerate()
    {
        world.create_at(at, "boss", "customer", &json!({"code": format!("C{index}"), "name": "N"})).unwrap();
    }
    let counted = |zone, bucket: &str| {
        let group = format!("{bucket}(created_at)");
        let answer = world.aggregate_in(zone, "boss", "customer", &format!("group={group}&measures=count()")).unwrap();
        let items = answer["items"].as_array().unwrap().clone();
        items.iter().map(|item| format!("{} {}", item[&group].as_str().unwrap(), item["count()"])).collect::<Vec<_>>()
    };
    assert_eq!(counted("Europe/Berlin", "day"), ["2026-03-28 1", "2026-03-29 2", "2026-03-30 1", "2026-10-25 2", "2026-10-26 1"]);
    assert_eq!(counted("Europe/Berlin", "week"), ["2026-03-23 3", "2026-03-30 1", "2026-10-19 2", "2026-10-26 1"]);
    assert_eq!(counted("Europe/Berlin", "month"), ["2026-03-01 4", "2026-10-01 3"]);
    assert_eq!(counted("Europe/Berlin", "quarter"), ["2026-01-01 4", "2026-10-01 3"]);
    assert_eq!(counted("Asia/Shanghai", "year"), ["2026-01-01 7"]);
    assert_eq!(counted("Asia/Shanghai", "day"), ["2026-03-29 2", "2026-03-30 2", "2026-10-25 1", "2026-10-26 2"]);
}

fn groups_behind_references_follow_their_permit(database: &Database) {
    let world = World::new(database);
    let cup = world.create("boss", "product", &json!({"name": "Cup", "price": "2"})).unwrap();
    for (code, owner, country) in [("A", "sales", "DE"), ("B", "other", "FR"), ("C", "sales", "FR")] {
        let body = json!({"code": code, "name": code, "country": country, "owner": world.user(owner)});
        let customer = world.create("engine", "customer", &body).unwrap();
        let order = json!({"customer": customer.id, "owner": world.user("sales"), "lines": [{"product": cup.id, "qty": "2"}]});
        world.create("engine", "order", &order).unwrap();
    }
    let params = "group=customer.country,month(order_date)&measures=count(),sum(total),avg(customer.score)";
    let asked = |name| world.aggregate(name, "order", params).unwrap()["items"].clone();
    let group = |country: Json, count: usize, total: &str| json!({"customer.country": country, "month(order_date)": "2026-03-01", "count()": count, "sum(total)": total, "avg(customer.score)": null});
    assert_eq!(asked("boss"), json!([group(json!("DE"), 1, "4.00"), group(json!("FR"), 2, "8.00")]));
    let params = "group=customer.country&measures=count()";
    let items = world.aggregate("sales", "order", params).unwrap()["items"].clone();
    let row = |country: Json| json!({"customer.country": country, "count()": 1});
    assert_eq!(items, json!([row(Json::Null), row(json!("DE")), row(json!("FR"))]));
    assert!(world.aggregate("nobody", "order", params).is_err());
}

fn currencies_are_never_mixed(database: &Database) {
    let world = World::new(database);
    for (code, currency, debt) in [("A", "EUR", "1.50"), ("B", "USD", "2"), ("C", "EUR", "3")] {
        world
            .create("boss", "customer", &json!({"code": code, "name": code, "currency": currency, "debt": debt, "limit": "1"}))
            .unwrap();
    }
    let asked = |params: &str| world.aggregate("boss", "customer", params);
    for (params, place) in [
        ("measures=sum(debt)", "/measures/0"),
        ("measures=count(),max(debt)&group=country", "/measures/1"),
        ("measures=count()&having=avg(debt) > 1", "/having"),
        ("measures=count()&sort=-sum(debt)", "/sort/0"),
        ("measures=sum(debt)&filter=currency == \"EUR\" || true", "/measures/0"),
    ] {
        assert_eq!(findings(asked(params)), [format!("{place} mixed_currencies")], "{params}");
    }
    assert_eq!(asked("measures=sum(limit),count(debt),count_distinct(debt)").unwrap()["items"][0]["sum(limit)"], "3.00");
    let held = "measures=sum(debt)&filter=name != \"X\" && currency == \"EUR\"";
    assert_eq!(asked(held).unwrap()["items"], json!([{"sum(debt)": "4.50"}]));
    assert_eq!(asked("measures=sum(debt)&filter=currency == \"EUR\"").unwrap()["items"], json!([{"sum(debt)": "4.50"}]));
    assert_eq!(
        asked("group=currency&measures=sum(debt)&sort=-sum(debt)").unwrap()["items"],
        json!([{"currency": "EUR", "sum(debt)": "4.50"}, {"currency": "USD", "sum(debt)": "2.00"}])
    );
}

fn having_sees_groups_and_measures(database: &Database) {
    let world = World::new(database);
    for (index, (country, since, score)) in
        [("DE", "2026-01-05", 1), ("DE", "2026-01-09", 4), ("FR", "2026-02-01", 2), ("CN", "2026-12-31", 9)]
            .into_iter()
            .enumerate()
    {
        let body = json!({"code": format!("C{index}"), "name": "N", "country": country, "since": since, "score": score});
        world.create("boss", "customer", &body).unwrap();
    }
    let countries = |having: &str| {
        let params = format!("group=country,month(since)&measures=count()&having={having}");
        let answer = world.aggregate("boss", "customer", &params).unwrap();
        answer["items"].as_array().unwrap().iter().map(|item| item["country"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(countries("count() >= 2"), ["DE"]);
    assert_eq!(countries("!(count() >= 2)"), ["CN", "FR"]);
    assert_eq!(countries("country in [\"FR\", \"DE\"]"), ["DE", "FR"]);
    assert_eq!(countries("avg(score) == 2.5 || sum(score) * 2 > 17"), ["CN", "DE"]);
    assert_eq!(countries("month(since) < \"2026-02-02\""), ["DE", "FR"]);
    assert_eq!(countries("year(month(since)) == 2026 || user.name == \"x\""), ["CN", "DE", "FR"]);
    assert_eq!(countries("max(since) > min(since)"), ["DE"]);
    // The second part fails where there is only one; it is asked only where the first holds.
    assert_eq!(countries("count() > 1 && sum(score) / (count() - 1) == 5"), ["DE"]);
    let none = world.aggregate("boss", "customer", "measures=count(),average(score)&having=count() > 4").unwrap();
    assert_eq!(none, json!({"items": [], "truncated": false}));
    let all = world.aggregate("boss", "customer", "measures=count(),average(score)&having=count() == 4").unwrap();
    assert_eq!(all["items"], json!([{"count()": 4, "average(score)": "4"}]));
}

fn everything_wrong_is_told_at_once(database: &Database) {
    let world = World::new(database);
    let params = "group=nope,month(name),hour(since),note&measures=sum(name),nope(),sum(),count_distinct(nope)&having=since == null || count(nope) > country&sort=-since,sum(note),x(y)&filter=1&limit=0&order=1";
    assert_eq!(
        findings(world.aggregate("boss", "customer", params)),
        [
            "/filter type_mismatch",
            "/group/0 unknown_field",
            "/group/1 not_a_date",
            "/group/2 unknown_bucket",
            "/group/3 not_groupable",
            "/having not_grouped",
            "/having not_grouped",
            "/having unknown_field",
            "/limit out_of_range",
            "/measures/0 not_measurable",
            "/measures/1 unknown_measure",
            "/measures/2 unknown_measure",
            "/measures/3 unknown_field",
            "/order unknown_parameter",
            "/sort/0 not_grouped",
            "/sort/1 not_measurable",
            "/sort/2 unknown_bucket",
        ]
    );
    let wrong = |having: &str| findings(world.aggregate("boss", "customer", &format!("measures=count()&having={having}")));
    assert_eq!(wrong("count() >"), ["/having unexpected_token"]);
    assert_eq!(wrong("count()"), ["/having type_mismatch"]);
    assert_eq!(wrong("$0 > 1"), ["/having unknown_parameter"]);
    assert_eq!(findings(world.aggregate("boss", "customer", "group=country")), ["/measures required"]);
}
