/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything: include this one, or the headers you need. */
#ifndef WINBACK_WINBACK_H
#define WINBACK_WINBACK_H

#include <winback/audit.h>
#include <winback/backtest.h>
#include <winback/btyd.h>
#include <winback/campaign.h>
#include <winback/contacts.h>
#include <winback/describe.h>
#include <winback/drift.h>
#include <winback/evaluate.h>
#include <winback/explain.h>
#include <winback/features.h>
#include <winback/fit.h>
#include <winback/horizon.h>
#include <winback/kpi.h>
#include <winback/metrics.h>
#include <winback/model.h>
#include <winback/project.h>
#include <winback/readout.h>
#include <winback/reasons.h>
#include <winback/report.h>
#include <winback/score.h>
#include <winback/scorer.h>
#include <winback/segment.h>
#include <winback/simulate.h>
#include <winback/status.h>
#include <winback/table.h>
#include <winback/time.h>
#include <winback/version.h>

#endif
