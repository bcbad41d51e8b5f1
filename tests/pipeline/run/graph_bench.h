// Real small graphs for tests: generated videos, networks of a few layers with random weights, and the
// lines that a run gives.
#pragma once

#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "nodes/results/json_lines.h"
#include "pipeline/run/pipeline.h"
#include "tests/datasets/make_video.h"

namespace actionflow::testing {

// Results by stream, as the lines that `classify --json` prints, without their latency.
class LinesByStream : public ResultSink {
 public:
  void window(const WindowResult& result) override {
    const std::lock_guard lock(mutex_);
    static const std::regex latency(R"(,"latency_ms":[^}]*)");
    lines_[result.stream] += std::regex_replace(to_json_line(result), latency, "") + "\n";
    results_.push_back(result);
    if (seen_) seen_(result);
  }
  void event(const EventResult& result) override {
    const std::lock_guard lock(mutex_);
    lines_[result.stream] += to_json_line(result) + "\n";
    events_.push_back(result);
  }
  void summary(const Summary&) override {}
  void on_window(std::function<void(const WindowResult&)> seen) { seen_ = std::move(seen); }

  const std::map<std::string, std::string>& lines() const { return lines_; }
  const std::vector<WindowResult>& results() const { return results_; }
  const std::vector<EventResult>& events() const { return events_; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> lines_;
  std::vector<WindowResult> results_;
  std::vector<EventResult> events_;
  std::function<void(const WindowResult&)> seen_;
};

class GraphBench {
 public:
  GraphBench() {
    write("plain.yaml", input("plain", 4) +
                            "  - {layer: conv3d, filters: 4, kernel: 3, padding: same, activation: relu}\n"
                            "  - {layer: max_pool3d, size: 2}\n  - flatten\n"
                            "  - {layer: dense, units: classes, activation: softmax}\n");
    write("recurrent.yaml",
          input("recurrent", 4) +
              "  - {layer: conv3d, filters: 4, kernel: 3, padding: [0, 1, 1], activation: relu}\n"
              "  - {layer: global_average_pool, over: space}\n"
              "  - {layer: lstm, units: 8}\n"
              "  - {layer: dense, units: classes, activation: softmax}\n");
    write("branches.yaml", input("branches", 4) +
                               "  - {layer: conv3d, filters: 4, kernel: 3, padding: same, activation: relu}\n"
                               "  - {layer: max_over_time, name: video}\n"
                               "  - {layer: select_frame, name: picture, from: input, frame: 0}\n"
                               "  - {layer: conv2d, name: still, filters: 4, kernel: 3, padding: same}\n"
                               "  - {layer: concat, from: [video, still]}\n"
                               "  - {layer: conv2d, filters: 8, kernel: 3, padding: same, activation: relu}\n"
                               "  - global_average_pool\n"
                               "  - {layer: dense, units: classes, activation: softmax}\n");
    write("stream.yaml", input("stream", 8, "[left, right, stay]\nstreams: true") +
                             "  - {layer: conv3d, filters: 4, kernel: 3, padding: causal, activation: relu}\n"
                             "  - {layer: global_average_pool, over: space}\n"
                             "  - {layer: gru, units: 5, sequence: true}\n"
                             "  - action_scores\n");
  }

  static std::string input(const std::string& name, int frames,
                           const std::string& classes = "[left, right, stay]") {
    return "name: " + name + "\ninput: {channels: 3, frames: " + std::to_string(frames) +
           ", frame_rate: 10, height: 16, width: 16}\nclasses: " + classes + "\nlayers:\n";
  }

  const std::filesystem::path& folder() const { return folder_.path(); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  // Each seed's video looks different.
  void video(const std::string& name, int frames, int seed, double fps = 25) const {
    TestVideo video;
    video.frames = frames;
    video.fps = fps;
    video.paint = [video, seed](int k, std::uint8_t* rgb) {
      paint_moving_square(video, (k * (seed + 1)) % video.frames, rgb);
      for (int i = 0; i < video.width * video.height; ++i)
        rgb[3 * i + seed % 3] ^= static_cast<std::uint8_t>(seed * 16);
    };
    write_test_video(folder_ / name, video);
  }

  // Three streams, three networks and what joins them.
  std::string whole_graph(const std::string& options = "") const {
    return options +
           "streams: {a: a.mp4, b: b.mp4, c: c.mp4}\n"
           "graph:\n"
           "  frames: {node: decode}\n"
           "  clips: {node: window, from: frames, hop: 2}\n"
           "  plain: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n"
           "  order: {node: cnn_lstm, from: clips, model: recurrent.yaml, random_weights: 2}\n"
           "  both: {node: fusion_3d2d, from: clips, model: branches.yaml, random_weights: 3}\n"
           "  vote: {node: ensemble, from: [plain, order, both]}\n";
  }

  PipelineDescription describe(const std::string& yaml, const PipelineOverrides& overrides = {}) const {
    return read_pipeline(config::parse(yaml, "test.yaml", folder_.path()), overrides);
  }

  Summary run(const std::string& yaml, ResultSink& sink, FaultHook faults = {}) const {
    Pipeline pipeline(describe(yaml), sink, {std::move(faults)});
    return pipeline.run();
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace actionflow::testing
