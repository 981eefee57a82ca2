#!/usr/bin/env python3
"""Makes templates-trade/data/sample/*.csv from the Northwind data set in $KONTOR_TEST_DATA (default ../shared/data).

Names, addresses, products, orders, prices, quantities and discounts are Northwind's. What it does not have is made up here
by fixed rules: costs, weights, grades, credit limits, terms, Chinese product names, e-mail addresses, price lists, quotes. Dates are
written as days before or after the day of installation: the last order of the data set was placed yesterday. Exchange rates are
the ECB's of the last years in its file, one a week, moved so that the last one is of the day of installation.
"""
import collections
import csv
import datetime
import gzip
import os
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("KONTOR_TEST_DATA", ROOT / ".." / "shared" / "data"))
SOURCE = DATA / "northwind"
TARGET = ROOT / "templates-trade" / "data" / "sample"

COUNTRIES = {
    "Argentina": "AR", "Austria": "AT", "Belgium": "BE", "Brazil": "BR", "Canada": "CA", "Denmark": "DK", "Finland": "FI",
    "France": "FR", "Germany": "DE", "Ireland": "IE", "Italy": "IT", "Mexico": "MX", "Norway": "NO", "Poland": "PL",
    "Portugal": "PT", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH", "UK": "GB", "USA": "US", "Venezuela": "VE",
    "Japan": "JP", "Australia": "AU", "Netherlands": "NL", "Singapore": "SG",
}
LANGUAGES = {
    "AR": "es", "AT": "de", "BE": "fr", "BR": "pt", "CA": "en", "CH": "de", "DE": "de", "DK": "da", "ES": "es", "FI": "fi",
    "FR": "fr", "GB": "en", "IE": "en", "IT": "it", "MX": "es", "NO": "nb", "PL": "pl", "PT": "pt", "SE": "sv", "US": "en", "VE": "es",
}
PORTS = {
    "AR": "Buenos Aires", "AT": "Hamburg", "BE": "Antwerp", "BR": "Santos", "CA": "Montreal", "CH": "Genoa", "DE": "Hamburg",
    "DK": "Copenhagen", "ES": "Barcelona", "FI": "Helsinki", "FR": "Le Havre", "GB": "Felixstowe", "IE": "Dublin", "IT": "Genoa",
    "MX": "Veracruz", "NO": "Oslo", "PL": "Gdansk", "PT": "Lisbon", "SE": "Gothenburg", "US": "Los Angeles", "VE": "La Guaira",
}
CATEGORIES = {"1": "beverages", "2": "condiments", "3": "confections", "4": "dairy", "5": "grains", "6": "meat", "7": "produce", "8": "seafood"}
HS_CHAPTERS = {"1": "2202", "2": "2103", "3": "1704", "4": "0406", "5": "1905", "6": "1602", "7": "0813", "8": "1604"}
TERMS = {"A": ["oa_30", "oa_60", "lc_sight"], "B": ["tt_30_70_bl", "dp_sight", "oa_30"], "C": ["tt_30_70", "tt_advance"]}
LIMITS = {"A": "100000", "B": "30000", "C": "10000"}
INCOTERMS = ["FOB", "CIF", "CFR", "FOB", "EXW"]
SALES, MANAGER = "sales@demo.kontor", "manager@demo.kontor"
# Northwind's sales representatives are the demo's salesperson, its manager, vice president and coordinator the demo's manager.
PEOPLE = {number: MANAGER if number in {"2", "5", "8"} else SALES for number in "123456789"}

