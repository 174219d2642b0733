# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the shared library with its headers, a CMake package and a pkg-config file. What the library itself needs is
# its private matter, so neither of them names it. The static library is for the program and the tests only.
include(CMakePackageConfigHelpers)

set(winback_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/winback")
set(winback_pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(TARGETS libwinback EXPORT winback
  LIBRARY NAMELINK_COMPONENT Development
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/winback" "${PROJECT_BINARY_DIR}/include/winback"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")

install(EXPORT winback NAMESPACE winback:: FILE winbackConfig.cmake DESTINATION "${winback_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/winbackConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/winbackConfigVersion.cmake" DESTINATION "${winback_cmake_dir}")

# The prefix is found from the file's own place: `cmake --install --prefix` may still change it.
file(RELATIVE_PATH WINBACK_PC_PREFIX "${CMAKE_INSTALL_PREFIX}/${winback_pkgconfig_dir}" "${CMAKE_INSTALL_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/winback.pc.in" "${PROJECT_BINARY_DIR}/winback.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/winback.pc" DESTINATION "${winback_pkgconfig_dir}")
