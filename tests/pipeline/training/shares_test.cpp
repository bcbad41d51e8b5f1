// Evaluation and the filling of the frame cache in shares.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "tests/pipeline/training/training_bench.h"
#include "tests/tools/wait_for.h"

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
  // Of all files there, whole lines but the first: what was judged, of which video.
  std::multiset<std::string> answers() const {
    std::multiset<std::string> all;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(shared(), error)) {
      std::istringstream lines(text_of(file.path()));
      for (std::string line; std::getline(lines, line) && !lines.eof();) {
        const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
        if (json.contains("as"))
          all.insert(json["as"].get<std::string>() + " " + json["video"].get<std::string>());
      }
    }
    return all;
  }

  TrainingBench bench_;
};

TEST_F(Shares, OfAnEvaluationMakeTheWhole) {
  ASSERT_EQ(bench_.train({"epochs=2"}).code, 0);
  const std::string whole = evaluate({"--perturb"}).out;
  int all = 0;
  for (int i = 0; i < 3; ++i)
    all += answered({"--perturb", "--answers", shared(), "--shard", fmt::format("{}/3", i)});
  for (const auto& file : fs::directory_iterator(shared()))
    EXPECT_EQ(file.status().permissions(), fs::status(bench_ / "run/metrics.jsonl").permissions())
        << "as the umask allows";
  // What a kill has torn is judged again, and nothing else.
  const fs::path torn = fs::directory_iterator(shared())->path();
  fs::resize_file(torn, fs::file_size(torn) - 3);
  int again = 0;
  for (int i = 0; i < 3; ++i)
    again += answered({"--perturb", "--answers", shared(), "--shard", fmt::format("{}/3", i)});
  EXPECT_EQ(again, 1);
  EXPECT_GT(all, 2 + 4 + 3 * 2);  // test, val, and test in three disorders
  // The whole is made of answers alone: this file can no longer be read.
  bench_.write("data/v16.mp4", std::string(fs::file_size(bench_ / "data/v16.mp4"), 'x'));
  const auto made = evaluate({"--perturb", "--answers", shared()});
  EXPECT_EQ(made.out, whole) << made.err;
  // Another video of its name is judged for itself, and one that can be read no more is told.
  bench_.write("data/v16.mp4", "no video");
  const auto other = evaluate({"--perturb", "--answers", shared()});
  EXPECT_THAT(other.out, ::testing::HasSubstr("\"video\":\"v16.mp4\""));
}

// Each share is killed again and again, each time when some more is done.
TEST_F(Shares, AreJudgedOnceHoweverOftenTheyAreKilled) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  const std::string whole = evaluate({"--perturb"}).out;
  for (const char* share : {"1/2", "2/2"}) {
    for (std::size_t least = 2; least < 12; least += 3) {
      const std::size_t before = answers().size();
      ChildProcess program({ACTIONFLOW_PROGRAM, "evaluate", bench_ / "recipe.yaml", "--threads", "1",
                            "--perturb", "--answers", shared(), "--shard", share},
                           bench_ / "killed.txt");
      wait_for([&] { return answers().size() >= before + least || !program.running(); });
      program.signal(SIGKILL);
      program.read_all(60);
      program.wait();
    }
    answered({"--perturb", "--answers", shared(), "--shard", share});
  }
  EXPECT_EQ(answered({"--perturb", "--answers", shared(), "--shard", "1/1"}), 0);
  const std::multiset<std::string> all = answers();
  const std::set<std::string> once(all.begin(), all.end());
  EXPECT_EQ(all.size(), once.size());
  EXPECT_EQ(evaluate({"--perturb", "--answers", shared()}).out, whole);
}

TEST_F(Shares, OfTheFrameCacheAreFilledHoweverOftenTheyAreKilled) {
  const auto entries = [this] {
    std::size_t count = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(bench_ / "frames", error))
      count += entry.path().extension() == ".frames" ? 1 : 0;
    return count;
  };
  const std::vector<std::string> fill{"--json", "--fill-cache", "workers=1",
                                      "data.cache.folder=" + (bench_ / "frames").string()};
  std::size_t kept = 0;
  for (std::size_t least = 2; least < 14; least += 4) {
    ChildProcess program(bench_.command(fill), bench_ / "killed.txt");
    wait_for([&] { return entries() >= least || !program.running(); });
    program.signal(SIGKILL);
    program.read_all(60);
    program.wait();
    kept = entries();
  }
  const auto ended = bench_.train(fill);
  ASSERT_EQ(ended.code, 0) << ended.err;
  const nlohmann::json said = nlohmann::json::parse(ended.out, nullptr, false);
  EXPECT_EQ(said["videos"], 16);
  EXPECT_EQ(said["decoded"], 16 - kept) << "what stood there is good";
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
