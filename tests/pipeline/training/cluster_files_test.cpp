// configs/cluster: files that schedulers read, as far as they can be checked without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/config/config.h"
#include "tests/pipeline/training/training_bench.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/free_port.h"
#include "tests/tools/temporary_folder.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

std::string cluster_file(const std::string& name) {
  return std::string(ACTIONFLOW_ROOT) + "/configs/cluster/" + name;
}

const config::Value& at(const config::Value& value, const std::vector<std::string>& path) {
  const config::Value* found = &value;
  for (const std::string& key : path) {
    found = found->find(key);
    if (found == nullptr) throw std::runtime_error("no " + key);
  }
  return *found;
}

// The words from `train` on, on the bench's recipe.
std::vector<std::string> training_words(const config::Value& container, const TrainingBench& bench) {
  std::vector<std::string> words{ACTIONFLOW_PROGRAM};
  bool reached = false;
  for (const config::Value& word : at(container, {"args"}).items()) {
    std::string text(word.text());
    reached = reached || text == "train";
    if (text == "/data/recipe.yaml") text = bench / "recipe.yaml";
    const std::string index = "$(JOB_COMPLETION_INDEX)";
    if (const std::size_t place = text.find(index); place != std::string::npos)
      text.replace(place, index.size(), "3");
    if (reached) words.push_back(text);
  }
  words.push_back("--print-config");
  return words;
}

TEST(ClusterFiles, KubernetesJobsStartTrainingsThatTheProgramUnderstands) {
  TrainingBench bench;
  const config::Value mpi = config::load(cluster_file("mpijob.yaml"));
  EXPECT_EQ(at(mpi, {"kind"}).text(), "MPIJob");
  const config::Value& launcher =
      at(mpi, {"spec", "mpiReplicaSpecs", "Launcher", "template", "spec", "containers"}).items().front();
  const auto launched = bench.run(training_words(launcher, bench));
  EXPECT_EQ(launched.code, 0) << launched.err;
  EXPECT_THAT(launched.out, HasSubstr("threads: 8"));

  const config::Value indexed = config::load(cluster_file("indexed_job.yaml"));
  EXPECT_EQ(at(indexed, {"spec", "completionMode"}).text(), "Indexed");
  const config::Value& container = at(indexed, {"spec", "template", "spec", "containers"}).items().front();
  const auto started = bench.run(training_words(container, bench));
  EXPECT_EQ(started.code, 0) << started.err;
  EXPECT_THAT(started.out, HasSubstr("seed: 3"));
  EXPECT_THAT(started.out, HasSubstr("output: /data/runs/3"));
}

// srun as far as the script needs it: its options, then a program.
constexpr const char* kSrun = "#!/bin/sh\nwhile [ \"${1#-}\" != \"$1\" ]; do shift; done\nexec \"$@\"\n";

TEST(ClusterFiles, TheSlurmScriptStartsATrainingThatTheProgramUnderstands) {
  TrainingBench bench;
  bench.write("srun", kSrun);
  chmod((bench / "srun").c_str(), 0755);
  std::filesystem::create_symlink(ACTIONFLOW_PROGRAM, bench / "actionflow");
  const std::string path = "PATH=" + (bench / ".").string() + ":" + std::getenv("PATH");
  const auto ended = bench.run({"env", path, "SLURM_CPUS_PER_TASK=5", "bash", cluster_file("slurm.sbatch"),
                                bench / "recipe.yaml", "epochs=7", "--print-config"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("threads: 5"));
  EXPECT_THAT(ended.out, HasSubstr("epochs: 7"));
}

bool has_idle_machine() {
  return ChildProcess({"sinfo", "--noheader", "--states=idle", "--format=%D"}, "/dev/null").read_all(10) ==
         "1\n";
}

// Two processes, which Slurm starts and PMIx joins, train what one does.
TEST(ClusterFiles, SlurmItselfTrainsByTheScript) {
  const std::string tool = ACTIONFLOW_ROOT "/tests/tools/slurm";
  if (const std::string missing = ChildProcess({tool, "there"}).read_all(60); !missing.empty())
    GTEST_SKIP() << missing;
  const TrainingBench bench;
  const TemporaryFolder folder;
  ChildProcess slurm(
      {tool, "run", folder.path().string(), std::to_string(free_port()), std::to_string(free_port())},
      folder / "log");
  const EnvironmentVariable conf("SLURM_CONF", folder / "slurm.conf");
  ASSERT_TRUE(wait_for(has_idle_machine)) << text_of(folder / "log");
  std::filesystem::create_symlink(ACTIONFLOW_PROGRAM, bench / "actionflow");
  const std::string path = "PATH=" + (bench / ".").string() + ":" + std::getenv("PATH");
  const auto job = bench.run({"env", path, "sbatch", "--wait", "--nodes=1", "--ntasks-per-node=2",
                              "--cpus-per-task=1", "--output=" + (bench / "job.txt").string(),
                              cluster_file("slurm.sbatch"), bench / "recipe.yaml", "epochs=2"});
  EXPECT_EQ(job.code, 0) << job.err << text_of(bench / "job.txt");
  const auto alone = bench.train({"epochs=2", "micro_batch=1", "output=" + (bench / "alone").string()});
  EXPECT_EQ(alone.code, 0) << alone.err;
  EXPECT_EQ(bench.metrics("run"), bench.metrics("alone"));
  slurm.signal(SIGTERM);
  slurm.wait();
}

}  // namespace
}  // namespace actionflow::testing
