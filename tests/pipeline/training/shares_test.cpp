// Evaluation and the filling of the frame cache in shares.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Shares : public ::testing::Test {
 protected:
  TrainingBench::Ended evaluate(const std::vector<std::string>& words) const {
    std::vector<std::string> all{ACTIONFLOW_PROGRAM, "evaluate", "--json", bench_ / "recipe.yaml"};
    all.insert(all.end(), words.begin(), words.end());
    return bench_.run(all);
  }
  int answered(const std::vector<std::string>& words) const {
    const auto ended = evaluate(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return nlohmann::json::parse(ended.out, nullptr, false).value("answered", -1);
  }
  std::string shared() const { return bench_ / "answers"; }

  TrainingBench bench_;
};

TEST_F(Shares, OfAnEvaluationMakeTheWhole) {
  ASSERT_EQ(bench_.train({"epochs=2"}).code, 0);
  const std::string whole = evaluate({"--perturb"}).out;
  int all = 0;
  for (int i = 0; i < 3; ++i)
    all += answered({"--perturb", "--answers", shared(), "--shard", fmt::format("{}/3", i)});
  // What a kill has torn is judged again, and nothing else.
  const fs::path torn = fs::directory_iterator(shared())->path();
  fs::resize_file(torn, fs::file_size(torn) - 3);
  int again = 0;
  for (int i = 0; i < 3; ++i)
    again += answered({"--perturb", "--answers", shared(), "--shard", fmt::format("{}/3", i)});
  EXPECT_EQ(again, 1);
  EXPECT_GT(all, 2 + 4 + 3 * 2);  // test, val, and test in three disorders
  // The whole is made of answers alone.
  fs::rename(bench_ / "data/v16.mp4", bench_ / "data/away.mp4");
  const auto made = evaluate({"--perturb", "--answers", shared()});
  EXPECT_EQ(made.out, whole) << made.err;
}

TEST_F(Shares, OfAnotherNetworkAreRefused) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  answered({"--answers", shared(), "--shard", "0/1"});
  ASSERT_EQ(bench_.train({"epochs=2", "seed=4", "output=" + (bench_ / "run2").string()}).code, 0);
  const auto other = evaluate({"--answers", shared(), "--weights", bench_ / "run2/best.safetensors"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("holds answers of another network"));
  EXPECT_EQ(evaluate({"--shard", "0/2"}).code, 2);
}

TEST_F(Shares, FillTheFrameCacheOnce) {
  const auto filled = [this](const std::string& shard) {
    const auto ended = bench_.train({"--json", "--fill-cache", "--shard", shard});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return nlohmann::json::parse(ended.out, nullptr, false);
  };
  const nlohmann::json first = filled("1/2"), second = filled("2/2"), both = filled("1/1");
  EXPECT_EQ(first["videos"].get<int>() + second["videos"].get<int>(), 16);
  EXPECT_EQ(first["decoded"], first["videos"]);
  EXPECT_EQ(both["videos"], 16);
  EXPECT_EQ(both["decoded"], 0);
  EXPECT_EQ(bench_.train({"--shard", "1/2"}).code, 2);
}

}  // namespace
}  // namespace actionflow::testing
