//! The tables of the control database, on both databases.
use kontor_definitions::{RecordId, TenantId};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::{api_keys, jobs, jobs::Scope, logins, memberships, sessions, tenants};
use crate::{
    error::StorageError,
    store::{Queue, Store},
    tests::{on_both, tenant_id},
    tx::Tx,
};

const NOON: OffsetDateTime = datetime!(2026-01-31 12:00:00 UTC);
const LOGIN: Uuid = Uuid::from_u128(1);
const USER: RecordId = RecordId(Uuid::from_u128(2));

fn demo() -> TenantId {
    tenant_id("tenant01")
}

fn write<T: Send + 'static>(
    store: &Store,
    job: impl Fn(&mut Tx) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    store.control().write_blocking(Queue::Interactive, job)
}

fn login() -> logins::Login {
    logins::Login {
        id: LOGIN,
        email: "Wang.Fang@Example.com".to_owned(),
        password_hash: "$argon2id$…".to_owned(),
        failed_count: 0,
        locked_until: None,
        locale: "zh-CN".to_owned(),
        created_at: NOON,
    }
}

fn with_member(store: &Store) {
    write(store, |tx| {
        let tenant = tenants::TenantRow {
            id: demo(),
            name: "demo".to_owned(),
            title: "演示".to_owned(),
            status: tenants::TenantStatus::Active,
            created_at: NOON,
        };
        tenants::insert(tx, &tenant)?;
        logins::insert(tx, &login())?;
        memberships::put(tx, LOGIN, demo(), USER)?;
        memberships::put(tx, LOGIN, demo(), USER)
    })
    .unwrap();
}

#[test]
fn an_address_has_one_login_however_it_is_written() {
    on_both(|store| {
        with_member(store);
        let again = write(store, |tx| {
            let other = logins::Login { id: Uuid::from_u128(9), email: " wang.fang@EXAMPLE.com ".to_owned(), ..login() };
            logins::insert(tx, &other)
        });
        assert!(matches!(again, Err(StorageError::Unique { .. })), "{again:?}");
        let found = store.control().read_blocking(|tx| logins::find(tx, "WANG.fang@example.com")).unwrap();
        assert_eq!(found, Some(login()));
        let until = Some(NOON + Duration::MINUTE);
        let failed = write(store, move |tx| {
            logins::failed(tx, LOGIN, None)?;
            logins::failed(tx, LOGIN, until)?;
            logins::get(tx, LOGIN)
        });
        let failed = failed.unwrap().unwrap();
        assert_eq!((failed.failed_count, failed.locked_until), (2, until));
        let changed = write(store, |tx| {
            logins::set_password(tx, LOGIN, "other")?;
            logins::get(tx, LOGIN)
        });
        let changed = changed.unwrap().unwrap();
        assert_eq!((changed.failed_count, changed.locked_until, changed.password_hash.as_str()), (0, None, "other"));
    });
}

#[test]
fn a_closed_tenant_keeps_everybody_out() {
    on_both(|store| {
        with_member(store);
        let session = sessions::SessionRow {
            token_hash: "t".to_owned(),
            login: LOGIN,
            tenant: demo(),
            user: USER,
            csrf: "c".to_owned(),
            created_at: NOON,
            expires_at: NOON + Duration::HOUR,
            seen_at: NOON,
        };
        let made = session.clone();
        write(store, move |tx| sessions::create(tx, &made)).unwrap();
        let find = |at: OffsetDateTime| store.control().read_blocking(move |tx| sessions::find(tx, "t", at)).unwrap();
        assert_eq!(find(NOON), Some(session));
        assert_eq!(find(NOON + Duration::HOUR), None);
        let members = store.control().read_blocking(|tx| memberships::list(tx, LOGIN)).unwrap();
        assert_eq!(members.iter().map(|member| (member.tenant_name.as_str(), member.user)).collect::<Vec<_>>(), [("demo", USER)]);
        write(store, |tx| tenants::set_status(tx, demo(), tenants::TenantStatus::Closed)).unwrap();
        assert_eq!(find(NOON), None);
        assert_eq!(store.control().read_blocking(|tx| memberships::list(tx, LOGIN)).unwrap(), []);
    });
}

#[test]
fn leaving_a_tenant_ends_sessions_and_keys() {
    on_both(|store| {
        with_member(store);
        let key = api_keys::ApiKey {
            id: Uuid::from_u128(3),
            key_hash: "k".to_owned(),
            login: LOGIN,
            tenant: demo(),
            user: USER,
            name: "import".to_owned(),
            created_at: NOON,
            expires_at: None,
        };
        let made = key.clone();
        write(store, move |tx| api_keys::create(tx, &made)).unwrap();
        let find = || store.control().read_blocking(|tx| api_keys::find(tx, "k", NOON)).unwrap();
        assert_eq!(find(), Some(key));
        write(store, |tx| memberships::delete(tx, LOGIN, demo())).unwrap();
        assert_eq!(find(), None);
    });
}

