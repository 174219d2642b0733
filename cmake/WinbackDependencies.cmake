# SPDX-License-Identifier: GPL-3.0-or-later
# Libraries from the system. GSL's own CBLAS would shadow OpenBLAS, so it is named before GSL is looked for.
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(PkgConfig REQUIRED)
find_package(ZLIB REQUIRED)

find_library(WINBACK_OPENBLAS NAMES openblas REQUIRED)
set(GSL_CBLAS_LIBRARY "${WINBACK_OPENBLAS}" CACHE FILEPATH "CBLAS that GSL uses" FORCE)
find_package(GSL REQUIRED)

pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

find_path(WINBACK_CSV_INCLUDE csv.h REQUIRED)
find_library(WINBACK_CSV NAMES csv REQUIRED)
