// Where tests find files: the project's own, and real data that may be absent.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace actionflow::testing {

inline std::filesystem::path project_root() { return ACTIONFLOW_ROOT; }
inline std::filesystem::path golden(const std::string& name) {
  return project_root() / "tests/golden" / name;
}

// The folder of real videos and foreign weights: $ACTIONFLOW_TEST_DATA, or ../shared/data beside the
// project. Empty when there is none.
inline std::filesystem::path real_data() {
  const char* named = std::getenv("ACTIONFLOW_TEST_DATA");
  std::filesystem::path folder = named ? named : project_root().parent_path() / "shared/data";
  return std::filesystem::is_directory(folder) ? folder : std::filesystem::path();
}

}  // namespace actionflow::testing

// In a test that needs real data: skips it with a clear line where the folder or the path is missing.
#define REQUIRE_REAL_DATA(variable, relative)                                                         \
  const std::filesystem::path variable = ::actionflow::testing::real_data() / (relative);             \
  if (::actionflow::testing::real_data().empty() || !std::filesystem::exists(variable))               \
  GTEST_SKIP() << "needs real data, which is not here: " << (relative) << " under ../shared/data or " \
               << "$ACTIONFLOW_TEST_DATA"
