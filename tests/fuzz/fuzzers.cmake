# Fuzz targets of what reads foreign bytes, with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer:
#
#   cmake -S . -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DACTIONFLOW_TESTS=FUZZ
#   ninja -C build-fuzz fuzz_torch_file
#   build-fuzz/fuzz_torch_file -max_len=16384 -rss_limit_mb=1500 -runs=1000000 FOUND tests/fuzz/corpus/torch_file
#
# Needs Clang and its runtimes (libclang-rt-14-dev). Tests replay the corpus with every build.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "ACTIONFLOW_TESTS=FUZZ needs Clang: -DCMAKE_CXX_COMPILER=clang++-14")
endif()

set(fuzz_options -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)

# add_fuzzer(NAME SOURCE…): tests/fuzz/NAME_fuzzer.cpp with what it reads by.
function(add_fuzzer name)
  set(sources ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}_fuzzer.cpp)
  foreach(source ${ARGN})
    list(APPEND sources ${PROJECT_SOURCE_DIR}/${source})
  endforeach()
  add_executable(fuzz_${name} ${sources})
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(fuzz_${name} PRIVATE ${fuzz_options})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  target_link_libraries(fuzz_${name} PRIVATE fmt::fmt)
endfunction()

add_fuzzer(torch_file
  models/formats/torch/pickle.cpp models/formats/torch/pickle_opcodes.cpp models/formats/torch/state_dict.cpp
  models/formats/torch/torch_file.cpp models/formats/zip/zip_directory.cpp
  models/formats/stored/stored_tensor.cpp base/tensor/tensor.cpp base/error.cpp)
add_fuzzer(safetensors
  models/formats/safetensors/safetensors.cpp models/formats/safetensors/safetensors_header.cpp
  models/formats/stored/stored_tensor.cpp base/tensor/tensor.cpp base/error.cpp base/files/atomic_file.cpp)

# Archives may lie on servers, so what asks those is linked, too.
add_fuzzer(tar
  datasets/lists/text/tar_index.cpp base/remote/address.cpp base/remote/range_request.cpp base/remote/remote_file.cpp
  base/remote/server_patience.cpp
  base/log/log.cpp base/machine/backoff.cpp base/machine/clock.cpp base/text/lower_case.cpp base/text/mask.cpp base/text/credentials.cpp
  base/text/remote_name.cpp base/files/descriptor.cpp base/error.cpp)
target_link_libraries(fuzz_tar PRIVATE spdlog::spdlog PkgConfig::CURL)

# ONNX and Keras files become model files, which are read, too.
file(GLOB description_sources RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/base/config/*.cpp ${PROJECT_SOURCE_DIR}/models/graph/*.cpp
  ${PROJECT_SOURCE_DIR}/models/graph/operations/*.cpp ${PROJECT_SOURCE_DIR}/models/description/*.cpp
  ${PROJECT_SOURCE_DIR}/models/description/layers/*.cpp)
list(APPEND description_sources models/weights/weights.cpp models/formats/stored/stored_tensor.cpp base/error.cpp
  base/files/atomic_file.cpp base/files/file_kind.cpp base/tensor/input_spec.cpp base/tensor/tensor.cpp
  base/text/lower_case.cpp base/text/mask.cpp base/text/credentials.cpp base/text/remote_name.cpp base/text/utf8.cpp)
list(TRANSFORM description_sources PREPEND ${PROJECT_SOURCE_DIR}/)
add_library(fuzzed_description OBJECT ${description_sources})
target_include_directories(fuzzed_description PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_options(fuzzed_description PRIVATE ${fuzz_options})
target_link_libraries(fuzzed_description PRIVATE fmt::fmt spdlog::spdlog)

file(GLOB onnx_sources RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/models/formats/onnx/*.cpp ${PROJECT_SOURCE_DIR}/models/formats/onnx/*/*.cpp)
list(FILTER onnx_sources EXCLUDE REGEX "/onnx_format.cpp$")
add_fuzzer(onnx ${onnx_sources})
target_link_libraries(fuzz_onnx PRIVATE fuzzed_description yaml-cpp spdlog::spdlog $<LINK_ONLY:onnx_proto>)

file(GLOB keras_sources RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/models/formats/keras/*.cpp)
list(FILTER keras_sources EXCLUDE REGEX "/keras_(archive|format|writer|network_writer|written_[a-z]+).cpp$")
add_fuzzer(keras ${keras_sources}
  models/formats/hdf5/hdf5_answer.cpp models/formats/zip/zip_directory.cpp models/formats/axis_order.cpp
  models/formats/safetensors/safetensors.cpp models/formats/safetensors/safetensors_header.cpp)
target_link_libraries(fuzz_keras PRIVATE fuzzed_description yaml-cpp spdlog::spdlog)
