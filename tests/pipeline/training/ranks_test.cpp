// `mpirun actionflow train`: what several processes train is what one trains, and none is waited for when it
// has died.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/datasets/lists/text_files.h"
#include "tests/pipeline/training/training_bench.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Ranks : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v mpirun > /dev/null") != 0) GTEST_SKIP() << "needs mpirun (openmpi-bin)";
    if (!fs::exists(fs::path(ACTIONFLOW_PROGRAM).parent_path() / "actionflow_mpi.so"))
      GTEST_SKIP() << "built without MPI (libopenmpi-dev)";
  }

  std::vector<std::string> command(int ranks, const std::vector<std::string>& words) const {
    std::vector<std::string> all{"mpirun", "--allow-run-as-root", "--oversubscribe", "-n",
                                 std::to_string(ranks)};
    const std::vector<std::string> train = bench_.command(words);
    all.insert(all.end(), train.begin(), train.end());
    return all;
  }

  // Runs to its end and says what came of it: all figures and the weights.
  std::string trained(int ranks, std::vector<std::string> words, const std::string& output) const {
    words.push_back("output=" + (bench_ / output).string());
    const TrainingBench::Ended ended = ranks == 0 ? bench_.train(words) : bench_.run(command(ranks, words));
    EXPECT_EQ(ended.code, 0) << ended.err;
    return bench_.metrics(output) + bench_.best(output);
  }

  void expect_same_for_any_number(const std::vector<std::string>& words) const {
    std::vector<std::string> alone = words;
    alone.push_back("micro_batch=1");
    const std::string expected = trained(0, alone, "alone");
    std::vector<std::string> shared = words;
    shared.push_back("threads=1");  // the recipe's two would be eight, for four ranks
    for (int ranks : {1, 2, 3, 4})
      EXPECT_EQ(trained(ranks, shared, "on" + std::to_string(ranks)), expected) << ranks << " ranks";
  }

  // The process of a rank; 0 once it has none.
  static pid_t process_of(int rank, pid_t launcher) {
    const std::string own = "OMPI_COMM_WORLD_RANK=" + std::to_string(rank);
    for (const auto& entry : fs::directory_iterator("/proc")) {
      if (std::atoi(entry.path().filename().c_str()) == 0) continue;
      const std::string stat = text_of(entry.path() / "stat");
      const std::size_t name_end = stat.rfind(')');
      if (name_end == std::string::npos || name_end + 4 > stat.size()) continue;
      if (std::atoi(stat.c_str() + name_end + 4) != launcher) continue;
      if (text_of(entry.path() / "environ").find(own + '\0') != std::string::npos)
        return std::atoi(entry.path().filename().c_str());
    }
    return 0;
  }

  int epochs_in(const std::string& output) const {
    const std::string metrics = bench_.metrics(output);
    return static_cast<int>(std::ranges::count(metrics, '\n'));
  }

  TrainingBench bench_;
};

// The last batch of an epoch has two clips, for four ranks.
TEST_F(Ranks, LossesAndWeightsDoNotDependOnTheirNumber) { expect_same_for_any_number({"epochs=2"}); }

TEST_F(Ranks, NorDoTheyWithAllThatLooksAtAWholeBatch) {
  expect_same_for_any_number({"epochs=2", "data.augment.mixup=0.5", "batch_norm=reestimate", "ema.decay=0.9",
                              "accumulate=2", "optimizer.clip_norm=0.5", "loss.class_weights=[1, 3]"});
}

TEST_F(Ranks, NorOnTheNumberOfThreads) {
  const std::string one = trained(2, {"epochs=1", "threads=1"}, "one");
  EXPECT_EQ(trained(2, {"epochs=1", "threads=3"}, "three"), one);
}

TEST_F(Ranks, ALargerMicroBatchIsTheSameForAnyNumberToo) {
  const std::string alone = trained(0, {"epochs=1", "batch=6", "micro_batch=2"}, "alone");
  EXPECT_EQ(trained(2, {"epochs=1", "batch=6", "micro_batch=2"}, "shared"), alone);
}

