# Warnings, sanitizers, coverage, ccache: what every target of ours is compiled with.
option(ATTUNE_WERROR "Warnings are errors" OFF)
set(ATTUNE_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(ATTUNE_COVERAGE "gcov counters" OFF)
option(ATTUNE_FUZZ "Counters for libFuzzer; needs clang" OFF)

# The build type of the dev and sanitizer presets: quick to compile, quick enough to run.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_C_FLAGS_DEV "-O1 -g1")

find_program(ATTUNE_CCACHE ccache)
if(ATTUNE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ATTUNE_CCACHE})
endif()

add_library(attune_options INTERFACE)
target_include_directories(attune_options INTERFACE ${PROJECT_SOURCE_DIR})
# A designated initializer that leaves members at their defaults is how we write values.
target_compile_options(attune_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-missing-field-initializers)
if(ATTUNE_WERROR)
  target_compile_options(attune_options INTERFACE -Werror)
endif()
if(ATTUNE_SANITIZE)
  target_compile_options(attune_options INTERFACE
    -fsanitize=${ATTUNE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # GCC takes what a sanitizer adds to std::regex and std::function for uninitialised reads.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(attune_options INTERFACE -fsanitize=${ATTUNE_SANITIZE})
endif()
if(ATTUNE_FUZZ)
  target_compile_options(attune_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(ATTUNE_COVERAGE)
  target_compile_options(attune_options INTERFACE --coverage)
  target_link_options(attune_options INTERFACE --coverage)
endif()

# attune_room(NAME [USES lib...] [PRIVATELY lib...]): the library of one room, made of every
# .cpp in its folder and its subfolders; main.cpp belongs to a program, not to the library.
function(attune_room name)
  cmake_parse_arguments(room "" "" "USES;PRIVATELY" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(sources)
    add_library(attune_${name} STATIC ${sources})
    target_link_libraries(attune_${name} PUBLIC attune_options ${room_USES}
                          PRIVATE ${room_PRIVATELY})
  else()
    add_library(attune_${name} INTERFACE)
    target_link_libraries(attune_${name} INTERFACE attune_options ${room_USES})
  endif()
endfunction()
