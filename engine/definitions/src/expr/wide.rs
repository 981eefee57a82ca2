//! Unsigned numbers of 256 bits: products and shifted dividends of 28-digit decimals before they are rounded.
use std::cmp::Ordering;

const LIMBS: usize = 8;
const BASE: u64 = 1 << 32;

/// Little-endian 32-bit limbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide([u32; LIMBS]);

/// What is left after digits were cut off, and how the cut-off part compares with half a unit (`None`: nothing was lost).
pub(super) struct Cut {
    pub(super) kept: Wide,
    pub(super) against_half: Option<Ordering>,
}

impl From<u128> for Wide {
    fn from(number: u128) -> Self {
        let mut rest = number;
        Self(std::array::from_fn(|_| {
            let limb = low(rest);
            rest >>= 32;
            limb
        }))
    }
}

fn low(number: u128) -> u32 {
    u32::try_from(number & u128::from(u32::MAX)).expect("masked to 32 bits")
}

impl Wide {
    /// The whole product.
    pub(super) fn product(a: u128, b: u128) -> Self {
        let mut sum = Self::from(0);
        let mut shifted = Self::from(a);
        let mut rest = b;
        while rest > 0 {
            let part = shifted.times(low(rest)).expect("two factors of at most 128 bits fit into 256");
            sum = sum.plus(part);
            rest >>= 32;
            shifted = shifted.shifted_up();
        }
        sum
    }

    /// Times a small number; `None` beyond 256 bits.
    fn times(self, factor: u32) -> Option<Self> {
        let mut carry = 0_u64;
        let out = self.0.map(|limb| {
            let full = u64::from(limb) * u64::from(factor) + carry;
            carry = full / BASE;
            low(u128::from(full))
        });
        (carry == 0).then_some(Self(out))
    }

    fn plus(self, other: Self) -> Self {
        let mut carry = 0_u64;
        let mut others = other.0.into_iter();
        Self(self.0.map(|limb| {
            let full = u64::from(limb) + u64::from(others.next().unwrap_or(0)) + carry;
            carry = full / BASE;
            low(u128::from(full))
        }))
    }

    fn shifted_up(self) -> Self {
        let mut before = 0;
        Self(self.0.map(|limb| std::mem::replace(&mut before, limb)))
    }

    /// Times `10^digits`; `None` beyond 256 bits.
    pub(super) fn times_power_of_ten(self, digits: u32) -> Option<Self> {
        (0..digits).try_fold(self, |number, _| number.times(10))
    }

    fn divided_by_small(self, divisor: u32) -> (Self, u32) {
        let mut rest = 0_u64;
        let mut out = self.0;
        for limb in out.iter_mut().rev() {
            let full = rest * BASE + u64::from(*limb);
            *limb = low(u128::from(full / u64::from(divisor)));
            rest = full % u64::from(divisor);
        }
        (Self(out), low(u128::from(rest)))
    }

    /// Divides by `10^digits` and tells how what was cut off compares with half.
    pub(super) fn without_digits(self, digits: u32) -> Cut {
        let mut kept = self;
        let mut last = 0;
        let mut below = false;
        for _ in 0..digits {
            below |= last != 0;
            (kept, last) = kept.divided_by_small(10);
        }
        let against_half = match (last, below) {
            (0, false) => None,
            (5, false) => Some(Ordering::Equal),
            (5.., _) => Some(Ordering::Greater),
            (_, _) => Some(Ordering::Less),
        };
        Cut { kept, against_half }
    }

    /// Quotient and remainder by binary long division. The divisor has less than 127 bits, so that the remainder doubles safely.
    pub(super) fn divided_by(self, divisor: u128) -> (Self, u128) {
        let mut rest = 0_u128;
        let mut out = self.0;
        for limb in out.iter_mut().rev() {
            let mut quotient = 0_u32;
            for bit in (0..32).rev() {
                rest = (rest << 1) | u128::from((*limb >> bit) & 1);
                quotient <<= 1;
                if rest >= divisor {
                    rest -= divisor;
                    quotient |= 1;
                }
            }
            *limb = quotient;
        }
        (Self(out), rest)
    }

    pub(super) fn is_odd(self) -> bool {
        self.0.first().is_some_and(|limb| limb % 2 == 1)
    }

    /// As 128 bits, if it fits.
    pub(super) fn narrow(self) -> Option<u128> {
        let mut limbs = self.0.into_iter().rev();
        let high_is_zero = limbs.by_ref().take(LIMBS / 2).all(|limb| limb == 0);
        high_is_zero.then(|| limbs.fold(0_u128, |number, limb| (number << 32) | u128::from(limb)))
    }
}
