/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each loop does one operator over all rows. Missing: NaN, WB_TIME_MISSING, no data, WBI_UNKNOWN. */
#include "expr/kernels.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define ROWS(statement)                                                                                                \
    for (size_t i = 0; i < n; i++) {                                                                                   \
        statement;                                                                                                     \
    }
#define A(field) a.values.field[i * a.step]
#define B(field) b.values.field[i * b.step]

/* --- single values --- */

static bool number_missing(double x)
{
    return isnan(x);
}

static bool time_missing(int64_t x)
{
    return x == WB_TIME_MISSING;
}

static bool text_missing(wbi_str x)
{
    return x.data == NULL;
}

static bool bool_missing(uint8_t x)
{
    return x == WBI_UNKNOWN;
}

static bool number_less(double x, double y)
{
    return x < y;
}

static bool time_less(int64_t x, int64_t y)
{
    return x < y;
}

static bool text_less(wbi_str x, wbi_str y)
{
    return wbi_str_compare(x, y) < 0;
}

static bool bool_less(uint8_t x, uint8_t y)
{
    return x < y;
}

/* Overflow and x/0 are missing, with one NaN for all. */
static double finite_or_missing(double x)
{
    return fabs(x) <= DBL_MAX ? x : NAN;
}

/* To the nearest microsecond, ties to even; beyond int64 is missing. */
static int64_t to_us(double us)
{
    return fabs(us) < 0x1p63 ? (int64_t)rint(us) : WB_TIME_MISSING;
}

static double from_us(int64_t us)
{
    return us == WB_TIME_MISSING ? NAN : (double)us;
}

static int64_t add_us(int64_t x, int64_t y)
{
    int64_t sum;
    bool missing = time_missing(x) || time_missing(y) || __builtin_add_overflow(x, y, &sum);
    return missing ? WB_TIME_MISSING : sum;
}

static int64_t subtract_us(int64_t x, int64_t y)
{
    int64_t difference;
    bool missing = time_missing(x) || time_missing(y) || __builtin_sub_overflow(x, y, &difference);
    return missing ? WB_TIME_MISSING : difference;
}

/* --- cells --- */

size_t wbi_cell_bytes(wbi_expr_type type)
{
    switch (type) {
    case WBI_EXPR_TEXT:
        return sizeof(wbi_str);
    case WBI_EXPR_BOOL:
        return sizeof(uint8_t);
    default:
        return sizeof(double);
    }
}

wbi_vector wbi_vector_of(wbi_expr_type type, const void *cells)
{
    switch (type) {
    case WBI_EXPR_TEXT:
        return (wbi_vector){.type = type, .texts = cells};
    case WBI_EXPR_BOOL:
        return (wbi_vector){.type = type, .bools = cells};
    case WBI_EXPR_NUMBER:
        return (wbi_vector){.type = type, .numbers = cells};
    default:
        return (wbi_vector){.type = type, .times = cells};
    }
}

/* Runs DO(cell type, field of the vector, test for missing, order) for the type at hand. */
#define BY_TYPE(type, DO)                                                                                              \
    switch (type) {                                                                                                    \
    case WBI_EXPR_NUMBER:                                                                                              \
        DO(double, numbers, number_missing, number_less)                                                               \
        break;                                                                                                         \
    case WBI_EXPR_TEXT:                                                                                                \
        DO(wbi_str, texts, text_missing, text_less)                                                                    \
        break;                                                                                                         \
    case WBI_EXPR_BOOL:                                                                                                \
        DO(uint8_t, bools, bool_missing, bool_less)                                                                    \
        break;                                                                                                         \
    default:                                                                                                           \
        DO(int64_t, times, time_missing, time_less)                                                                    \
        break;                                                                                                         \
    }

void wbi_apply_copy(void *out, wbi_operand a, size_t n)
{
#define COPY(T, field, missing, less) ROWS(((T *)out)[i] = A(field))
    BY_TYPE(a.values.type, COPY)
#undef COPY
}

