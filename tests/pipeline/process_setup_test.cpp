// What the program does to its process before it does anything else.
#include <gmock/gmock.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/datasets/make_video.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Traced {
  bool allowed = true;
  int executions = 0;
  std::string comm;  // as it ends
  std::string first_word;
  int status = 0;
};

std::string first_string_of(const std::string& file) {
  std::ifstream stream(file);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  return text.substr(0, text.find_first_of(std::string("\n\0", 2)));
}

[[noreturn]] void start_traced(const std::vector<const char*>& words) {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(99);
  raise(SIGSTOP);
  freopen("/dev/null", "w", stdout);
  execv(ACTIONFLOW_PROGRAM, const_cast<char* const*>(words.data()));
  _exit(98);
}

// Runs the program and counts how often its process starts a program.
Traced trace(const std::vector<const char*>& words) {
  Traced traced;
  const pid_t child = fork();
  if (child == 0) start_traced(words);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) {
    traced.allowed = false;
    return traced;
  }
  ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
  int signal = 0;
  while (ptrace(PTRACE_CONT, child, nullptr, signal) == 0 && waitpid(child, &status, 0) == child &&
         WIFSTOPPED(status)) {
    const int event = status >> 16;
    signal = event == 0 ? WSTOPSIG(status) : 0;
    if (event == PTRACE_EVENT_EXEC) ++traced.executions;
    if (event != PTRACE_EVENT_EXIT) continue;
    const std::string process = "/proc/" + std::to_string(child);
    traced.comm = first_string_of(process + "/comm");
    traced.first_word = first_string_of(process + "/cmdline");
  }
  traced.status = status;
  return traced;
}

TEST(ProcessSetup, TheProgramIsStartedOnceAndKeepsItsName) {
  const Traced traced = trace({"actionflow", "--version", nullptr});
  if (!traced.allowed) GTEST_SKIP() << "no process may be traced here";
  EXPECT_EQ(traced.status, 0);
  EXPECT_EQ(traced.executions, 1);
  EXPECT_EQ(traced.comm, "actionflow");
  EXPECT_EQ(traced.first_word, "actionflow");
}

// What libgomp says that it has read.
std::string openmp_of(const std::vector<std::string>& variables) {
  const TemporaryFolder folder;
  std::vector<std::string> words{"env"};
  words.insert(words.end(), variables.begin(), variables.end());
  words.insert(words.end(), {"OMP_DISPLAY_ENV=VERBOSE", ACTIONFLOW_PROGRAM, "--version"});
  ChildProcess child(words, folder / "stderr.txt");
  child.read_all(60);
  EXPECT_EQ(child.wait(), 0);
  std::ifstream stream(folder / "stderr.txt");
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ProcessSetup, OpenMpThreadsSpinBrieflyUnlessTheUserSaysOtherwise) {
  EXPECT_THAT(openmp_of({"-u", "GOMP_SPINCOUNT", "-u", "OMP_WAIT_POLICY"}), HasSubstr("SPINCOUNT = '3000'"));
  EXPECT_THAT(openmp_of({"GOMP_SPINCOUNT=77"}), HasSubstr("SPINCOUNT = '77'"));
  EXPECT_THAT(openmp_of({"-u", "GOMP_SPINCOUNT", "OMP_WAIT_POLICY=active"}), Not(HasSubstr("'3000'")));
}

TEST(ProcessSetup, PathStandsInTheEnvironmentAndTheSpinCountDoesNot) {
  const TemporaryFolder folder;
  for (const auto& [variable, expected] : std::vector<std::pair<std::string, std::string>>{
           {"PATH", "/some/folder"}, {"GOMP_SPINCOUNT", "none"}}) {
    std::ofstream(folder / "model.yaml")
        << "name: ${" << variable << ":none}\n"
        << "input: {channels: 1, frames: 4, frame_rate: 5, height: 8, width: 8, color: gray}\nclasses: 2\n"
        << "layers:\n  - flatten\n  - {layer: dense, units: 1, activation: sigmoid}\n";
    ChildProcess child({"/usr/bin/env", "-u", "GOMP_SPINCOUNT", "PATH=/some/folder", ACTIONFLOW_PROGRAM,
                        "inspect", "--json", folder / "model.yaml"});
    EXPECT_THAT(child.read_all(60), HasSubstr("\"name\":\"" + expected + "\""));
    EXPECT_EQ(child.wait(), 0);
  }
}

}  // namespace
}  // namespace actionflow::testing
