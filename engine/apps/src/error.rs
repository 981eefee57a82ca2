//! What can go wrong with tenants and their definitions, by what the caller can do about it.
use kontor_definitions::{Diagnostic, LocalText};
use kontor_storage::{Kind, StorageError};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No such tenant.
    #[error("there is no tenant {0}")]
    UnknownTenant(String),
    /// The tenant's name is taken.
    #[error("there is a tenant {0} already")]
    TenantExists(String),
    /// A tenant's name that cannot be one.
    #[error("{0} cannot be a tenant's name")]
    BadTenantName(String),
    /// No such app.
    #[error("there is no app {0}")]
    UnknownApp(String),
    /// No such document.
    #[error("there is no document {0}")]
    UnknownDocument(String),
    /// No such revision.
    #[error("there is no revision {0}")]
    UnknownRevision(i64),
    /// No such role.
    #[error("there is no role {0}")]
    UnknownRole(String),
    /// `If-Match` or `If-None-Match` does not hold.
    #[error("the document was changed meanwhile")]
    Precondition,
    /// The draft was begun on a revision that is no longer live.
    #[error("the draft stands on revision {base}, live is {live}")]
    StaleBase {
        /// The revision the draft was begun on.
        base: i64,
        /// The live one.
        live: i64,
    },
    /// Something was published or changed in the draft while this was under way.
    #[error("the definitions were changed meanwhile")]
    ChangedMeanwhile,
    /// Definitions are being published in phases.
    #[error("definitions are being published")]
    Publishing,
    /// A publish ended with its process.
    #[error("the publish was broken off")]
    Interrupted,
    /// The draft says the same as the live revision.
    #[error("there is nothing to publish")]
    NothingToPublish,
    /// The definitions do not check.
    #[error("{} findings", .0.len())]
    Findings(Vec<Diagnostic>),
    /// What was to be purged is in use, or gone already; nothing was named.
    #[error("not unused: {}", .0.join(", "))]
    NotUnused(Vec<String>),
    /// What was to be purged comes back with the draft.
    #[error("in the draft: {}", .0.join(", "))]
    UnusedInDraft(Vec<String>),
    /// A package or folder that cannot be read or installed.
    #[error("the package cannot be used: {0}")]
    Package(#[from] PackageProblem),
    /// A stored revision does not check any more, or something else that must not be.
    #[error("{0}")]
    Bug(String),
}

/// Why a package or folder cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageProblem {
    /// Not a zip file, or damaged.
    #[error("it is not a readable zip file")]
    Unreadable,
    /// A path that leaves the folder, is absolute or is written in an odd way.
    #[error("it holds a file at a path that is not allowed: {0}")]
    Path(String),
    /// More or larger files than allowed.
    #[error("it is larger than allowed")]
    TooLarge,
    /// A text file that is not UTF-8.
    #[error("{0} is not UTF-8 text")]
    Encoding(String),
    /// A file in it that has no place in an app.
    #[error("{0} has no place in an app")]
    Stray(String),
    /// No `app.json`, or one without a name.
    #[error("it has no app.json with a name")]
    NoApp,
    /// The engine's own app.
    #[error("base belongs to the engine")]
    Base,
    /// The installed app was changed by the tenant, so a newer version cannot simply replace it.
    #[error("{} documents of the installed app were changed", .0.len())]
    Changed(Vec<String>),
    /// The draft holds changes of this app.
    #[error("the draft holds changes of this app")]
    InDraft,
    /// The app was made in this tenant, not installed.
    #[error("there is an app of this name that was not installed from a package")]
    Foreign,
    /// A data file in it that cannot be imported; definitions and earlier files are installed, trying again goes on.
    #[error("data of the app: {0}")]
    Data(String),
    /// The file cannot be read or written.
    #[error("{0}")]
    Disk(String),
}

