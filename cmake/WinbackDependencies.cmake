# SPDX-License-Identifier: GPL-3.0-or-later
# Libraries from the system. What is missing is collected, so that one message names all of it.
set(WINBACK_MISSING "")
# winback_need(FOUND PACKAGE): the Debian package is missing unless the variable FOUND is true.
macro(winback_need found package)
  if(NOT ${found})
    list(APPEND WINBACK_MISSING ${package})
  endif()
endmacro()

find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "winback needs pkg-config; on Debian or Ubuntu: apt-get install pkg-config")
endif()

find_package(Threads REQUIRED)
find_package(OpenMP QUIET COMPONENTS C)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  winback_need(OpenMP_C_FOUND libomp-dev)
else()
  winback_need(OpenMP_C_FOUND gcc)
endif()

# GSL's own CBLAS would shadow OpenBLAS, so OpenBLAS is named before GSL is looked for.
find_library(WINBACK_OPENBLAS NAMES openblas)
winback_need(WINBACK_OPENBLAS libopenblas-dev)
set(GSL_CBLAS_LIBRARY "${WINBACK_OPENBLAS}" CACHE FILEPATH "CBLAS that GSL uses" FORCE)
find_package(GSL QUIET)
# Without OpenBLAS GSL counts as missing too, whether or not it is.
if(WINBACK_OPENBLAS)
  winback_need(GSL_FOUND libgsl-dev)
endif()

find_path(WINBACK_CSV_INCLUDE csv.h)
find_library(WINBACK_CSV NAMES csv)
if(NOT WINBACK_CSV_INCLUDE OR NOT WINBACK_CSV)
  list(APPEND WINBACK_MISSING libcsv-dev)
endif()

find_package(ZLIB QUIET)
winback_need(ZLIB_FOUND zlib1g-dev)
pkg_check_modules(JANSSON QUIET IMPORTED_TARGET jansson)
winback_need(JANSSON_FOUND libjansson-dev)
pkg_check_modules(YAML QUIET IMPORTED_TARGET yaml-0.1)
winback_need(YAML_FOUND libyaml-dev)
pkg_check_modules(ZSTD QUIET IMPORTED_TARGET libzstd)
winback_need(ZSTD_FOUND libzstd-dev)
pkg_check_modules(XXHASH QUIET IMPORTED_TARGET libxxhash)
winback_need(XXHASH_FOUND libxxhash-dev)
pkg_check_modules(NETTLE QUIET IMPORTED_TARGET nettle)
winback_need(NETTLE_FOUND nettle-dev)

if(WINBACK_MISSING)
  list(JOIN WINBACK_MISSING " " WINBACK_MISSING)
  message(FATAL_ERROR "winback needs libraries that are not installed; on Debian or Ubuntu:\n"
    "  apt-get install ${WINBACK_MISSING}\n"
    "scripts/quickstart installs all that a build needs, scripts/test what the tests need.")
endif()
