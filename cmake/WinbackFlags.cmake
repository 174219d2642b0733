# SPDX-License-Identifier: GPL-3.0-or-later
# Language, warnings and sanitizers, carried by one interface target.
option(WINBACK_WERROR "Treat warnings as errors (WINBACK_WERROR=1 in the environment does too)" OFF)
set(WINBACK_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
option(WINBACK_COVERAGE "Instrument for gcov" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(winback_flags INTERFACE)
target_compile_definitions(winback_flags INTERFACE _GNU_SOURCE)
# No contraction into fused multiply-adds: results must not depend on the optimisation level or the target's width.
target_compile_options(winback_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -ffp-contract=off)
if(WINBACK_WERROR OR "$ENV{WINBACK_WERROR}")
  target_compile_options(winback_flags INTERFACE -Werror)
endif()
if(WINBACK_SANITIZE)
  set(WINBACK_SANITIZE_FLAGS -fsanitize=${WINBACK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_compile_options(winback_flags INTERFACE ${WINBACK_SANITIZE_FLAGS})
  target_link_options(winback_flags INTERFACE -fsanitize=${WINBACK_SANITIZE})
endif()
if(WINBACK_COVERAGE)
  target_compile_options(winback_flags INTERFACE --coverage)
  target_link_options(winback_flags INTERFACE --coverage)
endif()