CHINESE = dict(line.split(" ", 1) for line in """\
1 印度香茶
2 大象啤酒
3 茴香糖浆
4 安东大厨卡津调味粉
5 安东大厨秋葵浓汤料
6 祖母波森莓果酱
7 鲍勃叔叔有机梨干
8 北林蔓越莓酱
9 神户牛肉
10 鲑鱼子
11 卡伯瑞勒斯蓝纹奶酪
12 拉曼查羊奶酪
13 昆布
14 豆腐
15 减盐酱油
16 奶油蛋白甜饼
17 羊肉罐头
18 卡那封虎虾
19 下午茶巧克力饼干
20 罗德尼爵士柑橘酱
21 罗德尼爵士司康饼
22 古斯塔夫脆面包
23 北欧薄饼
24 瓜拉纳汽水
25 榛子巧克力酱
26 小熊软糖
27 瑞士巧克力
28 酸菜
29 图林根烤肠
30 北海腌鲱鱼
31 戈贡佐拉奶酪
32 马斯卡彭奶酪
33 挪威羊奶酪
34 大脚怪麦芽啤酒
35 黑啤酒
36 瑞典腌鲱鱼
37 腌渍三文鱼
38 布莱红葡萄酒
39 绿查特酒
40 波士顿蟹肉罐头
41 新英格兰蛤蜊浓汤
42 福建炒面
43 怡保咖啡
44 马六甲椰糖
45 烟熏鲱鱼
46 腌制鲱鱼
47 荷兰曲奇
48 荷兰巧克力
49 甘草糖
50 白巧克力
51 苹果干
52 千层酥皮粉
53 珀斯馅饼
54 肉馅派
55 牛肉土豆派
56 土豆丸子
57 意式饺子
58 勃艮第蜗牛
59 拉克莱特奶酪
60 卡芒贝尔奶酪
61 枫糖浆
62 枫糖馅饼
63 蔬菜酱
64 德式面包丸子
65 路易斯安那辣椒酱
66 路易斯安那辣味秋葵
67 伐木工拉格啤酒
68 苏格兰黄油酥饼
69 古德布兰德奶酪
70 内陆拉格啤酒
71 奶油软奶酪
72 马苏里拉奶酪
73 红鱼子酱
74 长保质期豆腐
75 莱茵修道院啤酒
76 云莓利口酒
77 法兰克福绿酱""".splitlines())


def read(name):
    with open(SOURCE / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name, rows):
    with open(TARGET / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    print(f"{name}.csv: {len(rows)} rows")


def cents(value, digits="0.01"):
    return Decimal(value).quantize(Decimal(digits), ROUND_HALF_UP)


def plain(value):
    return format(Decimal(value).normalize(), "f")


def ascii_name(text):
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("Ø", "O"))
    return re.sub(r"[^a-z0-9]+", ".", folded.encode("ascii", "ignore").decode().lower()).strip(".")


def tidy(text):
    return re.sub(r"\s+", " ", text).strip()


orders, details = read("orders"), read("order_details")
customers, products, suppliers = read("customers"), read("products"), {row["SupplierID"]: row for row in read("suppliers")}
LAST = max(datetime.date.fromisoformat(order["OrderDate"]) for order in orders)


def day(text):
    """A date as days from the day of installation; the data set's last order was placed the day before."""
    if not text:
        return ""
    days = (datetime.date.fromisoformat(text) - LAST).days - 1
    return f"@{days:+d}d"


def shifted(text, days):
    return day((datetime.date.fromisoformat(text) + datetime.timedelta(days)).isoformat())


lines = collections.defaultdict(list)
for row in details:
    lines[row["OrderID"]].append(row)


def amount(line):
    return cents(Decimal(line["UnitPrice"]) * Decimal(line["Quantity"]) * (1 - Decimal(line["Discount"])))


revenue, served, last_order = collections.Counter(), collections.defaultdict(collections.Counter), {}
for order in orders:
    revenue[order["CustomerID"]] += sum(map(amount, lines[order["OrderID"]]))
    served[order["CustomerID"]][PEOPLE[order["EmployeeID"]]] += 1
    last_order[order["CustomerID"]] = max(last_order.get(order["CustomerID"], ""), order["OrderDate"])
ranked = [code for code, _ in revenue.most_common()]
grades = {code: "A" if place < 10 else "B" if place < 35 else "C" for place, code in enumerate(ranked)}
owners = {code: counts.most_common(1)[0][0] for code, counts in served.items()}
terms = {}

