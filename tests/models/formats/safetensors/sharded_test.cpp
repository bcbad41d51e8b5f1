// model.safetensors.index.json and what it may name. A whole one is read by torch_golden_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "models/formats/weight_format.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class Sharded : public ::testing::Test {
 protected:
  Sharded() {
    for (const char* shard : {"a.safetensors", "b.safetensors"})
      std::filesystem::copy(golden("torch/sharded") / shard, scratch_.path());
  }
  std::string reading(const std::string& index) {
    const std::filesystem::path file = scratch_.path() / "model.safetensors.index.json";
    std::ofstream(file) << index;
    try {
      weight_format_of(file).list(file);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  }
  ScratchFolder scratch_;
};

TEST_F(Sharded, TakesTheTensorsThatItNames) {
  EXPECT_EQ(reading(R"({"weight_map": {"conv.weight": "a.safetensors", "conv.bias": "b.safetensors"}})"),
            "no error");
}

TEST_F(Sharded, FilesStandBesideTheIndexWhateverItSays) {
  for (const char* name : {"../a.safetensors", "/etc/passwd", "x/a.safetensors", "..", ".", ""})
    EXPECT_THAT(reading(std::string(R"({"weight_map": {"conv.weight": ")") + name + "\"}}"),
                HasSubstr("not the name of a file beside the index"))
        << name;
}

TEST_F(Sharded, WhatIsNotThereIsSaid) {
  EXPECT_THAT(reading(R"({"weight_map": {"conv.weight": "c.safetensors"}})"),
              HasSubstr("c.safetensors: cannot be opened"));
  EXPECT_THAT(reading(R"({"weight_map": {"other": "a.safetensors"}})"),
              HasSubstr("holds 0 of the 1 tensors"));
  EXPECT_THAT(reading(R"({"weight_map": {"conv.weight": 1}})"), HasSubstr("'conv.weight' stands in no file"));
  EXPECT_THAT(reading(R"({"weight_map": 1})"), HasSubstr("no map 'weight_map'"));
  EXPECT_THAT(reading(R"({"weight_map": {)"), HasSubstr("no map 'weight_map'"));
  EXPECT_THAT(reading(std::string(R"({"a":)") + std::string(1'000'000, '[')),
              HasSubstr("no map 'weight_map'"));
}

}  // namespace
}  // namespace actionflow::testing
