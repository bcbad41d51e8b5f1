#include "pipeline/evaluation/clips/kept_answers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kAnswerSuffix = ".jsonl";

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

AnswerFiles::AnswerFiles(fs::path folder, std::string question, const Take& take)
    : folder_(std::move(folder)), question_(std::move(question)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw UsageError(folder_.string() + ": is no folder and cannot be made one: " + error.message());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    if (entry.path().extension() == kAnswerSuffix) read(entry.path(), take);
}

void AnswerFiles::read(const fs::path& file, const Take& take) const {
  std::ifstream stream(file, std::ios::binary);
  bool first = true;
  for (std::string line; std::getline(stream, line) && !stream.eof(); first = false) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    try {
      if (first && json.at("question") != question_)
        throw UsageError(
            file.string() +
            ": holds answers of another network, or to other views of the videos; name another folder");
      if (!first) take(json.at("as"), json.at("video"), json.at("answer"));
    } catch (const nlohmann::json::exception&) {
      throw UsageError(file.string() +
                       ": holds something else than answers of evaluate; name another folder");
    }
  }
}

void AnswerFiles::put(const std::string& as, const std::string& video, const nlohmann::json& answer) {
  const std::string line = json_text(nlohmann::json{{"as", as}, {"video", video}, {"answer", answer}}) + "\n";
  const std::lock_guard lock(mutex_);
  if (!descriptor_) {
    constexpr mode_t kAsTheUmaskAllows = 0666;
    std::random_device random;
    do {
      name_ = (folder_ / fmt::format("answers-{:08x}{}", random(), kAnswerSuffix)).string();
      descriptor_ = Descriptor(
          ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, kAsTheUmaskAllows));
    } while (!descriptor_ && errno == EEXIST);
    if (!descriptor_) throw Error(ExitCode::failure, name_ + ": cannot be written: " + reason());
    write(json_text(nlohmann::json{{"question", question_}}) + "\n");
  }
  write(line);
  ++added_;
}

std::int64_t AnswerFiles::added() const {
  const std::lock_guard lock(mutex_);
  return added_;
}

void AnswerFiles::write(const std::string& line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::write(descriptor_.get(), rest.data(), rest.size());
    if (count < 0 && errno != EINTR)
      throw Error(ExitCode::failure, name_ + ": cannot be written: " + reason());
    rest.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
}

}  // namespace actionflow
