#!/usr/bin/env python3
"""Counts what is odd in December 2010 of Online Retail; the figures in README.md come from here.

Reads online_retail/online_retail_2010-12.csv.gz in $KONTOR_TEST_DATA (default ../shared/data beside the repository).
"""
import collections
import csv
import gzip
import os
import re
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(os.environ.get("KONTOR_TEST_DATA", ROOT / ".." / "shared" / "data")) / "online_retail" / "online_retail_2010-12.csv.gz"

with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
for row in rows:
    row["amount"] = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
documents, described, cased, served = (collections.defaultdict(list) for _ in range(4))
for row in rows:
    documents[row["InvoiceNo"]].append(row)
    described[row["StockCode"]].append(row["Description"].strip())
    cased[row["StockCode"].upper()].append(row["StockCode"])
    served[row["CustomerID"]].append(row["Country"])
credits = [row for row in rows if row["InvoiceNo"].startswith("C")]
same = collections.Counter(tuple(row.values()) for row in rows)
totals = {number: sum(row["amount"] for row in lines) for number, lines in documents.items()}

for label, figure in [
    ("lines", len(rows)),
    ("documents", len(documents)),
    ("customers", len({row["CustomerID"] for row in rows} - {""})),
    ("item codes", len(described)),
    ("net", sum(row["amount"] for row in rows)),
    ("of which credit notes", sum(row["amount"] for row in credits)),
    ("lines without a customer", sum(not row["CustomerID"] for row in rows)),
    ("documents without a customer", len({row["InvoiceNo"] for row in rows if not row["CustomerID"]})),
    ("net of documents without a customer", sum(row["amount"] for row in rows if not row["CustomerID"])),
    ("customer codes written as 17850.0", sum(row["CustomerID"].endswith(".0") for row in rows)),
    ("credit notes (number begins with C)", sum(number.startswith("C") for number in documents)),
    ("their lines", len(credits)),
    ("lines with a negative quantity", sum(Decimal(row["Quantity"]) < 0 for row in rows)),
    ("of which on no credit note", sum(Decimal(row["Quantity"]) < 0 and not row["InvoiceNo"].startswith("C") for row in rows)),
    ("lines with a price of zero", sum(Decimal(row["UnitPrice"]) == 0 for row in rows)),
    ("lines with a negative price", sum(Decimal(row["UnitPrice"]) < 0 for row in rows)),
    ("documents whose total is zero", sum(total == 0 for total in totals.values())),
    ("documents whose total is negative", sum(total < 0 for total in totals.values())),
    ("lines that repeat another line exactly", sum(count - 1 for count in same.values())),
    ("lines without a description", sum(not row["Description"].strip() for row in rows)),
    ("descriptions with blanks around them", sum(row["Description"] != row["Description"].strip() for row in rows)),
    ("item codes with several descriptions", sum(len(set(texts)) > 1 for texts in described.values())),
    ("item codes that differ only in case", sum(len(set(codes)) > 1 for codes in cased.values())),
    ("item codes that are not five digits and letters", sum(not re.fullmatch(r"\d{5}[A-Za-z]*", code) for code in described)),
    ("documents with several times of day", sum(len({row["InvoiceDate"] for row in lines}) > 1 for lines in documents.values())),
    ("customers in several countries", sum(len(set(places)) > 1 for code, places in served.items() if code)),
    ("country names that are no ISO names", sum(row["Country"] in {"EIRE", "Channel Islands"} for row in rows)),
    ("lines of the longest document", max(map(len, documents.values()))),
    ("largest price", max(Decimal(row["UnitPrice"]) for row in rows)),
]:
    print(f"| {label} | {figure} |")