void wbi_apply_convert(void *out, wbi_expr_type to, wbi_operand a, size_t n)
{
    double *numbers = out;
    uint8_t *bools = out;
    if (to == WBI_EXPR_BOOL)
        ROWS(bools[i] = (uint8_t)(isnan(A(numbers)) ? WBI_UNKNOWN : A(numbers) != 0))
    else
        ROWS(numbers[i] = A(bools) == WBI_UNKNOWN ? NAN : (double)A(bools))
}

void wbi_apply_if(void *out, wbi_operand condition, wbi_operand a, wbi_operand b, size_t n)
{
    const uint8_t *yes = condition.values.bools;
#define CHOOSE(T, field, missing, less) ROWS(((T *)out)[i] = yes[i * condition.step] == WBI_TRUE ? A(field) : B(field))
    BY_TYPE(a.values.type, CHOOSE)
#undef CHOOSE
}

/* --- one operand --- */

static void is_null(uint8_t *out, wbi_operand a, size_t n)
{
#define TEST(T, field, missing, less) ROWS(out[i] = missing(A(field)))
    BY_TYPE(a.values.type, TEST)
#undef TEST
}

/* Between numbers and durations, either way. */
static void convert_unit(void *out, double unit_us, wbi_operand a, size_t n)
{
    double *numbers = out;
    int64_t *durations = out;
    if (a.values.type == WBI_EXPR_NUMBER)
        ROWS(durations[i] = to_us(A(numbers) * unit_us))
    else
        ROWS(numbers[i] = from_us(A(times)) / unit_us)
}

static void negate(void *out, wbi_operand a, size_t n)
{
    double *numbers = out;
    int64_t *durations = out;
    if (a.values.type == WBI_EXPR_NUMBER)
        ROWS(numbers[i] = finite_or_missing(-A(numbers)))
    else
        ROWS(durations[i] = subtract_us(0, A(times)))
}

static void absolute(void *out, wbi_operand a, size_t n)
{
    double *numbers = out;
    int64_t *durations = out;
    if (a.values.type == WBI_EXPR_NUMBER)
        ROWS(numbers[i] = finite_or_missing(fabs(A(numbers))))
    else
        ROWS(durations[i] = A(times) < 0 ? subtract_us(0, A(times)) : A(times))
}

void wbi_apply_unary(void *out, wbi_op op, wbi_operand a, size_t n)
{
    uint8_t *bools = out;
    double *numbers = out;
    switch (op) {
    case WBI_OP_NOT:
        ROWS(bools[i] = (uint8_t)(A(bools) == WBI_UNKNOWN ? WBI_UNKNOWN : !A(bools)))
        break;
    case WBI_OP_IS_NULL:
        is_null(bools, a, n);
        break;
    case WBI_OP_NEGATE:
        negate(out, a, n);
        break;
    case WBI_OP_ABS:
        absolute(out, a, n);
        break;
    case WBI_OP_LOG1P:
        ROWS(numbers[i] = finite_or_missing(log1p(A(numbers))))
        break;
    case WBI_OP_MINUTES:
        convert_unit(out, 60e6, a, n);
        break;
    case WBI_OP_HOURS:
        convert_unit(out, (double)WB_HOUR_US, a, n);
        break;
    default:
        convert_unit(out, (double)WB_DAY_US, a, n);
        break;
    }
}

void wbi_apply_lower(wbi_str *out, char *bytes, wbi_operand a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wbi_str text = A(texts);
        out[i] = (wbi_str){text_missing(text) ? NULL : bytes, text.length};
        if (text_missing(text))
            continue;
        for (size_t k = 0; k < text.length; k++)
            *bytes++ = (char)(text.data[k] >= 'A' && text.data[k] <= 'Z' ? text.data[k] - 'A' + 'a' : text.data[k]);
    }
}

/* --- two operands --- */

