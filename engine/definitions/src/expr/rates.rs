//! Dated exchange rates: which one applies to a day, and an amount in another currency.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rust_decimal::Decimal;
use time::Date;

use super::{
    decimal::{self, MAX_SCALE},
    eval::EvalError,
};

/// A rate older than this many days is no rate.
pub const OLDEST: i64 = 7;
/// The currency that amounts are converted through before any other.
const FIRST_PIVOT: &str = "EUR";

/// A conversion that an expression asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conversion {
    /// The currency of the amount.
    pub from: String,
    /// The wanted currency.
    pub to: String,
    /// The day whose rate applies.
    pub date: Date,
}

/// What one unit of a currency is worth in another on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The currency that is priced.
    pub currency: String,
    /// The currency of the price.
    pub base: String,
    /// The day.
    pub date: Date,
    /// The price; above zero.
    pub rate: Decimal,
}

/// The rates that are at hand, and the conversions they do not answer yet.
///
/// Expressions are evaluated without a database. What is asked and not at hand is noted in [`Self::asked`]; whoever evaluates brings
/// the quotes with [`Self::answer`] and evaluates again. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Rates(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    quotes: BTreeMap<(String, String), BTreeMap<Date, Decimal>>,
    answered: BTreeSet<Conversion>,
    asked: BTreeSet<Conversion>,
}

/// One step from currency to currency.
#[derive(Clone, Copy)]
struct Leg {
    rate: Decimal,
    /// The rate is quoted the other way round.
    divides: bool,
}

impl Rates {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked since the last call and is not answered.
    pub fn asked(&self) -> Vec<Conversion> {
        std::mem::take(&mut self.state().asked).into_iter().collect()
    }

    /// Adds the quotes that could answer these conversions: those of the day and the [`OLDEST`] days before that touch either currency.
    pub fn answer(&self, asked: Vec<Conversion>, quotes: Vec<Quote>) {
        let mut state = self.state();
        for Quote { currency, base, date, rate } in quotes {
            if rate > Decimal::ZERO {
                state.quotes.entry((currency, base)).or_default().insert(date, rate);
            }
        }
        state.answered.extend(asked);
    }

    /// An amount in another currency, at the newest rate of the day or the [`OLDEST`] days before it.
    pub(super) fn convert(&self, amount: Decimal, conversion: Conversion) -> Result<Decimal, EvalError> {
        if conversion.from == conversion.to {
            return Ok(amount);
        }
        let mut state = self.state();
        if !state.answered.contains(&conversion) {
            state.asked.insert(conversion.clone());
            return Err(EvalError::RateMissing(Box::new(conversion)));
        }
        match state.legs(&conversion) {
            Some(legs) => converted(amount, &legs),
            None => Err(EvalError::RateMissing(Box::new(conversion))),
        }
    }
}

impl State {
    /// The pair's own rate, else the way over the euro, else over the first currency in the order of codes that has both rates.
    fn legs(&self, conversion: &Conversion) -> Option<Vec<Leg>> {
        let Conversion { from, to, date } = conversion;
        if let Some(leg) = self.leg(from, to, *date) {
            return Some(vec![leg]);
        }
        let others: BTreeSet<&str> = self.quotes.keys().flat_map(|(currency, base)| [currency.as_str(), base.as_str()]).collect();
        std::iter::once(FIRST_PIVOT)
            .chain(others)
            .find_map(|pivot| Some(vec![self.leg(from, pivot, *date)?, self.leg(pivot, to, *date)?]))
    }

    /// The newest rate of a pair, whichever way round it is quoted; on the same day the one that multiplies.
    fn leg(&self, from: &str, to: &str, date: Date) -> Option<Leg> {
        let newest = |currency: &str, base: &str| {
            let quotes = self.quotes.get(&(currency.to_owned(), base.to_owned()))?;
            let (day, rate) = quotes.range(..=date).next_back()?;
            ((date - *day).whole_days() <= OLDEST).then_some((*day, *rate))
        };
        match (newest(from, to), newest(to, from)) {
            (Some((day, _)), Some((other, rate))) if other > day => Some(Leg { rate, divides: true }),
            (Some((_, rate)), _) => Some(Leg { rate, divides: false }),
            (None, Some((_, rate))) => Some(Leg { rate, divides: true }),
            (None, None) => None,
        }
    }
}

/// Multiplies first and divides once, so that a way over another currency rounds no more often than a direct one.
fn converted(amount: Decimal, legs: &[Leg]) -> Result<Decimal, EvalError> {
    let (mut above, mut below) = (amount.normalize(), Decimal::ONE);
    for leg in legs {
        let side = if leg.divides { &mut below } else { &mut above };
        let rate = leg.rate.normalize();
        let scale = u8::try_from(side.scale() + rate.scale()).unwrap_or(MAX_SCALE).min(MAX_SCALE);
        *side = decimal::multiply(*side, rate, scale)?.normalize();
    }
    Ok(if below == Decimal::ONE { above } else { decimal::divide(above, below, MAX_SCALE)? })
}
