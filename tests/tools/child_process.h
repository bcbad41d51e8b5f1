// A program under test, run as people run it: its standard output read line by line, its exit code and
// signals at hand. Killed when it goes out of scope.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

extern char** environ;

namespace actionflow::testing {

class ChildProcess {
 public:
  // stdout is read by us; stderr goes to `error_file`, or where ours goes when that is empty.
  explicit ChildProcess(const std::vector<std::string>& command, const std::string& error_file = {}) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    out_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    if (!error_file.empty()) {
      posix_spawn_file_actions_addopen(&actions, 2, error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int failed = posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed != 0) throw std::runtime_error("cannot start " + command.front());
  }
  ~ChildProcess() {
    if (!code_) {
      signal(SIGKILL);
      wait();
    }
    close(out_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const { kill(pid_, number); }

  // Leaves no byte of room in the pipe that is its stdout: what it writes next blocks.
  void fill_output() const {
    const std::string path = "/proc/" + std::to_string(pid_) + "/fd/1";
    const int end = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (end < 0) throw std::runtime_error("its standard output cannot be opened");
    while (write(end, "x", 1) == 1) {
    }
    close(end);
  }

  // The next line of stdout; nullopt at its end or after `seconds`.
  std::optional<std::string> read_line(double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
      if (const std::size_t at = buffer_.find('\n'); at != std::string::npos) {
        std::string line = buffer_.substr(0, at);
        buffer_.erase(0, at + 1);
        return line;
      }
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd ready{out_, POLLIN, 0};
      if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
      char bytes[4096];
      const ssize_t count = read(out_, bytes, sizeof bytes);
      if (count <= 0) return std::nullopt;
      buffer_.append(bytes, static_cast<std::size_t>(count));
    }
  }

  // Everything that is left of stdout, then the exit code.
  std::string read_all(double seconds) {
    std::string all;
    while (const auto line = read_line(seconds)) all += *line + "\n";
    return all + buffer_;
  }

  bool running() {
    int status = 0;
    if (!code_ && waitpid(pid_, &status, WNOHANG) == pid_)
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return !code_;
  }

  // The exit code, or 128 + the signal that ended it.
  int wait() {
    if (code_) return *code_;
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return *code_;
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string buffer_;
  std::optional<int> code_;
};

}  // namespace actionflow::testing