rows, contacts = [], []
for place, customer in enumerate(customers):
    code = customer["CustomerID"]
    country, grade = COUNTRIES[customer["Country"]], grades.get(code, "C")
    terms[code] = (TERMS[grade][place % len(TERMS[grade])], INCOTERMS[place % len(INCOTERMS)])
    owners.setdefault(code, SALES)
    recent = code in last_order and (LAST - datetime.date.fromisoformat(last_order[code])).days <= 120
    site = f"{ascii_name(customer['CompanyName']).replace('.', '-')}.example"
    rows.append({
        "code": code, "name": tidy(customer["CompanyName"]), "status": "active" if recent else "dormant" if code in last_order else "prospect",
        "grade": grade, "source": ["exhibition", "website", "b2b", "referral"][place % 4], "country": country, "language": LANGUAGES[country],
        "currency": "USD", "credit_limit": LIMITS[grade], "payment_terms": terms[code][0], "incoterm": terms[code][1],
        "phone": customer["Phone"], "fax": customer["Fax"] or "", "email": f"info@{site}", "website": f"https://www.{site}",
        "address": tidy(customer["Address"]), "city": tidy(customer["City"]), "region": customer["Region"], "postal_code": customer["PostalCode"],
        "owner.email": owners[code],
    })
    contacts.append({
        "customer.code": code, "name": tidy(customer["ContactName"]), "job_title": customer["ContactTitle"], "primary": "true",
        "decision_maker": "true" if re.search("Owner|Manager", customer["ContactTitle"]) else "false",
        "email": f"{ascii_name(customer['ContactName'])}@{site}", "phone": customer["Phone"], "language": LANGUAGES[country],
        "owner.email": owners[code],
    })
write("customer", rows)
write("contact", contacts)

UNITS = [("bottle", "bottle"), ("can", "can"), ("box", "box"), ("bag", "bag"), ("kg pkg", "kg"), ("kg box", "kg"), ("jar", "bottle")]
# Grams and pounds in one of what a specification counts; a litre weighs a kilogram, and what only counts pieces weighs 100 g each.
GRAMS = {"kg": 1000, "k": 1000, "g": 1, "l": 1000, "cl": 10, "ml": 1, "cc": 1}
POUNDS = {"lb": Decimal(1), "oz": Decimal(1) / 16}


def weights(pack):
    """Net and gross weight of a carton, and their unit: as the specification says, with a tenth for the packing."""
    counts = [int(number) for number in re.findall(r"(?:^|x |- )(\d+)(?= (?:-|x|boxes|bags|pkgs|pieces|pies|gift|sausgs))", pack)]
    size = re.search(r"([\d.]+) ?(kg|k|g|lb|oz|l|cl|ml|cc)\b", pack)
    packed = 1
    for count in counts:
        packed *= count
    if size and size[2] in POUNDS:
        unit, net = "lb", packed * Decimal(size[1]) * POUNDS[size[2]]
    else:
        unit, net = "kg", packed * (Decimal(size[1]) * GRAMS[size[2]] if size else Decimal(100)) / 1000
    return plain(cents(net, "0.001")), plain(cents(net * Decimal("1.1"), "0.001")), unit


rows = []
for product in products:
    number, pack, price = int(product["ProductID"]), product["QuantityPerUnit"], Decimal(product["UnitPrice"])
    rows.append({
        "code": f"P{number:03d}", "name": product["ProductName"], "name_zh": CHINESE[product["ProductID"]], "category": CATEGORIES[product["CategoryID"]],
        "specification": tidy(pack), "unit": "carton", "currency": "USD", "cost": plain(cents(price * (60 + number * 7 % 13) / 100)),
        "list_price": plain(price), "hs_code": HS_CHAPTERS[product["CategoryID"]], "origin": COUNTRIES[suppliers[product["SupplierID"]]["Country"]],
        "moq": "10", **dict(zip(("net_weight", "gross_weight", "weight_unit"), weights(tidy(pack)))),
        "active": "false" if product["Discontinued"] == "1" else "true",
    })
write("product", rows)

rows = []
for code, name, grade, steps in [
    ("STD-USD", "标准价格表 Standard prices (USD)", "", [(1, "1"), (100, "0.95"), (500, "0.9")]),
    ("KEY-USD", "重点客户价格表 Key account prices (USD)", "A", [(1, "0.93"), (100, "0.88")]),
]:
    for product in products:
        if product["Discontinued"] == "1":
            continue
        for quantity, factor in steps:
            rows.append({
                "code": code, "name": name, "currency": "USD", "grade": grade, "valid_from": "@-365d", "valid_to": "@+365d", "active": "true",
                "lines.product.code": f"P{int(product['ProductID']):03d}", "lines.min_qty": quantity,
                "lines.price": plain(cents(Decimal(product["UnitPrice"]) * Decimal(factor))),
            })
