//! A plan in words, and column types as they are stored.
use std::fmt;

use kontor_definitions::LocalText;
use serde::{Deserialize, Serialize};

use super::plan::{PlanAction, PlanStep};
use crate::store::Dialect;

impl PlanStep {
    /// The step in words, in every language of the engine.
    pub fn text(&self) -> LocalText {
        let (entity, field) = (&self.entity, self.field.as_deref().unwrap_or_default());
        let (rows, lost) = (self.rows, self.data_lost);
        let told =
            |before: &str, after: &str| self.action.days().map(|zone| format!("{before}{zone}{after}")).unwrap_or_default();
        let (zone_zh, zone_en) = (told("，按时区 ", " 换算日期"), told(", days in the zone ", ""));
        let (zh, en) = match &self.action {
            PlanAction::CreateTable { .. } => (format!("新建“{entity}”的数据表"), format!("make the table of {entity}")),
            PlanAction::AddColumn { .. } => (format!("为“{entity}”新增字段“{field}”"), format!("add {field} to {entity}")),
            PlanAction::RetypeColumn { conversion: None, .. } => (
                format!("更改“{entity}”的计算字段“{field}”的类型"),
                format!("give the computed {field} of {entity} another type"),
            ),
            PlanAction::RetypeColumn { .. } if lost > 0 => (
                format!(
                    "转换“{entity}”的字段“{field}”的类型（{rows} 条记录{zone_zh}），其中 {lost} 条的值无法完整保留；恢复旧版本可找回原值"
                ),
                format!(
                    "convert {field} of {entity} ({rows} record(s){zone_en}); {lost} value(s) cannot be kept in full; restoring an older revision brings them back"
                ),
            ),
            PlanAction::RetypeColumn { .. } => (
                format!("转换“{entity}”的字段“{field}”的类型（{rows} 条记录{zone_zh}），值全部保留"),
                format!("convert {field} of {entity} ({rows} record(s){zone_en}); every value is kept"),
            ),
            PlanAction::RetireColumn { .. } => (
                format!("停用“{entity}”的字段“{field}”，其中 {lost} 条记录有值；恢复旧版本可找回"),
                format!(
                    "retire {field} of {entity}: {lost} record(s) hold a value; restoring an older revision brings them back"
                ),
            ),
            PlanAction::RestoreColumn { .. } => {
                (format!("恢复“{entity}”的字段“{field}”及其原有的值"), format!("bring back {field} of {entity} with its values"))
            }
            PlanAction::RetireTable => (
                format!("停用“{entity}”，其中有 {rows} 条记录；恢复旧版本可找回"),
                format!("retire {entity} with {rows} record(s); restoring an older revision brings them back"),
            ),
            PlanAction::RestoreTable => {
                (format!("恢复“{entity}”及其 {rows} 条记录"), format!("bring back {entity} with its {rows} record(s)"))
            }
            PlanAction::CreateIndex { index } if index.unique => (
                format!("为“{entity}”建立唯一索引（{rows} 条记录）"),
                format!("build a unique index of {entity} over {rows} record(s)"),
            ),
            PlanAction::CreateIndex { .. } => {
                (format!("为“{entity}”建立索引（{rows} 条记录）"), format!("build an index of {entity} over {rows} record(s)"))
            }
            PlanAction::DropIndex { .. } => (format!("删除“{entity}”的一个索引"), format!("drop an index of {entity}")),
            PlanAction::Backfill => (
                format!("为“{entity}”已有的 {rows} 条记录计算字段“{field}”"),
                format!("compute {field} for the {rows} record(s) that {entity} has already"),
            ),
            PlanAction::Fill { .. } => (
                format!("为“{entity}”中没有值的 {rows} 条记录填入字段“{field}”的默认值"),
                format!("fill {field} with its default in the {rows} record(s) of {entity} that have no value"),
            ),
        };
        LocalText::from([("zh-CN", zh.as_str()), ("en", en.as_str())].as_slice())
    }
}

/// Whom a step keeps waiting until the publish is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Nobody.
    #[default]
    None,
    /// Those who write.
    Writes,
    /// Those who read the entity, too.
    Reads,
}

impl Lock {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Writes => "writes",
            Self::Reads => "reads",
        }
    }
}

