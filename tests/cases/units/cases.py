"""Computes the cases of cases.json, independently of the engine: exact fractions, rounded only where the language says so.

Usage: cases.py > cases.json
"""
import decimal
import fractions
import json

# Code, dimension, factor, divisor: one unit is factor / divisor of the dimension's reference unit. The figures are those of the
# definitions (the international pound and foot of 1959, the United States gallon, the market system for jin, chi and mu).
UNITS = [
    ("pcs", "count", "1", None),
    ("pair", "count", "2", None),
    ("dozen", "count", "12", None),
    ("gross", "count", "144", None),
    ("kg", "mass", "1", None),
    ("g", "mass", "0.001", None),
    ("t", "mass", "1000", None),
    ("lb", "mass", "0.45359237", None),
    ("oz", "mass", "0.45359237", "16"),
    ("gr", "mass", "0.45359237", "7000"),
    ("short_ton", "mass", "907.18474", None),
    ("jin", "mass", "0.5", None),
    ("liang", "mass", "0.05", None),
    ("m", "length", "1", None),
    ("ft", "length", "0.3048", None),
    ("in", "length", "0.0254", None),
    ("yd", "length", "0.9144", None),
    ("mi", "length", "1609.344", None),
    ("chi", "length", "1", "3"),
    ("us_ft", "length", "1200", "3937"),
    ("m2", "area", "1", None),
    ("mu", "area", "2000", "3"),
    ("ha", "area", "10000", None),
    ("sq_ft", "area", "0.09290304", None),
    ("acre", "area", "4046.8564224", None),
    ("l", "volume", "1", None),
    ("ml", "volume", "0.001", None),
    ("m3", "volume", "1000", None),
    ("us_gal", "volume", "3.785411784", None),
    ("us_fl_oz", "volume", "3.785411784", "128"),
    ("bbl", "volume", "158.987294928", None),
    ("h", "time", "1", None),
    ("min", "time", "1", "60"),
    ("d", "time", "24", None),
    ("kWh", "energy", "1", None),
    ("MJ", "energy", "1", "3.6"),
    ("carton", None, None, None),
    ('5" disc', "count", "1", None),
    ("千克", "mass", "1", None),
    ("tiny", "mass", "0.0000000001", "99999999.9999999999"),
    ("huge", "mass", "99999999.9999999999", "0.0000000001"),
]

# Title, quantity, from, to.
CASES = [
    ("pounds", "100", "lb", "kg"),
    ("the other way round", "45.359237", "kg", "lb"),
    ("one kilogram in pounds has no end", "1", "kg", "lb"),
    ("neither is the reference unit", "1", "lb", "oz"),
    ("a factor with a divisor on one side", "7", "oz", "lb"),
    ("with a divisor on both sides", "1000", "gr", "oz"),
    ("tons of two kinds", "3", "short_ton", "t"),
    ("the same size under another name", "12.5", "千克", "kg"),
    ("jin and liang", "3.7", "jin", "liang"),
    ("jin and pounds", "1", "jin", "lb"),
    ("grams to tonnes", "123456.789", "g", "t"),
    ("feet", "10", "ft", "m"),
    ("inches to feet", "7", "in", "ft"),
    ("miles to yards", "26.2", "mi", "yd"),
    ("a third of a metre", "1", "chi", "m"),
    ("three thirds are one", "3", "chi", "m"),
    ("the survey foot against the foot", "1000000", "us_ft", "ft"),
    ("a mu", "1", "mu", "m2"),
    ("fifteen mu are a hectare", "15", "mu", "ha"),
    ("acres to mu", "100", "acre", "mu"),
    ("a square foot in mu is small", "1", "sq_ft", "mu"),
    ("gallons", "5", "us_gal", "l"),
    ("fluid ounces", "12", "us_fl_oz", "ml"),
    ("barrels to cubic metres", "1000000", "bbl", "m3"),
    ("minutes to days", "100", "min", "d"),
    ("a divisor with a point", "10", "MJ", "kWh"),
    ("dozens", "7.5", "dozen", "pcs"),
    ("gross to dozens", "2", "gross", "dozen"),
    ("pieces to gross", "100", "pcs", "gross"),
    ("a code with quotes in it", "3", '5" disc', "pair"),
    ("a tie at the seventh digit", "0.0005", "g", "kg"),
    ("the next tie", "0.0015", "g", "kg"),
    ("half a cent is rounded up", "1.005", "kg", "kg"),
    ("the same unit is the quantity itself", "1.234567", "lb", "lb"),
    ("even where it measures nothing", "24", "carton", "carton"),
    ("even where there is no such unit", "24", "crate", "crate"),
    ("nothing", "0", "lb", "kg"),
    ("less than nothing", "-2.5", "lb", "g"),
    ("a large quantity", "999999999999.999999", "g", "lb"),
    ("too large a result", "999999999999.999999", "t", "g"),
    ("too small to be seen", "1", "g", "huge"),
    ("beyond all digits", "999999999999", "huge", "tiny"),
    ("no quantity", None, "lb", "kg"),
    ("no unit", "1", None, "kg"),
    ("no such unit", "1", "stone", "kg"),
    ("no such wanted unit", "1", "kg", "stone"),
    ("capitals make another unit", "1", "KG", "lb"),
    ("mass is no length", "1", "lb", "m"),
    ("volume is no mass", "1", "l", "kg"),
    ("a packing measures nothing", "1", "carton", "pcs"),
    ("nothing is measured in packings", "24", "pcs", "carton"),
]