impl AppError {
    /// What the caller can do about it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Storage(error) => error.kind(),
            Self::UnknownTenant(_)
            | Self::UnknownApp(_)
            | Self::UnknownDocument(_)
            | Self::UnknownRevision(_)
            | Self::UnknownRole(_) => Kind::NotFound,
            Self::Precondition => Kind::Stale,
            Self::TenantExists(_)
            | Self::StaleBase { .. }
            | Self::ChangedMeanwhile
            | Self::Publishing
            | Self::Interrupted
            | Self::NothingToPublish
            | Self::NotUnused(_)
            | Self::UnusedInDraft(_) => Kind::Conflict,
            Self::BadTenantName(_) | Self::Findings(_) => Kind::Invalid,
            Self::Package(problem) => match problem {
                PackageProblem::TooLarge => Kind::Limit,
                PackageProblem::Changed(_) | PackageProblem::InDraft | PackageProblem::Foreign => Kind::Conflict,
                PackageProblem::Unreadable
                | PackageProblem::Path(_)
                | PackageProblem::Encoding(_)
                | PackageProblem::Stray(_)
                | PackageProblem::NoApp
                | PackageProblem::Data(_)
                | PackageProblem::Base => Kind::Invalid,
                PackageProblem::Disk(_) => Kind::Unavailable,
            },
            Self::Bug(_) => Kind::Bug,
        }
    }

    /// Stable code in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Storage(StorageError::DiskFull) => "disk_full",
            Self::Storage(_) => "storage",
            Self::UnknownTenant(_) => "unknown_tenant",
            Self::TenantExists(_) => "tenant_exists",
            Self::BadTenantName(_) => "bad_tenant_name",
            Self::UnknownApp(_) => "unknown_app",
            Self::UnknownDocument(_) => "unknown_document",
            Self::UnknownRevision(_) => "unknown_revision",
            Self::UnknownRole(_) => "unknown_role",
            Self::Precondition => "precondition_failed",
            Self::StaleBase { .. } => "stale_base",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::Publishing => "publish_under_way",
            Self::Interrupted => "publish_interrupted",
            Self::NothingToPublish => "nothing_to_publish",
            Self::NotUnused(_) => "not_unused",
            Self::UnusedInDraft(_) => "in_draft",
            Self::Findings(_) => "invalid_definitions",
            Self::Package(problem) => match problem {
                PackageProblem::Unreadable => "package_unreadable",
                PackageProblem::Path(_) => "package_path",
                PackageProblem::TooLarge => "package_too_large",
                PackageProblem::Encoding(_) => "package_encoding",
                PackageProblem::Stray(_) => "package_stray_file",
                PackageProblem::NoApp => "package_without_app",
                PackageProblem::Base => "package_is_base",
                PackageProblem::Changed(_) => "app_changed",
                PackageProblem::InDraft => "app_in_draft",
                PackageProblem::Foreign => "app_not_from_package",
                PackageProblem::Data(_) => "package_data",
                PackageProblem::Disk(_) => "disk",
            },
            Self::Bug(_) => "internal",
        }
    }

    /// What is shown to people. Errors of the database and of ours have no text here, but a full disk: `server` has one for
    /// each kind.
    pub fn message(&self) -> LocalText {
        let (zh, en) = match self {
            Self::Storage(StorageError::DiskFull) => {
                ("磁盘空间已满，请释放空间后重试。".to_owned(), "The disk is full; make room and try again.".to_owned())
            }
            Self::Storage(_) | Self::Bug(_) => return LocalText::default(),
            Self::UnknownTenant(name) => (format!("没有名为“{name}”的租户。"), format!("There is no tenant called “{name}”.")),
            Self::TenantExists(name) => (
                format!("租户“{name}”已经存在，请换一个名称。"),
                format!("A tenant called “{name}” exists already; choose another name."),
            ),
            Self::BadTenantName(name) => (
                format!("“{name}”不能用作租户名称：请使用 2 到 40 个小写字母、数字或连字符，并以字母开头。"),
                format!(
                    "“{name}” cannot be a tenant's name: use 2 to 40 lower-case letters, digits or hyphens, beginning with a letter."
                ),
            ),
            Self::UnknownApp(name) => (format!("没有名为“{name}”的应用。"), format!("There is no app called “{name}”.")),
            Self::UnknownDocument(key) => (format!("没有定义“{key}”。"), format!("There is no definition “{key}”.")),
            Self::UnknownRevision(number) => (format!("没有第 {number} 号版本。"), format!("There is no revision {number}.")),
            Self::UnknownRole(name) => (format!("没有名为“{name}”的角色。"), format!("There is no role called “{name}”.")),
            Self::Precondition => (
                "此定义已被他人修改，请重新打开后再改。".to_owned(),
                "This definition was changed by somebody else; open it again and repeat your change.".to_owned(),
            ),
            Self::StaleBase { base, live } => (
                format!("草稿基于第 {base} 号版本，而当前生效的是第 {live} 号版本。请放弃草稿，在新版本上重新修改。"),
                format!(
                    "The draft was begun on revision {base}, but revision {live} is live now; discard the draft and repeat the changes on the new revision."
                ),
            ),
            Self::ChangedMeanwhile => (
                "操作期间定义已被他人修改或发布，请查看最新内容后重试。".to_owned(),
                "The definitions were changed or published by somebody else meanwhile; look at them and try again.".to_owned(),
            ),
            Self::Interrupted => (
                "发布因服务中断而终止，原版本继续生效；请重新发布。".to_owned(),
                "The publish ended when the service stopped; the revision before is still live. Publish again.".to_owned(),
            ),
            Self::Publishing => (
                "另一次发布正在进行，请等它完成后再发布。".to_owned(),
                "Another publish is under way; wait until it is done and publish then.".to_owned(),
            ),
            Self::NothingToPublish => (
                "草稿与当前版本没有差别，无需发布。".to_owned(),
                "The draft does not differ from the live revision; there is nothing to publish.".to_owned(),
            ),
            Self::Findings(findings) => (
                format!("定义检查发现 {} 个问题，请先修正。", findings.len()),
                format!("The check of the definitions found {} problem(s); mend them first.", findings.len()),
            ),
            Self::NotUnused(keys) => (
                format!("没有可清除的内容，或已被清除、正在使用：{}。请重新查看列表。", keys.join("、")),
                format!(
                    "Not to be purged, because it is in use, gone already or not named: {}. Look at the list again.",
                    keys.join(", ")
                ),
            ),
            Self::UnusedInDraft(names) => (
                format!("草稿中又用到了：{}。请先发布或放弃草稿，再清除。", names.join("、")),
                format!("The draft uses {} again; publish or discard it before purging.", names.join(", ")),
            ),
            Self::Package(problem) => problem.message(),
        };
        text(&zh, &en)
    }
}

