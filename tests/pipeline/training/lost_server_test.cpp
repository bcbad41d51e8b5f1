// A server of data that is gone for a moment, or for good, in the middle of a training.
#include <gmock/gmock.h>

#include <cstdlib>
#include <thread>

#include "tests/pipeline/training/training_bench.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/object_server.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class LostServer : public ::testing::Test {
 protected:
  LostServer() {
    for (int i = 0; i < 18; ++i)
      server_.put("/films/v" + std::to_string(i) + ".mp4",
                  text_of(bench_ / ("data/v" + std::to_string(i) + ".mp4")));
    for (const char* list : {"classes.txt", "train.txt", "val.txt", "test.txt"})
      server_.put(std::string("/films/") + list, list_of(list));
  }

  std::string list_of(const std::string& name) const { return text_of(bench_ / ("data/" + name)); }

  // Nothing is kept, so that each clip is fetched anew.
  std::vector<std::string> command(const std::string& output, int ranks, const std::string& more = {}) const {
    std::vector<std::string> words;
    if (ranks > 1) words = {"mpirun", "--allow-run-as-root", "--oversubscribe", "-n", std::to_string(ranks)};
    const std::string films = server_.address("/films");
    const std::vector<std::string> train = bench_.command(
        {"epochs=8", "threads=1", "micro_batch=1", "checkpoint.minutes=0", "data.cache.gigabytes=0",
         "output=" + (bench_ / output).string(), "data.root=" + films, "data.train=" + films + "/train.txt",
         "data.val=" + films + "/val.txt", "data.test=" + films + "/test.txt",
         "data.classes=" + films + "/classes.txt"});
    words.insert(words.end(), train.begin(), train.end());
    if (!more.empty()) words.push_back(more);
    return words;
  }

  // With the server gone in the midst of the second epoch or later.
  std::string disturbed(const std::string& output, int ranks, bool for_good) {
    ChildProcess child(command(output, ranks), bench_ / "stderr.txt");
    EXPECT_TRUE(wait_for([&] { return bench_.metrics(output).find("\"epoch\":2") != std::string::npos; }));
    server_.stop();
    if (!for_good) {
      std::this_thread::sleep_for(1s);
      server_.start();
    }
    EXPECT_TRUE(wait_for([&] { return !child.running(); }));
    EXPECT_EQ(child.wait(), for_good ? 3 : 0);
    return text_of(bench_ / "stderr.txt");
  }

  std::string trained(const std::string& output) const {
    return bench_.metrics(output) + bench_.best(output);
  }

  void expect_to_go_on_from_the_last_step(int ranks) {
    ASSERT_EQ(bench_.run(command("undisturbed", 1)).code, 0);
    {
      const EnvironmentVariable patience("ACTIONFLOW_PATIENCE", "1");
      EXPECT_THAT(disturbed("lost", ranks, true),
                  AllOf(HasSubstr("the last whole step stands in"), HasSubstr("ACTIONFLOW_PATIENCE")));
    }
    EXPECT_NE(trained("lost"), trained("undisturbed"));
    server_.start();
    const auto again = bench_.run(command("lost", ranks, "--resume"));
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(trained("lost"), trained("undisturbed"));
  }

  TrainingBench bench_;
  ObjectServer server_;
};

TEST_F(LostServer, IsWaitedForAndNothingComesOutOtherwise) {
  ASSERT_EQ(bench_.run(command("undisturbed", 1)).code, 0);
  const std::string said = disturbed("waited", 1, false);
  EXPECT_THAT(said, HasSubstr("asked again until it answers, for 300 s at most"));
  EXPECT_EQ(trained("waited"), trained("undisturbed"));
}

TEST_F(LostServer, EndsATrainingWithTheLastWholeStepKept) { expect_to_go_on_from_the_last_step(1); }

TEST_F(LostServer, EndsATrainingOfRanksWithTheLastWholeStepKept) {
  if (std::system("command -v mpirun > /dev/null") != 0) GTEST_SKIP() << "needs mpirun (openmpi-bin)";
  if (!fs::exists(fs::path(ACTIONFLOW_PROGRAM).parent_path() / "actionflow_mpi.so"))
    GTEST_SKIP() << "built without MPI (libopenmpi-dev)";
  expect_to_go_on_from_the_last_step(2);
}

}  // namespace
}  // namespace actionflow::testing
