// A small dataset and recipe to train on in a test: a square that moves left or right, 16×16, twelve clips.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TrainingBench {
 public:
  struct Ended {
    int code = -1;
    std::string out, err;
  };

  TrainingBench() {
    std::filesystem::create_directories(folder_ / "data");
    write("data/classes.txt", "left\nright\n");
    write("data/train.txt", list(0, 12));
    write("data/val.txt", list(12, 16));
    write("data/test.txt", list(16, 18));
    for (int i = 0; i < 18; ++i) write_clip(i);
    write("model.yaml",
          "name: small\ninput: {channels: 1, frames: 6, frame_rate: 10, height: 16, width: 16}\nlayers:\n"
          "  - {layer: conv3d, name: conv, filters: 8, kernel: 3, padding: same, activation: relu}\n"
          "  - {layer: batch_norm, name: norm}\n  - {layer: max_pool3d, size: 2}\n  - flatten\n"
          "  - {layer: dropout, rate: 0.1}\n"
          "  - {layer: dense, name: fc, units: classes, activation: softmax}\n");
    write("recipe.yaml",
          "model: model.yaml\ndata:\n  root: data\n  classes: classes.txt\n  train: train.txt\n"
          "  val: val.txt\n  test: test.txt\n  sampling: {mode: whole}\n"
          "  augment: {brightness: 0.1, translate: 0.05}\n"
          "output: run\nepochs: 6\nbatch: 5\nseed: 3\nprecision: f32\nthreads: 2\nworkers: 2\n"
          "optimizer: {kind: adamw, learning_rate: 0.01}\n");
  }

  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  // actionflow train recipe.yaml WORDS…
  std::vector<std::string> command(const std::vector<std::string>& words) const {
    std::vector<std::string> all{ACTIONFLOW_PROGRAM, "train", folder_ / "recipe.yaml"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  Ended train(const std::vector<std::string>& words = {}) const { return run(command(words)); }
  Ended run(const std::vector<std::string>& words) const {
    const std::string err = folder_ / "stderr.txt";
    ChildProcess child(words, err);
    Ended ended;
    ended.out = child.read_all(120);
    ended.code = child.wait();
    ended.err = text_of(err);
    return ended;
  }

  // The lines of an output's metrics.jsonl without what depends on time.
  std::string metrics(const std::string& output) const {
    std::istringstream lines(text_of(folder_ / output / "metrics.jsonl"));
    std::string all;
    for (std::string line; std::getline(lines, line);) {
      auto json = nlohmann::ordered_json::parse(line);
      for (const char* timed : {"samples_per_second", "data_wait", "seconds"}) json.erase(timed);
      all += json.dump() + "\n";
    }
    return all;
  }
  std::string best(const std::string& output) const { return text_of(folder_ / output / "best.safetensors"); }

 private:
  static std::string clip_name(int i) { return "v" + std::to_string(i) + ".mp4"; }

  static std::string list(int begin, int end) {
    std::string text;
    for (int i = begin; i < end; ++i) text += clip_name(i) + " " + std::to_string(i % 2) + "\n";
    return text;
  }

  void write_clip(int i) const {
    TestVideo video{.width = 32, .height = 32, .frames = 10, .fps = 10};
    video.paint = [i](int k, std::uint8_t* rgb) {
      const int left = i % 2 == 0 ? 22 - 2 * k - i % 3 : 2 * k + i % 3;
      const int top = 4 + i;
      for (int p = 0; p < 32 * 32; ++p) {
        const int x = p % 32, y = p / 32;
        const bool inside = x >= left && x < left + 8 && y >= top && y < top + 8;
        for (int c = 0; c < 3; ++c) rgb[3 * p + c] = inside ? 220 : 40;
      }
    };
    write_test_video(folder_ / "data" / clip_name(i), video);
  }

  TemporaryFolder folder_;
};

}  // namespace actionflow::testing
