// network_benchmark MODEL.yaml [THREADS] [SECONDS] [plan] [bf16|int8] [json] [samples=N] [batch=N]
// [onnx=FILE]: milliseconds a clip with random weights, in int8 with ranges of a random clip, median and
// minimum, of one thread the processor's, which others at work hardly move; with `plan` also every step alone
// and what the whole takes beyond their sum; with `samples` those of a call that takes a stream on by N
// samples, with `batch` where N clips are computed at once; with `onnx` the network is written there first,
// for others.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/error.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "models/quantization/range_collector.h"
#include "models/weights/initial_weights.h"

namespace {

using actionflow::Network;
using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Milliseconds; of the processor where one thread runs.
double time_of_run(int threads) {
  timespec now{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

actionflow::Tensor random_clips(const actionflow::Extents& e, std::int64_t count) {
  actionflow::Tensor clip({count, e.c, e.t, e.h, e.w});
  std::uint32_t state = 1;
  for (float& value : clip.values()) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 8U) / 8388608.0F - 1.0F;
  }
  return clip;
}

void print_plan(const Network& network, double median) {
  double sum = 0;
  for (const auto& step : network.measure_plan()) {
    fmt::print("{:9.3f}  {:<14} {:<34} {:<28} {}\n", step.milliseconds, step.kind, step.implementation,
               step.layout, step.name);
    sum += step.milliseconds;
  }
  fmt::print("sum of steps {:.3f} ms, whole {:.3f} of it\n", sum, median / sum);
}

bool has(const std::vector<std::string>& arguments, const std::string& word) {
  return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
}

// Of "onnx=FILE"; empty where it is not given.
std::string text_of(const std::vector<std::string>& arguments, const std::string& name) {
  const std::string key = name + "=";
  for (const std::string& argument : arguments)
    if (argument.starts_with(key)) return argument.substr(key.size());
  return {};
}

// Of "samples=8".
std::int64_t number_of(const std::vector<std::string>& arguments, const std::string& name,
                       std::int64_t usual) {
  const std::string text = text_of(arguments, name);
  return text.empty() ? usual : std::stoll(text);
}

actionflow::Precision precision_of(const std::vector<std::string>& arguments) {
  if (has(arguments, "int8")) return actionflow::Precision::int8;
  return has(arguments, "bf16") ? actionflow::Precision::bf16 : actionflow::Precision::f32;
}

actionflow::Quantization random_ranges(const actionflow::Architecture& architecture,
                                       const actionflow::Weights& weights) {
  actionflow::RangeCollector collector;
  const auto network = Network::compile(architecture, weights, {.observer = collector.observer()});
  actionflow::Workspace workspace(*network);
  network->predict(random_clips(architecture.graph.input, 1), workspace);
  return {.chosen_on = "a random clip", .ranges = collector.ranges(actionflow::RangeMethod::mse)};
}

int run(const std::vector<std::string>& arguments) {
  const int threads = arguments.size() > 1 ? std::stoi(arguments[1]) : 1;
  const double seconds = arguments.size() > 2 ? std::stod(arguments[2]) : 3;
  auto architecture = actionflow::load_architecture(arguments[0]);
  auto weights = actionflow::initial_weights(architecture, 1);
  if (const std::string onnx = text_of(arguments, "onnx"); !onnx.empty())
    actionflow::save_model({architecture, weights}, onnx);
  const std::int64_t samples = number_of(arguments, "samples", 0);
  const std::int64_t batch = number_of(arguments, "batch", 1);
  actionflow::Extents extents = architecture.graph.input;
  if (samples != 0) extents.t = samples;
  const auto clip = random_clips(extents, batch);
  const auto precision = precision_of(arguments);
  if (precision == actionflow::Precision::int8) weights.quantization = random_ranges(architecture, weights);
  const auto network =
      Network::compile(std::move(architecture), weights,
                       {.precision = precision, .threads = threads, .batch = batch, .samples = samples});
  actionflow::Workspace workspace(*network);
  network->predict(clip, workspace);
  std::vector<double> times;
  for (const auto start = Clock::now();
       milliseconds(Clock::now() - start) < seconds * 1e3 || times.size() < 3;) {
    const double begin = time_of_run(threads);
    network->predict(clip, workspace);
    times.push_back((time_of_run(threads) - begin) / static_cast<double>(batch));
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  if (has(arguments, "json")) {
    fmt::print("{{\"median_ms\": {:.4f}, \"minimum_ms\": {:.4f}, \"shape\": [{}, {}, {}, {}, {}]}}\n", median,
               times.front(), batch, extents.c, extents.t, extents.h, extents.w);
    return 0;
  }
  fmt::print("{}: {} threads, median {:.3f} ms, minimum {:.3f} ms, arena {:.1f} MiB, weights {:.1f} MiB\n",
             network->architecture().name, threads, median, times.front(),
             static_cast<double>(network->workspace_bytes()) / 1048576.0,
             static_cast<double>(network->weight_bytes()) / 1048576.0);
  if (has(arguments, "plan")) print_plan(*network, median);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    fmt::print(stderr, "usage: network_benchmark MODEL.yaml [THREADS] [SECONDS] [plan] [bf16|int8] [json]\n");
    return 2;
  }
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
