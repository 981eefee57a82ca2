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

/// What was taken for a conversion: the steps from currency to currency, and what they amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// What was asked.
    pub conversion: Conversion,
    /// One step, or two over another currency.
    pub steps: Vec<Step>,
}

/// One step from currency to currency at a quoted rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// From this currency.
    pub from: String,
    /// To this one.
    pub to: String,
    /// As it is quoted.
    pub rate: Decimal,
    /// It is quoted the other way round: the amount is divided by it.
    pub inverse: bool,
    /// The day it is of.
    pub date: Date,
}

impl Used {
    /// What one unit comes to, with up to 12 digits behind the point.
    pub fn rate(&self) -> Result<Decimal, EvalError> {
        converted(Decimal::ONE, &self.steps)
    }

    /// The day of the oldest rate that was taken.
    pub fn rate_date(&self) -> Option<Date> {
        self.steps.iter().map(|step| step.date).min()
    }

    /// Whether a rate was taken that is older than rates usually may be.
    pub fn is_old(&self) -> bool {
        self.rate_date().is_some_and(|date| (self.conversion.date - date).whole_days() > OLDEST)
    }
}

/// The rates that are at hand, and the conversions they do not answer yet.
///
/// Expressions are evaluated without a database. What is asked and not at hand is noted in [`Self::asked`]; whoever evaluates brings
/// the quotes with [`Self::answer`] and evaluates again. Where old rates may be taken, what no young one answers is asked for in
/// [`Self::asked_old`] and brought with [`Self::answer_old`]. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Rates(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    quotes: BTreeMap<(String, String), BTreeMap<Date, Decimal>>,
    answered: BTreeSet<Conversion>,
    answered_old: BTreeSet<Conversion>,
    asked: BTreeSet<Conversion>,
    asked_old: BTreeSet<Conversion>,
    takes_old: bool,
    /// What conversions were made at before; nothing else is asked then.
    kept: Option<BTreeMap<Conversion, Vec<Step>>>,
    used: BTreeMap<Conversion, Vec<Step>>,
}

impl Rates {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rates that answer exactly the conversions that were made before, as they were made.
    pub fn kept(used: Vec<Used>) -> Self {
        let kept = used.into_iter().map(|used| (used.conversion, used.steps)).collect();
        Self(Arc::new(Mutex::new(State { kept: Some(kept), ..State::default() })))
    }

    /// What was asked since the last call and is not answered.
    pub fn asked(&self) -> Vec<Conversion> {
        std::mem::take(&mut self.state().asked).into_iter().collect()
    }

    /// What only an older rate can answer and was asked since the last call.
    pub fn asked_old(&self) -> Vec<Conversion> {
        std::mem::take(&mut self.state().asked_old).into_iter().collect()
    }

    /// Whether the last known rate is taken where none is young enough.
    pub fn take_old(&self, takes_old: bool) {
        self.state().takes_old = takes_old;
    }

    /// Adds the quotes that could answer these conversions: those of the day and the [`OLDEST`] days before that touch either currency.
    pub fn answer(&self, asked: Vec<Conversion>, quotes: Vec<Quote>) {
        let mut state = self.state();
        state.add(quotes);
        state.answered.extend(asked);
    }

    /// Adds the last known quotes before the day that touch either currency.
    pub fn answer_old(&self, asked: Vec<Conversion>, quotes: Vec<Quote>) {
        let mut state = self.state();
        state.add(quotes);
        state.answered_old.extend(asked);
    }

    /// What conversions were made at since the last call, in the order of currencies and days.
    pub fn used(&self) -> Vec<Used> {
        let used = std::mem::take(&mut self.state().used);
        used.into_iter().map(|(conversion, steps)| Used { conversion, steps }).collect()
    }

    /// An amount in another currency, at the newest rate of the day or the [`OLDEST`] days before it.
    pub(super) fn convert(&self, amount: Decimal, conversion: Conversion) -> Result<Decimal, EvalError> {
        if conversion.from == conversion.to {
            return Ok(amount);
        }
        let mut state = self.state();
        let steps = state.steps(&conversion);
        match steps {
            Some(steps) => {
                let result = converted(amount, &steps);
                state.used.insert(conversion, steps);
                result
            }
            None => Err(EvalError::RateMissing(Box::new(conversion))),
        }
    }
}

