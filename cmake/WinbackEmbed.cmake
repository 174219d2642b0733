# SPDX-License-Identifier: GPL-3.0-or-later
# Data files that the library carries with it.

# winback_hex_to_base64(OUT HEX): bytes given as hexadecimal digits, as base64.
function(winback_hex_to_base64 out hex)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(LENGTH "${hex}" n_digits)
  set(text "")
  foreach(at RANGE 0 ${n_digits} 6)
    math(EXPR n_left "${n_digits} - ${at}")
    if(n_left LESS_EQUAL 0)
      break()
    endif()
    string(SUBSTRING "${hex}0000" ${at} 6 three) # whole bytes are missing at the end, if any
    math(EXPR bits "0x${three}")
    foreach(shift IN ITEMS 18 12 6 0)
      math(EXPR index "(${bits} >> ${shift}) & 63")
      if((shift EQUAL 6 AND n_left LESS 4) OR (shift EQUAL 0 AND n_left LESS 6))
        string(APPEND text "=")
      else()
        string(SUBSTRING "${alphabet}" ${index} 1 letter)
        string(APPEND text "${letter}")
      endif()
    endforeach()
  endforeach()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# winback_embed(TARGET FILE…): each FILE of the current folder (style.css) becomes, in TARGET, a terminated text
# wbi_embedded_style_css, and wbi_embedded_style_css_sha256 the base64 of its SHA-256, as content security policies name it.
function(winback_embed target)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/embedded.c")
  set(code "/* Made by winback_embed. */\n")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    get_filename_component(name "${file}" NAME)
    string(MAKE_C_IDENTIFIER "wbi_embedded_${name}" name)
    file(READ "${file}" hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "((0x..,){20})" "\\1\n    " bytes "${bytes}")
    file(SHA256 "${file}" digest)
    winback_hex_to_base64(digest "${digest}")
    string(APPEND code "extern const char ${name}[], ${name}_sha256[];\n"
      "const char ${name}[] = {\n    ${bytes}0};\nconst char ${name}_sha256[] = \"${digest}\";\n")
  endforeach()
  file(CONFIGURE OUTPUT "${source}" CONTENT "${code}" @ONLY)
  target_sources(${target} PRIVATE "${source}")
endfunction()
