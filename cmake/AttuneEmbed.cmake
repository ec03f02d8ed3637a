# attune_embed(TARGET FUNCTION FILES...): puts text files into a program.
#
# Generates `FUNCTION`.cpp defining `std::span<const attune::EmbeddedFile> FUNCTION()`, the
# files in the order given, each named by its path below the current source folder.
function(attune_embed target function)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  set(paths ${ARGN})
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFUNCTION=${function}
            -DROOT=${CMAKE_CURRENT_SOURCE_DIR} "-DPATHS=${paths}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
