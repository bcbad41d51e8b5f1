#include "models/formats/hdf5/hdf5_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <system_error>

#include "base/error.h"
#include "base/files/descriptor.h"
#include "base/files/temporary_folder.h"
#include "base/machine/clock.h"
#include "models/formats/hdf5/hdf5_answer.h"
#include "models/formats/hdf5/hdf5_reader.h"
#include "models/formats/hdf5/hdf5_writer.h"
#include "models/formats/safetensors/safetensors.h"

namespace actionflow {
namespace {

constexpr const char* kRead = "--internal-read-hdf5";
constexpr const char* kWrite = "--internal-write-hdf5";
// Marks the child's environment: a program whose main() lacks run_hdf5_child() must not start itself
// again and again.
constexpr const char* kVariable = "ACTIONFLOW_HDF5_CHILD";
constexpr std::uint64_t kLeastSeconds = 20;
constexpr std::uint64_t kBytesASecond = 20'000'000;  // slower than any disk that is worth waiting for
constexpr std::uint64_t kSpareBytes = 256ULL
                                      << 20U;  // what the library and the stream need besides the tensors
constexpr std::uint64_t kMostStreamTextBytes = 64ULL << 20U;  // names and description in the stream
constexpr std::uint64_t kMostExpansion = 4 * 1032;  // 8-bit values, compressed as well as deflate can
constexpr std::size_t kMostMessage = 500;

// Of the processor; by the clock half as much again.
std::uint64_t seconds_for(std::uint64_t most_bytes) { return kLeastSeconds + most_bytes / kBytesASecond; }

// ---- the child ----

void limit(int resource, std::uint64_t most, std::uint64_t hard) {
  const rlimit limits{most, hard};
  setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

// Sanitisers reserve terabytes of addresses, so there the limit on memory cannot be set.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitMemory = false;
#else
constexpr bool kLimitMemory = true;
#endif

void limit_self(std::uint64_t file_bytes, std::uint64_t most_bytes) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_FSIZE, 0, 0);
  const std::uint64_t seconds = seconds_for(most_bytes);
  limit(RLIMIT_CPU, seconds, seconds + 1);  // SIGXCPU first, which tells why
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (kLimitMemory) {
    const std::uint64_t own = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const std::uint64_t most = own + kSpareBytes + 4 * file_bytes + 2 * most_bytes;
    limit(RLIMIT_AS, most, most);
  }
}

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(static_cast<int>(ExitCode::failure));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

int serve(const char* path, std::uint64_t most_bytes) {
  try {
    limit_self(std::filesystem::file_size(path), most_bytes);
    write_hdf5_answer(read_keras_file_here(path, most_bytes),
                      [](std::string_view bytes) { write_all(STDOUT_FILENO, bytes); });
    return static_cast<int>(ExitCode::done);
  } catch (const std::bad_alloc&) {
    write_all(STDOUT_FILENO, "damaged: asks for more memory than its size allows");
    return static_cast<int>(ExitCode::model);
  } catch (const std::exception& error) {
    write_all(STDOUT_FILENO, error.what());
    return static_cast<int>(ExitCode::model);
  }
}

int serve_writing(const char* content, const char* file) {
  try {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CORE, 0, 0);
    write_hdf5_here(read_safetensors(content), file);
    return static_cast<int>(ExitCode::done);
  } catch (const std::exception& error) {
    write_all(STDOUT_FILENO, error.what());
    return static_cast<int>(ExitCode::model);
  }
}

// ---- the parent ----

[[noreturn]] void fail_system(const std::string& what, int code) {
  throw Error(ExitCode::failure, fmt::format("{}: {}", what, std::generic_category().message(code)));
}

// A running child: ended and waited for at the latest when this goes.
class Child {
 public:
  // `how`: the argument that says what to do, and two more.
  Child(std::array<std::string, 3> how, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::string program = "actionflow", mark = fmt::format("{}=1", kVariable);
    char* const arguments[] = {program.data(), how[0].data(), how[1].data(), how[2].data(), nullptr};
    std::vector<char*> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) environment.push_back(*variable);
    environment.push_back(mark.data());
    environment.push_back(nullptr);
    const int code = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments, environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0) {
      pid_ = -1;
      fail_system("the process for HDF5 files cannot be started", code);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    wait();
  }

  // The status as waitpid() gives it.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

