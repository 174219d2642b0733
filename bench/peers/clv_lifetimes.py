# SPDX-License-Identifier: GPL-3.0-or-later
"""clv_lifetimes.py ORDERS END DAYS OUT: BG/NBD and Gamma-Gamma of the orders up to the date END, times in weeks, by lifetimes, and
what each customer is expected to buy in so many DAYS and spend on each purchase."""
import sys
import warnings

import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data

warnings.filterwarnings("ignore")
path, end, days, out = sys.argv[1:]
orders = pd.read_csv(path, usecols=["customer_id", "ordered_at", "amount"], parse_dates=["ordered_at"])
table = summary_data_from_transaction_data(orders, "customer_id", "ordered_at", "amount", observation_period_end=end)
x, t_x, t = table["frequency"], table["recency"] / 7, table["T"] / 7
purchases = BetaGeoFitter()
purchases.fit(x, t_x, t)
spenders = table[(x > 0) & (table["monetary_value"] > 0)]
spend = GammaGammaFitter()
spend.fit(spenders["frequency"], spenders["monetary_value"])
table["expected_purchases"] = purchases.conditional_expected_number_of_purchases_up_to_time(int(days) / 7, x, t_x, t)
table["expected_spend"] = spend.conditional_expected_average_profit(x, table["monetary_value"])
table[["expected_purchases", "expected_spend"]].to_csv(out)
