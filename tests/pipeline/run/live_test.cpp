// Cameras: a real RTSP server, killed and started again under the running program.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/test_data.h"
#include "tests/tools/child_process.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

std::unique_ptr<ChildProcess> start_server(int port) {
  auto server = std::make_unique<ChildProcess>(
      std::vector<std::string>{ACTIONFLOW_RTSP_SERVER, std::to_string(port)}, "/dev/null");
  const auto line = server->read_line(30);
  EXPECT_TRUE(line && *line == "ready") << "the RTSP server did not start";
  return server;
}

// What a process holds: threads and descriptors counted, resident memory in KiB.
struct Holdings {
  std::size_t threads = 0, descriptors = 0;
  long resident_kib = 0;
};

Holdings holdings(pid_t pid) {
  const fs::path proc = fs::path("/proc") / std::to_string(pid);
  Holdings held;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(proc / "task")) ++held.threads;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(proc / "fd")) ++held.descriptors;
  std::ifstream status(proc / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) std::istringstream(line.substr(6)) >> held.resident_kib;
  }
  return held;
}

void keep_least(Holdings& least, const Holdings& now) {
  if (least.threads == 0 || now.resident_kib < least.resident_kib) least = now;
}

std::string pipeline_text(int port) {
  const std::string address = "rtsp://user:secret@127.0.0.1:" + std::to_string(port);
  const fs::path model = project_root() / "configs/models/cnn_lstm.yaml";
  return "streams:\n  one: {source: " + address + "/one}\n  two: {source: " + address +
         "/two, transport: udp}\n" +
         "graph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 5}\n" +
         "  actions: {node: cnn_lstm, from: clips, model: " + model.string() + ", random_weights: 1}\n";
}

// How often the log says that a stream is back.
int returns(const fs::path& log, const std::string& stream) {
  std::ifstream file(log);
  int count = 0;
  for (std::string line; std::getline(file, line);) count += line.ends_with(' ' + stream + ": back");
  return count;
}

// Reads results until each stream has given `count` windows after `begun` became true; false after `seconds`.
bool windows_of_both(
    ChildProcess& program, int count, double seconds,
    const std::function<bool()>& begun = [] { return true; }) {
  std::map<std::string, int> seen{{"one", 0}, {"two", 0}};
  bool counts = false;
  const Deadline deadline(seconds);
  while (!deadline.passed()) {
    const auto line = program.read_line(1);
    if (!line || !(counts = counts || begun())) continue;
    const auto result = nlohmann::json::parse(*line);
    if (result["type"] == "window") ++seen[result["stream"]];
    if (seen["one"] >= count && seen["two"] >= count) return true;
  }
  return false;
}

TEST(Cameras, ComeBackAfterEachOfTwentyRestartsOfTheirServerWithNothingLeftBehind) {
  const fs::path folder = fs::temp_directory_path() / ("actionflow_live_" + std::to_string(getpid()));
  fs::create_directories(folder);
  const int port = free_port();
  std::ofstream(folder / "pipeline.yaml") << pipeline_text(port);
  const std::string log = folder / "log.txt";

  auto server = start_server(port);
  ChildProcess program({ACTIONFLOW_PROGRAM, "classify", "--json", folder / "pipeline.yaml"}, log);
  ASSERT_TRUE(windows_of_both(program, 2, 60)) << "no window before the first restart";

  // Of three restarts the least: pictures that wait while the machine is busy elsewhere come and go.
  Holdings third, last;
  for (int restart = 1; restart <= 20; ++restart) {
    server->signal(SIGKILL);
    server->wait();
    // What the lost connections gave may still be under way.
    const auto both_back = [&, one = returns(log, "one"), two = returns(log, "two")] {
      return returns(log, "one") > one && returns(log, "two") > two;
    };
    server = start_server(port);
    EXPECT_TRUE(windows_of_both(program, 2, 60, both_back)) << "no window after restart " << restart;
    const Holdings now = holdings(program.pid());
    if (restart >= 3 && restart <= 5) keep_least(third, now);
    if (restart >= 18) keep_least(last, now);
  }
  EXPECT_EQ(last.threads, third.threads);
  EXPECT_EQ(last.descriptors, third.descriptors);
#ifndef __SANITIZE_ADDRESS__                    // which keeps what was freed
  constexpr long kLeastLeakKib = 15 * 2 * 256;  // of each connection a decoder with its pictures
  EXPECT_LT(last.resident_kib, third.resident_kib + kLeastLeakKib);
#endif

  program.signal(SIGINT);
  const std::string rest = program.read_all(60);
  EXPECT_EQ(program.wait(), 130);
  EXPECT_NE(rest.find("\"type\":\"summary\""), std::string::npos);

  std::ifstream log_file(log);
  const std::string told((std::istreambuf_iterator<char>(log_file)), {});
  EXPECT_EQ(told.find("secret"), std::string::npos) << told;
  fs::remove_all(folder);
}

TEST(Cameras, AServerThatFallsSilentIsNoticed) {
  const fs::path folder = fs::temp_directory_path() / ("actionflow_silent_" + std::to_string(getpid()));
  fs::create_directories(folder);
  const int port = free_port();
  std::ofstream(folder / "pipeline.yaml") << pipeline_text(port);
  auto server = start_server(port);
  ChildProcess program({ACTIONFLOW_PROGRAM, "classify", "--json", folder / "pipeline.yaml"},
                       folder / "log.txt");
  ASSERT_TRUE(windows_of_both(program, 2, 60));

  server->signal(SIGSTOP);
  const auto told = [&](const std::string& stream) {
    std::ifstream log(folder / "log.txt");
    const std::string lines((std::istreambuf_iterator<char>(log)), {});
    return lines.find(stream + ": silent for 10 s") != std::string::npos;
  };
  EXPECT_TRUE(wait_for([&] { return told("/one") && told("/two"); }));

  program.signal(SIGINT);
  program.read_all(60);
  EXPECT_EQ(program.wait(), 130);
  server->signal(SIGKILL);
  server->wait();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace actionflow::testing