/* The processor remembers an overflow, so the loops need not look for one. A division by zero is none. */
static bool on_numbers(double *out, wbi_op op, wbi_operand a, wbi_operand b, size_t n)
{
    if (fetestexcept(FE_OVERFLOW))
        feclearexcept(FE_OVERFLOW);
    switch (op) {
    case WBI_OP_ADD:
        ROWS(out[i] = finite_or_missing(A(numbers) + B(numbers)))
        break;
    case WBI_OP_SUBTRACT:
        ROWS(out[i] = finite_or_missing(A(numbers) - B(numbers)))
        break;
    case WBI_OP_MULTIPLY:
        ROWS(out[i] = finite_or_missing(A(numbers) * B(numbers)))
        break;
    default:
        ROWS(out[i] = finite_or_missing(A(numbers) / B(numbers)))
        break;
    }
    return fetestexcept(FE_OVERFLOW) != 0;
}

static double of_two(wbi_op op, double x, double y)
{
    switch (op) {
    case WBI_OP_ADD:
        return x + y;
    case WBI_OP_SUBTRACT:
        return x - y;
    case WBI_OP_MULTIPLY:
        return x * y;
    default:
        return y == 0 ? NAN : x / y;
    }
}

void wbi_mark_overflows(uint8_t *marks, wbi_op op, wbi_operand a, wbi_operand b, size_t n)
{
    ROWS(if (isinf(of_two(op, A(numbers), B(numbers)))) marks[i] = 1)
}

/* Operands of which at least one is a time or a duration. */
static void on_times(void *out, wbi_op op, wbi_operand a, wbi_operand b, size_t n)
{
    int64_t *times = out;
    double *numbers = out;
    if (op == WBI_OP_ADD)
        ROWS(times[i] = add_us(A(times), B(times)))
    else if (op == WBI_OP_SUBTRACT)
        ROWS(times[i] = subtract_us(A(times), B(times)))
    else if (op == WBI_OP_MULTIPLY && a.values.type == WBI_EXPR_NUMBER)
        ROWS(times[i] = to_us(A(numbers) * from_us(B(times))))
    else if (op == WBI_OP_MULTIPLY)
        ROWS(times[i] = to_us(from_us(A(times)) * B(numbers)))
    else if (b.values.type == WBI_EXPR_NUMBER)
        ROWS(times[i] = to_us(from_us(A(times)) / B(numbers)))
    else
        ROWS(numbers[i] = finite_or_missing(from_us(A(times)) / from_us(B(times))))
}

bool wbi_apply_arithmetic(void *out, wbi_op op, wbi_operand a, wbi_operand b, size_t n)
{
    if (a.values.type == WBI_EXPR_NUMBER && b.values.type == WBI_EXPR_NUMBER)
        return on_numbers(out, op, a, b, n);
    on_times(out, op, a, b, n);
    return false;
}

#define COMPARE_BY(unknown, test)                                                                                      \
    ROWS(out[i] = (uint8_t)((unknown) ? WBI_UNKNOWN : (test)))                                                         \
    break;
#define SIX_WAYS(unknown, x, y)                                                                                        \
    switch (op) {                                                                                                      \
    case WBI_OP_EQUAL:                                                                                                 \
        COMPARE_BY(unknown, (x) == (y))                                                                                \
    case WBI_OP_NOT_EQUAL:                                                                                             \
        COMPARE_BY(unknown, (x) != (y))                                                                                \
    case WBI_OP_LESS:                                                                                                  \
        COMPARE_BY(unknown, (x) < (y))                                                                                 \
    case WBI_OP_LESS_EQUAL:                                                                                            \
        COMPARE_BY(unknown, (x) <= (y))                                                                                \
    case WBI_OP_GREATER:                                                                                               \
        COMPARE_BY(unknown, (x) > (y))                                                                                 \
    default:                                                                                                           \
        COMPARE_BY(unknown, (x) >= (y))                                                                                \
    }