write("price_list", rows)

STATUS_OF_NEWEST = ["draft", "draft", "submitted", "submitted", "submitted"]
newest = [order["OrderID"] for order in sorted(orders, key=lambda order: int(order["OrderID"]), reverse=True) if not order["ShippedDate"]]
rows = []
for order in orders:
    code, shipped = order["CustomerID"], order["ShippedDate"]
    if shipped:
        status = "closed" if (LAST - datetime.date.fromisoformat(shipped)).days > 45 else "shipped"
    else:
        place = newest.index(order["OrderID"])
        status = STATUS_OF_NEWEST[place] if place < len(STATUS_OF_NEWEST) else "approved"
    for line in lines[order["OrderID"]]:
        rows.append({
            "external_number": f"NW{order['OrderID']}", "order_date": day(order["OrderDate"]), "customer.code": code, "currency": "USD",
            "incoterm": terms[code][1], "payment_terms": terms[code][0], "port_of_loading": "Ningbo",
            "port_of_discharge": PORTS[COUNTRIES[order["ShipCountry"]]], "required_date": day(order["RequiredDate"]), "shipped_date": day(shipped),
            "freight": plain(order["Freight"]), "ship_name": tidy(order["ShipName"]), "ship_address": tidy(order["ShipAddress"]),
            "ship_city": tidy(order["ShipCity"]), "ship_region": order["ShipRegion"], "ship_postal_code": order["ShipPostalCode"],
            "ship_country": COUNTRIES[order["ShipCountry"]], "status": status, "owner.email": owners[code],
            "lines.product.code": f"P{int(line['ProductID']):03d}", "lines.qty": line["Quantity"], "lines.price": plain(line["UnitPrice"]),
            "lines.discount": plain(line["Discount"]),
        })
write("order", rows)

# Quotes: most of the newest orders were quoted a week before; the others stand for inquiries that are open or lost.
rows = []
recent = sorted(orders, key=lambda order: int(order["OrderID"]))[-60:]
for place, order in enumerate(recent):
    code = order["CustomerID"]
    status = "accepted" if place % 3 else "lost" if place % 2 else "sent"
    if place >= 57:
        status = "draft"
    offset = 14 - place % 5 if status in {"sent", "draft"} else -7
    asked = min(datetime.date.fromisoformat(order["OrderDate"]) + datetime.timedelta(offset), LAST).isoformat()
    for line in lines[order["OrderID"]]:
        rows.append({
            "external_number": f"NQ{order['OrderID']}", "customer.code": code, "quote_date": day(asked), "valid_until": shifted(asked, 30),
            "currency": "USD", "incoterm": terms[code][1], "payment_terms": terms[code][0], "port_of_loading": "Ningbo",
            "port_of_discharge": PORTS[COUNTRIES[order["ShipCountry"]]], "lead_time": 20 + place % 4 * 5, "status": status,
            "lost_reason": ["price", "no_answer", "delivery"][place // 2 % 3] if status == "lost" else "", "owner.email": owners[code],
            "lines.product.code": f"P{int(line['ProductID']):03d}", "lines.qty": line["Quantity"], "lines.price": plain(line["UnitPrice"]),
            "lines.discount": plain(line["Discount"]),
        })
write("quote", rows)

# The euro against dollar and yuan in every week with orders, against other currencies in the last quarter.
WEEKS = {"USD": 100, "CNY": 100, "GBP": 13, "JPY": 13, "HKD": 13}
with gzip.open(DATA / "ecb" / "eurofxref-2010-2023.csv.gz", "rt", encoding="utf-8", newline="") as file:
    quoted = {row["Date"]: row for row in csv.DictReader(file)}
newest = datetime.date.fromisoformat(max(quoted))
rows = []
for code, weeks in WEEKS.items():
    for week in reversed(range(weeks)):
        date = newest - datetime.timedelta(7 * week)
        # A holiday has the rate of the day before.
        while date.isoformat() not in quoted:
            date -= datetime.timedelta(1)
        rows.append({"currency": "EUR", "base": code, "date": f"@{-7 * week:+d}d", "rate": quoted[date.isoformat()][code]})
write("exchange_rate", rows)
print(f"revenue, lines rounded: {sum(revenue.values())}")
