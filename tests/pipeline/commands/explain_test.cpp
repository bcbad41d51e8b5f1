// `explain`, as people run it: where the network that tells which way a square moves has looked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class Explain : public ::testing::Test {
 protected:
  Explain() {
    const auto trained = bench_.train();
    EXPECT_EQ(trained.code, 0) << trained.err;
  }
  TrainingBench::Ended explain(const std::string& video, const std::vector<std::string>& flags) const {
    std::vector<std::string> words{ACTIONFLOW_PROGRAM, "explain",   bench_ / ("data/" + video),
                                   "--json",           "--weights", bench_ / "run/best.safetensors"};
    words.insert(words.end(), flags.begin(), flags.end());
    return bench_.run(words);
  }

  TrainingBench bench_;
};

TEST_F(Explain, DrawsTheSurestClipAsStripAndVideo) {
  const auto ended = explain("v16.mp4", {"--output", bench_ / "why.png", "--output", bench_ / "why.mp4"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_THAT(json["label"], ::testing::AnyOf("left", "right"));
  EXPECT_EQ(json["when"].size(), 6U);
  EXPECT_NEAR(json["end"].get<double>() - json["start"].get<double>(), 0.6, 1e-9);
  EXPECT_THAT(text_of(bench_ / "why.png"), HasSubstr("PNG"));
  EXPECT_THAT(text_of(bench_ / "why.mp4"), HasSubstr("ftyp"));
}

TEST_F(Explain, SpeaksForTheClassAndTheMomentAskedFor) {
  const auto ended = explain("v16.mp4", {"--label", "right", "--at", "0.3", "--output", bench_ / "why.png"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_EQ(json["label"], "right");
  EXPECT_NEAR(json["start"].get<double>(), 0, 1e-9);
}

TEST_F(Explain, SaysWhatIsWrong) {
  const auto label = explain("v16.mp4", {"--label", "up"});
  EXPECT_EQ(label.code, 2);
  EXPECT_THAT(label.err, HasSubstr("no class 'up', expected one of left, right"));
  const auto output = explain("v16.mp4", {"--output", bench_ / "why.txt"});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr(".png"));
  EXPECT_EQ(explain("none.mp4", {}).code, 3);
}

}  // namespace
}  // namespace actionflow::testing
