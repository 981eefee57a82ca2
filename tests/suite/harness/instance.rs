//! A running engine on a test's database: one tenant, an app folder, a person for every role, no socket.
use std::sync::{Arc, OnceLock};

use kontor_apps::{NewUser, Tenant, package::Package};
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{self, Import, map::Existing, plan::map_of_header},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who, verify::Report};
use kontor_server::{
    Config, config,
    engine::Engine,
    files::{self, Look},
    http,
    sign_in::password,
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{bucket::BucketServer, client::Client, database::Database, repository};

/// The password of everybody in tests.
pub(crate) const PASSWORD: &str = "kontor-test";
/// The only tenant.
const TENANT: &str = "test";

/// An engine with its tenant.
pub(crate) struct Instance {
    engine: Arc<Engine>,
    tenant: Arc<Tenant>,
    runtime: Arc<Runtime>,
}

impl Instance {
    /// An engine on this database with a tenant that has no app but `base`, and the administrator `admin@test.kontor`.
    pub(crate) fn new(database: &Database) -> Self {
        // Small, so that tests reach them.
        Self::with_file_limits(database, config::FileLimits { file: 1, tenant: 3 })
    }

    /// The same with room for large files.
    pub(crate) fn with_file_limits(database: &Database, files: config::FileLimits) -> Self {
        let engine = engine(database, files);
        let admin = person("admin", "base.administrator");
        let tenant = engine
            .apps()
            .create_tenant(TENANT, "Test", &admin, engine.own_act())
            .unwrap_or_else(|error| panic!("the tenant cannot be made: {error}"));
        Self { engine, tenant, runtime: runtime() }
    }

    /// An engine on a database that has the tenant already.
    pub(crate) fn again(database: &Database) -> Self {
        let engine = engine(database, config::FileLimits { file: 1, tenant: 3 });
        let tenant = engine.apps().tenant_named(TENANT).unwrap();
        Self { engine, tenant, runtime: runtime() }
    }

    /// One more node on the same database: nothing is shared with this one but the tables.
    pub(crate) fn another_node(&self, database: &Database) -> Self {
        Self::again(database)
    }

    /// An engine on this database that has loaded no tenant yet.
    pub(crate) fn unloaded(database: &Database) -> Arc<Engine> {
        engine(database, config::FileLimits { file: 1, tenant: 3 })
    }

    /// The trade template installed, without sample data, and a person for each of its roles: `sales@test.kontor`, ….
    /// A dollar is worth seven yuan, a euro eight, a pound nine, on every day.
    pub(crate) fn with_trade(database: &Database) -> Self {
        let instance = Self::new(database);
        instance.install(&folder("templates-trade"));
        instance.import("base.company", &["code"], "code,rate_gap\nMAIN,warn_use_last\n");
        let rates = "currency,base,date,rate\nUSD,CNY,1990-01-01,7\nEUR,CNY,1990-01-01,8\nGBP,CNY,1990-01-01,9\n";
        instance.import("base.exchange_rate", &["currency", "base", "date"], rates);
        for role in ["sales", "manager", "finance", "purchase", "warehouse", "gm"] {
            instance.add_person(role, &format!("trade.{role}"));
        }
        instance
    }

    /// Another tenant with the same administrator.
    pub(crate) fn add_tenant(&self, name: &str, title: &str) -> Arc<Tenant> {
        let admin = person("admin", "base.administrator");
        self.engine
            .apps()
            .create_tenant(name, title, &admin, self.engine.own_act())
            .unwrap_or_else(|error| panic!("the tenant {name} cannot be made: {error}"))
    }

    /// Another tenant with an app, the same administrator, and these people with their roles.
    pub(crate) fn add_tenant_with(&self, name: &str, package: &Package, people: &[(&str, &str)]) -> Arc<Tenant> {
        let tenant = self.add_tenant(name, name);
        tenant
            .install(package, self.engine.own_act(), &self.engine.backfill())
            .unwrap_or_else(|error| panic!("the app cannot be installed in {name}: {error:?}"));
        for (email, role) in people {
            self.engine.apps().add_user(&tenant, &person(email, role), self.engine.own_act()).unwrap();
        }
        tenant
    }

    /// Installs a package.
    pub(crate) fn install(&self, package: &Package) {
        self.tenant
            .install(package, self.engine.own_act(), &self.engine.backfill())
            .unwrap_or_else(|error| panic!("the app cannot be installed: {error:?}"));
    }

    /// Imports a table as the engine; records with these keys are changed.
    fn import(&self, entity: &str, key: &[&str], csv: &str) {
        let (now, today) = self.engine.moment();
        let caller = Caller { who: Who::Engine(RecordId(Uuid::nil())), now, today, seed: 1, locale: "en".to_owned() };
        let table = Table::from_csv(csv.as_bytes(), Encoding::Utf8).unwrap();
        let map = map_of_header(&table, key.iter().map(|name| (*name).to_owned()).collect(), Existing::Update);
        let import = Import { entity: entity.to_owned(), table, map, dry_run: false, accept_duplicates: false };
        let report =
            import::run(&self.tenant, &caller, import, &mut |_, _| {}).unwrap_or_else(|error| panic!("{entity}: {error}"));
        assert_eq!(report.failed, 0, "{entity}: {:?}", report.verdicts.first());
    }

    /// Adds the person `<name>@test.kontor` with one role.
    pub(crate) fn add_person(&self, name: &str, role: &str) {
        self.engine
            .apps()
            .add_user(&self.tenant, &person(name, role), self.engine.own_act())
            .unwrap_or_else(|error| panic!("{name} cannot be added: {error}"));
    }

    /// Somebody who has not signed in.
    pub(crate) fn visitor(&self) -> Client {
        Client::new(http::service(&self.engine), Arc::clone(&self.runtime))
    }

    /// The person `<name>@test.kontor`, signed in.
    pub(crate) fn client(&self, name: &str) -> Client {
        self.visitor().signed_in(&format!("{name}@test.kontor"), PASSWORD)
    }

    /// The engine, for what HTTP does not reach.
    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// What `kontor verify` finds.
    pub(crate) fn verified(&self) -> Report {
        let (now, today) = self.engine.moment();
        let who = Who::Engine(RecordId(Uuid::nil()));
        let caller = Caller { who, now, today, seed: 0, locale: "en".to_owned() };
        let report = kontor_records::read_blocking(&self.tenant, caller, |session| session.verify());
        let mut report = report.unwrap_or_else(|error| panic!("it cannot be verified: {error}"));
        let contents = files::verify(&self.engine, &self.tenant, (Look::Bytes, now), &mut report);
        self.runtime.block_on(contents).unwrap_or_else(|error| panic!("contents cannot be verified: {error}"));
        report
    }

    /// Everything that is stored holds.
    pub(crate) fn assert_whole(&self, when: &str) {
        let report = self.verified();
        assert!(report.is_clean(), "{when}: {:?}", report.breaches);
    }

    /// What asynchronous parts run on.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The tenant.
    pub(crate) fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }
}

