# test_readers: the files that turn foreign bytes into values and the tests that need nothing beside them.
set(folders base datasets/video datasets/pictures datasets/recordings datasets/lists
  models/graph models/description models/weights models/formats)
set(sources)
set(tests ${CMAKE_CURRENT_SOURCE_DIR}/tools/readers_main.cpp)
foreach(folder ${folders})
  file(GLOB_RECURSE here CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(APPEND sources ${here})
  file(GLOB_RECURSE here CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  foreach(test ${here})
    file(STRINGS ${test} beyond REGEX
      "include \"(datasets/(clips|streams|synthetic)|models/(kernels|plan|network|training)|tests/models/reference)")
    if(NOT beyond)
      list(APPEND tests ${test})
    endif()
  endforeach()
endforeach()
set_instruction_sets(${sources})
add_executable(test_readers ${sources} ${tests})
compile_by_folder(test_readers ${sources})
target_link_libraries(test_readers PRIVATE actionflow_options Threads::Threads GTest::gmock yaml-cpp fmt::fmt
  spdlog::spdlog nlohmann_json::nlohmann_json PkgConfig::FFMPEG PkgConfig::HDF5 ZLIB::ZLIB $<LINK_ONLY:onnx_proto> PkgConfig::SQLITE OpenCV::parts pugixml::pugixml)
target_compile_definitions(test_readers PRIVATE ACTIONFLOW_ROOT="${PROJECT_SOURCE_DIR}")
gtest_discover_tests(test_readers TEST_PREFIX sanitized. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 600)
