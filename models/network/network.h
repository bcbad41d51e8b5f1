// A network ready to run: one immutable plan with its weights, shared by all streams. Each concurrent
// caller brings a Workspace of its own.
//
//   auto network = Network::compile(model.architecture, model.weights, {.threads = 2});
//   Workspace workspace(*network);
//   std::vector<float> scores = network->classify(clip_frames, workspace);
//
// A Network may be used from many threads at once, each with a Workspace. Results depend neither on the
// number of threads nor on whether and where it was cut. compile() throws ModelError for weights or
// layers that cannot run and UsageError for options that this machine cannot meet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/tensor/input_spec.h"
#include "base/tensor/tensor.h"
#include "models/description/architecture.h"
#include "models/graph/cuts.h"
#include "models/graph/window_sharing.h"
#include "models/kernels/convolution/kernel_choice.h"
#include "models/network/action_scores.h"
#include "models/plan/measure.h"
#include "models/plan/precision.h"
#include "models/weights/weights.h"

namespace actionflow {

// Sees a value of the network: the node of its graph that gives it, kInputRange for the clip, and the value
// as N×C×T×H×W. Called on whatever thread runs the network.
using ValueObserver = std::function<void(const std::string& node, const Tensor& value)>;

struct NetworkOptions {
  Precision precision = Precision::f32;
  int threads = 1;         // inside one call; set on the calling thread at each call
  std::int64_t batch = 1;  // clips a call
  // So many new samples a call, each computed once, what is kept of the stream in the Workspace; one stream a
  // call, uncut. Of a network for windows that many apart the result is the window's that ends with them, and
  // the first window takes ⌈frames / samples⌉ calls. 0: whole sequences or clips, each from the beginning.
  std::int64_t samples = 0;
  Sharing sharing = Sharing::exact;  // what windows that overlap may share, where samples is set
  // Which kernels run; null: those of the fixed order. Asked by compile() alone.
  std::shared_ptr<const kernels::KernelChooser> kernels = {};
  // Sees every value as it is computed, for which nothing is fused; slow. What only renames memory has none.
  ValueObserver observer = {};
};

// A value that leaves one part of a network and enters another: plain N×C×T×H×W.
using Activations = Tensor;

class Plan;
class PlanRun;
class Workspace;

// A stretch of a network between two cuts. Inputs name the part whose result enters, −1 the clip.
struct PartInfo {
  std::string name;
  std::vector<int> inputs;
  // Each output step s depends on the clip's samples s·time_stride to s·time_stride + time_extent − 1 only,
  // in the same way for each step: unpadded in time, no recurrence.
  bool per_sample = false;
  int time_stride = 1, time_extent = 1;
};

class Network {
 public:
  static std::shared_ptr<const Network> compile(Architecture architecture, const Weights& weights,
                                                const NetworkOptions& options = {}, Cut cut = Cut::none);
  ~Network();

  const Architecture& architecture() const;
  const InputSpec& input() const { return architecture().input; }
  const std::vector<std::string>& classes() const { return architecture().classes; }
  std::int64_t samples() const;  // of one call, where it advances along a stream; else 0

  // Runs all parts. Input N×C×T×H×W float32, already normalised; output what the last layer gives, N×….
  // T is options.samples where that is set, and the stream goes on with them.
  Tensor predict(const Tensor& input, Workspace& workspace) const;

  // The same of one clip: T prepared frames of H×W×C bytes, ranged and normalised here.
  Activations run(std::span<const std::uint8_t* const> frames, Workspace& workspace) const;

  // The next options.samples samples of the workspace's stream, without a result.
  void take_in(std::span<const std::uint8_t* const> frames, Workspace& workspace) const;

  // Class probabilities of one clip, as probabilities() has them.
  std::vector<float> classify(std::span<const std::uint8_t* const> frames, Workspace& workspace) const;

  // The next options.samples samples of the workspace's stream: what is said of each.
  std::vector<ActionScores> advance(std::span<const std::uint8_t* const> frames, Workspace& workspace) const;

  // The parts, in an order in which every input comes first. Running them one by one equals
  // classify(), bit for bit. Throws ModelError from compile() when the network has no such cut.
  const std::vector<PartInfo>& parts() const;
  Activations run_first(int part, std::span<const std::uint8_t* const> frames, Workspace& workspace) const;
  Activations run_part(int part, std::span<const Activations* const> inputs, Workspace& workspace) const;
  // The last part's result as class probabilities (models/network/scoring.h): of each clip a score a class,
  // and of a result with several steps or places, of each class a score at every one (N×classes×T×H×W).
  // Throws ModelError where a score is not finite.
  std::vector<float> probabilities(const Activations& result) const;
  // The last part's result where the network ends in action_scores: one a sample, clip after clip.
  std::vector<ActionScores> action_scores(const Activations& result) const;

  std::vector<PlanStep> measure_plan(int repetitions = 20) const;
  std::size_t weight_bytes() const;
  std::size_t workspace_bytes() const;  // with the state of a stream
  std::size_t stream_bytes() const;     // that state alone, where it advances along one

 private:
  friend class Workspace;
  struct State;
  explicit Network(std::unique_ptr<State> state);
  // Writes the frames to the part's input.
  const PlanRun& enter(int part, std::span<const std::uint8_t* const> frames, Workspace& workspace) const;
  // Everything behind the part's inputs.
  Tensor finish(int part, const PlanRun& run) const;
  // The clip normalised, as N×C×T×H×W.
  Tensor plain_clip(std::span<const std::uint8_t* const> frames) const;
  std::unique_ptr<State> state_;
};

// The memory of one concurrent caller, and where the network advances along a stream that stream's state, so
// that it belongs to one stream. Belongs to one network.
class Workspace {
 public:
  explicit Workspace(const Network& network);
  ~Workspace();
  Workspace(Workspace&&) noexcept;

  // The stream begins anew, as after a gap.
  void reset();

 private:
  friend class Network;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
