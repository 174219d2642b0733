-- SPDX-License-Identifier: GPL-3.0-or-later
-- The job of bench/retail.yml in DuckDB; features_duckdb.py fills in {folder} and {output}. An invoice that starts with C is a
-- return; its lines are one event, at the time of the first.
copy (
    with instants as (
        select
            timestamp '2011-09-10' as cutoff,
            cutoff - interval 90 day as from_90d,
            cutoff + interval 90 day as horizon
    ),
    invoices as (
        select
            CustomerID as customer_id,
            starts_with(InvoiceNo, 'C') as returned,
            min(InvoiceDate) as invoiced_at,
            sum(Quantity * UnitPrice) as amount,
            sum(Quantity) as items
        from read_csv(
            '{folder}/online_retail.csv', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false,
            columns = {{
                'InvoiceNo': 'varchar', 'StockCode': 'varchar', 'Description': 'varchar', 'Quantity': 'double',
                'InvoiceDate': 'timestamp', 'UnitPrice': 'double', 'CustomerID': 'varchar', 'Country': 'varchar'}})
        where CustomerID is not null
        group by CustomerID, InvoiceNo
    ),
    of_orders as (
        select
            customer_id,
            date_diff('second', max(invoiced_at), any_value(cutoff)) / 86400.0 as orders_days_since_last,
            date_diff('second', min(invoiced_at), any_value(cutoff)) / 86400.0 as orders_days_since_first,
            count(*) as orders_count,
            count(*) filter (invoiced_at >= from_90d) as orders_count_90d,
            coalesce(sum(amount), 0) as orders_amount_sum,
            coalesce(sum(amount) filter (invoiced_at >= from_90d), 0) as orders_amount_sum_90d,
            avg(amount) as orders_amount_mean,
            max(amount) as orders_amount_max,
            stddev_samp(amount) as orders_amount_std,
            avg(items) as orders_items_mean,
            list_sort(list(epoch(invoiced_at))) as times_s
        from invoices, instants
        where not returned and invoiced_at < cutoff
        group by customer_id
    ),
    of_gaps as (
        select
            * exclude (times_s),
            list_transform(list_zip(times_s[2:], times_s[:-2]), lambda pair: (pair[1] - pair[2]) / 86400.0) as gaps
        from of_orders
    ),
    of_returns as (
        select
            customer_id,
            count(*) as returns_count,
            -sum(amount) as returns_amount_sum,
            date_diff('second', max(invoiced_at), any_value(cutoff)) / 86400.0 as returns_days_since_last
        from invoices, instants
        where returned and invoiced_at < cutoff
        group by customer_id
    ),
    stayed as (
        select distinct customer_id
        from invoices, instants
        where not returned and invoiced_at >= cutoff and invoiced_at < horizon
    )
    select
        of_gaps.* exclude (gaps),
        list_avg(gaps) as orders_gap_days_mean,
        list_max(gaps) as orders_gap_days_max,
        coalesce(returns_count, 0) as returns_count,
        coalesce(returns_amount_sum, 0) as returns_amount_sum,
        returns_days_since_last,
        (stayed.customer_id is null)::int as label_churned
    from of_gaps
    left join of_returns using (customer_id)
    left join stayed using (customer_id)
) to '{output}' (header, delimiter ',')