TEST_F(Ranks, InFastOrderAndWithNarrowGradientsTheyAgreeButForRounding) {
  const auto loss = [&](const std::string& output) {
    return nlohmann::json::parse(bench_.metrics(output))["loss"].get<double>();
  };
  const std::string fixed = trained(2, {"epochs=1"}, "fixed");
  trained(3, {"epochs=1", "ranks.sum=fast"}, "fast");
  EXPECT_NEAR(loss("fast"), loss("fixed"), 1e-4);
  const std::string narrow = trained(2, {"epochs=1", "ranks.gradients=bf16"}, "narrow");
  EXPECT_NE(narrow, fixed);
  EXPECT_NEAR(loss("narrow"), loss("fixed"), 0.02);
  EXPECT_EQ(trained(2, {"epochs=1", "ranks.gradients=bf16"}, "again"), narrow);
}

// Clips that cannot be read are counted once, and the split's figures are those of one process.
TEST_F(Ranks, UnreadableVideosCountAsTheyDoAlone) {
  bench_.write("data/v3.mp4", "no video");
  bench_.write("data/v13.mp4", "no video");
  expect_same_for_any_number({"epochs=2", "data.most_unreadable=0.5"});
  EXPECT_THAT(bench_.metrics("on4"), HasSubstr(R"("substituted":1)"));
}

TEST_F(Ranks, MoreOfThemThanABatchHasPartsAreRefusedOnce) {
  const auto ended = bench_.run(command(3, {"batch=2", "output=" + (bench_ / "run").string()}));
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("a batch of 2 clips in parts of 1 cannot be shared by 3 ranks"));
  EXPECT_EQ(ended.err.find("cannot be shared"), ended.err.rfind("cannot be shared")) << ended.err;
}

TEST_F(Ranks, WhenAnyDiesTheLastWholeStepStandsAndOthersGoOnFromIt) {
  const std::vector<std::string> words{"epochs=100", "checkpoint.minutes=0", "threads=1"};
  const std::string expected = trained(1, words, "undisturbed");
  for (int victim : {0, 1}) {
    const std::string output = "killed" + std::to_string(victim);
    std::vector<std::string> own = words;
    own.push_back("output=" + (bench_ / output).string());
    {
      ChildProcess launcher(command(2, own), bench_ / "killed.txt");
      EXPECT_TRUE(wait_for([&] { return epochs_in(output) >= 2 || !launcher.running(); }));
      const pid_t process = process_of(victim, launcher.pid());
      ASSERT_GT(process, 0);
      kill(process, SIGKILL);
      EXPECT_TRUE(wait_for([&] { return !launcher.running(); }));
      EXPECT_NE(launcher.wait(), 0);
    }
    EXPECT_THAT(content(bench_ / "killed.txt"), HasSubstr("the last whole step stands in"));
    EXPECT_LT(epochs_in(output), 100);
    std::vector<std::string> again = words;
    again.push_back("--resume");
    EXPECT_EQ(trained(3, again, output), expected) << "after rank " << victim << " was killed";
  }
}

TEST_F(Ranks, AToldStopLeavesACheckpoint) {
  const std::string output = "output=" + (bench_ / "stopped").string();
  ChildProcess launcher(command(2, {"epochs=100000", output}), bench_ / "stopped.txt");
  EXPECT_TRUE(wait_for([&] { return epochs_in("stopped") >= 1 || !launcher.running(); }));
  launcher.signal(SIGTERM);
  EXPECT_TRUE(wait_for([&] { return !launcher.running(); }));
  EXPECT_THAT(text_of(bench_ / "stopped.txt"), HasSubstr("--resume goes on from there"));
}

TEST(RanksWithoutMpi, AreToldThatThisProcessCannotJoinThem) {
  TrainingBench bench;
  // A launcher that Open MPI's library does not know.
  const auto ended = bench.run({"env", "PMI_SIZE=2", ACTIONFLOW_PROGRAM, "train", bench / "recipe.yaml"});
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("started as one of 2 processes by an MPI launcher, but"));
}

}  // namespace
}  // namespace actionflow::testing
