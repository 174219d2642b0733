# SPDX-License-Identifier: GPL-3.0-or-later
"""features_polars.py FOLDER OUTPUT THREADS: the features of bench/shop.yml with Polars, lazy and streaming, from CSV to CSV."""
import os
import sys
from datetime import datetime, timedelta

folder, output, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads  # is read by the import
import polars as pl  # noqa: E402
from polars import col  # noqa: E402

CUTOFF = datetime(2024, 10, 1)


def days(n):
    return timedelta(days=n)


def time(name):
    return col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us")


def between(earlier, later, unit_s):
    return (later - earlier).dt.total_microseconds() / (1e6 * unit_s)


def until_cutoff(instant):
    return between(instant, pl.lit(CUTOFF), 86400)


def since(name, window_days):
    return col(name) >= CUTOFF - days(window_days)


orders = pl.scan_csv(
    f"{folder}/orders.csv",
    schema={
        "order_id": pl.String, "customer_id": pl.String, "ordered_at": pl.String, "amount": pl.Float64,
        "discount": pl.Float64, "channel": pl.String,
    },
    null_values="",  # in quotes too
).select("customer_id", time("ordered_at"), "amount", "discount", "channel")

tickets = pl.scan_csv(
    f"{folder}/tickets.csv",
    schema={
        "ticket_id": pl.String, "customer_id": pl.String, "opened_at": pl.String, "first_reply_at": pl.String,
        "resolved_at": pl.String, "priority": pl.String, "channel": pl.String, "reopens": pl.Float64, "csat": pl.Float64,
    },
    null_values="",  # in quotes too
).select(
    "customer_id", time("opened_at"), time("first_reply_at"), time("resolved_at"), "priority", "channel", "reopens", "csat"
)

known = orders.filter(col("ordered_at") < CUTOFF)
of_orders = known.group_by("customer_id").agg(
    until_cutoff(col("ordered_at").max()).alias("orders_days_since_last"),
    until_cutoff(col("ordered_at").min()).alias("orders_days_since_first"),
    pl.len().alias("orders_count"),
    *(since("ordered_at", w).sum().alias(f"orders_count_{w}d") for w in (30, 90, 180, 365)),
    col("amount").sum().alias("orders_amount_sum"),
    *((col("amount") * since("ordered_at", w)).sum().alias(f"orders_amount_sum_{w}d") for w in (30, 90, 180, 365)),
    col("amount").mean().alias("orders_amount_mean"),
    col("amount").max().alias("orders_amount_max"),
    col("amount").std().alias("orders_amount_std"),
    (col("discount") > 0).mean().alias("orders_discount_share"),
    col("channel").n_unique().alias("orders_channel_distinct"),
)
gap = between(col("ordered_at").shift(), col("ordered_at"), 86400)
of_gaps = (
    known.select("customer_id", "ordered_at")
    .sort("customer_id", "ordered_at")
    .with_columns(gap.alias("gap"), (col("customer_id") == col("customer_id").shift()).alias("same"))
    .filter("same")
    .group_by("customer_id")
    .agg(
        col("gap").mean().alias("orders_gap_days_mean"),
        col("gap").std().alias("orders_gap_days_std"),
        col("gap").max().alias("orders_gap_days_max"),
    )
)
resolved = col("resolved_at") < CUTOFF
of_tickets = (
    tickets.filter(col("opened_at") < CUTOFF)
    .select(
        "customer_id", "opened_at", "priority", "channel",
        pl.when(col("first_reply_at") < CUTOFF).then(between(col("opened_at"), col("first_reply_at"), 3600)).alias("reply_hours"),
        pl.when(resolved).then(between(col("opened_at"), col("resolved_at"), 3600)).alias("resolve_hours"),
        pl.when(resolved).then("reopens").alias("reopens"),
        pl.when(resolved).then("csat").alias("csat"),
    )
    .group_by("customer_id")
    .agg(
        pl.len().alias("tickets_count"),
        *(since("opened_at", w).sum().alias(f"tickets_count_{w}d") for w in (30, 90, 365)),
        until_cutoff(col("opened_at").max()).alias("tickets_days_since_last"),
        col("resolve_hours").null_count().alias("tickets_open"),
        col("reply_hours").mean().alias("tickets_reply_hours_mean"),
        col("resolve_hours").mean().alias("tickets_resolve_hours_mean"),
        col("resolve_hours").max().alias("tickets_resolve_hours_max"),
        col("reopens").mean().alias("tickets_reopens_mean"),
        col("csat").mean().alias("tickets_csat_mean"),
        col("csat").min().alias("tickets_csat_min"),
        col("priority").is_in(["high", "urgent"]).mean().alias("tickets_high_priority_share"),
        (col("channel") == "phone").mean().alias("tickets_phone_share"),
    )
)
stayed = (
    orders.filter(col("ordered_at") >= CUTOFF, col("ordered_at") < CUTOFF + days(90))
    .select("customer_id")
    .unique()
    .with_columns(pl.lit(0).alias("label_churned"))
)
zero_without_tickets = ["tickets_count", "tickets_count_30d", "tickets_count_90d", "tickets_count_365d", "tickets_open"]
(
    of_orders.join(of_gaps, on="customer_id", how="left")
    .join(of_tickets, on="customer_id", how="left")
    .join(stayed, on="customer_id", how="left")
    .with_columns(col(zero_without_tickets).fill_null(0), col("label_churned").fill_null(1))
    .sink_csv(output, engine="streaming")
)