#[test]
fn tenants_are_found_by_name_and_id() {
    on_both(|store| {
        with_member(store);
        let again = write(store, |tx| {
            let row = tenants::get(tx, demo())?.unwrap();
            tenants::insert(tx, &tenants::TenantRow { id: tenant_id("tenant02"), ..row })
        });
        assert!(matches!(again, Err(StorageError::Unique { .. })), "{again:?}");
        let (list, named, none) = store
            .control()
            .read_blocking(|tx| Ok::<_, StorageError>((tenants::list(tx)?, tenants::find(tx, "demo")?, tenants::find(tx, "x")?)))
            .unwrap();
        assert_eq!((Some(&list[0]), none), (named.as_ref(), None));
        assert_eq!(list.len(), 1);
    });
}

const WORK: [&str; 2] = ["count", "sweep"];

fn lease(store: &Store, node: &'static str, now: OffsetDateTime, limit: i64) -> Vec<jobs::Lease> {
    write(store, move |tx| jobs::lease(tx, &WORK, node, (now, now + Duration::MINUTE), limit)).unwrap()
}

#[test]
fn a_job_is_done_by_one_node_at_a_time() {
    on_both(|store| {
        with_member(store);
        assert_eq!(write(store, |tx| jobs::without(tx, "sweep")).unwrap(), [demo()]);
        write(store, |tx| {
            jobs::add(tx, Scope::Tenant(demo()), "sweep", NOON)?;
            jobs::add(tx, Scope::Tenant(demo()), "sweep", NOON + Duration::DAY)?;
            jobs::add(tx, Scope::Instance, "of a newer version", NOON)
        })
        .unwrap();
        assert_eq!(write(store, |tx| jobs::without(tx, "sweep")).unwrap(), []);
        assert_eq!(write(store, |tx| jobs::next_due(tx, &WORK, NOON)).unwrap(), Some(NOON));
        assert_eq!(lease(store, "a", NOON - Duration::SECOND, 9), [], "not due yet");
        let first = lease(store, "a", NOON, 9);
        assert_eq!(first.iter().map(|lease| (lease.scope, lease.fence)).collect::<Vec<_>>(), [(Scope::Tenant(demo()), 1)]);
        assert_eq!(lease(store, "b", NOON + Duration::SECOND, 9), [], "leased");
        assert_eq!(write(store, |tx| jobs::next_due(tx, &WORK, NOON)).unwrap(), None);

        // The first node does not answer any more: another takes over, and the first can do nothing with its lease.
        let later = NOON + Duration::minutes(2);
        let second = lease(store, "b", later, 9);
        assert_eq!(second[0].fence, 2);
        let lost = first[0].clone();
        assert!(!write(store, move |tx| jobs::renew(tx, &lost, later)).unwrap());
        let lost = first[0].clone();
        assert!(!write(store, move |tx| jobs::done(tx, &lost, (later, later))).unwrap());
        let held = second[0].clone();
        assert!(write(store, move |tx| jobs::failed(tx, &held, later + Duration::HOUR, "no disk")).unwrap());
        assert_eq!(lease(store, "a", later + Duration::MINUTE, 9), [], "tried again only when due");
        assert_eq!(lease(store, "a", later + Duration::HOUR, 9)[0].failures, 1);
    });
}

#[test]
fn a_job_that_found_nothing_waits_unless_it_is_woken() {
    on_both(|store| {
        with_member(store);
        let (soon, late) = (NOON + Duration::MINUTE, NOON + Duration::HOUR);
        write(store, |tx| jobs::add(tx, Scope::Tenant(demo()), "count", NOON)).unwrap();
        let due = || write(store, |tx| jobs::next_due(tx, &WORK, NOON)).unwrap().unwrap();
        let end = |lease: jobs::Lease| assert!(write(store, move |tx| jobs::done(tx, &lease, (soon, late))).unwrap());
        let wake = || write(store, move |tx| jobs::sooner(tx, Scope::Tenant(demo()), "count", soon)).unwrap();

        end(lease(store, "a", NOON, 1).remove(0));
        assert_eq!(due(), late);
        wake();
        assert_eq!(due(), soon, "something was written");
        let running = lease(store, "a", soon, 1).remove(0);
        wake();
        end(running);
        assert_eq!(due(), soon, "what was written during a run is not forgotten");
        // A closed tenant's jobs rest.
        write(store, |tx| tenants::set_status(tx, demo(), tenants::TenantStatus::Closed)).unwrap();
        assert_eq!(lease(store, "a", late, 9), []);
    });
}
