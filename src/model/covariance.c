/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MODEL.cov: eight bytes of magic, the number of coefficients (64 bits), and the lower triangle of their covariance by
 * rows, doubles; little-endian. The model's file has the hash of these bytes, so a covariance goes with one model only, and
 * bytes that were changed are found out. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "io/input.h"
#include "model/model.h"

static const char magic[8] = {'W', 'B', 'C', 'O', 'V', '0', '1', '\n'};
enum { HEAD_BYTES = sizeof magic + sizeof(uint64_t) };

static size_t size_for(size_t n)
{
    return HEAD_BYTES + n * (n + 1) / 2 * sizeof(double);
}

wb_status wbi_covariance_bytes(char **out, size_t *n_bytes, const wbi_inference *inference, wb_error *err)
{
    const uint64_t n = inference->n;
    char *bytes = wbi_alloc_array(size_for(n), 1), *at = bytes;
    if (bytes == NULL)
        return wbi_fail_nomem(err, size_for(n));
    memcpy(at, magic, sizeof magic);
    memcpy(at + sizeof magic, &n, sizeof n);
    at += HEAD_BYTES;
    for (size_t j = 0; j < n; j++) {
        memcpy(at, inference->covariance + j * n, (j + 1) * sizeof(double));
        at += (j + 1) * sizeof(double);
    }
    *out = bytes;
    *n_bytes = size_for(n);
    return WB_OK;
}

wb_status wbi_covariance_path(char **out, const char *model_path, wb_error *err)
{
    static const char ending[] = ".cov";
    size_t n = strlen(model_path);
    *out = wbi_alloc_array(n + sizeof ending, 1);
    if (*out == NULL)
        return wbi_fail_nomem(err, n + sizeof ending);
    memcpy(*out, model_path, n);
    memcpy(*out + n, ending, sizeof ending);
    return WB_OK;
}

static wb_status check_digest(const char *bytes, size_t n_bytes, const char *expected, const char *path, wb_error *err)
{
    char hex[WBI_DIGEST_CHARS];
    wbi_digest *digest = wbi_digest_create();
    if (digest == NULL)
        return wbi_fail_nomem(err, 1);
    wbi_digest_update(digest, bytes, n_bytes);
    wbi_digest_hex(digest, hex);
    wbi_digest_free(digest);
    if (strcmp(hex, expected) == 0)
        return WB_OK;
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){.file = path}, NULL, 0,
                       "not the covariance that was written with this model (its hash is %s, expected %s)", hex, expected);
}

/* Writes both triangles. What is no covariance is refused, though nobody but its maker can give it the right hash. */
static wb_status unpack(double *out, size_t n, const char *bytes, const char *path, wb_error *err)
{
    uint64_t n_found;
    bool sound = memcmp(bytes, magic, sizeof magic) == 0;
    memcpy(&n_found, bytes + sizeof magic, sizeof n_found);
    sound = sound && n_found == n;
    bytes += HEAD_BYTES;
    for (size_t j = 0; sound && j < n; j++) {
        for (size_t k = 0; k <= j; k++, bytes += sizeof(double)) {
            memcpy(&out[j * n + k], bytes, sizeof(double));
            out[k * n + j] = out[j * n + k];
            sound = sound && isfinite(out[j * n + k]);
        }
        sound = sound && out[j * n + j] >= 0;
    }
    return sound ? WB_OK
                 : wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){.file = path}, NULL, 0,
                               "no covariance of %zu coefficients", n);
}

static wb_status read_beside(double *out, const wbi_inference *inference, const char *path, wb_error *err)
{
    char *bytes = NULL;
    size_t n_bytes = 0, expected = size_for(inference->n);
    wb_status status = WB_OK;
    WBI_TRY_CLEANUP(wbi_input_slurp(&bytes, &n_bytes, path, expected, err));
    if (n_bytes != expected) {
        status = wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){.file = path}, NULL, 0,
                             "expected %zu bytes for %zu coefficients, found %zu", expected, inference->n, n_bytes);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(check_digest(bytes, n_bytes, inference->digest, path, err));
    status = unpack(out, inference->n, bytes, path, err);
cleanup:
    wbi_free(bytes);
    return status;
}

wb_status wb_model_covariance(double *out, const wb_model *model, const char *path, wb_error *err)
{
    const wbi_inference *inference = model->inference;
    if (inference == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the model has no covariance%s",
                        wbi_is_sparse(model->summary.penalty)
                            ? ": its columns were chosen by the data, which standard errors know nothing of"
                        : !model->summary.converged ? ": its fit did not converge"
                                                    : "");
    if (inference->covariance == NULL && path == NULL)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the model was read: its covariance is in the file beside it");
    if (inference->covariance == NULL)
        return read_beside(out, inference, path, err);
    memcpy(out, inference->covariance, inference->n * inference->n * sizeof *out);
    return WB_OK;
}
