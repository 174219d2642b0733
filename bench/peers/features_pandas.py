# SPDX-License-Identifier: GPL-3.0-or-later
"""features_pandas.py FOLDER OUTPUT THREADS: the features of bench/shop.yml with pandas, from CSV to CSV by way of Arrow."""
import sys

import pandas as pd
import pyarrow as pa
from pyarrow import csv

folder, output, threads = sys.argv[1:]
pa.set_cpu_count(int(threads))
CUTOFF = pd.Timestamp("2024-10-01")


def read(name, types):
    """The columns of `types`: the customer and other texts as categories, which grouping by is faster than by strings."""
    arrow = {"time": pa.timestamp("us"), "number": pa.float64(), "category": pa.dictionary(pa.int32(), pa.string())}
    columns = {column: arrow[kind] for column, kind in types.items()}
    options = csv.ConvertOptions(column_types=columns, include_columns=list(columns), timestamp_parsers=["%Y-%m-%dT%H:%M:%SZ"])
    table = csv.read_csv(f"{folder}/{name}.csv", convert_options=options)
    return table.unify_dictionaries().to_pandas(self_destruct=True)


def between(earlier, later, unit):
    return (later - earlier) / pd.Timedelta(1, unit)


def windowed(frame, time, windows_days, value=None):
    """Columns that group sums turn into the counts, or the sums of `value`, of the windows."""
    what = "count" if value is None else f"{value}_sum"
    for days in windows_days:
        inside = frame[time] >= CUTOFF - pd.Timedelta(days=days)
        frame[f"{what}_{days}d"] = inside.astype("int64") if value is None else frame[value].where(inside, 0.0)
    return [f"{what}_{days}d" for days in windows_days]


def of_orders(orders):
    orders = orders[orders.ordered_at < CUTOFF].sort_values(["customer_id", "ordered_at"], ignore_index=True)
    gap = between(orders.ordered_at.shift(), orders.ordered_at, "day")
    orders["gap"] = gap.where(orders.customer_id.cat.codes == orders.customer_id.cat.codes.shift())
    orders["discounted"] = (orders.discount > 0).astype("float64").where(orders.discount.notna())
    sums = windowed(orders, "ordered_at", (30, 90, 180, 365)) + windowed(orders, "ordered_at", (30, 90, 180, 365), "amount")
    by_customer = orders.groupby("customer_id", observed=True, sort=False)
    features = by_customer[sums].sum()
    features["days_since_last"] = between(by_customer.ordered_at.last(), CUTOFF, "day")
    features["days_since_first"] = between(by_customer.ordered_at.first(), CUTOFF, "day")
    features["count"] = by_customer.size()
    features["amount_sum"] = by_customer.amount.sum()
    features["amount_mean"] = by_customer.amount.mean()
    features["amount_max"] = by_customer.amount.max()
    features["amount_std"] = by_customer.amount.std()
    features["discount_share"] = by_customer.discounted.mean()
    pairs = orders[["customer_id", "channel"]].drop_duplicates()
    features["channel_distinct"] = pairs.groupby("customer_id", observed=True, sort=False).channel.count()
    features["gap_days_mean"] = by_customer.gap.mean()
    features["gap_days_std"] = by_customer.gap.std()
    features["gap_days_max"] = by_customer.gap.max()
    return features.add_prefix("orders_")


def of_tickets(tickets):
    tickets = tickets[tickets.opened_at < CUTOFF].copy()
    resolved = tickets.resolved_at < CUTOFF
    tickets["open"] = (~resolved).astype("int64")
    tickets["reply_hours"] = between(tickets.opened_at, tickets.first_reply_at.where(tickets.first_reply_at < CUTOFF), "h")
    tickets["resolve_hours"] = between(tickets.opened_at, tickets.resolved_at.where(resolved), "h")
    tickets["reopens"] = tickets.reopens.where(resolved)
    tickets["csat"] = tickets.csat.where(resolved)
    tickets["high_priority"] = tickets.priority.isin(["high", "urgent"]).astype("float64").where(tickets.priority.notna())
    tickets["phone"] = (tickets.channel == "phone").astype("float64").where(tickets.channel.notna())
    sums = windowed(tickets, "opened_at", (30, 90, 365)) + ["open"]
    by_customer = tickets.groupby("customer_id", observed=True, sort=False)
    features = by_customer[sums].sum()
    features["count"] = by_customer.size()
    features["days_since_last"] = between(by_customer.opened_at.max(), CUTOFF, "day")
    features["reply_hours_mean"] = by_customer.reply_hours.mean()
    features["resolve_hours_mean"] = by_customer.resolve_hours.mean()
    features["resolve_hours_max"] = by_customer.resolve_hours.max()
    features["reopens_mean"] = by_customer.reopens.mean()
    features["csat_mean"] = by_customer.csat.mean()
    features["csat_min"] = by_customer.csat.min()
    features["high_priority_share"] = by_customer.high_priority.mean()
    features["phone_share"] = by_customer.phone.mean()
    return features.add_prefix("tickets_")


orders = read(
    "orders",
    {"customer_id": "category", "ordered_at": "time", "amount": "number", "discount": "number", "channel": "category"},
)
in_horizon = (orders.ordered_at >= CUTOFF) & (orders.ordered_at < CUTOFF + pd.Timedelta(days=90))
stayed = orders.customer_id[in_horizon].unique()
features = of_orders(orders)
del orders
tickets = read(
    "tickets",
    {
        "customer_id": "category", "opened_at": "time", "first_reply_at": "time", "resolved_at": "time",
        "priority": "category", "channel": "category", "reopens": "number", "csat": "number",
    },
)
features.index = features.index.astype("str")
tickets = of_tickets(tickets)
tickets.index = tickets.index.astype("str")
features = features.join(tickets)
zero_without_tickets = ["tickets_count", "tickets_count_30d", "tickets_count_90d", "tickets_count_365d", "tickets_open"]
features = features.fillna(dict.fromkeys(zero_without_tickets, 0))
features["label_churned"] = (~features.index.isin(stayed)).astype("int64")
csv.write_csv(pa.Table.from_pandas(features.reset_index(), preserve_index=False), output)
