//! Business rows in groups, under the permits that also hold for reading the rows one by one.
use kontor_access::Permit;
use kontor_definitions::{ColumnType, expr::Aggregate};

use crate::{
    error::StorageError,
    query::{Aggregation, Context, Measure, Query, Row},
    rows::{all_of, conditions, ordered},
    sql::{Term, View, Writer, combined_term},
    tx::Tx,
    value::Reading,
};

impl Tx {
    /// Groups rows. The groups are made in a sub-select, so that order and `having` name its columns and no parameter
    /// is written twice.
    pub fn aggregate(&mut self, context: Context<'_>, permit: &Permit, query: &Aggregation) -> Result<Vec<Row>, StorageError> {
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let rows = rows_of(query);
        let place = writer.open(query.entity, View::Person(permit));
        let mut terms = Vec::new();
        for group in &query.group {
            let term = writer.path(0, &group.path)?;
            terms.push(match group.bucket {
                Some(bucket) => writer.bucketed(&term, bucket, &query.zone)?,
                None => term,
            });
        }
        for measure in &query.measures {
            terms.push(measured(&mut writer, measure)?);
        }
        let conditions = conditions(&mut writer, permit, &place, &rows)?;
        let from = writer.close()?;
        let columns: Vec<String> = terms.iter().enumerate().map(|(at, term)| format!("{} AS \"c{at}\"", term.sql)).collect();
        let places: Vec<String> = (1..=query.group.len()).map(|place| place.to_string()).collect();
        let grouped = if places.is_empty() { String::new() } else { format!(" GROUP BY {}", places.join(", ")) };
        let groups = format!("SELECT {} FROM {from}{}{grouped}", columns.join(", "), all_of(&conditions));
        let alias = writer.alias();
        for (at, term) in terms.iter_mut().enumerate() {
            term.sql = format!("{alias}.\"c{at}\"");
            writer.stand_for(Aggregation::parameter(at), term.clone());
        }
        let having = query.having.as_ref().map(|having| writer.condition(having)).transpose()?;
        let columns: Vec<&str> = terms.iter().map(|term| term.sql.as_str()).collect();
        let sql = format!(
            "SELECT {} FROM ({groups}) AS {alias}{}{} LIMIT {}",
            columns.join(", "),
            all_of(having.as_slice()),
            order(query, &terms)?,
            query.limit
        );
        let readings: Vec<Reading> = terms.iter().map(|term| term.reading).collect();
        let (sql, values) = writer.finish(&sql);
        self.fetch(&sql, values, &readings)
    }
}

/// The rows that are grouped.
fn rows_of(query: &Aggregation) -> Query {
    Query {
        entity: query.entity,
        columns: Vec::new(),
        filter: query.filter.clone(),
        sort: Vec::new(),
        after: None,
        limit: query.limit,
        archived: query.archived,
    }
}

fn measured(writer: &mut Writer<'_>, measure: &Measure) -> Result<Term, StorageError> {
    let value = measure.path.as_ref().map(|path| writer.path(0, path)).transpose()?;
    match (measure.distinct, measure.function, value) {
        (false, function, value) => combined_term(writer.dialect, function, value.as_ref()),
        (true, Aggregate::Count, Some(value)) => Ok(Term::column(format!("COUNT(DISTINCT {})", value.sql), ColumnType::Integer)),
        (true, _, _) => Err(StorageError::Bug("only a count of something is of distinct values".to_owned())),
    }
}

/// ` ORDER BY …`: the asked keys, then the groups that are not among them.
fn order(query: &Aggregation, terms: &[Term]) -> Result<String, StorageError> {
    let mut keys = Vec::new();
    for sort in &query.sort {
        let term = terms.get(sort.column).ok_or_else(|| StorageError::Bug("a sort key is no column".to_owned()))?;
        keys.push(ordered(term, sort.descending));
    }
    let left = terms.iter().take(query.group.len()).enumerate();
    keys.extend(left.filter(|(at, _)| !query.sort.iter().any(|sort| sort.column == *at)).map(|(_, term)| ordered(term, false)));
    Ok(if keys.is_empty() { String::new() } else { format!(" ORDER BY {}", keys.join(", ")) })
}
