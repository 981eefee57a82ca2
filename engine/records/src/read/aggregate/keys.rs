//! Groups and measures as they are written: `status`, `month(order_date)`, `sum(total)`.
use kontor_definitions::{
    Entity, Field, FieldType,
    expr::{Aggregate, Type, decimal::MAX_SCALE, function::date::Unit},
    measure::{self, parts},
};
use kontor_storage::{Bucket, Group, Measure};

use crate::{
    finding::{Class, FieldError, Text, quoted},
    json::Shape,
    names::Names,
    read::filter::sensitive,
};

const BUCKETS: [(&str, Bucket); 5] = [
    ("day", Bucket::Day),
    ("week", Bucket::Unit(Unit::Week)),
    ("month", Bucket::Unit(Unit::Month)),
    ("quarter", Bucket::Unit(Unit::Quarter)),
    ("year", Bucket::Unit(Unit::Year)),
];

/// Findings are rare and large.
type Checked<T> = Result<T, Box<FieldError>>;

/// How the values of a column are written, and what they are in expressions.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) shape: Shape,
    pub(super) ty: Type,
}

/// A measure as it was asked for.
pub(super) struct Asked {
    measure: Measure,
    column: Column,
    written: String,
    pointer: String,
}

/// The groups and measures of a request: all columns there are.
pub(super) struct Keys<'a> {
    pub(super) names: Names<'a>,
    pub(super) entity: &'a Entity,
    pub(super) groups: Vec<Group>,
    pub(super) measures: Vec<Measure>,
    /// Of the groups, then of the measures.
    pub(super) columns: Vec<Column>,
    /// How and where each measure was first asked for.
    pub(super) origins: Vec<(String, String)>,
}

/// Whether it is written as a measure.
pub(super) fn is_measure(written: &str) -> bool {
    parts(written).0.is_some_and(|name| measure::function(name).is_some())
}

fn malformed(pointer: &str, code: &'static str, text: Text<'_>, way: Text<'_>) -> Box<FieldError> {
    Box::new(FieldError::new(Class::Malformed, pointer, code, text).suggest(way))
}

impl<'a> Keys<'a> {
    pub(super) fn new(names: Names<'a>, entity: &'a Entity) -> Self {
        Self { names, entity, groups: Vec::new(), measures: Vec::new(), columns: Vec::new(), origins: Vec::new() }
    }

