// A folder of lists written by the test; no video is opened.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/log/log.h"
#include "datasets/lists/dataset.h"
#include "datasets/lists/reading/read_dataset.h"
#include "tests/datasets/make_video.h"

namespace actionflow::testing {

class DatasetTest : public ::testing::Test {
 protected:
  DatasetTest() {
    log::set_sink([this](log::Level, std::string_view line) { logged_.emplace_back(line); });
    options_.root = folder_.path();
    write("classes.txt", "wave\nclap\nbrush hair\n");
  }
  ~DatasetTest() override { log::set_sink({}); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  Dataset read(std::uint64_t seed = 1) const {
    DataOptions options = options_;
    for (OptionalPath* path :
         {&options.classes, &options.train, &options.val, &options.test, &options.other, &options.unknown})
      if (!path->empty()) *path = options.root / *path;
    return read_dataset(options, seed);
  }
  std::string error() const {
    try {
      read();
      return {};
    } catch (const DatasetError& failure) {
      EXPECT_EQ(failure.exit_code(), ExitCode::model);
      return failure.what();
    }
  }
  // As `error`, without the folder's name.
  std::string short_error() const {
    std::string text = error();
    const std::string prefix = folder_.path().string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

  TemporaryFolder folder_;
  DataOptions options_;
  std::vector<std::string> logged_;
};

inline std::vector<std::vector<int>> labels_of(const std::vector<VideoEntry>& entries) {
  std::vector<std::vector<int>> labels;
  for (const VideoEntry& entry : entries) labels.push_back(entry.labels);
  return labels;
}

inline std::vector<std::string> names_of(const std::vector<VideoEntry>& entries) {
  std::vector<std::string> names;
  for (const VideoEntry& entry : entries) names.push_back(entry.name);
  return names;
}

using Labels = std::vector<std::vector<int>>;
using Names = std::vector<std::string>;

}  // namespace actionflow::testing
