// Text to a descriptor: standard output, standard error, or a file begun anew. Nothing is buffered.
//
// Unlike std::cout it holds no lock that the program's end would wait for, so a thread that is stuck in a
// write can be left behind. Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace actionflow {

class LineOutput {
 public:
  enum class At { beginning, end };
  // Makes the file, or begins it anew, or goes on at its end. Throws UsageError where that cannot be done.
  explicit LineOutput(const std::filesystem::path& file, At at = At::beginning);
  // A descriptor that stays open; `name` is for messages.
  LineOutput(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  LineOutput(LineOutput&& other) noexcept;
  LineOutput& operator=(LineOutput&& other) noexcept;
  ~LineOutput();

  // Throws Error (exit code 5) with the reason. What is written to a regular file that was opened here is
  // written whole or not at all.
  void write(std::string_view text);
  // As write(); and where the process is killed meanwhile, a zero byte stands in the file where the text
  // would begin, behind which nothing counts. For a file that was opened here and holds no zero bytes
  // otherwise.
  void commit(std::string_view text);
  bool is_terminal() const;
  // Closes a file that was opened here; throws Error where the system says only then that writing failed.
  void finish();

 private:
  void put(std::string_view text);
  [[noreturn]] void fail(int error) const;

  int descriptor_ = -1;
  std::string name_;
  bool own_ = false;
  std::int64_t whole_ = 0;  // bytes of an own file
};

}  // namespace actionflow