impl State {
    fn add(&mut self, quotes: Vec<Quote>) {
        for Quote { currency, base, date, rate } in quotes {
            if rate > Decimal::ZERO {
                self.quotes.entry((currency, base)).or_default().insert(date, rate);
            }
        }
    }

    /// The steps of a conversion; what is not at hand is noted.
    fn steps(&mut self, conversion: &Conversion) -> Option<Vec<Step>> {
        if let Some(kept) = &self.kept {
            return kept.get(conversion).cloned();
        }
        if !self.answered.contains(conversion) {
            self.asked.insert(conversion.clone());
            return None;
        }
        let young = self.young(conversion);
        if young.is_some() || !self.takes_old {
            return young;
        }
        if !self.answered_old.contains(conversion) {
            self.asked_old.insert(conversion.clone());
            return None;
        }
        self.last_known(conversion)
    }

    /// The pair's own rate, else the way over the euro, else over the first currency in the order of codes that has both rates.
    fn young(&self, conversion: &Conversion) -> Option<Vec<Step>> {
        let Conversion { from, to, date } = conversion;
        let direct = self.step(from, to, *date, Some(OLDEST)).map(|step| vec![step]);
        direct.or_else(|| self.ways(conversion, Some(OLDEST)).next())
    }

    /// The way whose older rate is the youngest; of several such ways the first in the same order.
    fn last_known(&self, conversion: &Conversion) -> Option<Vec<Step>> {
        let age = |way: &Vec<Step>| way.iter().map(|step| step.date).min();
        // `max_by_key` would take the last of equals.
        self.ways(conversion, None).reduce(|best, way| if age(&way) > age(&best) { way } else { best })
    }

    fn ways<'a>(&'a self, conversion: &'a Conversion, oldest: Option<i64>) -> impl Iterator<Item = Vec<Step>> + 'a {
        let Conversion { from, to, date } = conversion;
        let others: BTreeSet<&str> = self.quotes.keys().flat_map(|(currency, base)| [currency.as_str(), base.as_str()]).collect();
        let direct = self.step(from, to, *date, oldest).map(|step| vec![step]);
        direct.into_iter().chain(
            std::iter::once(FIRST_PIVOT).chain(others).filter_map(move |pivot| {
                Some(vec![self.step(from, pivot, *date, oldest)?, self.step(pivot, to, *date, oldest)?])
            }),
        )
    }

    /// The newest rate of a pair, whichever way round it is quoted; on the same day the one that multiplies.
    fn step(&self, from: &str, to: &str, date: Date, oldest: Option<i64>) -> Option<Step> {
        let newest = |currency: &str, base: &str| {
            let quotes = self.quotes.get(&(currency.to_owned(), base.to_owned()))?;
            let (day, rate) = quotes.range(..=date).next_back()?;
            oldest.is_none_or(|oldest| (date - *day).whole_days() <= oldest).then_some((*day, *rate))
        };
        let step = |(date, rate), inverse| Step { from: from.to_owned(), to: to.to_owned(), rate, inverse, date };
        match (newest(from, to), newest(to, from)) {
            (Some((day, _)), Some((other, rate))) if other > day => Some(step((other, rate), true)),
            (Some(quote), _) => Some(step(quote, false)),
            (None, Some(quote)) => Some(step(quote, true)),
            (None, None) => None,
        }
    }
}

/// Multiplies first and divides once, so that a way over another currency rounds no more often than a direct one.
fn converted(amount: Decimal, steps: &[Step]) -> Result<Decimal, EvalError> {
    let (mut above, mut below) = (amount.normalize(), Decimal::ONE);
    for step in steps {
        let side = if step.inverse { &mut below } else { &mut above };
        let rate = step.rate.normalize();
        let scale = u8::try_from(side.scale() + rate.scale()).unwrap_or(MAX_SCALE).min(MAX_SCALE);
        *side = decimal::multiply(*side, rate, scale)?.normalize();
    }
    Ok(if below == Decimal::ONE { above } else { decimal::divide(above, below, MAX_SCALE)? })
}