    fn fields(&self, path: &str, pointer: &str) -> Checked<Vec<&'a Field>> {
        let fields = self.names.path(self.entity, path);
        let fields = fields.ok_or_else(|| Box::new(self.names.unknown_field(self.entity, path, pointer)))?;
        if fields.last().is_some_and(|last| last.sensitive) {
            return Err(Box::new(sensitive(path, pointer)));
        }
        Ok(fields)
    }

    /// The place of a group's column, which it gets if it has none. Only before the first measure.
    pub(super) fn add_group(&mut self, (group, column): (Group, Column)) -> usize {
        self.groups.iter().position(|known| *known == group).unwrap_or_else(|| {
            self.groups.push(group);
            self.columns.push(column);
            self.groups.len() - 1
        })
    }

    /// The place of a measure's column, which it gets if it has none.
    pub(super) fn add_measure(&mut self, asked: Asked) -> usize {
        let place = self.measures.iter().position(|known| *known == asked.measure).unwrap_or_else(|| {
            self.measures.push(asked.measure);
            self.columns.push(asked.column);
            self.origins.push((asked.written, asked.pointer));
            self.measures.len() - 1
        });
        self.groups.len() + place
    }

    /// The place of the column of something that is grouped by.
    pub(super) fn column_of(&self, written: &str, pointer: &str) -> Checked<usize> {
        let (group, _) = self.read_group(written, pointer)?;
        self.groups.iter().position(|known| *known == group).ok_or_else(|| {
            let shown = quoted(written);
            malformed(
                pointer,
                "not_grouped",
                Text {
                    zh: &format!("“{shown}”不是分组依据，每组没有唯一的值"),
                    en: &format!("records are not grouped by \"{shown}\", so a group has no single value of it"),
                },
                Text {
                    zh: &format!("请在 group 中加上 {shown}，或改用度量，例如 count() 或 max({shown})"),
                    en: &format!("add {shown} to group, or use a measure such as count() or max({shown})"),
                },
            )
        })
    }

    /// Reads `status`, `customer.country`, `month(order_date)`.
    pub(super) fn read_group(&self, written: &str, pointer: &str) -> Checked<(Group, Column)> {
        let (function, path) = parts(written);
        let known = function.map(|name| BUCKETS.iter().find(|(known, _)| *known == name).map(|(_, bucket)| *bucket));
        if known == Some(None) {
            let shown = quoted(written);
            return Err(malformed(
                pointer,
                "unknown_bucket",
                Text { zh: &format!("“{shown}”不是分组方式"), en: &format!("\"{shown}\" is no way to group") },
                Text {
                    zh: "请写字段名，或 day(字段)、week(字段)、month(字段)、quarter(字段)、year(字段)",
                    en: "write a field, or day(field), week(field), month(field), quarter(field) or year(field)",
                },
            ));
        }
        let bucket = known.flatten();
        let fields = self.fields(path, pointer)?;
        let Some(last) = fields.last() else { return Err(Box::new(self.names.unknown_field(self.entity, path, pointer))) };
        let fits = match (last.ty.result(), bucket) {
            (FieldType::Date | FieldType::DateTime, Some(_)) => true,
            (_, Some(_)) => return Err(no_day(path, pointer)),
            (ty, None) => measure::can_group(ty),
        };
        if !fits {
            return Err(malformed(
                pointer,
                "not_groupable",
                Text { zh: &format!("不能按“{path}”分组"), en: &format!("records cannot be grouped by \"{path}\"") },
                Text {
                    zh: "请换成选项、文本、数字、日期或引用字段",
                    en: "use a field with choices, short text, numbers, dates or a reference",
                },
            ));
        }
        let column = match bucket {
            Some(_) => Column { shape: Shape::Plain, ty: Type::Date },
            None => Column { shape: Shape::of(last), ty: Type::of(&last.ty) },
        };
        Ok((Group { path: fields.iter().map(|field| field.id).collect(), bucket }, column))
    }

    /// Reads `sum(total)`, `count()`.
    pub(super) fn read_measure(&self, written: &str, pointer: &str) -> Checked<Asked> {
        let Some((function, distinct, path)) = measure::measure(written) else { return Err(no_measure(written, pointer)) };
        let asked = |path, shape, ty| Asked {
            measure: Measure { function, distinct, path },
            column: Column { shape, ty },
            written: written.to_owned(),
            pointer: pointer.to_owned(),
        };
        if path.is_empty() {
            return Ok(asked(None, Shape::Number, Type::Number { scale: 0 }));
        }
        let fields = self.fields(path, pointer)?;
        let Some(Column { shape, ty }) = fields.last().and_then(|last| measured(function, distinct, last)) else {
            return Err(malformed(
                pointer,
                "not_measurable",
                Text {
                    zh: &format!("“{path}”不能这样汇总"), en: &format!("\"{path}\" cannot be combined in this way")
                },
                Text {
                    zh: "sum 和 avg 用于数字和金额，min 和 max 还可用于日期和时间；其他字段请用 count 或 count_distinct",
                    en: "sum and avg take numbers and amounts, min and max dates and times too; use count or count_distinct for others",
                },
            ));
        };
        Ok(asked(Some(fields.iter().map(|field| field.id).collect()), shape, ty))
    }
}

fn no_day(path: &str, pointer: &str) -> Box<FieldError> {
    malformed(
        pointer,
        "not_a_date",
        Text { zh: &format!("“{path}”不是日期"), en: &format!("\"{path}\" is no date") },
        Text {
            zh: &format!("请直接写 {path}，或换成日期、日期时间字段"),
            en: &format!("write {path} alone, or use a date or a date and time"),
        },
    )
}

fn no_measure(written: &str, pointer: &str) -> Box<FieldError> {
    let shown = quoted(written);
    malformed(
        pointer,
        "unknown_measure",
        Text { zh: &format!("“{shown}”不是度量"), en: &format!("\"{shown}\" is not a measure") },
        Text {
            zh: "写成 count()、sum(字段)、avg(字段)、min(字段)、max(字段) 或 count_distinct(字段)",
            en: "write count(), sum(field), avg(field), min(field), max(field) or count_distinct(field)",
        },
    )
}

/// The values of a measure; `None` if the field cannot be combined so.
fn measured(function: Aggregate, distinct: bool, field: &Field) -> Option<Column> {
    let own = Shape::of(field);
    let is_number = own != Shape::Plain;
    let whole = Column { shape: Shape::Number, ty: Type::Number { scale: 0 } };
    let same = Column { shape: own, ty: Type::of(&field.ty) };
    match (function, field.ty.result()) {
        // What are equal lists or documents is not the same on every database.
        (Aggregate::Count, FieldType::Choices { .. } | FieldType::Json(_) | FieldType::Files { .. }) if distinct => None,
        (Aggregate::Count, ty) => ty.column().map(|_column| whole),
        (Aggregate::Sum, _) => is_number.then_some(same),
        // An average of whole numbers is a decimal.
        (Aggregate::Average, _) => is_number.then_some(Column {
            shape: if own == Shape::Number { Shape::Plain } else { own },
            ty: Type::Number { scale: MAX_SCALE },
        }),
        (Aggregate::Min | Aggregate::Max, FieldType::Date | FieldType::DateTime | FieldType::Time) => Some(same),
        (Aggregate::Min | Aggregate::Max, _) => is_number.then_some(same),
        (Aggregate::Any | Aggregate::All, _) => None,
    }
}
