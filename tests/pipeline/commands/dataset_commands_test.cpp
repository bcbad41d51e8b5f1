// What the commands say of datasets and recipes that are not as they should be.
#include <gmock/gmock.h>

#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class DatasetCommands : public ::testing::Test {
 protected:
  TrainingBench::Ended run(std::vector<std::string> words) const {
    words.insert(words.begin(), ACTIONFLOW_PROGRAM);
    return bench_.run(words);
  }

  TrainingBench bench_;
};

TEST_F(DatasetCommands, EvaluationListsWhatItCannotReadInEveryList) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  for (const char* name : {"v12.mp4", "v16.mp4", "noise.mp4"})
    bench_.write(std::string("data/") + name, "no video");
  bench_.write("data/unknown.txt", "noise.mp4\n");
  const auto ended = run({"evaluate", "--json", bench_ / "recipe.yaml", "data.unknown=unknown.txt"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::vector<std::string> names;
  const auto json = nlohmann::json::parse(ended.out);
  for (const auto& video : json["unreadable"]) names.push_back(video["video"]);
  EXPECT_EQ(names, (std::vector<std::string>{"v16.mp4", "v12.mp4", "noise.mp4"}));
  EXPECT_THAT(ended.err, HasSubstr("none of the 1 videos of data.unknown can be read"));
}

TEST_F(DatasetCommands, ValidateSaysEachErrorOnALineOfItsOwn) {
  const auto ended = run({"validate", bench_ / "nope.yaml", bench_ / "recipe.yaml"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("\n"));
  EXPECT_THAT(ended.err.substr(0, ended.err.find('\n')),
              AllOf(HasSubstr("nope.yaml"), ::testing::Not(HasSubstr("recipe.yaml"))));
  EXPECT_THAT(ended.err, EndsWith("recipe.yaml: good\n"));
}

TEST_F(DatasetCommands, GenerateAsksForAClipInEachList) {
  const auto ended = run({"generate", bench_ / "hands", "--scene", "hands", "--clips", "36"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("a dataset of 'hands' needs at least 37 clips"));
  EXPECT_FALSE(std::filesystem::exists(bench_ / "hands"));
}

}  // namespace
}  // namespace actionflow::testing
