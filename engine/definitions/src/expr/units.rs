//! Units of measurement: what each is of its dimension's reference unit, and a quantity in another unit.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rust_decimal::Decimal;

use super::{decimal, eval::EvalError};

/// A unit: one of it is `factor / divisor` of the reference unit of its dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// What quantities call it.
    pub code: String,
    /// What it measures: only units of one dimension convert; a unit without one converts to itself alone.
    pub dimension: Option<String>,
    /// Above zero.
    pub factor: Decimal,
    /// Above zero; other than 1 where the ratio has no end, as of the mu: 2000/3 square metres.
    pub divisor: Decimal,
}

/// What was taken for a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedUnits {
    /// The unit of the quantity.
    pub from: Measure,
    /// The wanted unit, of the same dimension.
    pub to: Measure,
}

impl UsedUnits {
    /// What one of the first unit comes to in the other, with up to 12 digits behind the point.
    pub fn factor(&self) -> Result<Decimal, EvalError> {
        converted(Decimal::ONE, &self.from, &self.to)
    }
}

/// The units that are at hand, and those that conversions lack.
///
/// Expressions are evaluated without a database. Units that are not at hand are noted in [`Self::asked`]; whoever evaluates brings them
/// with [`Self::answer`] and evaluates again. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Units(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    known: BTreeMap<String, Measure>,
    answered: BTreeSet<String>,
    asked: BTreeSet<String>,
    /// What conversions were made with before; nothing else is asked then.
    kept: Option<BTreeMap<(String, String), UsedUnits>>,
    used: BTreeMap<(String, String), UsedUnits>,
}

impl Units {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Units that answer exactly the conversions that were made before, as they were made.
    pub fn kept(used: Vec<UsedUnits>) -> Self {
        let kept = used.into_iter().map(|used| ((used.from.code.clone(), used.to.code.clone()), used)).collect();
        Self(Arc::new(Mutex::new(State { kept: Some(kept), ..State::default() })))
    }

    /// The codes that were asked for since the last call and are not answered.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked).into_iter().collect()
    }

    /// Adds the units of these codes; there are no others of them.
    pub fn answer(&self, asked: Vec<String>, units: Vec<Measure>) {
        let mut state = self.state();
        state.known.extend(units.into_iter().map(|unit| (unit.code.clone(), unit)));
        state.answered.extend(asked);
    }

    /// What conversions were made with since the last call, in the order of codes.
    pub fn used(&self) -> Vec<UsedUnits> {
        std::mem::take(&mut self.state().used).into_values().collect()
    }

    /// A quantity in another unit.
    pub(super) fn convert(&self, quantity: Decimal, from: &str, to: &str) -> Result<Decimal, EvalError> {
        if from == to {
            return Ok(quantity);
        }
        let mut state = self.state();
        let used = state.pair(from, to)?;
        let result = converted(quantity, &used.from, &used.to)?;
        state.used.insert((from.to_owned(), to.to_owned()), used);
        Ok(result)
    }
}

impl State {
    fn pair(&mut self, from: &str, to: &str) -> Result<UsedUnits, EvalError> {
        if let Some(kept) = &self.kept {
            let used = kept.get(&(from.to_owned(), to.to_owned())).cloned();
            return used.ok_or_else(|| EvalError::UnitUnknown(from.to_owned()));
        }
        // Both are looked for at once, so that both are read at once.
        let (from, to) = (self.measure(from), self.measure(to));
        let used = UsedUnits { from: from?, to: to? };
        let comparable = used.from.dimension.is_some() && used.from.dimension == used.to.dimension;
        if comparable { Ok(used) } else { Err(EvalError::UnitsDiffer(Box::new(used))) }
    }

    fn measure(&mut self, code: &str) -> Result<Measure, EvalError> {
        if !self.answered.contains(code) {
            self.asked.insert(code.to_owned());
        }
        self.known.get(code).cloned().ok_or_else(|| EvalError::UnitUnknown(code.to_owned()))
    }
}

fn converted(quantity: Decimal, from: &Measure, to: &Measure) -> Result<Decimal, EvalError> {
    Ok(decimal::proportion(quantity, [from.factor, to.divisor], [from.divisor, to.factor])?)
}