EXACT = 12  # digits of every conversion
KEPT = 6  # digits of the field "result"
CENTS = 2  # digits of the field "cents"
LARGEST = 10**28  # of any value of the language, in units of its last digit
WIDEST = 10**18  # of any stored number, in units of its last digit


def cut(number, digits, up_at_half):
    """A whole number of units of the last digit; at half `up_at_half(whole)` decides."""
    scaled = abs(number) * 10**digits
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest - scaled.denominator
    whole += twice > 0 or twice == 0 and up_at_half(whole)
    return -whole if number < 0 else whole


def even(whole):
    return whole % 2 == 1


def away(_whole):
    return True


def text(units, digits, short=False):
    written = decimal.Decimal(units).scaleb(-digits)
    if short:
        written = written.normalize()
    return f"{written:f}" if units else "0" if short else f"{decimal.Decimal(0).scaleb(-digits):f}"


def convert(quantity, source, target):
    """The exact result, or a code."""
    if source == target:
        return fractions.Fraction(quantity)
    known = {code: (dimension, factor, divisor) for code, dimension, factor, divisor in UNITS}
    if source not in known or target not in known:
        return "unit_unknown"
    (one, factor, divisor), (other, target_factor, target_divisor) = known[source], known[target]
    if one is None or one != other:
        return "units_differ"
    size = fractions.Fraction(factor) / fractions.Fraction(divisor or "1")
    target_size = fractions.Fraction(target_factor) / fractions.Fraction(target_divisor or "1")
    return fractions.Fraction(quantity) * size / target_size


def solved(case):
    if case["quantity"] is None or case["from"] is None:
        return {"exact": None, "result": None, "cents": None}
    number = convert(case["quantity"], case["from"], case["to"])
    if isinstance(number, str):
        return {"error": number}
    units = cut(number, EXACT, even)
    if abs(units) >= LARGEST:
        return {"error": "overflow"}
    exact = fractions.Fraction(units, 10**EXACT)
    kept, cents = cut(exact, KEPT, even), cut(exact, CENTS, away)
    if max(abs(kept), abs(cents) * 10 ** (KEPT - CENTS)) >= WIDEST:
        return {"error": "overflow"}
    return {"exact": text(units, EXACT, True), "result": text(kept, KEPT), "cents": text(cents, CENTS)}


def main():
    decimal.getcontext().prec = 60
    units = [dict(zip(("code", "dimension", "factor", "divisor"), unit)) for unit in UNITS]
    cases = []
    for title, quantity, source, target in CASES:
        case = {"title": title, "quantity": quantity, "from": source, "to": target}
        cases.append({**case, **solved(case)})
    # The sum of every quantity of mass in one record, each line converted by itself.
    masses = [("2", "lb"), ("3.5", "kg"), ("250", "g"), ("7", "oz"), ("1", "jin")]
    total = sum(cut(convert(quantity, unit, "kg"), EXACT, even) for quantity, unit in masses)
    lines = {"lines": [{"qty": quantity, "unit": unit} for quantity, unit in masses]}
    lines["total"] = text(cut(fractions.Fraction(total, 10**EXACT), KEPT, even), KEPT)
    print(json.dumps({"units": units, "cases": cases, "sum": lines}, indent=2, ensure_ascii=False))


main()
