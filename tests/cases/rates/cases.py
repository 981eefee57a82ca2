"""Computes the cases of cases.json from the ECB's reference rates, independently of the engine: exact fractions, one rounding.

Usage: cases.py <eurofxref-2010-2023.csv.gz> > cases.json
"""
import csv
import datetime
import decimal
import fractions
import gzip
import json
import sys

DIGITS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}

# What the ECB does not quote: currency, base, date, rate (what one unit of the currency is worth in the base).
EXTRA = [
    ("EUR", "KWD", "2013-06-14", "0.3786"),
    ("BHD", "USD", "2013-06-14", "2.65957"),
    ("AED", "BHD", "2013-06-14", "0.10239"),
    ("KWD", "BHD", "2013-06-11", "1.3205"),
]

# Title, amount, from, to, date.
CASES = [
    ("rate of the day", "1000", "EUR", "USD", "2013-06-14"),
    ("the other way round", "1000", "USD", "EUR", "2013-06-14"),
    ("over the euro", "12345.67", "USD", "CNY", "2013-06-14"),
    ("over the euro, back", "98765.43", "CNY", "USD", "2013-06-14"),
    ("Saturday takes Friday's rate", "1000", "USD", "EUR", "2013-06-15"),
    ("Sunday takes Friday's rate", "1000", "USD", "EUR", "2013-06-16"),
    ("Easter: four days without a rate", "2500.50", "GBP", "CNY", "2012-04-09"),
    ("a day before the first rate", "1000", "USD", "EUR", "2010-01-03"),
    ("seven days old is still a rate", "100", "EUR", "USD", "2024-01-05"),
    ("eight days old is none", "100", "EUR", "USD", "2024-01-06"),
    ("the last day of the kroon", "15646.60", "EEK", "EUR", "2010-12-31"),
    ("a week after the kroon", "15646.60", "EEK", "EUR", "2011-01-07"),
    ("eight days after the kroon", "15646.60", "EEK", "EUR", "2011-01-08"),
    ("the litas over the euro, each rate as old as it is", "1000", "LTL", "USD", "2015-01-05"),
    ("the litas is gone", "1000", "LTL", "USD", "2015-06-01"),
    ("never quoted in these years", "10", "CYP", "EUR", "2013-06-14"),
    ("no digits behind the point", "1234.56", "USD", "JPY", "2013-06-14"),
    ("no digits, from won to yen", "1000000", "KRW", "JPY", "2013-06-14"),
    ("from yen", "50001", "JPY", "CNY", "2013-06-17"),
    ("three digits", "1000", "EUR", "KWD", "2013-06-14"),
    ("three digits over the euro", "1234.56", "CNY", "KWD", "2013-06-14"),
    ("from three digits", "10.125", "KWD", "USD", "2013-06-14"),
    ("a pair that is quoted against the dollar", "100", "BHD", "USD", "2013-06-14"),
    ("the same, the other way round", "100", "USD", "BHD", "2013-06-14"),
    ("over another currency than the euro", "2000", "AED", "USD", "2013-06-14"),
    ("a pair's own older rate before a newer way round", "100", "KWD", "BHD", "2013-06-17"),
    ("three steps are no way", "100", "CNY", "BHD", "2013-06-14"),
    ("the same currency is the amount itself", "100.25", "USD", "USD", "1999-01-01"),
    ("the same currency, rounded to its digits", "100.25", "JPY", "JPY", "1999-01-01"),
    ("nothing", "0", "USD", "CNY", "2013-06-14"),
    ("less than nothing", "-1234.565", "USD", "EUR", "2013-06-14"),
    ("a large amount", "99999999999.99", "JPY", "IDR", "2013-06-14"),
    ("a rate with many digits", "7777.77", "IDR", "EUR", "2013-06-14"),
]

OLDEST = datetime.timedelta(days=7)


def read(path):
    """Rates by (currency, base), newest first: what one unit of the currency is worth in the base."""
    quotes = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            date = datetime.date.fromisoformat(row.pop("Date"))
            for code, rate in row.items():
                if code and rate not in ("", "N/A", None):
                    quotes.setdefault(("EUR", code), []).append((date, decimal.Decimal(rate)))
    for currency, base, date, rate in EXTRA:
        quotes.setdefault((currency, base), []).append((datetime.date.fromisoformat(date), decimal.Decimal(rate)))
    return {pair: sorted(rates, reverse=True) for pair, rates in quotes.items()}


def worth(quotes, currency, base, date):
    """What one unit is worth on a date, as a fraction; None without a rate."""
    found = []
    for pair, turn in (((currency, base), False), ((base, currency), True)):
        for day, rate in quotes.get(pair, []):
            if day <= date and date - day <= OLDEST:
                found.append((day, not turn, 1 / fractions.Fraction(rate) if turn else fractions.Fraction(rate)))
                break
    return max(found)[2] if found else None


def convert(quotes, amount, source, target, date):
    if source == target:
        return fractions.Fraction(amount)
    direct = worth(quotes, source, target, date)
    if direct is not None:
        return fractions.Fraction(amount) * direct
    for pivot in ["EUR", *sorted({code for pair in quotes for code in pair})]:
        first, second = worth(quotes, source, pivot, date), worth(quotes, pivot, target, date)
        if first is not None and second is not None:
            return fractions.Fraction(amount) * first * second
    return None


def rounded(number, digits):
    """Half away from zero; the text with so many digits."""
    scaled = abs(number) * 10**digits
    whole = scaled.numerator // scaled.denominator
    whole += scaled - whole >= fractions.Fraction(1, 2)
    text = decimal.Decimal(whole).scaleb(-digits)
    return f"{-text if number < 0 and whole else text:f}"


def main():
    decimal.getcontext().prec = 60
    quotes = read(sys.argv[1])
    cases = []
    for title, amount, source, target, date in CASES:
        number = convert(quotes, amount, source, target, datetime.date.fromisoformat(date))
        case = {"title": title, "amount": amount, "from": source, "to": target, "date": date}
        case["result"] = None if number is None else rounded(number, DIGITS.get(target, 2))
        cases.append(case)
    extra = [dict(zip(("currency", "base", "date", "rate"), quote)) for quote in EXTRA]
    print(json.dumps({"digits": DIGITS, "extra": extra, "cases": cases}, indent=2))


main()
