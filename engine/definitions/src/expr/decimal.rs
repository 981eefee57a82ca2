//! Exact decimal arithmetic to a static scale: half-even at each step, at most 28 digits, never a float.
//!
//! Used by the evaluator and by the functions that `storage` registers in SQLite; the browser has a twin that runs
//! on the same vectors.
use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::wide::Wide;
use crate::model::field::RoundMode;

/// Digits behind the point that any value may have; quotients and averages have exactly so many.
pub const MAX_SCALE: u8 = 12;
/// Digits a value may have in all.
pub const MAX_DIGITS: u32 = 28;
/// The smallest unsigned number of more than [`MAX_DIGITS`] digits.
const LIMIT: u128 = 10_u128.pow(MAX_DIGITS);

/// Long division takes divisors of less than 127 bits.
const WIDEST_DIVISOR: u128 = (1 << 126) - 1;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArithmeticError {
    /// More than 28 digits, or a date outside the calendar.
    #[error("overflow")]
    Overflow,
    /// The divisor is zero.
    #[error("division_by_zero")]
    DivisionByZero,
}

type Outcome = Result<Decimal, ArithmeticError>;

/// The sum, to a scale.
pub fn add(a: Decimal, b: Decimal, scale: u8) -> Outcome {
    let common = a.scale().max(b.scale());
    let sum = lifted(a, common)?.checked_add(lifted(b, common)?).ok_or(ArithmeticError::Overflow)?;
    settle(sum < 0, Wide::from(sum.unsigned_abs()), common, scale, RoundMode::HalfEven)
}

/// The difference, to a scale.
pub fn subtract(a: Decimal, b: Decimal, scale: u8) -> Outcome {
    add(a, -b, scale)
}

/// The product, to a scale.
pub fn multiply(a: Decimal, b: Decimal, scale: u8) -> Outcome {
    let product = Wide::product(a.mantissa().unsigned_abs(), b.mantissa().unsigned_abs());
    settle((a.mantissa() < 0) != (b.mantissa() < 0), product, a.scale() + b.scale(), scale, RoundMode::HalfEven)
}

/// The quotient, to a scale.
pub fn divide(a: Decimal, b: Decimal, scale: u8) -> Outcome {
    if b.is_zero() {
        return Err(ArithmeticError::DivisionByZero);
    }
    // a/10^sa / (b/10^sb) = a * 10^(scale + sb - sa) / b in units of 10^-scale; scales above the limit shrink first.
    let (a, b) = (within_scale(a)?, within_scale(b)?);
    let shift = (u32::from(scale) + b.scale()).saturating_sub(a.scale());
    let excess = a.scale().saturating_sub(u32::from(scale) + b.scale());
    let numerator = Wide::from(a.mantissa().unsigned_abs()).times_power_of_ten(shift).ok_or(ArithmeticError::Overflow)?;
    let divisor = Wide::from(b.mantissa().unsigned_abs())
        .times_power_of_ten(excess)
        .and_then(Wide::narrow)
        .ok_or(ArithmeticError::Overflow)?;
    build((a.mantissa() < 0) != (b.mantissa() < 0), half_even(numerator, divisor)?, scale)
}

/// `number · above / below` with up to [`MAX_SCALE`] digits, computed exactly and rounded once; fewer digits where the number is
/// too large for all of them and none is lost.
pub fn proportion(number: Decimal, above: [Decimal; 2], below: [Decimal; 2]) -> Outcome {
    let (above, above_scale) = whole_product(above)?;
    let (below, below_scale) = whole_product(below)?;
    if below == 0 {
        return Err(ArithmeticError::DivisionByZero);
    }
    let common = common_divisor(above, below);
    let (above, below) = (above / common, below / common);
    let number = number.normalize();
    let product = Wide::product(number.mantissa().unsigned_abs(), above);
    let units = |scale: u8| {
        // a/10^sa · above/10^s1 / (below/10^s2), in units of 10^-scale.
        let (up, down) = (u32::from(scale) + below_scale, number.scale() + above_scale);
        let numerator = product.times_power_of_ten(up.saturating_sub(down)).ok_or(ArithmeticError::Overflow)?;
        let divisor = Wide::from(below).times_power_of_ten(down.saturating_sub(up)).and_then(Wide::narrow);
        let divisor = divisor.filter(|divisor| *divisor <= WIDEST_DIVISOR).ok_or(ArithmeticError::Overflow)?;
        Ok::<_, ArithmeticError>((numerator, divisor))
    };
    let is_negative = number.mantissa() < 0;
    let all = units(MAX_SCALE).and_then(|(numerator, divisor)| build(is_negative, half_even(numerator, divisor)?, MAX_SCALE));
    if all != Err(ArithmeticError::Overflow) {
        return all;
    }
    let exact = (0..MAX_SCALE).find_map(|scale| {
        let (numerator, divisor) = units(scale).ok()?;
        let (quotient, rest) = numerator.divided_by(divisor);
        (rest == 0).then(|| quotient.narrow().map(|units| build(is_negative, units, scale)))?
    });
    exact.unwrap_or(Err(ArithmeticError::Overflow))
}

