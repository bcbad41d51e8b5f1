// What the fuzzers (tests/fuzz) found worth keeping: each file takes another way through a reader.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/fuzz/keras_input.h"
#include "tests/fuzz/onnx_input.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

struct Reader {
  const char* corpus;
  bool (*reads)(std::string_view bytes);
};

class FuzzCorpus : public ::testing::TestWithParam<Reader> {};

TEST_P(FuzzCorpus, IsReadOrRefused) {
  int files = 0, accepted = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(project_root() / "tests/fuzz/corpus" / GetParam().corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    accepted += GetParam().reads(bytes) ? 1 : 0;
    ++files;
  }
  EXPECT_GT(files, 20);
  EXPECT_GT(accepted, 2);
  EXPECT_LT(accepted, files - 10);
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus,
                         ::testing::Values(Reader{"onnx", reads_onnx}, Reader{"keras", reads_keras}),
                         [](const auto& one) { return std::string(one.param.corpus); });

}  // namespace
}  // namespace actionflow::testing