// Everything until the other end closes. Throws ModelError when it takes too long or is too much.
std::string read_until_closed(int descriptor, std::uint64_t most, std::chrono::seconds wall_time,
                              const std::string& name) {
  const Deadline deadline(static_cast<double>(wall_time.count()));
  std::string all;
  std::vector<char> chunk(1 << 16);
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left());
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = left.count() == 0 ? 0 : poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      throw ModelError(
          fmt::format("{}: damaged: reading it as HDF5 did not end in {} s", name, wall_time.count()));
    }
    const ssize_t n = ::read(descriptor, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_system(name, errno);
    if (n == 0) return all;
    all.append(chunk.data(), static_cast<std::size_t>(n));
    if (all.size() > most)
      throw ModelError(fmt::format("{}: damaged: holds more than its size allows", name));
  }
}

// The child's words are no better than the file it read.
std::string readable(std::string text) {
  text.resize(std::min(text.size(), kMostMessage));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, '?');
  return text;
}

void check_status(int status, const std::string& output, std::uint64_t seconds, const std::string& name) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(ExitCode::model)) {
    throw ModelError(fmt::format("{}: {}", name, readable(output)));
  }
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    throw ModelError(
        signal == SIGXCPU
            ? fmt::format("{}: damaged: reading it as HDF5 took more than {} s", name, seconds)
            : fmt::format("{}: damaged: the HDF5 library crashed on it ({})", name, strsignal(signal)));
  }
  throw Error(ExitCode::failure, fmt::format("{}: the process for HDF5 files could not do its work", name));
}

void check_main() {
  if (getenv(kVariable) != nullptr)
    throw Error(ExitCode::failure,
                "this program cannot work on HDF5 files: its main() lacks run_hdf5_child()");
}

KerasFile read_through_child(const std::filesystem::path& file, std::uint64_t network_bytes) {
  const std::string name = file.string();
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error) throw ModelError(fmt::format("{}: {}", name, error.message()));
  check_main();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_system(name, errno);
  Descriptor output(ends[0]), input(ends[1]);
  const std::uint64_t most = std::max(4 * size, std::min(network_bytes, kMostExpansion * size));
  const std::uint64_t seconds = seconds_for(most);
  Child child({kRead, std::filesystem::absolute(file).string(), std::to_string(most)}, input.get());
  input.close();
  const std::string stream = read_until_closed(output.get(), most + kMostStreamTextBytes,
                                               std::chrono::seconds(seconds + seconds / 2), name);
  check_status(child.wait(), stream, seconds, name);
  return read_hdf5_answer(stream, name);
}

}  // namespace

KerasFile read_keras_file(const std::filesystem::path& file) { return read_through_child(file, 0); }

KerasFile read_keras_file(const std::filesystem::path& file, std::uint64_t network_bytes) {
  KerasFile content = read_through_child(file, network_bytes);
  if (!content.whole) {
    throw ModelError(fmt::format("{}: damaged: its weights are larger than the file and the network allow",
                                 file.string()));
  }
  return content;
}

std::string hdf5_file(const Hdf5Content& content) {
  check_main();
  const TemporaryFolder folder("actionflow-hdf5");
  const std::filesystem::path given = folder.path() / "content.safetensors", made = folder.path() / "made.h5";
  SafetensorsContent stream;
  for (const auto& [path, tensor] : content.tensors) stream.tensors[path] = &tensor;
  for (const auto& [group, name] : content.group_names) stream.metadata[group + " name"] = name;
  write_safetensors(stream, given);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_system("an HDF5 file", errno);
  Descriptor output(ends[0]), input(ends[1]);
  const std::uint64_t seconds = seconds_for(std::filesystem::file_size(given));
  Child child({kWrite, given.string(), made.string()}, input.get());
  input.close();
  const std::string words = read_until_closed(output.get(), kMostStreamTextBytes,
                                              std::chrono::seconds(seconds + seconds / 2), "an HDF5 file");
  check_status(child.wait(), words, seconds, "an HDF5 file");
  std::ifstream stream_back(made, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream_back), {}};
}

std::optional<int> run_hdf5_child(int argc, char** argv) {
  if (argc != 4 || getenv(kVariable) == nullptr) return std::nullopt;
  if (std::strcmp(argv[1], kWrite) == 0) return serve_writing(argv[2], argv[3]);
  if (std::strcmp(argv[1], kRead) != 0) return std::nullopt;
  return serve(argv[2], std::strtoull(argv[3], nullptr, 10));
}

}  // namespace actionflow