impl PackageProblem {
    fn message(&self) -> (String, String) {
        match self {
            Self::Unreadable => (
                "这不是可以读取的应用包（.kapp），文件可能已损坏，请重新导出。".to_owned(),
                "This is not a readable app package (.kapp); it may be damaged, export it again.".to_owned(),
            ),
            Self::Path(path) => (
                format!("应用包中文件“{path}”的路径不允许，请用“导出”重新生成应用包。"),
                format!(
                    "The package holds a file at “{path}”, a path that is not allowed; make the package again by exporting the app."
                ),
            ),
            Self::TooLarge => (
                "应用包过大：最多 2,000 个文件，单个文件不超过 4 MB，总计不超过 64 MB。".to_owned(),
                "The package is too large: at most 2,000 files, 4 MB each, 64 MB in all.".to_owned(),
            ),
            Self::Encoding(path) => (
                format!("文件“{path}”不是 UTF-8 文本，请以 UTF-8 编码保存。"),
                format!("The file “{path}” is not UTF-8 text; save it as UTF-8."),
            ),
            Self::Stray(path) => (
                format!("文件“{path}”不属于应用，请移走或改名。"),
                format!("The file “{path}” has no place in an app; move it away or rename it."),
            ),
            Self::NoApp => (
                "缺少 app.json，或其中没有应用名称。".to_owned(),
                "There is no app.json, or it does not name the app.".to_owned(),
            ),
            Self::Data(reason) => (
                format!("应用的定义已安装，但随附的数据未能全部导入：{reason}。请修正数据文件后重新安装。"),
                format!(
                    "The app's definitions are installed, but not all of its data could be imported: {reason}. Mend the data file and install again."
                ),
            ),
            Self::Base => (
                "应用“base”属于系统，不能安装或替换。".to_owned(),
                "The app “base” belongs to the engine and cannot be installed or replaced.".to_owned(),
            ),
            Self::Changed(documents) => (
                format!("已安装的应用在本租户中被修改过，不能直接替换：{}。请先还原这些定义。", documents.join("、")),
                format!(
                    "The installed app was changed in this tenant and cannot simply be replaced: {}. Bring these definitions back to the installed state first.",
                    documents.join(", ")
                ),
            ),
            Self::InDraft => (
                "草稿中有未发布的修改，请先发布或放弃草稿。".to_owned(),
                "The draft holds changes that are not published; publish or discard them first.".to_owned(),
            ),
            Self::Foreign => (
                "本租户已有同名的自建应用，请更改应用包中应用的名称。".to_owned(),
                "This tenant has made an app of the same name itself; rename the app in the package.".to_owned(),
            ),
            Self::Disk(what) => (format!("无法读取或写入文件：{what}"), format!("A file cannot be read or written: {what}")),
        }
    }
}

/// A text in both languages of the engine.
pub(crate) fn text(zh: &str, en: &str) -> LocalText {
    LocalText::from([("zh-CN", zh), ("en", en)].as_slice())
}
