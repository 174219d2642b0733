/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A design that one worker of another has to itself. */
#include "base/memory.h"
#include "design/design.h"

typedef struct alone {
    wbi_design base;
    const wbi_design *of;
    int worker;
} alone;

static wb_status alone_load(const wbi_design *base, size_t begin, size_t end, int worker, wb_error *err)
{
    const alone *design = (const alone *)base;
    (void)worker;
    return design->of->ops->load(design->of, begin, end, design->worker, err);
}

static void alone_eta(const wbi_design *base, int worker, double *eta, const double *beta)
{
    const alone *design = (const alone *)base;
    (void)worker;
    design->of->ops->eta(design->of, design->worker, eta, beta);
}

static void alone_gradient(const wbi_design *base, int worker, double *sums, const double *residual)
{
    const alone *design = (const alone *)base;
    (void)worker;
    design->of->ops->gradient(design->of, design->worker, sums, residual);
}

static void alone_crossproduct(const wbi_design *base, int worker, double *sums, const double *v)
{
    const alone *design = (const alone *)base;
    (void)worker;
    design->of->ops->crossproduct(design->of, design->worker, sums, v);
}

static void alone_squares(const wbi_design *base, int worker, double *squares, const double *factor, double *scratch)
{
    const alone *design = (const alone *)base;
    (void)worker;
    design->of->ops->squares(design->of, design->worker, squares, factor, scratch);
}

static void alone_free(wbi_design *base)
{
    wbi_free(base);
}

static const wbi_design_ops alone_ops = {alone_load,         alone_eta,     alone_gradient, NULL,
                                         alone_crossproduct, alone_squares, alone_free};

wb_status wbi_design_alone(wbi_design **out, const wbi_design *of, int worker, wb_error *err)
{
    alone *design = wbi_alloc_zeroed(1, sizeof *design);
    if (design == NULL)
        return wbi_fail_nomem(err, sizeof *design);
    *design = (alone){.base = *of, .of = of, .worker = worker};
    design->base.ops = &alone_ops;
    design->base.n_threads = 1;
    *out = &design->base;
    return WB_OK;
}