static void compare_texts(uint8_t *out, wbi_op op, wbi_operand a, wbi_operand b, size_t n)
{
    if (op == WBI_OP_EQUAL || op == WBI_OP_NOT_EQUAL) {
        bool same = op == WBI_OP_EQUAL;
        ROWS(out[i] = (uint8_t)(text_missing(A(texts)) || text_missing(B(texts))
                                    ? WBI_UNKNOWN
                                    : wbi_str_equal(A(texts), B(texts)) == same))
        return;
    }
    SIX_WAYS(text_missing(A(texts)) || text_missing(B(texts)), wbi_str_compare(A(texts), B(texts)), 0)
}

void wbi_apply_compare(uint8_t *out, wbi_op op, wbi_operand a, wbi_operand b, size_t n)
{
    switch (a.values.type) {
    case WBI_EXPR_NUMBER:
        SIX_WAYS(isunordered(A(numbers), B(numbers)), A(numbers), B(numbers))
        break;
    case WBI_EXPR_TEXT:
        compare_texts(out, op, a, b, n);
        break;
    case WBI_EXPR_BOOL:
        SIX_WAYS(bool_missing(A(bools)) || bool_missing(B(bools)), A(bools), B(bools))
        break;
    default:
        SIX_WAYS(time_missing(A(times)) || time_missing(B(times)), A(times), B(times))
        break;
    }
}

void wbi_apply_starts_with(uint8_t *out, wbi_operand a, wbi_operand b, size_t n)
{
    ROWS(out[i] = (uint8_t)(text_missing(A(texts)) || text_missing(B(texts)) ? WBI_UNKNOWN
                                                                             : wbi_starts_with(A(texts), B(texts))))
}

void wbi_apply_contains(uint8_t *out, wbi_operand a, wbi_operand b, size_t n)
{
    ROWS(out[i] = (uint8_t)(text_missing(A(texts)) || text_missing(B(texts)) ? WBI_UNKNOWN
                                                                             : wbi_contains(A(texts), B(texts))))
}

/* --- any number of operands, one after the other --- */

/* Kleene's logic with 0, 1 and 2 for false, true and unknown: a false decides an and, a true an or; else the larger
 * code is the answer. */
static uint8_t and3(uint8_t x, uint8_t y)
{
    uint8_t larger = x > y ? x : y;
    return x == WBI_FALSE || y == WBI_FALSE ? WBI_FALSE : larger;
}

static uint8_t or3(uint8_t x, uint8_t y)
{
    uint8_t larger = x > y ? x : y;
    return x == WBI_TRUE || y == WBI_TRUE ? WBI_TRUE : larger;
}

static void fold_logic(uint8_t *out, wbi_op op, wbi_operand b, size_t n)
{
    if (op == WBI_OP_AND)
        ROWS(out[i] = and3(out[i], B(bools)))
    else
        ROWS(out[i] = or3(out[i], B(bools)))
}

static void fold_values(void *out, wbi_op op, wbi_operand b, size_t n)
{
#define COALESCE(T, field, missing, less) ROWS(T *x = (T *)out + i; *x = missing(*x) ? B(field) : *x)
#define LEAST(T, field, missing, less)                                                                                 \
    ROWS(T *x = (T *)out + i; T y = B(field); *x = missing(*x) || (!missing(y) && less(y, *x)) ? y : *x)
#define GREATEST(T, field, missing, less)                                                                              \
    ROWS(T *x = (T *)out + i; T y = B(field); *x = missing(*x) || (!missing(y) && less(*x, y)) ? y : *x)
    if (op == WBI_OP_COALESCE)
        BY_TYPE(b.values.type, COALESCE)
    else if (op == WBI_OP_LEAST)
        BY_TYPE(b.values.type, LEAST)
    else
        BY_TYPE(b.values.type, GREATEST)
#undef COALESCE
#undef LEAST
#undef GREATEST
}

void wbi_apply_fold(void *out, wbi_op op, wbi_operand b, size_t n)
{
    if (op == WBI_OP_AND || op == WBI_OP_OR)
        fold_logic(out, op, b, n);
    else
        fold_values(out, op, b, n);
}
