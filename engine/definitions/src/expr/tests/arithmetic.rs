//! Decimal arithmetic at its edges, where two halves of a product or a dividend do not fit 128 bits.
use proptest::{prelude::*, test_runner::RngSeed};
use rust_decimal::Decimal;

use crate::{
    expr::decimal::{ArithmeticError, add, ceil, divide, floor, multiply, proportion, rescale, round},
    model::field::RoundMode,
};

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

#[test]
fn products_are_rounded_once() {
    let a = decimal("9999999999999999.999999999999");
    let b = decimal("0.000000000001");
    assert_eq!(multiply(a, b, 12), Ok(decimal("10000.000000000000")));
    assert_eq!(multiply(a, a, 12), Err(ArithmeticError::Overflow));
    // 0.5 at the thirteenth digit is a tie only if nothing follows.
    assert_eq!(multiply(decimal("0.000000000001"), decimal("0.5"), 12), Ok(decimal("0.000000000000")));
    assert_eq!(multiply(decimal("0.000000000001"), decimal("0.500000000001"), 12), Ok(decimal("0.000000000001")));
    assert_eq!(multiply(decimal("0.000000000003"), decimal("0.5"), 12), Ok(decimal("0.000000000002")));
}

#[test]
fn quotients_use_every_digit() {
    let largest = decimal("9999999999999999999999999999");
    assert_eq!(divide(largest, largest, 12), Ok(decimal("1.000000000000")));
    assert_eq!(divide(largest, Decimal::ONE, 12), Err(ArithmeticError::Overflow));
    assert_eq!(divide(decimal("0.000000000001"), largest, 12), Ok(decimal("0.000000000000")));
    assert_eq!(divide(decimal("9999999999999999"), decimal("0.000000000001"), 12), Err(ArithmeticError::Overflow));
    assert_eq!(divide(Decimal::ONE, Decimal::ZERO, 12), Err(ArithmeticError::DivisionByZero));
}

#[test]
fn whole_numbers_below_and_above() {
    assert_eq!(floor(decimal("-0.01")), Ok(decimal("-1")));
    assert_eq!(ceil(decimal("-0.01")), Ok(decimal("0")));
    assert_eq!(floor(decimal("-3.00")), Ok(decimal("-3")));
}

/// Digits and scale of a value a field can hold.
fn any_decimal() -> impl Strategy<Value = Decimal> {
    (-999_999_999_999_999_999_i64..=999_999_999_999_999_999, 0_u32..=12).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, rng_seed: RngSeed::Fixed(2026), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_quotient_times_the_divisor_comes_back(a in any_decimal(), b in any_decimal()) {
        prop_assume!(!b.is_zero());
        if let Ok(quotient) = divide(a, b, 12) {
            // |a - q*b| <= |b| * half a unit of the twelfth digit, and q*b has at most 24 digits behind the point.
            let error = (a - quotient * b).abs();
            let bound = b.abs() * Decimal::new(5, 13);
            prop_assert!(error <= bound + Decimal::new(1, 9), "{a} / {b} = {quotient}");
        }
    }

    #[test]
    fn sums_agree_with_whole_numbers(a in any_decimal(), b in any_decimal()) {
        let units = |number: Decimal| number.mantissa() * 10_i128.pow(12 - number.scale());
        let sum = units(a) + units(b);
        match add(a, b, 12) {
            Ok(result) => prop_assert_eq!(units(result), sum),
            Err(error) => {
                prop_assert_eq!(error, ArithmeticError::Overflow);
                prop_assert!(sum.unsigned_abs() >= 10_u128.pow(28));
            }
        }
    }

    #[test]
    fn rounding_goes_to_a_neighbour(a in any_decimal(), digits in 0_u8..=12) {
        if let Ok(down) = round(a, digits, RoundMode::Down) {
            prop_assert!(down.abs() <= a.abs());
            for mode in [RoundMode::HalfEven, RoundMode::HalfUp, RoundMode::Up] {
                let unit = Decimal::new(1, u32::from(digits));
                let near = round(a, digits, mode).expect("its neighbour fits");
                prop_assert!((near - down).abs() <= unit, "{a} to {digits}: {near}");
            }
        }
    }

    #[test]
    fn a_value_keeps_its_number_when_it_gains_digits(a in any_decimal()) {
        if let Ok(longer) = rescale(a, 12) {
            prop_assert_eq!(longer, a);
            prop_assert_eq!(longer.scale(), 12);
        }
    }
}

#[test]
fn a_proportion_is_rounded_once_and_keeps_what_fits() {
    let of =
        |number: &str, above: [&str; 2], below: [&str; 2]| proportion(decimal(number), above.map(decimal), below.map(decimal));
    assert_eq!(of("1", ["0.45359237", "16"], ["1", "0.45359237"]), Ok(decimal("16.000000000000")));
    assert_eq!(of("1", ["1", "1"], ["3", "1"]), Ok(decimal("0.333333333333")));
    assert_eq!(of("0.000000000001", ["1", "1"], ["2", "1"]), Ok(decimal("0.000000000000")));
    assert_eq!(of("0.000000000003", ["1", "1"], ["2", "1"]), Ok(decimal("0.000000000002")));
    // Twelve digits do not fit beside twenty, fewer do as long as none is lost.
    assert_eq!(of("99999999999999.25", ["1000000", "1"], ["1", "1"]), Ok(decimal("99999999999999250000")));
    assert_eq!(of("99999999999999.25", ["1000000", "1"], ["3", "1"]), Err(ArithmeticError::Overflow));
    assert_eq!(of("1", ["1", "1"], ["0", "1"]), Err(ArithmeticError::DivisionByZero));
}