impl PlanAction {
    /// Whom it keeps waiting. On SQLite readers go on with what was there; on PostgreSQL a table whose columns change is read again when
    /// the publish is done.
    pub(super) fn lock(&self, dialect: Dialect) -> Lock {
        match self {
            Self::RestoreColumn { id } if id.aspect_of().is_some() => Lock::Writes,
            Self::CreateTable { .. }
            | Self::RetireColumn { .. }
            | Self::RestoreColumn { .. }
            | Self::RetireTable
            | Self::RestoreTable => Lock::None,
            Self::RetypeColumn { again: true, .. } | Self::CreateIndex { .. } | Self::Backfill | Self::Fill { .. } => {
                Lock::Writes
            }
            Self::AddColumn { .. } | Self::RetypeColumn { .. } | Self::DropIndex { .. } => match dialect {
                Dialect::Sqlite => Lock::Writes,
                Dialect::Postgres => Lock::Reads,
            },
        }
    }
}

impl fmt::Display for PlanStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().get("en").unwrap_or_default())
    }
}

/// Column types as text, in plans and in the tenant's system table.
pub(super) mod column_type {
    use kontor_definitions::{ColumnType, Plain};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// `decimal` with its scale apart, the others by their name.
    pub(crate) fn name(ty: ColumnType) -> (&'static str, Option<u8>) {
        match ty {
            ColumnType::Uuid => ("uuid", None),
            ColumnType::Text => ("text", None),
            ColumnType::Integer => ("integer", None),
            ColumnType::Decimal { scale } => ("decimal", Some(scale)),
            ColumnType::Boolean => ("boolean", None),
            ColumnType::Date => ("date", None),
            ColumnType::Instant => ("instant", None),
            ColumnType::Time => ("time", None),
            ColumnType::Json => ("json", None),
            ColumnType::Encrypted(Plain::Text) => ("encrypted_text", None),
            ColumnType::Encrypted(Plain::Integer) => ("encrypted_integer", None),
            ColumnType::Encrypted(Plain::Decimal { scale }) => ("encrypted_decimal", Some(scale)),
            ColumnType::Encrypted(Plain::Date) => ("encrypted_date", None),
            ColumnType::Encrypted(Plain::Instant) => ("encrypted_instant", None),
            ColumnType::Encrypted(Plain::Time) => ("encrypted_time", None),
        }
    }

    /// The type of that name.
    pub(crate) fn named(name: &str, scale: Option<u8>) -> Option<ColumnType> {
        Some(match (name, scale) {
            ("uuid", None) => ColumnType::Uuid,
            ("text", None) => ColumnType::Text,
            ("integer", None) => ColumnType::Integer,
            ("decimal", Some(scale)) => ColumnType::Decimal { scale },
            ("boolean", None) => ColumnType::Boolean,
            ("date", None) => ColumnType::Date,
            ("instant", None) => ColumnType::Instant,
            ("time", None) => ColumnType::Time,
            ("json", None) => ColumnType::Json,
            ("encrypted_text", None) => ColumnType::Encrypted(Plain::Text),
            ("encrypted_integer", None) => ColumnType::Encrypted(Plain::Integer),
            ("encrypted_decimal", Some(scale)) => ColumnType::Encrypted(Plain::Decimal { scale }),
            ("encrypted_date", None) => ColumnType::Encrypted(Plain::Date),
            ("encrypted_instant", None) => ColumnType::Encrypted(Plain::Instant),
            ("encrypted_time", None) => ColumnType::Encrypted(Plain::Time),
            _ => return None,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
    pub(in crate::schema) fn serialize<S: Serializer>(ty: &ColumnType, serializer: S) -> Result<S::Ok, S::Error> {
        match name(*ty) {
            (name, Some(scale)) => serializer.serialize_str(&format!("{name}({scale})")),
            (name, None) => serializer.serialize_str(name),
        }
    }

    pub(in crate::schema) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ColumnType, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = match text.split_once('(') {
            Some((name, rest)) => rest.trim_end_matches(')').parse().ok().and_then(|scale| named(name, Some(scale))),
            None => named(&text, None),
        };
        found.ok_or_else(|| D::Error::custom("no type of a column"))
    }
}
