//! The demo: one tenant with the trade template, sample data and accounts that share a known password.
use std::{fs, sync::Arc};

use kontor_apps::{Admin, AppError, NewUser, Tenant};
use kontor_integrations::{
    import::{self, Import, map::Existing, plan::map_of_header},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who};
use kontor_storage::control::tenants::TenantStatus;

use super::{Console, Outcome, app, template};
use crate::{
    engine::Engine,
    install::{self, How},
    language::Text,
    sign_in::password,
};

/// The tenant's name.
const TENANT: &str = "demo";
/// Every account's password: known to all, which is why the demo is served on this machine only.
const PASSWORD: &str = "kontor-demo";
/// Lies in the data directory once the demo is complete.
const MARKER: &str = "demo.ready";

/// An account of the demo.
struct Account {
    name: &'static str,
    person: Text,
    title: Text,
    role: &'static str,
}

const ACCOUNTS: [Account; 7] = [
    Account {
        name: "admin",
        person: Text("陈明", "Chen Ming"),
        title: Text("管理员", "administrator"),
        role: "base.administrator",
    },
    Account { name: "sales", person: Text("王芳", "Wang Fang"), title: Text("销售", "sales"), role: "trade.sales" },
    Account {
        name: "manager",
        person: Text("李强", "Li Qiang"),
        title: Text("销售经理", "sales manager"),
        role: "trade.manager",
    },
    Account { name: "finance", person: Text("赵敏", "Zhao Min"), title: Text("财务", "finance"), role: "trade.finance" },
    Account { name: "gm", person: Text("刘伟", "Liu Wei"), title: Text("总经理", "general manager"), role: "trade.gm" },
    Account { name: "purchase", person: Text("孙丽", "Sun Li"), title: Text("采购", "purchasing"), role: "trade.purchase" },
    Account {
        name: "warehouse", person: Text("周涛", "Zhou Tao"), title: Text("仓库", "warehouse"), role: "trade.warehouse"
    },
];

/// Makes the demo in an empty data directory, or finishes one that was begun. One that is there is left as it is.
pub(super) fn prepare(console: Console, engine: &Engine) -> Result<(), Outcome> {
    let marker = engine.config().data.join(MARKER);
    let tenants = engine.apps().list().map_err(|error| app::complain(console, &error))?;
    let demo = tenants.iter().find(|tenant| tenant.name == TENANT);
    if demo.is_some_and(|tenant| tenant.status == TenantStatus::Active) && marker.exists() {
        return Ok(());
    }
    if demo.is_none() && !tenants.is_empty() {
        console.complain(
            Text(
                "数据目录 {0} 中已有其他租户；演示数据只能放入空目录。请使用 kontor serve，或用 --data 指定空目录。",
                "the data directory {0} holds other tenants, and the demo is made in an empty one only; use kontor serve, or choose an empty directory with --data",
            ),
            &[&engine.config().data.display().to_string()],
        );
        return Err(Outcome::Usage);
    }
    make(console, engine).map_err(|error| app::complain(console, &error))?;
    fs::write(&marker, b"").map_err(|error| {
        console.complain(
            Text("无法写入 {0}：{1}", "{0} cannot be written: {1}"),
            &[&marker.display().to_string(), &error.to_string()],
        );
        Outcome::Failed
    })
}

/// Every step may be repeated, so that a demo that was interrupted is finished by the next start.
fn make(console: Console, engine: &Engine) -> Result<(), AppError> {
    console.tell(Text("正在创建演示租户…", "making the demo tenant…"), &[]);
    let hash = password::hash(PASSWORD).map_err(|error| AppError::Bug(error.to_string()))?;
    let tenant = tenant(console, engine, &hash)?;
    console.tell(Text("正在安装贸易模板…", "installing the trade template…"), &[]);
    let package = template::package(template::Template::Trade);
    tenant.install(&package, engine.own_act(), &engine.backfill())?;
    // Roles of the template before its people, people before sample records that belong to them.
    console.tell(Text("正在创建账号…", "making the accounts…"), &[]);
    for account in ACCOUNTS.iter().skip(1) {
        engine.apps().add_user(&tenant, &user(console, account, &hash), engine.own_act())?;
    }
    console.tell(Text("正在导入示例数据…", "importing sample data…"), &[]);
    take_last_rates(engine, &tenant)?;
    install::install(
        engine,
        &tenant,
        &package,
        engine.own_act(),
        How { sample: true, ..How::default() },
        &mut *console.progress(),
    )?;
    Ok(())
}

/// The sample rates end on the day of installation; a demo that is used for months still saves orders, and says which rate it took.
fn take_last_rates(engine: &Engine, tenant: &Arc<Tenant>) -> Result<(), AppError> {
    let bug = |error: &dyn std::fmt::Display| AppError::Bug(format!("the company of the demo: {error}"));
    let table = Table::from_csv(b"code,rate_gap\nMAIN,warn_use_last\n", Encoding::Utf8)
        .map_err(|errors| bug(&errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    let map = map_of_header(&table, vec!["code".to_owned()], Existing::Update);
    let act = engine.own_act();
    let (now, today) = engine.moment();
    let caller = Caller { who: Who::Engine(act.by), now, today, seed: act.seed, locale: "en".to_owned() };
    let import = Import { entity: "base.company".to_owned(), table, map, dry_run: false, accept_duplicates: false };
    let report = import::run(tenant, &caller, import, &mut |_, _| {}).map_err(|error| bug(&error))?;
    if report.failed > 0 { Err(bug(&"refused")) } else { Ok(()) }
}

fn tenant(console: Console, engine: &Engine, hash: &str) -> Result<Arc<Tenant>, AppError> {
    let [administrator, ..] = &ACCOUNTS;
    let admin: Admin = user(console, administrator, hash);
    match engine.apps().create_tenant(TENANT, console.language.of(TITLE), &admin, engine.own_act()) {
        Err(AppError::TenantExists(_)) => engine.apps().tenant_named(TENANT),
        made => made,
    }
}

const TITLE: Text = Text("示范公司", "Demo Trading");

fn user(console: Console, account: &Account, hash: &str) -> NewUser {
    NewUser {
        email: email(account),
        name: console.language.of(account.person).to_owned(),
        password_hash: hash.to_owned(),
        locale: console.language.tag().to_owned(),
        roles: vec![account.role.to_owned()],
    }
}

fn email(account: &Account) -> String {
    format!("{}@demo.kontor", account.name)
}

/// Prints who can sign in.
pub(super) fn show_accounts(console: Console) {
    let head = Text("演示账号（密码均为 {0}）：", "Demo accounts (the password of each is {0}):");
    console.print(console.language.pick(&head.with(&[PASSWORD])));
    for account in &ACCOUNTS {
        console.print(&format!("  {:<24} {}", email(account), console.language.of(account.title)));
    }
}
