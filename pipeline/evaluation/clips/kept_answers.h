// Answers of a network, kept in a folder that any number of processes fill: what one has judged no other
// judges again.
//
// Each process writes a file of its own, a line a video as soon as it is judged, and reads all that are there
// when it begins. A last line that a kill has torn is passed over. Videos that could not be read are not
// kept.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/files/descriptor.h"

namespace actionflow {

// Thread-safe.
class KeptAnswers {
 public:
  // Makes the folder. `question`: what answers depend on beside the video: the network, the views. Throws
  // UsageError where the folder has answers to another question, or files that are none; Error where it
  // cannot be written.
  KeptAnswers(std::filesystem::path folder, std::string question);

  // Probabilities of the classes; null where nobody has judged that video so. `as`: "test", "shuffled".
  const std::vector<float>* find(const std::string& as, const std::string& video) const;
  // Throws Error where it cannot be written.
  void put(const std::string& as, const std::string& video, const std::vector<float>& probabilities);

 private:
  using Key = std::pair<std::string, std::string>;
  void read(const std::filesystem::path& file);
  void write(const std::string& line);

  const std::filesystem::path folder_;
  const std::string question_;
  std::map<Key, std::vector<float>> found_;  // when it began; not changed any more
  std::mutex mutex_;
  std::string name_;  // of its own file, made with the first answer
  Descriptor descriptor_;
};

}  // namespace actionflow