/// The product as a whole number, and how many of its digits stand behind the point.
fn whole_product([a, b]: [Decimal; 2]) -> Result<(u128, u32), ArithmeticError> {
    let (a, b) = (a.normalize(), b.normalize());
    let product = a.mantissa().unsigned_abs().checked_mul(b.mantissa().unsigned_abs()).ok_or(ArithmeticError::Overflow)?;
    Ok((product, a.scale() + b.scale()))
}

fn common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// The quotient, rounded half-even.
fn half_even(numerator: Wide, divisor: u128) -> Result<u128, ArithmeticError> {
    let (quotient, rest) = numerator.divided_by(divisor);
    let up = match (rest * 2).cmp(&divisor) {
        Ordering::Less => false,
        Ordering::Equal => quotient.is_odd(),
        Ordering::Greater => true,
    };
    quotient.narrow().and_then(|units| units.checked_add(u128::from(up))).ok_or(ArithmeticError::Overflow)
}

/// Rounds to so many digits behind the point.
pub fn round(number: Decimal, digits: u8, mode: RoundMode) -> Outcome {
    settle(number.mantissa() < 0, Wide::from(number.mantissa().unsigned_abs()), number.scale(), digits, mode)
}

/// The same number written with exactly so many digits behind the point; half-even if it has more.
pub fn rescale(number: Decimal, scale: u8) -> Outcome {
    round(number, scale, RoundMode::HalfEven)
}

/// Without its sign.
pub fn absolute(number: Decimal) -> Decimal {
    number.abs()
}

/// The next whole number at or below.
pub fn floor(number: Decimal) -> Outcome {
    round(number, 0, if number.is_sign_negative() { RoundMode::Up } else { RoundMode::Down })
}

/// The next whole number at or above.
pub fn ceil(number: Decimal) -> Outcome {
    round(number, 0, if number.is_sign_negative() { RoundMode::Down } else { RoundMode::Up })
}

fn within_scale(number: Decimal) -> Outcome {
    if number.scale() <= u32::from(MAX_SCALE) { Ok(number) } else { rescale(number, MAX_SCALE) }
}

/// The number in units of `10^-scale`, which is not less fine than its own.
fn lifted(number: Decimal, scale: u32) -> Result<i128, ArithmeticError> {
    let factor = 10_i128.checked_pow(scale.saturating_sub(number.scale())).ok_or(ArithmeticError::Overflow)?;
    number.mantissa().checked_mul(factor).ok_or(ArithmeticError::Overflow)
}

/// Brings units of `10^-from` to units of `10^-to`, rounding what is cut off.
fn settle(negative: bool, units: Wide, from: u32, to: u8, mode: RoundMode) -> Outcome {
    let target = u32::from(to);
    if from <= target {
        let units = units.times_power_of_ten(target - from).and_then(Wide::narrow).ok_or(ArithmeticError::Overflow)?;
        return build(negative, units, to);
    }
    let cut = units.without_digits(from - target);
    let up = match mode {
        RoundMode::Down => false,
        RoundMode::Up => cut.against_half.is_some(),
        RoundMode::HalfUp => matches!(cut.against_half, Some(Ordering::Equal | Ordering::Greater)),
        RoundMode::HalfEven => match cut.against_half {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => cut.kept.is_odd(),
            Some(Ordering::Less) | None => false,
        },
    };
    let kept = cut.kept.narrow().and_then(|units| units.checked_add(u128::from(up))).ok_or(ArithmeticError::Overflow)?;
    build(negative, kept, to)
}

fn build(negative: bool, units: u128, scale: u8) -> Outcome {
    if units >= LIMIT {
        return Err(ArithmeticError::Overflow);
    }
    let units = i128::try_from(units).map_err(|_too_large| ArithmeticError::Overflow)?;
    let signed = if negative { -units } else { units };
    Decimal::try_from_i128_with_scale(signed, u32::from(scale)).map_err(|_too_large| ArithmeticError::Overflow)
}
