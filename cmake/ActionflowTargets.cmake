# How targets of many files are compiled.

# Joined, the files of a folder and of those below it are one to the compiler, so that headers are read and templates
# made once and not once a file. After a change to one file all of them are compiled, and a compiler cache gains
# nothing, so files are compiled one by one where a cache is set.
set(join_files ON)
if(CMAKE_CXX_COMPILER_LAUNCHER)
  set(join_files OFF)
endif()
option(ACTIONFLOW_JOIN_FILES "Compile the files of a folder as one" ${join_files})

# Joined by themselves, not with the folder that they stand in: what takes the compiler long enough alone.
set(long_folders
  models/formats/keras models/formats/onnx
  models/kernels/convolution models/kernels/elementwise models/kernels/recurrent models/kernels/winograd)

# unit_of(SOURCE VARIABLE): the folder that it is joined in: one of a room's, or a long one below; `base` is one.
function(unit_of source variable)
  cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE inside)
  list(JOIN long_folders "|" long)
  if(inside MATCHES "^(${long}|base|[^/]+/[^/]+)/")
    set(${variable} ${CMAKE_MATCH_1} PARENT_SCOPE)
  else()
    cmake_path(GET inside PARENT_PATH folder)
    set(${variable} ${folder} PARENT_SCOPE)
  endif()
endfunction()

# compile_by_folder(TARGET SOURCE…): joins them, but for those that are compiled for one instruction set and
# those that make the same tables from the same .inc file.
function(compile_by_folder target)
  if(NOT ACTIONFLOW_JOIN_FILES)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A class of a joined file looks as if it stood in a header.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  foreach(source ${ARGN})
    if(NOT source MATCHES "_(generic|avx2|avx512|avx512_bf16)\\.cpp$")
      unit_of(${source} unit)
      string(REPLACE "/" "_" unit ${unit})
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${unit})
    endif()
  endforeach()
endfunction()

# A file named *_avx2.cpp, *_avx512.cpp or *_avx512_bf16.cpp holds kernels for those processors only and is reached
# behind a look at the processor; everything else runs on any. Where they cannot run, *without_x86.cpp says that there are none.
function(leave_out_instruction_sets list)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    list(FILTER ${list} EXCLUDE REGEX "without_x86\\.cpp$")
  else()
    list(FILTER ${list} EXCLUDE REGEX "_(avx2|avx512|avx512_bf16)\\.cpp$")
  endif()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# kafka_delivery.cpp where librdkafka is there, else without_kafka.cpp.
function(leave_out_missing_libraries list)
  if(RDKAFKA_FOUND)
    list(FILTER ${list} EXCLUDE REGEX "/without_kafka\\.cpp$")
  else()
    list(FILTER ${list} EXCLUDE REGEX "/kafka_delivery\\.cpp$")
  endif()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# Holds in the directory that calls it.
function(set_instruction_sets)
  set(avx512 "-mavx512f;-mavx512bw;-mavx512vl;-mavx512dq;-mavx2;-mfma;-mf16c;-mprefer-vector-width=512")
  foreach(source ${ARGN})
    if(source MATCHES "_avx2\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c")
    elseif(source MATCHES "_avx512\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${avx512}")
    elseif(source MATCHES "_avx512_bf16\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${avx512};-mavx512bf16")
    endif()
  endforeach()
endfunction()

# Folders without inner loops: what runs once, or once a clip. They are compiled with -O1, in two thirds of the time.
# (Precompiled headers were tried as well and gain 4 % where a folder is one file.)
set(light_folders
  base/config base/files base/log base/machine base/remote base/text
  datasets/lists datasets/video/opening datasets/video/readers datasets/video/writing
  models/description models/graph models/inspection models/formats/keras models/formats/names models/formats/onnx
  models/formats/torch models/quantization models/weights
  nodes/delivery nodes/events nodes/kinds nodes/outputs nodes/results nodes/sinks nodes/store
  pipeline)

# One target a room, and beneath it one of its light folders.
function(add_room name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/(main[a-z_]*|mpi_module)\\.cpp$")
  leave_out_instruction_sets(sources)
  leave_out_missing_libraries(sources)
  set_instruction_sets(${sources})
  set(light)
  list(JOIN light_folders "|" folders)
  foreach(source ${sources})
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE inside)
    if(inside MATCHES "^(${folders})/")
      list(APPEND light ${source})
    endif()
  endforeach()
  list(REMOVE_ITEM sources ${light})
  add_library(actionflow_${name} STATIC ${sources})
  compile_by_folder(actionflow_${name} ${sources})
  target_link_libraries(actionflow_${name} PUBLIC actionflow_options Threads::Threads ${ARGN})
  if(light)
    add_library(actionflow_${name}_light OBJECT ${light})
    compile_by_folder(actionflow_${name}_light ${light})
    target_compile_options(actionflow_${name}_light PRIVATE $<$<CONFIG:Release>:-O1>)
    target_link_libraries(actionflow_${name}_light PUBLIC actionflow_options Threads::Threads ${ARGN})
    target_sources(actionflow_${name} PRIVATE $<TARGET_OBJECTS:actionflow_${name}_light>)
  endif()
endfunction()

# The files of the web page become strings of the program. No file holds `)embedded"`.
function(embed_page target)
  set(folder ${PROJECT_SOURCE_DIR}/pipeline/web)
  foreach(name page.html page.css page.js timeline.js settings.js login.html login.js openapi.json)
    string(REPLACE "." "_" variable ${name})
    file(READ ${folder}/assets/${name} ${variable})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/assets/${name})
  endforeach()
  configure_file(${folder}/assets.cpp.in ${CMAKE_BINARY_DIR}/embedded/page_assets.cpp @ONLY)
  target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/embedded/page_assets.cpp)
endfunction()
