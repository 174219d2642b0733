-- SPDX-License-Identifier: GPL-3.0-or-later
-- The job of bench/shop.yml in DuckDB; features_duckdb.py fills in {folder} and {output}. Every file is read once, by one
-- grouping. The gaps come from the sorted list of a customer's times, which is faster than lag() over a window, and the
-- columns are declared, which is faster than having them found out.
copy (
    with instants as (
        select
            timestamp '2024-10-01' as cutoff,
            cutoff - interval 30 day as from_30d,
            cutoff - interval 90 day as from_90d,
            cutoff - interval 180 day as from_180d,
            cutoff - interval 365 day as from_365d,
            cutoff + interval 90 day as horizon
    ),
    orders as (
        select customer_id, ordered_at, amount, discount, channel
        from read_csv(
            '{folder}/orders.csv', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false,
            columns = {{
                'order_id': 'varchar', 'customer_id': 'varchar', 'ordered_at': 'timestamp', 'amount': 'double',
                'discount': 'double', 'channel': 'varchar'}})
    ),
    tickets as (
        select
            customer_id, opened_at, priority, channel,
            case when first_reply_at < cutoff then date_diff('second', opened_at, first_reply_at) / 3600.0 end as reply_hours,
            case when resolved_at < cutoff then date_diff('second', opened_at, resolved_at) / 3600.0 end as resolve_hours,
            case when resolved_at < cutoff then reopens end as reopens,
            case when resolved_at < cutoff then csat end as csat
        from instants, read_csv(
            '{folder}/tickets.csv', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false,
            columns = {{
                'ticket_id': 'varchar', 'customer_id': 'varchar', 'opened_at': 'timestamp', 'first_reply_at': 'timestamp',
                'resolved_at': 'timestamp', 'priority': 'varchar', 'channel': 'varchar', 'reopens': 'double',
                'csat': 'double'}})
        where opened_at < cutoff
    ),
    of_orders as (
        select
            customer_id,
            date_diff('second', max(ordered_at), any_value(cutoff)) / 86400.0 as orders_days_since_last,
            date_diff('second', min(ordered_at), any_value(cutoff)) / 86400.0 as orders_days_since_first,
            count(*) as orders_count,
            count(*) filter (ordered_at >= from_30d) as orders_count_30d,
            count(*) filter (ordered_at >= from_90d) as orders_count_90d,
            count(*) filter (ordered_at >= from_180d) as orders_count_180d,
            count(*) filter (ordered_at >= from_365d) as orders_count_365d,
            coalesce(sum(amount), 0) as orders_amount_sum,
            coalesce(sum(amount) filter (ordered_at >= from_30d), 0) as orders_amount_sum_30d,
            coalesce(sum(amount) filter (ordered_at >= from_90d), 0) as orders_amount_sum_90d,
            coalesce(sum(amount) filter (ordered_at >= from_180d), 0) as orders_amount_sum_180d,
            coalesce(sum(amount) filter (ordered_at >= from_365d), 0) as orders_amount_sum_365d,
            avg(amount) as orders_amount_mean,
            max(amount) as orders_amount_max,
            stddev_samp(amount) as orders_amount_std,
            avg((discount > 0)::int) as orders_discount_share,
            count(distinct channel) as orders_channel_distinct,
            list_sort(list(epoch(ordered_at))) as times_s
        from orders, instants
        where ordered_at < cutoff
        group by customer_id
    ),
    of_gaps as (
        select
            * exclude (times_s),
            list_transform(list_zip(times_s[2:], times_s[:-2]), lambda pair: (pair[1] - pair[2]) / 86400.0) as gaps
        from of_orders
    ),
    of_tickets as (
        select
            customer_id,
            count(*) as tickets_count,
            count(*) filter (opened_at >= from_30d) as tickets_count_30d,
            count(*) filter (opened_at >= from_90d) as tickets_count_90d,
            count(*) filter (opened_at >= from_365d) as tickets_count_365d,
            date_diff('second', max(opened_at), any_value(cutoff)) / 86400.0 as tickets_days_since_last,
            count(*) - count(resolve_hours) as tickets_open,
            avg(reply_hours) as tickets_reply_hours_mean,
            avg(resolve_hours) as tickets_resolve_hours_mean,
            max(resolve_hours) as tickets_resolve_hours_max,
            avg(reopens) as tickets_reopens_mean,
            avg(csat) as tickets_csat_mean,
            min(csat) as tickets_csat_min,
            avg((priority in ('high', 'urgent'))::int) as tickets_high_priority_share,
            avg((channel = 'phone')::int) as tickets_phone_share
        from tickets, instants
        group by customer_id
    ),
    stayed as (
        select distinct customer_id
        from orders, instants
        where ordered_at >= cutoff and ordered_at < horizon
    )
    select
        of_gaps.* exclude (gaps),
        list_avg(gaps) as orders_gap_days_mean,
        list_stddev_samp(gaps) as orders_gap_days_std,
        list_max(gaps) as orders_gap_days_max,
        coalesce(tickets_count, 0) as tickets_count,
        coalesce(tickets_count_30d, 0) as tickets_count_30d,
        coalesce(tickets_count_90d, 0) as tickets_count_90d,
        coalesce(tickets_count_365d, 0) as tickets_count_365d,
        tickets_days_since_last,
        coalesce(tickets_open, 0) as tickets_open,
        of_tickets.* exclude (customer_id, tickets_count, tickets_count_30d, tickets_count_90d, tickets_count_365d,
            tickets_days_since_last, tickets_open),
        (stayed.customer_id is null)::int as label_churned
    from of_gaps
    left join of_tickets using (customer_id)
    left join stayed using (customer_id)
) to '{output}' (header, delimiter ',')