/// Settings of an instance on this database.
pub(crate) fn settings(database: &Database, files: config::FileLimits) -> Config {
    let settings = database.config();
    Config {
        key_file: None,
        data: settings.data.clone(),
        database: settings.database.clone(),
        listen: config::address("127.0.0.1:0").unwrap(),
        tls: false,
        zone: config::zone(config::TIME_ZONE).unwrap(),
        files,
        bucket: database.bucket().map(BucketServer::bucket),
        access_log_days: config::ACCESS_LOG_DAYS,
    }
}

fn engine(database: &Database, files: config::FileLimits) -> Arc<Engine> {
    Arc::new(Engine::new(settings(database, files), database.open()))
}

fn runtime() -> Arc<Runtime> {
    Arc::new(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

fn person(name: &str, role: &str) -> NewUser {
    // Hashing is slow on purpose, so everybody has the same hash.
    static HASH: OnceLock<String> = OnceLock::new();
    NewUser {
        email: format!("{name}@test.kontor"),
        name: name.to_owned(),
        password_hash: HASH.get_or_init(|| password::hash(PASSWORD).unwrap()).clone(),
        locale: "en".to_owned(),
        roles: vec![role.to_owned()],
    }
}

/// The package of an app folder of the repository, documents and data.
pub(crate) fn folder(folder: &str) -> Package {
    let mut package = Package::default();
    for file in repository::files(folder, &[".json", ".csv"]) {
        let path = file.path.strip_prefix(folder).unwrap().trim_start_matches('/').to_owned();
        if path.starts_with("data/") {
            package.data.insert(path, file.text.into_bytes());
        } else {
            package.source.files.insert(path, file.text);
        }
    }
    package
}
