// The program as people run it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Program : public ::testing::Test {
 protected:
  struct Ended {
    int code = -1;
    std::string out, err;
    std::vector<nlohmann::json> lines() const {
      std::vector<nlohmann::json> parsed;
      std::istringstream text(out);
      for (std::string line; std::getline(text, line);) parsed.push_back(nlohmann::json::parse(line));
      return parsed;
    }
  };

  Ended run(std::vector<std::string> words) {
    words.insert(words.begin(), ACTIONFLOW_PROGRAM);
    const std::string err = folder_ / "stderr.txt";
    ChildProcess child(words, err);
    Ended ended;
    ended.out = child.read_all(120);
    ended.code = child.wait();
    ended.err = read_file(err);
    return ended;
  }

  Ended run_in_shell(const std::string& words) {
    const std::string err = folder_ / "stderr.txt";
    ChildProcess child({"/bin/sh", "-c", std::string(ACTIONFLOW_PROGRAM) + " " + words}, err);
    Ended ended;
    ended.out = child.read_all(120);
    ended.code = child.wait();
    ended.err = read_file(err);
    return ended;
  }

  // One line of error, of this exit code.
  void expect_error(const Ended& ended, int code, const std::string& part) {
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_THAT(ended.err, ::testing::HasSubstr(part));
  }

  std::string text_file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::string video(const std::string& name = "video.mp4", TestVideo video = {}) {
    const std::filesystem::path path = folder_ / name;
    if (!std::filesystem::exists(path)) write_test_video(path, video);
    return path;
  }

  // One network on one stream.
  std::string pipeline_of(const std::string& source, const std::string& more = {}) {
    return text_file("p.yaml", "streams: {a: '" + source + "'}\ngraph:\n  frames: {node: decode}\n" +
                                   "  clips: {node: window, from: frames}\n" +
                                   "  gesture: {node: cnn3d, from: clips, weights: " + weights_ + "}\n" +
                                   more);
  }

  TemporaryFolder folder_;
  const std::string weights_ = project_root() / "configs/weights/gesture_conv3d.safetensors";
  const std::string model_ = project_root() / "configs/models/gesture_conv3d.yaml";
};

}  // namespace actionflow::testing
