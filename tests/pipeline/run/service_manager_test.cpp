#include "pipeline/run/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/child_process.h"
#include "tests/tools/temporary_folder.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

// What a service manager listens at, for as long as it is there.
class NotifySocket {
 public:
  NotifySocket() : descriptor_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const std::string path = (folder_ / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("no socket");
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~NotifySocket() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    close(descriptor_);
  }
  // The next message; waits for it.
  std::string next() const {
    char bytes[256];
    const ssize_t count = recv(descriptor_, bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(0, count))};
  }
  // The next one that is there already.
  std::string waiting() const {
    char bytes[256];
    const ssize_t count = recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(0, count))};
  }

 private:
  const testing::TemporaryFolder folder_;
  const int descriptor_;
};

TEST(Heartbeat, IsThereWhileTheGraphAnswersOrHasNothingToDo) {
  Heartbeat heart;
  EXPECT_TRUE(heart.beats({true, 3}));
  EXPECT_TRUE(heart.beats({true, 4}));
  EXPECT_FALSE(heart.beats({true, 4})) << "busy, and nothing was answered";
  EXPECT_TRUE(heart.beats({false, 4})) << "cameras may be away";
  EXPECT_FALSE(heart.beats({true, 4}));
  EXPECT_TRUE(heart.beats({true, 5}));
}

TEST(ServiceManager, IsToldThatWeAreReadyAliveAndStopping) {
  const NotifySocket socket;
  setenv("WATCHDOG_USEC", "2000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  std::atomic<std::int64_t> answered{0};
  {
    // Few enough that those that nobody reads fit into the socket.
    const ServiceManager manager([&] { return Pulse{true, std::min<std::int64_t>(++answered, 5)}; });
    EXPECT_EQ(socket.next(), "READY=1");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(socket.next(), "WATCHDOG=1");
  }
  std::string last;
  for (std::string one = socket.waiting(); !one.empty(); one = socket.waiting()) last = one;
  EXPECT_EQ(last, "STOPPING=1");
}

TEST(ServiceManager, TheWatchdogIsNotFedForAGraphThatHangs) {
  const NotifySocket socket;
  setenv("WATCHDOG_USEC", "2000", 1);
  std::atomic<int> looks{0};
  {
    const ServiceManager manager([&] {
      ++looks;
      return Pulse{true, 7};
    });
    EXPECT_EQ(socket.next(), "READY=1");
    ASSERT_TRUE(testing::wait_for([&] { return looks > 5; }));
  }
  EXPECT_EQ(socket.next(), "WATCHDOG=1") << "from the first look one cannot tell";
  EXPECT_EQ(socket.next(), "STOPPING=1");
}

TEST(ServiceManager, WithoutOneNothingHappens) {
  unsetenv("NOTIFY_SOCKET");
  int looks = 0;
  {
    const ServiceManager manager([&] { return Pulse{true, ++looks}; });
  }
  EXPECT_EQ(looks, 0);
}

TEST(ServiceManager, AnotherProcessWatchdogIsNotOurs) {
  const NotifySocket socket;
  setenv("WATCHDOG_USEC", "2000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  {
    const ServiceManager manager([] { return Pulse{}; });
  }
  EXPECT_EQ(socket.next(), "READY=1");
  EXPECT_EQ(socket.next(), "STOPPING=1");
}

TEST(ServiceManager, HearsOfTheWholeProgramFromItsStartToSigterm) {
  const testing::GraphBench bench;
  bench.video("a.mp4", 1000, 1);
  bench.write("live.yaml",
              "streams: {a: {source: a.mp4, realtime: true}}\ngraph:\n  frames: {node: decode}\n"
              "  clips: {node: window, from: frames}\n"
              "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n");
  const NotifySocket socket;
  setenv("WATCHDOG_USEC", "20000", 1);
  testing::ChildProcess program(
      {ACTIONFLOW_PROGRAM, "classify", "--log", "quiet", (bench.folder() / "live.yaml").string()});
  EXPECT_EQ(socket.next(), "READY=1");
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  program.signal(SIGTERM);
  std::string said;
  while (said != "STOPPING=1") said = socket.next();
  EXPECT_EQ(program.wait(), 130);
}

}  // namespace
}  // namespace actionflow
