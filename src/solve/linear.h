/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear algebra on small symmetric matrices, row-major, of which the lower triangle counts. */
#ifndef WINBACK_SOLVE_LINEAR_H
#define WINBACK_SOLVE_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/gsl.h"

double wbi_dot(const double *a, const double *b, size_t n);

/* x = matrix^-1 b, by Cholesky in place of the matrix; false when it is not positive definite to working precision or
 * the solution is not finite. */
bool wbi_solve_positive(double *x, double *matrix, const double *b, size_t n);

/* The same with each eigenvalue of the matrix taken by its size, and none for less than 1e-7 of the largest; false where
 * memory runs out or the matrix is not finite. Destroys the matrix. */
bool wbi_solve_as_if_positive(double *x, double *matrix, const double *b, size_t n);

/* Sweeps a matrix of crossproducts, in place, in the order of its columns; a column of which those before it leave less
 * than 1e-12 of its square is aliased. Returns how many are. */
size_t wbi_find_aliased(uint8_t *aliased, double *matrix, size_t n);

#endif
