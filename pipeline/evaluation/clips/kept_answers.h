// Answers of a network, kept in a folder that any number of processes fill: what one has judged no other
// judges again.
//
// Each process writes a file of its own, a line a video as soon as it is judged, and reads all that are there
// when it begins. A last line that a kill has torn is passed over. Videos that could not be read are not
// kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/files/descriptor.h"

namespace actionflow {

// The folder's files. Thread-safe.
class AnswerFiles {
 public:
  // `as` what of the video was judged, the video, and the answer; may throw what nlohmann::json throws.
  using Take =
      std::function<void(const std::string& as, const std::string& video, const nlohmann::json& answer)>;

  // Makes the folder and gives all that stands there to `take`. `question`: what answers depend on beside the
  // video: the network, the views. Throws UsageError where the folder has answers to another question, or
  // files that are none; Error where it cannot be written.
  AnswerFiles(std::filesystem::path folder, std::string question, const Take& take);

  // Throws Error where it cannot be written.
  void put(const std::string& as, const std::string& video, const nlohmann::json& answer);
  // By put().
  std::int64_t added() const;

 private:
  void read(const std::filesystem::path& file, const Take& take) const;
  void write(const std::string& line);

  const std::filesystem::path folder_;
  const std::string question_;
  mutable std::mutex mutex_;
  std::string name_;  // of its own file, made with the first answer
  Descriptor descriptor_;
  std::int64_t added_ = 0;
};

// `Answer` is what nlohmann::json writes and reads. Thread-safe.
template <class Answer>
class KeptAnswers {
 public:
  // As AnswerFiles.
  KeptAnswers(std::filesystem::path folder, std::string question)
      : files_(std::move(folder), std::move(question),
               [this](const std::string& as, const std::string& video, const nlohmann::json& answer) {
                 found_[{as, video}] = answer.get<Answer>();
               }) {}

  // What stood there when it began; null where nobody had judged that video so. `as`: "test", "shuffled".
  const Answer* find(const std::string& as, const std::string& video) const {
    const auto found = found_.find({as, video});
    return found == found_.end() ? nullptr : &found->second;
  }
  void put(const std::string& as, const std::string& video, const Answer& answer) {
    files_.put(as, video, nlohmann::json(answer));
  }
  std::int64_t added() const { return files_.added(); }

 private:
  std::map<std::pair<std::string, std::string>, Answer> found_;  // not changed any more
  AnswerFiles files_;
};

}  // namespace actionflow
